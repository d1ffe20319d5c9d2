"""Cuts a very long page, as a phone makes of what it scrolls through, or a strip of paper, into sheets to be read.

Drawn as one such a page would be so narrow that its print is gone: for whoever reads it, and for what looks for names
on it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging import limits
from imaging.pixels import Pixels
from imaging.reading.words import Word

LONG = 2.5
"""How many times as high as wide a picture is before it is cut. The longest screens of phones reach 2.4."""
_WORTH = 1.25
"""A picture that is hardly higher than a page loses nothing as one."""
_WIDE = limits.PAGE_SIDE // 2
_EARLIEST = 0.55
"""Where a page may end at the earliest, as a share of the highest."""
_LEAST = 0.3
"""How much shall be left for the page after it at least, as such a share: a few rows are no page."""
_INKS, _BORDER, _GAP = (11, 24), 0.9, 6
"""How far from its row's own tone ink is, of 255: the palest that is not bleached, and where no gap is without that,
as on a grainy photo, what can be read with ease; in what share of the rows a line stands that frames a list from top
to bottom; and how many rows without ink in a row lie between two lines of print at least."""
_NEARLY = 0.8
"""A gap of such a share of the widest is as good: print with even lines gives pages as high as they may be."""


WordsOf = Callable[[int, int, int], list[Word]]
"""The words of a page, by its number and its picture's width and height."""
Drawn = Callable[[Callable[[], list[Pixels]]], list[Pixels]]
"""Draws what it is given, and keeps account of what that costs."""


@dataclass(frozen=True)
class Source:
    """A document of so many pages, numbered from 0.

    `side_of` says how long the longer side of a page shall be, in pixels, that is cut; None of any other. `draw` gives
    a page with a longer side of at most this, or as it is shown whole.
    """

    pages: int
    side_of: Callable[[int], int | None]
    draw: Callable[[int, int | None], Pixels]


@dataclass(frozen=True)
class Place:
    """Where a sheet is: on which page, which of its parts it is, and how far down it begins on a picture how high.

    `height` is None for a page that is one sheet.
    """

    page: int
    part: int = 0
    top: int = 0
    height: int | None = None


class Sheets:
    """The sheets that the pages of a document are shown as: one each, and several of a very long one."""

    def __init__(self, source: Source, drawn: Drawn) -> None:
        """Find out how many there are, but not past the limit. What must be drawn for that is drawn by `drawn`."""
        self._source = source
        self._cut = lru_cache(maxsize=1)(self._cut_up)
        self.places: list[Place] = []
        for page in range(source.pages):
            if len(self.places) > limits.DOCUMENT_PAGES:
                break
            self.places += self._places_of(page, drawn)

    def draw(self, number: int) -> Pixels:
        """Draw one sheet, counted from 0."""
        place = self.places[number]
        return self._source.draw(place.page, None) if place.height is None else self._cut(place.page)[place.part]

    def _places_of(self, page: int, drawn: Drawn) -> list[Place]:
        if self._source.side_of(page) is None:
            return [Place(page)]
        heights = [len(part) for part in drawn(lambda: self._cut(page))]
        if len(heights) == 1:
            # It was drawn larger than a page is.
            self._cut.cache_clear()
            return [Place(page)]
        return [Place(page, part, sum(heights[:part]), sum(heights)) for part in range(len(heights))]

    def _cut_up(self, page: int) -> list[Pixels]:
        return pages_of(self._source.draw(page, self._source.side_of(page)))


def no_words(_page: int, _width: int, _height: int) -> list[Word]:
    """What a page without a text layer tells."""
    return []


def words_on(places: Sequence[Place], words: WordsOf, number: int, width: int, height: int) -> list[Word]:
    """Return the words of the text layer of one sheet, which is so many pixels wide and high."""
    place = places[number]
    if place.height is None:
        return words(place.page, width, height)
    below = (
        replace(word, top=word.top - place.top, bottom=word.bottom - place.top)
        for word in words(place.page, width, place.height)
    )
    return [word for word in below if word.bottom > 0 and word.top < height]


def long_side(width: int, height: int) -> int | None:
    """How long the longer side of a picture shall be that is cut, in pixels; None for one that is drawn as one page."""
    is_long = LONG * width <= height <= limits.STILL_NARROWEST * width
    if not is_long or height <= _WORTH * limits.PAGE_SIDE:
        return None
    scale = min(1.0, _WIDE / width, math.sqrt(limits.LONG_PIXELS / (width * height)))
    return math.ceil(scale * height)


def pages_of(pixels: Pixels) -> list[Pixels]:
    """Return the parts of an upright RGB picture from top to bottom, which together are all of it.

    It is cut where nothing is printed, so that no half of a line can be read and not be covered. One in which there is
    no such place within a page's reach is returned whole. The last may be somewhat higher than the others, where else
    only a few rows would be left.
    """
    height, width = pixels.shape[:2]
    page = min(limits.PAGE_SIDE, max(limits.PAGE_LEAST_SIDE, 2 * width))
    most = min(int(_WORTH * page), limits.PAGE_SIDE)
    ends = [0]
    while (left := height - ends[-1]) > page:
        place = _end_of_page(pixels[ends[-1] :], page, most)
        if place is None and left <= most:
            break
        if place is None:
            return [pixels]
        ends.append(ends[-1] + place)
    return [pixels[top:bottom] for top, bottom in zip(ends, [*ends[1:], height], strict=True)]


def _end_of_page(left: Pixels, page: int, most: int) -> int | None:
    """In which row the page ends that begins here; None where nothing parts two lines within its reach."""
    first, height = int(_EARLIEST * page), len(left)
    place = _quietest(left[first : min(page, height - int(_LEAST * page))])
    if place is None and height > most:
        place = _quietest(left[first:page])
    return None if place is None else first + place


def _quietest(part: Pixels) -> int | None:
    """The middle of a gap between lines, in rows from the part's top: where possible, between pale ones, too."""
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.int16)
    return next((found for ink in _INKS if (found := _last_wide_gap(grey, ink)) is not None), None)


def _last_wide_gap(grey: NDArray[np.int16], least: int) -> int | None:
    """The same of the last gap that is about as wide as the widest, between lines of ink of this strength."""
    ink = np.abs(grey - np.median(grey, axis=1, keepdims=True)) > least
    ink &= ink.mean(axis=0) < _BORDER
    edges = np.flatnonzero(np.diff(np.concatenate(([True], ink.any(axis=1), [True])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    lengths = stops - starts
    if not starts.size or lengths.max() < _GAP:
        return None
    chosen = np.flatnonzero(lengths >= max(_GAP, _NEARLY * lengths.max()))[-1]
    return int(starts[chosen] + stops[chosen]) // 2
