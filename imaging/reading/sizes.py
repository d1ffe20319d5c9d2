"""Reads print that is larger or smaller than the letters of a page, on pictures of it of other sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from imaging.pixels import Pixels
from imaging.reading.ink import (
    Ink,
    edges_of,
    groups_of,
    ink_of,
    is_like_print,
    letters_alone,
    outside,
    weight,
)
from imaging.reading.tesseract import Reader
from imaging.reading.view import Edges, View, view_of
from imaging.reading.whole import SURE, VERY_SURE, Letters, Reading, read_main, read_together

_LOOKS = ((3, 70.0), (5, 110.0), (8, 180.0), (13, 300.0))
"""By how many times the page is made smaller, and how high letters are on the page at least that this look is for."""
_FEWEST, _AS_HIGH, _IN_ROW, _FULL = 3, 2.2, 0.5, 0.6
_SMALL, _NEARLY_ALL, _TIMES = 9.0, 90, 3
"""What is not higher than so many pixels is read three times as large."""
_GROUPS_MOST, _WEIGHT_MOST, _SMALL_FEWEST = 24, 600.0, 6
_PAIR = 2
"""Of print on its side the reader makes pairs of letters, and is half sure of them."""
_MARGIN, _USUAL, _BELIEVED = 8.0, 14.0, 45.0


@dataclass(frozen=True)
class Sizes:
    """What was read of such print, and boxes of the page around what looks like print and was not read."""

    readings: list[Reading] = field(default_factory=list)
    unread: list[Edges] = field(default_factory=list)


def read_sizes(reader: Reader, ink: Ink, words: Sequence[Edges]) -> Sizes:
    """Look for letters that are too large to count as letters on the page itself, or too small to be read on it.

    `words` are boxes of the page in which something was read: each is one mark on a smaller picture.
    """
    found = Sizes()
    for look in _LOOKS:
        _read_large(reader, ink, look, words, found)
    _read_small(reader, ink, words, found)
    return found


def _read_large(reader: Reader, page: Ink, look: tuple[int, float], words: Sequence[Edges], found: Sizes) -> None:
    times, lowest = look
    shrunk = cv2.resize(page.grey, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA)
    ink = ink_of(np.asarray(shrunk, np.uint8))
    usual = [box for box in words if box[3] - box[1] < lowest or box[2] - box[0] < lowest]
    letters = ink.letters[_heights(ink.letters) >= lowest / times]
    letters = outside(
        letters, [(left / times, top / times, right / times, bottom / times) for left, top, right, bottom in usual]
    )
    if len(letters) < _FEWEST:
        return
    large = Ink(ink.grey, letters)
    reading = read_main(reader, Ink(letters_alone(large), letters))
    if reading is None:
        return
    found.readings.append(Reading(View(reading.view.grey, reading.view.back * times), reading.words))
    told = Reading(
        reading.view, [word for word in reading.words if len(word.text) > _PAIR or word.confidence >= VERY_SURE]
    )
    for row in _rows(outside(letters, told.boxes(SURE)), ink.grey.shape):
        if is_like_print(row, _FEWEST) and _bodies(row) >= _FULL * lowest / times:
            found.unread.append(_scaled(edges_of(row), times))


def _bodies(letters: Letters) -> float:
    """How wide letters are across: words of the page, which are marks in one column here, are long and low."""
    return float(np.median(np.minimum(letters[:, 2] - letters[:, 0], letters[:, 3] - letters[:, 1])))


def _scaled(edges: Edges, times: float) -> Edges:
    return edges[0] * times, edges[1] * times, edges[2] * times, edges[3] * times


def _read_small(reader: Reader, ink: Ink, words: Sequence[Edges], found: Sizes) -> None:
    if ink.is_too_much:
        return
    # Of print that a fax has cut in two only pieces are small.
    usual = [box for box in words if min(box[2] - box[0], box[3] - box[1]) > _USUAL]
    groups = [group for group in groups_of(ink.letters, ink.grey.shape) if _is_small(group)]
    groups = [group for group in groups if len(outside(group, usual)) == len(group)]
    groups = sorted(groups, key=len, reverse=True)[:_GROUPS_MOST]
    if not groups or sum(map(weight, groups)) > _WEIGHT_MOST:
        return
    views = [_larger(ink.grey, edges_of(group)) for group in groups]
    for group, view, read in zip(groups, views, read_together(reader, views), strict=True):
        reading = Reading(view, [word for word in read if word.confidence >= _BELIEVED])
        found.readings.append(reading)
        is_row = weight(group) >= _SMALL_FEWEST and next(_rows(group, ink.grey.shape), None) is not None
        if is_row and len(outside(group, reading.boxes(SURE))) > len(group) / 2:
            found.unread.append(edges_of(group))


def _is_small(group: Letters) -> bool:
    """Whether a group is that low, or stands that low on its side; letters in it may touch and be one."""
    across = (float(np.percentile(group[:, end] - group[:, start], _NEARLY_ALL)) for start, end in ((1, 3), (0, 2)))
    return min(across) <= _SMALL


def _larger(grey: Pixels, edges: Edges) -> View:
    left, top, right, bottom = edges
    view = view_of(grey, (left - 2 * _MARGIN, top - _MARGIN, right + 2 * _MARGIN, bottom + _MARGIN), 0)
    back = view.back.copy()
    back[:, :2] /= _TIMES
    larger = cv2.resize(view.grey, None, fx=_TIMES, fy=_TIMES, interpolation=cv2.INTER_CUBIC)
    return View(np.asarray(larger, np.uint8), back)


def _heights(letters: Letters) -> Letters:
    """How long the longer sides are: a letter may stand on its side."""
    return np.asarray(np.maximum(letters[:, 2] - letters[:, 0], letters[:, 3] - letters[:, 1]), np.float32)


def _rows(letters: Letters, shape: tuple[int, ...]) -> Iterator[Letters]:
    """Groups of letters of about one height that stand in one row, level or on their sides: no drawing does."""
    for group in groups_of(letters, shape):
        for start, end in ((1, 3), (0, 2)):
            high = group[:, end] - group[:, start]
            middle = (float(np.median(group[:, start])), float(np.median(group[:, end])))
            common = np.minimum(group[:, end], middle[1]) - np.maximum(group[:, start], middle[0])
            fits = (common > _IN_ROW * high) & (high < _AS_HIGH * np.median(high)) & (high > np.median(high) / _AS_HIGH)
            if int(fits.sum()) >= _FEWEST and fits.mean() > _IN_ROW:
                yield group
                break
