"""Decodes a still to pixels, as few as are wanted."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from imaging import limits
from imaging.content import content_of
from imaging.policy import Policy
from imaging.steps.plain_pixels import plain_pixels
from imaging.steps.shrink import shrink


@dataclass(frozen=True)
class Decoded:
    """The pixels as RGB, L or CMYK, and the figure of what they show (`imaging.content`)."""

    decoded: Image.Image
    content: str


def decode_pixels(decode: Callable[[int | None], Image.Image], policy: Policy) -> Decoded:
    """Return the pixels, no larger than is wanted: what follows costs time by the pixel."""
    side = None if policy.keeps_detail else limits.FULL_SIDE
    image = plain_pixels(decode(side))
    content = content_of(image)
    return Decoded(image if side is None else shrink(image, side), content)
