"""The upright picture as an array, and how it is taken out of Pillow's memory without holding it three times."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""Height, width, and red, green and blue."""

Picture = Image.Image | Pixels
"""What a decoder gives: Pillow's picture, or the array of an RGB one where its decoder gives one.

Pillow keeps four bytes a pixel, so to lay an array into a picture and to take it out again costs a tenth of a photo.
"""

Decode = Callable[[int | None], Picture]
"""Gives the pixels of a still. It is told how long the longer side must be at least, or None for all there are."""

_AT_ONCE = 1 << 15
"""So many pixels leave Pillow together: it makes two copies of what it hands over."""


def image_of(picture: Picture) -> Image.Image:
    """Return a picture as Pillow has it."""
    return picture if isinstance(picture, Image.Image) else Image.fromarray(picture)


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


def stepped_down(pixels: Pixels, side: int) -> Pixels:
    """Return the pixels shrunk by whole steps to no less than this many on the longer side."""
    height, width = pixels.shape[:2]
    factor = max(1, max(height, width) // side)
    if factor == 1:
        return pixels
    # What is less than one step is left out at the edge: with it the picture would have to be summed in fractions.
    height, width = height // factor or 1, width // factor or 1
    whole = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
