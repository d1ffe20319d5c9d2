"""A set-up step: makes `import cv2` work on servers without a display library.

`python -m imaging.opencv` is run after the dependencies are installed. The package that we declare, opencv-python,
links to libGL, which bare servers lack; there it is replaced by opencv-python-headless of exactly the same version.
Both at once would overwrite each other's files, so one goes before the other comes.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FULL = "opencv-python"
HEADLESS = "opencv-python-headless"
# The version and the hashes of the headless package; `make lock` keeps it at the version of the declared one.
LOCK = Path(__file__).with_name("opencv-headless.lock")


class OpenCvError(Exception):
    """OpenCV does not load here and exchanging the package does not help; the message says why in one line."""


def ensure() -> str:
    """Make `import cv2` work and return one line that says what was done. Raises OpenCvError where it cannot."""
    full, headless = _installed(FULL), _installed(HEADLESS)
    if full and headless:
        # The declared package was installed again over its stand-in, by an update of the dependencies.
        _exchange(full)
        return f"{FULL} was installed beside {HEADLESS}: kept only {HEADLESS} {full}"
    problem = _import_problem()
    if problem is None:
        return f"OpenCV {full or headless} works"
    if full is None or ".so" not in problem:
        raise OpenCvError(f"OpenCV does not load: {problem}")
    _exchange(full)
    return f"{FULL} needs a library that is missing here: replaced by {HEADLESS} {full}"


def _exchange(number: str) -> None:
    """Replace whatever is installed by the headless package; it is fetched first, so a dead network breaks nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source = ("--require-hashes", "--requirement", str(LOCK))
        _pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, *source)
        wheel = next(Path(folder).iterdir())
        if not wheel.name.startswith(f"{HEADLESS.replace('-', '_')}-{number}-"):
            raise OpenCvError(f"{FULL} {number} is installed, and {LOCK.name} holds another version")
        _pip("uninstall", "--quiet", "--yes", FULL, HEADLESS)
        _pip("install", "--quiet", "--no-deps", "--no-index", str(wheel))
    problem = _import_problem()
    if problem is not None:
        raise OpenCvError(f"OpenCV does not load: {problem}")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False).returncode != 0:
        raise OpenCvError(f"pip {arguments[0]} failed")


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _import_problem() -> str | None:
    """Try the import in a process of its own, because a failed one leaves traces; return its last line of complaint."""
    tried = subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    lines = tried.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {tried.returncode}"


def main() -> int:
    """Run the step and say what was done."""
    try:
        print(ensure())  # noqa: T201 - it is a command.
    except OpenCvError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
