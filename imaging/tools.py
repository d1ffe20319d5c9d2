"""The versions of the libraries that decode and encode, for the report."""

import functools
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = ("pillow", "pi-heif", "opencv-python", "opencv-python-headless", "av", "pypdfium2", "numpy", "zxing-cpp")


@functools.cache
def tool_versions() -> dict[str, str]:
    """Return name and version of each library that is installed; of the two OpenCV packages only one ever is."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
