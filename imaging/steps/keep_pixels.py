"""Lays the pixels into a new, empty picture, so that nothing else of the file can travel on with them."""

from PIL import Image


def keep_pixels(image: Image.Image) -> Image.Image:
    """Return a new RGB picture that shares only the pixels with the old one, not its tags, comments or profile."""
    empty = Image.new("RGB", image.size)
    empty.paste(image)
    return empty
