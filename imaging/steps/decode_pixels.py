"""Decodes a still to pixels, as few as are wanted."""

from collections.abc import Callable

from PIL import Image

from imaging import limits
from imaging.policy import Policy
from imaging.steps.plain_pixels import plain_pixels
from imaging.steps.shrink import shrink


def decode_pixels(decode: Callable[[int | None], Image.Image], policy: Policy) -> Image.Image:
    """Return the pixels as RGB, L or CMYK, no larger than is wanted: what follows costs time by the pixel."""
    side = None if policy.keeps_detail else limits.FULL_SIDE
    image = plain_pixels(decode(side))
    return image if side is None else shrink(image, side)
