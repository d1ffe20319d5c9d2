"""Makes white what is nearly white on a page: writing too faint to be found could be read in stretched contrast."""

import cv2
import numpy as np
from PIL import Image

FAINT = 245
"""From this level of all three colours on a pixel is paper. Darker writing on white paper is found as any other."""
_WHITE = 255


def bleached(page: Image.Image) -> Image.Image:
    """Return a copy of an RGB page on which what is nearly white is white."""
    pixels = np.asarray(page)
    paper = cv2.inRange(pixels, (FAINT, FAINT, FAINT), (_WHITE, _WHITE, _WHITE))
    return Image.fromarray(cv2.bitwise_or(pixels, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB)))
