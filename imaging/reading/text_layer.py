"""The words of a PDF page that could be selected, where they are drawn and whichever way they run."""

import ctypes
import itertools
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from imaging.reading.view import Edges, around, quarters
from imaging.reading.words import Word

_LETTERS_MOST = 40_000
"""A page of small print has about six thousand letters; more are a trap or cannot be read anyway."""
_BROKEN_AT = "\x02\u00ad"
_UNTOLD, _NO_LETTERS = "\ufffd", {"Co", "Cn", "Cs", "Cc"}
"""What stands for a letter of which a font does not tell which one it is, as many do of ligatures."""
_FORMAT = "Cf"
"""Signs without a place of their own, such as those at which a browser may break a word: they end none."""
_OBJECTS_MOST, _DEPTH_MOST = 20_000, 4
_UNSEEN = {pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP, pdfium.FPDF_TEXTRENDERMODE_UNKNOWN}


@dataclass(frozen=True)
class _Letter:
    """One letter, its box in the picture, that box on the picture turned so that it is upright, and its kind."""

    letter: str
    place: Edges
    upright: Edges
    quarters: int
    is_exact: bool


def words_of(page: pypdfium2.PdfPage, width: int, height: int) -> list[Word]:
    """Return the words of the text layer in pixels of a picture of this size.

    Those that are drawn beside all pictures are exact. What lies on or under a picture, or is not drawn at all, is
    what a reader made of that picture once, or an app's line of its own: it proves nothing about the picture.
    """
    text = page.get_textpage()
    try:
        return list(_words(page, text, (width, height)))
    finally:
        text.close()


def _words(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, size: tuple[int, int]) -> Iterator[Word]:
    pictures = _pictures(page)
    run: list[_Letter] = []
    for number in range(min(text.count_chars(), _LETTERS_MOST)):
        letter = _sign(text, number)
        if unicodedata.category(letter) == _FORMAT:
            continue
        if letter.isspace() or not letter.isprintable():
            yield from _word(run)
            run = []
            continue
        one = _letter(page, text, number, size, pictures)
        if run and (run[-1].quarters != one.quarters or _is_apart(run[-1].upright, one.upright)):
            yield from _word(run)
            run = []
        run.append(one)
    yield from _word(run)


def _word(run: list[_Letter]) -> Iterator[Word]:
    if run:
        lefts, tops, rights, bottoms = zip(*(one.place for one in run), strict=True)
        text, edges = "".join(one.letter for one in run), (min(lefts), min(tops), max(rights), max(bottoms))
        yield Word(text, *edges, quarters=run[0].quarters, is_exact=all(one.is_exact for one in run))


def _letter(
    page: pypdfium2.PdfPage,
    text: pypdfium2.PdfTextPage,
    number: int,
    size: tuple[int, int],
    pictures: list[Edges] | None,
) -> _Letter:
    box = text.get_charbox(number, loose=True)
    place, count = _place(page, box, size), _quarters(page, text, number)
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    letter = _sign(text, number)
    is_bare = letter != _UNTOLD and pictures is not None and not any(_holds(picture, middle) for picture in pictures)
    return _Letter(letter, place, around(quarters(count, *size), place), count, is_bare and _is_drawn(text, number))


def _sign(text: pypdfium2.PdfTextPage, number: int) -> str:
    """A letter. The hyphen at which a word is broken comes as a sign of its own that is not printed."""
    letter = chr(pdfium.FPDFText_GetUnicode(text.raw, number))
    if letter in _BROKEN_AT:
        return "-"
    return _UNTOLD if unicodedata.category(letter) in _NO_LETTERS and not letter.isspace() else letter


def _quarters(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, number: int) -> int:
    """How often the page's picture must be turned counter-clockwise until a letter is upright."""
    run = math.degrees(pdfium.FPDFText_GetCharAngle(text.raw, number))
    return round((int(page.get_rotation()) + run) / 90) % 4


def _is_drawn(text: pypdfium2.PdfTextPage, number: int) -> bool:
    drawn = pdfium.FPDFText_GetTextObject(text.raw, number)
    return bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) not in _UNSEEN


def _pictures(page: pypdfium2.PdfPage) -> list[Edges] | None:
    """Where pictures lie on the page, in points; None where it holds more than can be looked through."""
    objects = list(itertools.islice(page.get_objects(max_depth=_DEPTH_MOST), _OBJECTS_MOST))
    if len(objects) == _OBJECTS_MOST:
        return None
    return [one.get_bounds() for one in objects if one.type == pdfium.FPDF_PAGEOBJ_IMAGE]


def _holds(box: Edges, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _is_apart(last: Edges, place: Edges) -> bool:
    """Whether a letter stands too far from the one before to belong to its word."""
    height = max(1.0, last[3] - last[1])
    return abs(place[1] - last[1]) > height or place[0] - last[2] > height or last[0] - place[0] > 2 * height


def _place(page: pypdfium2.PdfPage, box: Edges, size: tuple[int, int]) -> Edges:
    """Return where a box of the page is in its picture, however the page is turned or cropped."""
    left, bottom, right, top = box
    corners = [_point(page, x, y, size) for x, y in ((left, bottom), (right, top))]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _point(page: pypdfium2.PdfPage, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, size[0], size[1], 0, x, y, across, down)
    return across.value, down.value
