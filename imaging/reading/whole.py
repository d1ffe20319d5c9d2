"""Reads a page until all that looks like letters on it is explained, whichever way each part of it lies.

Paper is fed sideways, a sticker is glued upside down on an upright form. What was read in one direction proves
nothing about the rest: letters that no believable word covers are cut out, turned and read again, and what nobody
can read in any direction is handed back as unread.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pixels import Pixels
from imaging.reading.ink import Ink, edges_of, groups_of, inside_of, is_like_print, letters_alone, outside, weight
from imaging.reading.straighten import turns_of
from imaging.reading.tesseract import Reader, read_words
from imaging.reading.view import Edges, View, around, view_of
from imaging.reading.words import Word

Letters = NDArray[np.float32]
DOTS = 200
SURE, HALF_SURE, VERY_SURE = 60.0, 30.0, 80.0
_MUCH = 0.5
"""Which share of what looks like letters must lie under believed words, for a page or a part to count as read."""
_BETTER = 0.2
_WORDS_LEAST, _FEWEST = 4, 4.0
"""Fewer letters that stand alone are not looked at again: nobody is told apart by them."""
_SAMPLE, _READ_AT_ONCE = 250, 2_500
_ENOUGH, _SIGNS_IN_LINE = 1.7, 8
_TELLING, _SIDEWAYS = 12, 45.0
_PARTS_MOST, _PARTS_WEIGHT = 40, 2_000
_LONG, _IN_LINE, _AS_HIGH, _ALIKE = 3.0, 0.6, 1.5, 0.05
_MARGIN, _APART, _HIGHEST = 12, 24, 180
_WHITE = 255


@dataclass(frozen=True)
class Reading:
    """What was read in one view of the page or of a part of it; the words' places are pixels of the view."""

    view: View
    words: Sequence[Word]

    def boxes(self, surest: float) -> list[Edges]:
        """Where on the page something was read with at least so much confidence."""
        return [edges for word in self.words if _is_sure(word, surest) for edges in self.view.on_page(_grown(word))]


@dataclass(frozen=True)
class Whole:
    """All that was read of a page, the main part first, and boxes around what nobody could read.

    `is_read` says whether the page as a whole could be read at all.
    """

    readings: Sequence[Reading]
    unread: Sequence[Edges]
    is_read: bool


def read_main(reader: Reader, ink: Ink) -> Reading | None:
    """Read a page in the direction in which most of it lies; None where it holds more than can be read."""
    return None if ink.is_too_much else _main(reader, ink, ink.letters)


def read_rest(reader: Reader, ink: Ink, page: Reading | None, proven: Sequence[Edges]) -> Whole:
    """Read what was not read in that direction. `proven` are boxes in which it is known from elsewhere what stands."""
    open_letters = outside(ink.letters, proven)
    if page is None:
        unread = [(0.0, 0.0, float(ink.grey.shape[1]), float(ink.grey.shape[0]))] if ink.is_noise else []
        return Whole((), [*unread, *_boxes(open_letters, ink)], is_read=False)
    share = _share(ink.letters, [*page.boxes(SURE), *proven])
    left = outside(open_letters, page.boxes(SURE))
    groups = [edges_of(group) for group in groups_of(left, ink.grey.shape) if is_like_print(group, _FEWEST)]
    readings, unread = _parts(reader, ink, page, [_with_whole_words(page, part) for part in groups])
    along = [reading for reading in readings if runs_along(page, reading)]
    across = [reading for reading in readings if not runs_along(page, reading)]
    return Whole((_merged(page, along), *across), unread, is_read=share >= _MUCH or _is_readable(page))


def _is_readable(page: Reading) -> bool:
    """Whether enough words are believed that what is not read stands out, and is covered by itself."""
    return sum(_is_sure(word, SURE) and len(word.text) > 2 for word in page.words) >= _WORDS_LEAST


def _main(reader: Reader, ink: Ink, letters: Letters) -> Reading:
    """Read the page in the direction in which most of it lies."""
    likely, other = turns_of(letters_alone(ink))
    if len(letters) <= _READ_AT_ONCE:
        page = _read(reader, ink.grey, _all_of(ink.grey), likely)
        if _share(letters, page.boxes(SURE)) >= _MUCH:
            return page
    middle = np.median(letters[:, :2], axis=0) if len(letters) else np.zeros(2)
    near = letters[np.abs(letters[:, :2] - middle).max(axis=1).argsort()[:_SAMPLE]]
    box = _wider(edges_of(near)) if len(near) else _all_of(ink.grey)
    shares: dict[float, float] = {}
    for turn in (likely, likely + 180, other, other + 180):
        shares[turn] = _share(near, _read(reader, ink.grey, box, turn).boxes(SURE))
        if shares[turn] >= _MUCH:
            break
    return _read(reader, ink.grey, _all_of(ink.grey), max(shares, key=lambda turn: shares[turn]))


