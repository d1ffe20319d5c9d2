"""Opens a document, counts its pages against the limit and offers to draw them one by one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PIL import Image

from imaging import limits
from imaging.allowance import Allowance
from imaging.cut_short import telling_cut
from imaging.pixel_shape import shape_of, square_size, squared
from imaging.pixels import Pixels, image_of
from imaging.refusal import Refused
from imaging.steps import open_pdf
from imaging.steps.convert_colour import convert_colour
from imaging.steps.cut_long import Sheets, Source, WordsOf, long_side, no_words, words_on
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
    words: WordsOf


def open_pages(data: bytes, media_type: str, budget: Callable[[float], None]) -> Document:
    """Open a PDF, a TIFF of many pages, or a photo of one. What is very long becomes several pages.

    Refuses `too_many_pages`, and what a still refuses.
    """
    document = _OPENERS.get(media_type, _open_photo)(data, media_type, budget)
    if document.pages > limits.DOCUMENT_PAGES:
        raise Refused("too_many_pages")
    if document.pages == 0:
        raise Refused("no_pages")
    return document


def _open_pdf(data: bytes, media_type: str, budget: Callable[[float], None]) -> Document:
    with telling_cut(data, media_type):
        pdf = open_pdf.open_pdf(data)
        pages = len(pdf)
        if pages > limits.DOCUMENT_PAGES:
            raise Refused("too_many_pages")
        if is_cut(data, media_type):
            # What was added last is missing, and what was there before it may be another paper.
            raise Refused("truncated")
        refuse_damage(data)
        open_pdf.show_whole(pdf, pages)
    source = Source(pages, partial(open_pdf.long_side_of, pdf), partial(open_pdf.draw_page, pdf))
    return _in_sheets(source, budget, open_pdf.list_extras(pdf, data), partial(open_pdf.page_words, pdf))


def _open_tiff(data: bytes, media_type: str, budget: Callable[[float], None]) -> Document:
    with telling_cut(data, media_type):
        image = open_image(data, media_type)
        pages = _count_frames(image)

    def side_of(number: int) -> int | None:
        with telling_cut(data, media_type):
            image.seek(number)
            return long_side(*square_size(*image.size, shape_of(image)))

    def draw(number: int, side: int | None) -> Pixels:
        with telling_cut(data, media_type):
            image.seek(number)
            still = still_of(image)
            decode = hearing(still.decode, data, image, number)
            return _draw(replace(still, decode=decode), side, shape_of(image))

    return _in_sheets(Source(pages, side_of, draw), budget, frozenset({"metadata"}))


def _count_frames(image: Image.Image) -> int:
    """Count the pages, but not past the limit: a file can chain thousands of them."""
    try:
        for number in range(limits.DOCUMENT_PAGES + 1):
            image.seek(number)
    except EOFError:
        return number
    return limits.DOCUMENT_PAGES + 1


def _open_photo(data: bytes, media_type: str, budget: Callable[[float], None]) -> Document:
    found = inspect_still(data, media_type)
    still = open_still(data, media_type)
    side = long_side(still.width, still.height)
    source = Source(1, lambda _: side, lambda _, side: _draw(still, side))
    return _in_sheets(source, budget, frozenset(found) | still.found)


def _in_sheets(
    source: Source, budget: Callable[[float], None], found: frozenset[str], words: WordsOf = no_words
) -> Document:
    allowance = Allowance(source.pages)

    def drawn(draw: Callable[[], list[Pixels]]) -> list[Pixels]:
        allowance.check()
        budget(limits.PAGE_CPU)
        return allowance.drawn(draw)

    sheets = Sheets(source, drawn)
    return Document(len(sheets.places), sheets.draw, found, partial(words_on, sheets.places, words))


def _draw(still: Still, side: int | None, shape: float = 1.0) -> Pixels:
    side = side or limits.PAGE_SIDE
    image = plain_pixels(image_of(still.decode(side)))
    # Shrunk first, so that what is stretched is bounded.
    image = shrink(squared(shrink(image, side), shape), side)
    return turn_upright(convert_colour(image, still.profile), still.orientation)


_OPENERS = {"application/pdf": _open_pdf, "image/tiff": _open_tiff}
