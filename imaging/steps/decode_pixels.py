"""Decodes a still to pixels, as few as are wanted."""

from dataclasses import dataclass

import numpy as np

from imaging import limits
from imaging.content import content_of
from imaging.pixels import Decode, Picture, image_of
from imaging.policy import Policy
from imaging.steps.plain_pixels import plain_pixels
from imaging.steps.shrink import shrink


@dataclass(frozen=True)
class Decoded:
    """The pixels as RGB, L or CMYK, and the figure of what they show (`imaging.content`)."""

    decoded: Picture
    content: str


def decode_pixels(decode: Decode, policy: Policy) -> Decoded:
    """Return the pixels, no larger than is wanted: what follows costs time by the pixel."""
    side = None if policy.keeps_detail else limits.FULL_SIDE
    decoded = decode(side)
    if isinstance(decoded, np.ndarray) and (side is None or max(decoded.shape) <= side):
        return Decoded(decoded, content_of(decoded))
    image = plain_pixels(image_of(decoded))
    content = content_of(image)
    return Decoded(image if side is None else shrink(image, side), content)
