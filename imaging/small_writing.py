"""Finds writing that is too small for the look at the whole picture: a wristband, a bottle, a form behind the child.

Where many edges run every way within a few pixels, more of them than around it, there may be letters: hairs, folds and
rims run one way, and the grain of a camera is everywhere. Such places are cut out as they are, laid side by side into
one picture, and that is looked at. What is found there is covered only if letters are read in it: pores and the crusts
of a rash have as many edges, and a covered finding harms the child. Lives in the jail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.pixels import Pixels
from imaging.writing import NETWORK_GRID, TEXT_SIDE, Line, Writing, letters_in, line_boxes, lines_at, share_of, views_of

_LOOKED_SIDE = 2048
"""The picture is looked at with at most so many pixels on its longer side, which is what most of its copies have."""
_BLOCK = 8
_ABOVE, _LEAST = 1.3, 3.0
"""How much more edges a place has than what is around it, and how many at least, in squared steps of 255."""
_FLOOR_MOST = 3.0
"""What is around counts as at most so many times what is usual in the picture: print surrounds itself with print."""
_CELL = 4
_BESIDE, _KNOWN = 1, 0.9
"""What share of a place must be within boxes that are known, for it not to be looked at again."""
_BLOCKS_LEAST, _MARGIN = 16, 16
_SIDE, _HIGHEST, _ROOM = 448, 512, 448 * 448
"""Width and height of the picture that places are laid into, and how many pixels they may have: each costs time."""
_SCORE, _SCORE_UNREAD, _THICKEST = 0.6, 0.8, 16.0
_LETTERS, _SURE, _READ_MOST = 3, 0.7, 24


@dataclass(frozen=True)
class _Place:
    """A busy place in the picture, in pixels, and where it is laid."""

    left: int
    top: int
    width: int
    height: int
    x: int = 0
    y: int = 0


def small_texts_in(writing: Writing, pixels: Pixels, known: Sequence[Box]) -> list[Box]:
    """Find small writing in an RGB picture, but for what is within the boxes that are known already."""
    factor = -(-max(pixels.shape[:2]) // _LOOKED_SIDE)
    if max(pixels.shape[:2]) <= TEXT_SIDE:
        return []
    looked = pixels if factor == 1 else _smaller(pixels, factor)
    places = _laid(list(_busy_places(looked, known)))
    if not places:
        return []
    sheet = _sheet(looked, places)
    size = (looked.shape[1], looked.shape[0])
    return [
        share_of(edges, size, line.score)
        for line, place in _read_lines(writing, sheet, places)
        for edges in line_boxes(_back(line, place), *line.rectangle[1:])
    ]


def _smaller(pixels: Pixels, factor: int) -> Pixels:
    height, width = (length // factor for length in pixels.shape[:2])
    whole = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _busy_places(pixels: Pixels, known: Sequence[Box]) -> Iterator[_Place]:
    edges = _edges_every_way(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8))
    where = (edges > _ABOVE * _around(edges) + _LEAST).astype(np.uint8)
    is_known = _where_known(known, where.shape[0], where.shape[1])
    joined = cv2.morphologyEx(where, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    covered = np.bincount(labels[is_known], minlength=len(stats))
    for (left, top, width, height, blocks), hidden in zip(stats[1:].tolist(), covered[1:].tolist(), strict=True):
        # A line of which a part was found is looked at whole.
        if blocks >= _BLOCKS_LEAST and hidden < _KNOWN * blocks:
            x, y = max(0, left * _BLOCK - _MARGIN), max(0, top * _BLOCK - _MARGIN)
            right = min(pixels.shape[1], (left + width) * _BLOCK + _MARGIN)
            bottom = min(pixels.shape[0], (top + height) * _BLOCK + _MARGIN)
            yield _Place(x, y, right - x, bottom - y)


def _where_known(known: Sequence[Box], high: int, wide: int) -> NDArray[np.bool_]:
    """The blocks within boxes, and those beside, which count edges within too."""
    found = np.zeros((high, wide), bool)
    for box in known:
        rows = slice(max(0, int(box.top * high) - _BESIDE), int(box.bottom * high) + _BESIDE + 1)
        found[rows, max(0, int(box.left * wide) - _BESIDE) : int(box.right * wide) + _BESIDE + 1] = True
    return found


def _edges_every_way(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Of each block and its neighbours, how much tones change in the direction in which they change least."""
    high, wide = (length // _BLOCK for length in grey.shape)
    whole = grey[: high * _BLOCK, : wide * _BLOCK]
    across, down = (cv2.Scharr(whole, cv2.CV_32F, *order, scale=1 / 16) for order in ((1, 0), (0, 1)))
    means = (
        cv2.blur(cv2.resize(product, (wide, high), interpolation=cv2.INTER_AREA), (3, 3))
        for product in (across * across, down * down, across * down)
    )
    first, second, both = means
    return np.asarray((first + second) / 2 - np.sqrt(((first - second) / 2) ** 2 + both**2), np.float32)


def _around(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is usual around each block: the middle value of some twenty blocks each way."""
    high, wide = edges.shape
    coarse = cv2.resize(edges, (max(1, wide // _CELL), max(1, high // _CELL)), interpolation=cv2.INTER_AREA)
    usual = np.minimum(cv2.medianBlur(coarse, 5), np.float32(_FLOOR_MOST * float(np.median(edges))))
    return np.asarray(cv2.resize(usual, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)


def _laid(places: list[_Place]) -> list[_Place]:
    """Lay places on shelves, the smallest first, as long as there is room: a name is small, a ruler or a mat large."""
    room, chosen = _ROOM, []
    for place in sorted(places, key=lambda place: (place.width * place.height, place.top, place.left)):
        if max(place.width, place.height) <= _SIDE and place.width * place.height <= room:
            chosen.append(place)
            room -= place.width * place.height
    laid, x, y, shelf = [], 0, 0, 0
    for place in sorted(chosen, key=lambda place: (-place.height, place.top, place.left)):
        if x + place.width > _SIDE:
            x, y, shelf = 0, y + shelf, 0
        if y + place.height > _HIGHEST:
            continue
        shelf = max(shelf, place.height)
        laid.append(replace(place, x=x, y=y))
        x += place.width
    return laid


def _sheet(pixels: Pixels, places: Sequence[_Place]) -> Pixels:
    """The places side by side on mid-grey, as wide and high as they need."""
    ends = max(place.x + place.width for place in places), max(place.y + place.height for place in places)
    width, height = (-(-end // NETWORK_GRID) * NETWORK_GRID for end in ends)
    sheet = np.full((height, width, 3), 127, np.uint8)
    for place in places:
        part = pixels[place.top : place.top + place.height, place.left : place.left + place.width]
        sheet[place.y : place.y + place.height, place.x : place.x + place.width] = part
    return sheet


def _read_lines(writing: Writing, sheet: Pixels, places: Sequence[_Place]) -> Iterator[tuple[Line, _Place]]:
    """Yield the lines on the sheet in which letters are read, each with the place that it lies in."""
    size = (sheet.shape[1], sheet.shape[0])
    lines = lines_at(writing.lines, sheet, max(size))
    thin = [line for line in lines if line.score >= _SCORE and line.thickness * max(size) <= _THICKEST]
    for number, line in enumerate(sorted(thin, key=lambda line: (-line.score, line.rectangle))):
        place = _place_of(line, places)
        if place is not None and (number >= _READ_MOST or _is_read(writing, sheet, line)):
            yield line, place


def _is_read(writing: Writing, sheet: Pixels, line: Line) -> bool:
    """Whether letters are read in it, whichever way round. Without a reader only what is surely a line is believed."""
    if writing.letters is None:
        return line.score >= _SCORE_UNREAD
    size = (sheet.shape[1], sheet.shape[0])
    read = (letters_in(writing.letters, view) for view in views_of(sheet, line, size))
    return any(letters >= _LETTERS and sureness >= _SURE for letters, sureness in read)


def _place_of(line: Line, places: Sequence[_Place]) -> _Place | None:
    x, y = line.rectangle[0]
    inside = (at for at in places if at.x <= x < at.x + at.width and at.y <= y < at.y + at.height)
    return next(inside, None)


def _back(line: Line, place: _Place) -> tuple[float, float]:
    """The middle of a line in the picture that its place was cut from."""
    x, y = line.rectangle[0]
    return x - place.x + place.left, y - place.y + place.top
