"""Makes the small picture in which faces, writing and codes are looked for."""

from imaging.pixels import Pixels, stepped_down
from imaging.writing import TEXT_SIDE


def make_small(pixels: Pixels) -> Pixels:
    """Return the upright pixels, shrunk by whole steps to no less than what the detectors look at."""
    return stepped_down(pixels, TEXT_SIDE)
