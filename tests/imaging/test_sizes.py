"""Names that are written very large or very small are read or covered; the words of a page are no large letters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from econsult.people import dates
from imaging import Identifiers
from imaging.reading.deny import DenyList
from imaging.reading.ink import ink_of
from imaging.reading.sizes import Sizes, read_sizes
from imaging.reading.tesseract import Reader, load_reader
from imaging.reading.view import Edges
from imaging.reading.whole import HALF_SURE, Whole, read_main, read_rest
from imaging.reading.words import in_lines
from imaging.steps.find_identifiers import known_boxes
from tests.imaging.test_turned_papers import form
from tests.spread import spread

AT = (60, 1150)
_CAPITAL = 0.73
"""How high a capital is, of the size of its font."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = load_reader()
    assert found is not None
    return found


def written(page: Image.Image, height: int, turned: int, text: str = "Luc\u00eda") -> Edges:
    """Write a name with capitals of so many pixels on a page; return where."""
    font = ImageFont.load_default(height / _CAPITAL)
    *_, right, bottom = ImageDraw.Draw(page).textbbox((10, 10), text, font)
    paper = Image.new("L", (round(right) + 10, round(bottom) + 10), 255)
    ImageDraw.Draw(paper).text((10, 10), text, 0, font)
    paper = paper.rotate(turned, expand=True)
    at = AT if paper.height < page.height - AT[1] else (AT[0], 20)
    page.paste(paper, at)
    return at[0], at[1], at[0] + paper.width, at[1] + paper.height


def read(reader: Reader, grey: NDArray[np.uint8]) -> tuple[Whole, Sizes]:
    """Read a page as it is, and then as the other pictures of it show it."""
    ink = ink_of(grey)
    whole = read_rest(reader, ink, read_main(reader, ink), [])
    return whole, read_sizes(reader, ink, [box for one in whole.readings for box in one.boxes(HALF_SURE)])


def covered(reader: Reader, page: Image.Image, place: Edges) -> float:
    """How much of the ink in a place lies under what is known or could not be read."""
    grey = np.asarray(page)
    whole, sizes = read(reader, grey)
    deny = DenyList(Identifiers(("Luc\u00eda Barrag\u00e1n",)), dates)
    known = [
        box
        for reading in (*whole.readings, *sizes.readings)
        for edges in known_boxes(in_lines(reading.words), deny)
        for box in reading.view.on_page(edges)
    ]
    hidden = np.zeros(grey.shape, bool)
    for left, top, right, bottom in (*known, *whole.unread, *sizes.unread):
        hidden[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1] = True
    left, top, right, bottom = map(int, place)
    ink = grey[top:bottom, left:right] < 100
    return float(hidden[top:bottom, left:right][ink].mean())


@pytest.mark.parametrize(
    ("height", "turned"), spread([(7, 0), (9, 0), (140, 0), (250, 0), (320, 90), (420, 0), (420, 270), (600, 90)], 2)
)
def test_a_name_of_any_height_is_covered(reader: Reader, height: int, turned: int) -> None:
    page = form(has_head=False).picture().convert("L")
    place = written(page, height, turned)
    assert covered(reader, page, place) > 0.9


@pytest.mark.wide
def test_the_words_of_a_page_are_not_taken_for_large_letters(reader: Reader) -> None:
    _, sizes = read(reader, np.asarray(form().picture().convert("L")))
    assert sizes.unread == []
