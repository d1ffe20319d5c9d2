"""The words of a PDF page that could be selected, where they are drawn."""

import ctypes
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from imaging.reading.words import Word

_LETTERS_MOST = 40_000
"""A page of small print has about six thousand letters; more are a trap or cannot be read anyway."""


def words_of(page: pypdfium2.PdfPage, width: int, height: int) -> list[Word]:
    """Return the words of the text layer in pixels of a picture of this size."""
    text = page.get_textpage()
    try:
        return list(_words(page, text, (width, height)))
    finally:
        text.close()


def _words(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, size: tuple[int, int]) -> Iterator[Word]:
    letters: list[str] = []
    edges: list[tuple[float, float, float, float]] = []
    for number in range(min(text.count_chars(), _LETTERS_MOST)):
        letter = chr(pdfium.FPDFText_GetUnicode(text.raw, number))
        if letter.isspace() or not letter.isprintable():
            yield from _word(letters, edges)
            letters, edges = [], []
            continue
        place = _place(page, text.get_charbox(number, loose=True), size)
        if edges and _is_apart(edges[-1], place):
            yield from _word(letters, edges)
            letters, edges = [], []
        letters.append(letter)
        edges.append(place)
    yield from _word(letters, edges)


def _word(letters: list[str], edges: list[tuple[float, float, float, float]]) -> Iterator[Word]:
    if letters:
        lefts, tops, rights, bottoms = zip(*edges, strict=True)
        yield Word("".join(letters), min(lefts), min(tops), max(rights), max(bottoms))


def _is_apart(last: tuple[float, float, float, float], place: tuple[float, float, float, float]) -> bool:
    """Whether a letter stands too far from the one before to belong to its word."""
    height = max(1.0, last[3] - last[1])
    return abs(place[1] - last[1]) > height or place[0] - last[2] > height or last[0] - place[0] > 2 * height


def _place(
    page: pypdfium2.PdfPage, box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return where a box of the page is in its picture, however the page is turned or cropped."""
    left, bottom, right, top = box
    corners = [_point(page, x, y, size) for x, y in ((left, bottom), (right, top))]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _point(page: pypdfium2.PdfPage, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, size[0], size[1], 0, x, y, across, down)
    return across.value, down.value
