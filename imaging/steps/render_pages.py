"""Draws a document page by page, so that only one page is in memory at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from imaging import limits
from imaging.allowance import Allowance
from imaging.content import Content
from imaging.masks import Mask
from imaging.pixels import Pixels
from imaging.refusal import Held, Refused
from imaging.rendition import Rendition
from imaging.steps.bleach import bleached
from imaging.steps.cover import cover
from imaging.steps.encode_jpeg import encode_jpeg
from imaging.steps.find_identifiers import Finder
from imaging.steps.keep_pixels import keep_pixels
from imaging.steps.shrink import shrink


@dataclass(frozen=True)
class Drawn:
    """What is told of the pages: the first with its size in pixels, what was covered, the figure of what all show."""

    width: int
    height: int
    first: Image.Image
    masks: tuple[Mask, ...]
    content: str


def render_pages(
    pages: int,
    draw: Callable[[int], Pixels],
    find: Finder | None,
    emit: Callable[[Rendition], None],
    budget: Callable[[float], None],
    *,
    progress: Callable[[float], None],
) -> Drawn:
    """Emit `page-1`, `page-2`, ... and `thumb` of the first. Small print stays readable: quality 90, full colour.

    Refuses `too_much_work` where all of them, or the drawing of them alone, take longer than a document may; raises
    Held where more is covered than can be told and proved. Where there is no `find` they are `review-1`, ..., for the
    reviewer of a held document, with nothing covered.
    """
    first: Image.Image | None = None
    masks: list[Mask] = []
    stem = "page" if find is not None else "review"
    allowance, content = Allowance(pages), Content()
    for number in range(pages):
        allowance.check()
        budget(limits.PAGE_CPU)
        progress(number / pages)
        drawn, name = allowance.drawn(partial(draw, number)), f"{stem}-{number + 1}"
        content.add(drawn)
        page = keep_pixels(drawn)
        del drawn
        if find is not None:
            found = find(number, page, name)
            page = cover(bleached(page), found)
            masks += found
            if len(masks) > limits.MASKS_MOST:
                raise Held("too_many_boxes")
        emit(encode_jpeg(page, name, quality=90, full_colour=True))
        first = first or page
    if first is None:
        raise Refused("no_pages")
    if find is not None:
        thumb = cover(shrink(first, limits.THUMB_SIDE), [mask for mask in masks if mask.copy == "page-1"])
        emit(encode_jpeg(thumb, "thumb", quality=80))
    return Drawn(first.width, first.height, first, tuple(masks), content.figure)
