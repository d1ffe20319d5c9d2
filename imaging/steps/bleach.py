"""Makes white what is nearly white on a page: writing too faint to be found could be read in stretched contrast."""

import numpy as np
from PIL import Image

FAINT = 245
"""From this level of all three colours on a pixel is paper. Darker writing on white paper is found as any other."""


def bleached(page: Image.Image) -> Image.Image:
    """Return a copy of an RGB page on which what is nearly white is white."""
    pixels = np.array(page)
    pixels[pixels.min(axis=2) >= FAINT] = 255
    return Image.fromarray(pixels)