def _parts(reader: Reader, ink: Ink, page: Reading, parts: Sequence[Edges]) -> tuple[list[Reading], list[Edges]]:
    """Read parts in the directions in which the page was not read; return what was, and boxes around what was not."""
    read_on_page, half_read = page.boxes(SURE), page.boxes(HALF_SURE)
    inside = [inside_of(ink.letters, part) for part in parts]
    ways = _turned(reader, ink, page, parts, inside)
    readings: list[Reading] = []
    unread: list[Edges] = []
    for part, letters, way in zip(parts, inside, ways, strict=True):
        before, after = _share(letters, read_on_page), _read_share(letters, way)
        rows = _rows(page, outside(letters, read_on_page))
        # Print that stands on its side gives many rows of one letter each.
        is_narrow = sum(row[2] - row[0] < row[3] - row[1] for row in rows) > 1
        is_in_line = not is_narrow and all(_is_in_line(page, row) for row in rows)
        if way is not None and after >= max(_MUCH, before + _BETTER) and _tells(page, way, letters, is_in_line):
            readings.append(way)
            unread += _boxes(outside(letters, [*way.boxes(HALF_SURE), *read_on_page]), ink)
            continue
        if way is not None:
            # What is known may be in it all the same.
            readings.append(Reading(way.view, [word for word in way.words if _is_sure(word, SURE)]))
        if before < _MUCH and not is_in_line and not _is_half_read(part, letters, half_read):
            unread.append(part)
    return readings, unread


def _turned(
    reader: Reader, ink: Ink, page: Reading, parts: Sequence[Edges], inside: Sequence[Letters]
) -> list[Reading | None]:
    """Read parts in up to four directions each, all of them together once for each direction; keep what tells most."""
    best: list[Reading | None] = [None for _ in parts]
    angles = [_turns(ink, page, part, letters) for part, letters in zip(parts, inside, strict=True)]
    left = _affordable(inside)
    for which, half in ((0, 0.0), (0, 180.0), (1, 0.0), (1, 180.0)):
        if which:
            left = [number for number in left if not _is_one_line(parts[number])]
        left = [number for number in left if _worth(inside[number], best[number]) < _ENOUGH]
        views = [view_of(ink.grey, _wider(parts[number]), angles[number][which] + half) for number in left]
        for number, view, words in zip(left, views, read_together(reader, views), strict=True):
            way = Reading(view, words)
            if _worth(inside[number], way) > _worth(inside[number], best[number]):
                best[number] = way
    return best


def _turns(ink: Ink, page: Reading, part: Edges, letters: Letters) -> tuple[float, float]:
    """How a part may be turned level; a few letters alone do not tell that and lie most likely as the page does."""
    own = turns_of(view_of(ink.grey, _wider(part), 0).grey)
    if len(letters) > _TELLING and not _is_one_line(part):
        return own
    turned = page.view.angle
    return (turned, turned + 90) if abs((own[0] - turned + 90) % 180 - 90) < _SIDEWAYS else (turned + 90, turned)


def _affordable(inside: Sequence[Letters]) -> list[int]:
    """The parts that are read, the largest first; what would take too long stays unread."""
    room, found = _PARTS_WEIGHT, []
    for number in sorted(range(len(inside)), key=lambda one: -len(inside[one]))[:_PARTS_MOST]:
        if len(inside[number]) <= room:
            room -= len(inside[number])
            found.append(number)
    return found


def _read_share(letters: Letters, way: Reading | None) -> float:
    return 0.0 if way is None else _share(letters, way.boxes(SURE))


def _worth(letters: Letters, way: Reading | None) -> float:
    return 0.0 if way is None else _share(letters, way.boxes(SURE)) + _share(letters, way.boxes(VERY_SURE))


def _is_one_line(part: Edges) -> bool:
    wide, high = part[2] - part[0], part[3] - part[1]
    return max(wide, high) > _LONG * min(wide, high)


def _tells(page: Reading, way: Reading, letters: Letters, is_in_line: bool) -> bool:
    """Whether enough was read for so many letters; what stands in a line of the page hardly runs another way."""
    signs = sum(len(word.text) for word in way.words if _is_sure(word, SURE))
    return signs >= _MUCH * weight(letters) and (not is_in_line or signs >= _SIGNS_IN_LINE or runs_along(page, way))


