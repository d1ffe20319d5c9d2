"""Lays the pixels into a new picture, so that nothing else of the file can travel on with them."""

from PIL import Image

from imaging.pixels import Pixels


def keep_pixels(pixels: Pixels) -> Image.Image:
    """Return a new RGB picture of bare pixels: no tag, comment or profile has ever been in it."""
    return Image.fromarray(pixels)
