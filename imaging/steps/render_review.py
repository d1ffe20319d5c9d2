"""Makes the one copy of a held photo: for the person who decides what becomes of it, and for nobody else."""

from collections.abc import Callable

from PIL import Image

from imaging.rendition import Rendition
from imaging.steps.encode_jpeg import encode_jpeg


def render_review(view: Image.Image, emit: Callable[[Rendition], None]) -> None:
    """Emit `review`: pixels only, upright, nothing covered."""
    emit(encode_jpeg(view, "review", quality=85))
