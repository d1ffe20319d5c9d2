"""Makes the three copies of a photo: full to study, view to read, thumb to find."""

from collections.abc import Callable

from PIL import Image

from imaging import limits
from imaging.rendition import Rendition
from imaging.steps.encode_jpeg import encode_jpeg
from imaging.steps.shrink import shrink


def render_photo(image: Image.Image, view: Image.Image, emit: Callable[[Rendition], None]) -> None:
    """Emit `thumb`, `view` and `full`. Fine detail stays in `full`: quality 92, colour at full size."""
    emit(encode_jpeg(shrink(view, limits.THUMB_SIDE), "thumb", quality=80))
    emit(encode_jpeg(view, "view", quality=85))
    emit(encode_jpeg(image, "full", quality=92, full_colour=True))
