"""Makes the small picture in which faces, writing and codes are looked for."""

import cv2
import numpy as np

from imaging.pixels import Pixels
from imaging.writing import TEXT_SIDE


def make_small(pixels: Pixels) -> Pixels:
    """Return the upright pixels, shrunk by whole steps to no less than what the detectors look at."""
    height, width = pixels.shape[:2]
    factor = max(1, max(height, width) // TEXT_SIDE)
    if factor == 1:
        return pixels
    # What is less than one step is left out at the edge: with it the picture would have to be summed in fractions.
    height, width = height // factor or 1, width // factor or 1
    whole = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
