"""Opens a document, counts its pages against the limit and offers to draw them one by one."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from imaging import limits
from imaging.cut_short import telling_cut
from imaging.pixel_shape import shape_of, squared
from imaging.pixels import Pixels
from imaging.reading.words import Word
from imaging.refusal import Refused
from imaging.steps import open_pdf
from imaging.steps.convert_colour import convert_colour
from imaging.steps.cut_long import long_side, pages_of
from imaging.steps.hear_pdf import refuse_damage
from imaging.steps.hear_tiff import hearing
from imaging.steps.inspect_still import inspect_still
from imaging.steps.open_still import Still, open_image, open_still, still_of
from imaging.steps.plain_pixels import plain_pixels
from imaging.steps.shrink import shrink
from imaging.steps.turn_upright import turn_upright
from imaging.walks.cut import is_cut


@dataclass(frozen=True)
class Document:
    """An opened document. `draw` takes a page's number from 0 and gives its picture: RGB, upright, bounded.

    `words` takes the number and the picture's width and height, and gives the words of the text layer, if there is one.
    """

    pages: int
    draw: Callable[[int], Pixels]
    found: frozenset[str]
    words: Callable[[int, int, int], list[Word]] = lambda _number, _width, _height: []


def open_pages(data: bytes, media_type: str) -> Document:
    """Open a PDF, a TIFF of many pages, a photo of one, or a picture so long that it becomes several.

    Refuses `too_many_pages`, and what a still refuses.
    """
    document = _OPENERS.get(media_type, _open_photo)(data, media_type)
    if document.pages > limits.DOCUMENT_PAGES:
        raise Refused("too_many_pages")
    if document.pages == 0:
        raise Refused("no_pages")
    return document


def _open_pdf(data: bytes, media_type: str) -> Document:
    with telling_cut(data, media_type):
        pdf = open_pdf.open_pdf(data)
        pages = len(pdf)
        if pages > limits.DOCUMENT_PAGES:
            raise Refused("too_many_pages")
        if is_cut(data, media_type):
            # What was added last is missing, and what was there before it may be another paper.
            raise Refused("truncated")
        refuse_damage(data)
    return Document(
        pages,
        lambda number: open_pdf.draw_page(pdf, number),
        open_pdf.list_extras(pdf, data),
        lambda number, width, height: open_pdf.page_words(pdf, number, (width, height)),
    )


def _open_tiff(data: bytes, media_type: str) -> Document:
    with telling_cut(data, media_type):
        image = open_image(data, media_type)
        pages = _count_frames(image)

    def draw(number: int) -> Pixels:
        with telling_cut(data, media_type):
            image.seek(number)
            still = still_of(image)
            return _draw(replace(still, decode=hearing(still.decode, data, image, number)), shape_of(image))

    return Document(pages, draw, frozenset({"metadata"}))


def _count_frames(image: Image.Image) -> int:
    """Count the pages, but not past the limit: a file can chain thousands of them."""
    try:
        for number in range(limits.DOCUMENT_PAGES + 1):
            image.seek(number)
    except EOFError:
        return number
    return limits.DOCUMENT_PAGES + 1


def _open_photo(data: bytes, media_type: str) -> Document:
    found = inspect_still(data, media_type)
    still = open_still(data, media_type)
    told, side = frozenset(found) | still.found, long_side(still.width, still.height)
    if side is None:
        return Document(1, lambda _: _draw(still), told)
    parts = pages_of(_draw(still, side=side))
    if len(parts) == 1:
        # It was decoded larger than a page is.
        return Document(1, lambda _: _draw(still), told)
    return Document(len(parts), lambda number: parts[number], told)


def _draw(still: Still, shape: float = 1.0, side: int = limits.PAGE_SIDE) -> Pixels:
    image = plain_pixels(still.decode(side))
    # Shrunk first, so that what is stretched is bounded.
    image = shrink(squared(shrink(image, side), shape), side)
    return turn_upright(convert_colour(image, still.profile), still.orientation)


_OPENERS: dict[str, Callable[[bytes, str], Document]] = {"application/pdf": _open_pdf, "image/tiff": _open_tiff}
