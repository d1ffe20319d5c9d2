"""Draws a document page by page, so that only one page is in memory at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from imaging import limits
from imaging.refusal import Refused
from imaging.rendition import Rendition
from imaging.steps.encode_jpeg import encode_jpeg
from imaging.steps.judge_quality import judge_quality
from imaging.steps.keep_pixels import keep_pixels
from imaging.steps.shrink import shrink

_CPU_PER_PAGE = 10.0


@dataclass(frozen=True)
class Drawn:
    """What is told of the pages: the first one's size in pixels, and advice where the page is a photo of paper."""

    width: int
    height: int
    quality: dict[str, object]


def render_pages(
    pages: int,
    draw: Callable[[int], Image.Image],
    media_type: str,
    emit: Callable[[Rendition], None],
    budget: Callable[[float], None],
) -> Drawn:
    """Emit `page-1`, `page-2`, ... and `thumb` of the first. Small print stays readable: quality 90, full colour."""
    first: Image.Image | None = None
    for number in range(pages):
        budget(_CPU_PER_PAGE)
        page = keep_pixels(draw(number))
        emit(encode_jpeg(page, f"page-{number + 1}", quality=90, full_colour=True))
        first = first or page
    if first is None:
        raise Refused("no_pages")
    emit(encode_jpeg(shrink(first, limits.THUMB_SIDE), "thumb", quality=80))
    quality = {} if media_type == "application/pdf" else judge_quality(first)
    return Drawn(first.width, first.height, quality)
