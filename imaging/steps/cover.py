"""Covers what was found with one solid colour. A blur or a mosaic can be undone; this leaves nothing to undo."""

from collections.abc import Sequence

from PIL import Image

from imaging.masks import FILL, Mask


def cover(image: Image.Image, masks: Sequence[Mask]) -> Image.Image:
    """Return the picture with every mask filled, before any smaller copy is made of it.

    It is done again on the copy: scaling mixes the edges of a box with what is beside them.
    """
    for mask in masks:
        left, top, right, bottom = mask.pixels(*image.size)
        # To the next pixel outward: a share that was rounded must not leave a row of what it hides.
        image.paste(
            FILL, (max(0, left - 1), max(0, top - 1), min(image.width, right + 1), min(image.height, bottom + 1))
        )
    return image
