"""The upright picture as an array, and how it is taken out of Pillow's memory without holding it three times."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""Height, width, and red, green and blue."""

_AT_ONCE = 1 << 15
"""So many pixels leave Pillow together: it makes two copies of what it hands over."""


def bands(image: Image.Image) -> Iterator[tuple[int, Pixels]]:
    """Yield the rows of an RGB picture, some hundreds at a time, each with the number of its first."""
    width, height = image.size
    rows = max(1, _AT_ONCE // width)
    for top in range(0, height, rows):
        # Where one band is the whole picture, it need not be cut out first.
        part = image if rows >= height else image.crop((0, top, width, min(height, top + rows)))
        yield top, np.asarray(part)


def pixels_of(image: Image.Image) -> Pixels:
    """Return an RGB picture as an array of its own."""
    found = np.empty((image.height, image.width, 3), np.uint8)
    for top, band in bands(image):
        found[top : top + len(band)] = band
    return found
