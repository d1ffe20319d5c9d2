"""Makes the picture that people look at on a page, from which quality is judged too."""

from PIL import Image

from imaging import limits
from imaging.steps.shrink import shrink


def make_view(image: Image.Image) -> Image.Image:
    """Return the picture with its longer side at most 2048 pixels."""
    return shrink(image, limits.VIEW_SIDE)
