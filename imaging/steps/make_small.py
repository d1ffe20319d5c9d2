"""Makes the small picture in which faces, writing and codes are looked for."""

import numpy as np
from PIL import Image

from imaging.writing import TEXT_SIDE, Pixels


def make_small(image: Image.Image) -> Pixels:
    """Return the upright pixels, shrunk by whole steps to no less than what the detectors look at."""
    factor = max(1, max(image.size) // TEXT_SIDE)
    return np.asarray(image.reduce(factor) if factor > 1 else image)
