"""Gives out a film and its poster."""

from collections.abc import Callable

from PIL import Image

from imaging.rendition import Rendition
from imaging.steps.encode_jpeg import encode_jpeg


def render_clip(clip: bytes, view: Image.Image, width: int, height: int, emit: Callable[[Rendition], None]) -> None:
    """Emit `poster`, a JPEG, and `play`, an MP4 of this size."""
    emit(encode_jpeg(view, "poster", quality=85))
    emit(Rendition("play", "video/mp4", width, height, clip))