def _with_whole_words(page: Reading, part: Edges) -> Edges:
    """A part with the words that reach into it, so that none is cut in two."""
    left, top, right, bottom = part
    high = min(right - left, bottom - top)
    for word in page.words:
        if word.height < _AS_HIGH * high:
            for box in page.view.on_page(_grown(word)):
                if min(right, box[2]) > max(left, box[0]) and min(bottom, box[3]) > max(top, box[1]):
                    part = min(part[0], box[0]), min(part[1], box[1]), max(part[2], box[2]), max(part[3], box[3])
    return part


def _is_half_read(part: Edges, letters: Letters, boxes: Sequence[Edges]) -> bool:
    """Whether the reader made something of one line; of print that slants or stands on its side it does so as well."""
    return (_is_one_line(part) or weight(letters) < 2 * _FEWEST) and _share(letters, boxes) >= _MUCH


def _rows(page: Reading, letters: Letters) -> list[Edges]:
    """The rows in which letters stand on the page's view, if they run as the page does."""
    forth = np.asarray(cv2.invertAffineTransform(page.view.back), np.float64)
    rows: list[Edges] = []
    for left, top, right, bottom in sorted((around(forth, one) for one in letters[:, :4].tolist()), key=lambda e: e[1]):
        if rows and top < rows[-1][3] - (bottom - top) / 2:
            last = rows[-1]
            rows[-1] = (min(last[0], left), last[1], max(last[2], right), max(last[3], bottom))
        else:
            rows.append((left, top, right, bottom))
    return rows


def _is_in_line(page: Reading, row: Edges) -> bool:
    """Whether a row stands in a line of the page of which other words are believed: a value that a fax blurred."""
    _, top, _, bottom = row
    high = bottom - top
    sure = (word for word in page.words if _is_sure(word, SURE))
    return any(
        min(bottom, word.bottom) - max(top, word.top) > _IN_LINE * high and high < _AS_HIGH * word.height
        for word in sure
    )


def runs_along(page: Reading, other: Reading) -> bool:
    """Whether two views were turned alike, so that their words may stand in the same lines."""
    return bool(np.abs(page.view.back[:, :2] - other.view.back[:, :2]).max() < _ALIKE)


def _merged(page: Reading, others: Sequence[Reading]) -> Reading:
    """The page with what was read again on its parts in the place of what was made of them first."""
    words = list(page.words)
    forth = cv2.invertAffineTransform(page.view.back)
    for other in others:
        turn = forth @ np.vstack([other.view.back, (0, 0, 1)])
        better = [
            replace(word, left=left, top=top, right=right, bottom=bottom)
            for word in other.words
            if _is_sure(word, SURE)
            for left, top, right, bottom in (around(turn, (word.left, word.top, word.right, word.bottom)),)
        ]
        words = [word for word in words if not any(_is_under(word, one) for one in better)] + better
    return Reading(page.view, words)


def _is_under(word: Word, other: Word) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return other.left <= x <= other.right and other.top <= y <= other.bottom


def read_together(reader: Reader, views: Sequence[View]) -> Iterator[list[Word]]:
    """Read pictures under each other on one sheet, which costs less than one by one."""
    if not views:
        return
    tops = np.cumsum([0, *(view.grey.shape[0] + _APART for view in views)]).tolist()
    sheet = np.full((tops[-1], max(view.grey.shape[1] for view in views)), _WHITE, np.uint8)
    for view, top in zip(views, tops, strict=False):
        height, width = view.grey.shape
        sheet[top : top + height, :width] = view.grey
    words = read_words(reader, sheet, DOTS)
    for top, end in itertools.pairwise(tops):
        mine = [word for word in words if top <= (word.top + word.bottom) / 2 < end]
        yield [Word(w.text, w.left, w.top - top, w.right, w.bottom - top, w.confidence) for w in mine]


def _read(reader: Reader, grey: Pixels, box: Edges, angle: float) -> Reading:
    view = view_of(grey, box, angle)
    return Reading(view, [word for word in read_words(reader, view.grey, DOTS) if word.height < _HIGHEST])


def _share(letters: Letters, boxes: Sequence[Edges]) -> float:
    whole = weight(letters)
    return 1.0 - weight(outside(letters, boxes)) / whole if whole else 1.0


def _boxes(letters: Letters, ink: Ink) -> list[Edges]:
    return [edges_of(group) for group in groups_of(letters, ink.grey.shape) if is_like_print(group, _FEWEST)]


def _is_sure(word: Word, surest: float) -> bool:
    return word.confidence >= surest and sum(map(str.isalnum, word.text)) > 1


def _grown(word: Word) -> Edges:
    more = 0.2 * word.height
    return word.left - more, word.top - more, word.right + more, word.bottom + more


def _wider(box: Edges) -> Edges:
    return box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN


def _all_of(grey: Pixels) -> Edges:
    return 0, 0, grey.shape[1], grey.shape[0]
