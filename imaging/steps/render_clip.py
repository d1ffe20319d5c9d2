"""Gives out a film and its poster."""

from collections.abc import Callable

from PIL import Image

from imaging.policy import Policy
from imaging.rendition import Rendition
from imaging.steps.encode_jpeg import encode_jpeg


def render_clip(
    clip: bytes, view: Image.Image, frame_size: tuple[int, int], policy: Policy, emit: Callable[[Rendition], None]
) -> None:
    """Emit `poster`, a JPEG, and `play`, an MP4 of this size; `review-1` and `review` for a reviewer."""
    poster, play = ("review-1", "review") if policy.is_review else ("poster", "play")
    emit(encode_jpeg(view, poster, quality=85))
    emit(Rendition(play, "video/mp4", *frame_size, clip))
