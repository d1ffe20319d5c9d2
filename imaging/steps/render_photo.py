"""Makes the three copies of a photo: full to study, view to read, thumb to find."""

from collections.abc import Callable, Sequence

from PIL import Image

from imaging import limits
from imaging.masks import Mask
from imaging.rendition import Rendition
from imaging.steps.cover import cover
from imaging.steps.encode_jpeg import encode_jpeg
from imaging.steps.shrink import shrink


def render_photo(
    image: Image.Image, view: Image.Image, masks: Sequence[Mask], emit: Callable[[Rendition], None]
) -> None:
    """Emit `thumb`, `view` and `full`. Fine detail stays in `full`: quality 92, colour at full size."""
    emit(encode_jpeg(cover(shrink(view, limits.THUMB_SIDE), masks), "thumb", quality=80))
    emit(encode_jpeg(view if view is image else cover(view, masks), "view", quality=85))
    emit(encode_jpeg(image, "full", quality=92, full_colour=True))
