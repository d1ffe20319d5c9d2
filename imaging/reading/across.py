"""Stamps and stickers across a page: where one of them tells who the child is, the whole of it is covered.

What is stamped over print is read in pieces: the name is found, and the number under it, through which print runs,
is not.
"""

from collections.abc import Iterator

from imaging.reading.ink import Ink, inside_of, weight
from imaging.reading.rows import is_result
from imaging.reading.view import Edges, around
from imaging.reading.whole import Reading, runs_along
from imaging.reading.words import in_lines

_OF_PAGE, _LETTERS = 0.1, 150.0
"""What is larger, or holds more letters, is a part of the page, and covered word by word."""
_NEXT_LINE = 2.0


def stamp_of(page: Reading, reading: Reading, ink: Ink) -> Iterator[Edges]:
    """Yield boxes of the page over the whole of what was read another way than the page, if that may be a stamp."""
    height, width = reading.view.grey.shape
    place = around(reading.view.back, (0, 0, width, height))
    share = (place[2] - place[0]) * (place[3] - place[1]) / ink.grey.size
    if not reading.words or runs_along(page, reading) or share > _OF_PAGE:
        return
    if weight(inside_of(ink.letters, place)) > _LETTERS or any(map(is_result, in_lines(reading.words))):
        return
    if not reading.view.is_slanted:
        yield place
        return
    more = _NEXT_LINE * max(word.height for word in reading.words)
    left, top = min(word.left for word in reading.words), min(word.top for word in reading.words)
    right, bottom = max(word.right for word in reading.words), max(word.bottom for word in reading.words)
    yield from reading.view.on_page(
        (max(0.0, left - more), max(0.0, top - more), min(width, right + more), min(height, bottom + more))
    )
