"""Finds lines of writing in a picture, and reads the large ones to tell them from a rash. Lives in the jail.

The detector of lines takes broad, scaly or blotched patches of skin for large letters, with scores like those of real
ones. So a line whose letters would be large is covered only if a second network reads letters in it. Small lines are
covered unread: nothing on skin looks like them, and they are where names are. In a face that stays open, teeth, brows
and hairs are taken for small lines too, and a bar over the mouth hides what was asked about: there only what is read is
covered.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.pixels import Pixels

Edges = tuple[float, float, float, float]
Slanted = tuple[Sequence[float], Sequence[float], float]
"""A turned rectangle as OpenCV has it: its middle, its two sides, its angle in degrees."""

TEXT_THRESHOLD = 0.3
TEXT_SIDE = 960
NETWORK_GRID = 32
_SCORE, _LARGE_SCORE = 0.45, 0.6
_LARGE = 0.06
"""Shares of the longer side above which a line counts as large, or as too huge to be told from a patch."""
_COARSE_SIDE = 320
_HUGE = 0.12
_MEAN = np.array((0.485, 0.456, 0.406), np.float32) * 255
_SCALE = np.float32(1 / (255 * 0.226))
_GROWTH = 0.85
"""How far a found line is grown on each side, in shares of its own height: the model marks the heart of a line."""
_SMALLEST = 3.0
_SLANT = math.radians(3)

_READ_ABOVE = 0.04
"""Lines at least so thick, as a share of the longer side, are read."""
_READ_MOST = 12
"""More large lines than that are believed unread: it would take seconds, and no rash was seen that gives so many."""
_LETTER_HEIGHT, _LINE_WIDTH_MOST = 48, 960
_BLANK = 0
_SURE = {1: 0.8, 2: 0.5}
_FAIRLY_SURE = 0.2
"""How sure the reader must be of one letter, of two, and of three or more. Patches are read as none or as one."""
_ONE_LETTER_SCORE, _CERTAIN = 0.9, 0.95
"""How sure the detector itself must be of a line with one letter, and of one that need not be read at all."""


@dataclass(frozen=True)
class Writing:
    """The two networks. Without `letters` every line that was found is covered, whatever it is."""

    lines: cv2.dnn.Net
    letters: cv2.dnn.Net | None = None


_SURE_ON_FACE = {2: 0.9}
_SURELY, _LETTERS_ON_FACE, _TWO_LETTERS_SCORE = 0.7, 3, 0.7
"""The same in a face that stays open. None of those found in 39 pictures of
three people's faces was read so; all of 109 that were written there, as on tape or on skin, were."""
_READ_MOST_ON_FACE = 24


@dataclass(frozen=True)
class Shown:
    """A part of the picture, such as a face that stays open, in which lines must be read to be believed.

    Only those as thick as `thinnest` at least, as a share of the picture's longer side, are doubted.
    """

    box: Box
    thinnest: float = 0.0


@dataclass(frozen=True)
class Line:
    """What the detector marked: a turned rectangle in pixels of what it looked at, and how sure it is."""

    rectangle: Slanted
    score: float
    thickness: float
    """As a share of the longer side."""


def texts_in(writing: Writing, pixels: Pixels, side: int = TEXT_SIDE, shown: Sequence[Shown] = ()) -> list[Box]:
    """Find writing in an RGB picture, whichever way it runs; a slanting line comes as a row of boxes.

    Within what is `shown` it must be proven by letters that are read. What fills a large part of the picture is
    believed only where a coarser look finds a line there too.
    """
    lines = lines_at(writing.lines, pixels, side)
    found = list(_boxes_of(writing, pixels, side, lines, shown))
    if any(line.thickness > _HUGE for line in lines):
        found += _boxes_of(writing, pixels, _COARSE_SIDE, lines_at(writing.lines, pixels, _COARSE_SIDE), shown)
    return found


def on_grid(pixels: Pixels, side: int) -> tuple[int, int]:
    """Return the width and height nearest to the picture's shape that the networks take."""
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    grid = [max(1, round(length * scale / NETWORK_GRID)) * NETWORK_GRID for length in (width, height)]
    return grid[0], grid[1]


def share_of(edges: Edges, size: tuple[int, int], score: float) -> Box:
    """Return a box given in pixels as shares of the picture, cut off at its edges."""
    left, top, right, bottom = edges
    return Box(left / size[0], top / size[1], right / size[0], bottom / size[1], score).grown(1.0)


def warm_up_writing(writing: Writing) -> None:
    """Let the networks lay out their weights on blank pictures of our own."""
    lines_at(writing.lines, np.zeros((NETWORK_GRID, NETWORK_GRID, 3), np.uint8), NETWORK_GRID)
    if writing.letters is not None:
        letters_in(writing.letters, np.zeros((_LETTER_HEIGHT, _LETTER_HEIGHT, 3), np.uint8))


def lines_at(net: cv2.dnn.Net, pixels: Pixels, side: int) -> list[Line]:
    """Return the lines found at this size that are likely enough."""
    shrunk = cv2.resize(pixels, on_grid(pixels, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    net.setInput(((shrunk - _MEAN) * _SCALE).transpose(2, 0, 1)[None])
    heat = net.forward()[0, 0]
    marked = (heat > TEXT_THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(marked, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        rectangle = cv2.minAreaRect(contour)
        line = Line(rectangle, _score(heat, contour), min(rectangle[1]) / side)
        if line.thickness > _HUGE or line.score >= (_SCORE if line.thickness < _LARGE else _LARGE_SCORE):
            found.append(line)
    return found


def _boxes_of(
    writing: Writing, pixels: Pixels, side: int, lines: Sequence[Line], shown: Sequence[Shown]
) -> Iterator[Box]:
    """Yield the boxes of the lines that are writing."""
    size, believable = on_grid(pixels, side), [line for line in lines if line.thickness <= _HUGE]
    on_face = [line for line in believable if _lies_in(line, size, shown)]
    believable = [line for line in believable if line not in on_face]
    doubted = [line for line in believable if line.thickness >= _READ_ABOVE][:_READ_MOST]
    found = [line for line in believable if line not in doubted or _is_writing(writing.letters, pixels, line, size)]
    # Letters are what the detector is surest of; hairs are many.
    surest = sorted((line for line in on_face if [*line_boxes(*line.rectangle)]), key=lambda line: -line.score)
    found += [line for line in surest[:_READ_MOST_ON_FACE] if _is_proven(writing.letters, pixels, line, size)]
    for line in found:
        yield from (share_of(edges, size, line.score) for edges in line_boxes(*line.rectangle))


def _lies_in(line: Line, size: tuple[int, int], shown: Sequence[Shown]) -> bool:
    """Whether its middle is in one of these parts, where a line like it is doubted."""
    x, y = (place / length for place, length in zip(line.rectangle[0], size, strict=True))
    return any(
        line.thickness >= part.thinnest
        and part.box.left <= x <= part.box.right
        and part.box.top <= y <= part.box.bottom
        for part in shown
    )


def _is_proven(net: cv2.dnn.Net | None, pixels: Pixels, line: Line, size: tuple[int, int]) -> bool:
    """Whether letters are read in it for sure. Where there is no reader it may be writing."""
    if net is None or line.score >= _CERTAIN:
        return True
    return any(_is_read_for_sure(*letters_in(net, view), line.score) for view in views_of(pixels, line, size))


def _is_read_for_sure(letters: int, sureness: float, score: float) -> bool:
    if letters >= _LETTERS_ON_FACE:
        return sureness >= _SURELY
    return letters in _SURE_ON_FACE and sureness >= _SURE_ON_FACE[letters] and score >= _TWO_LETTERS_SCORE


def _is_writing(net: cv2.dnn.Net | None, pixels: Pixels, line: Line, size: tuple[int, int]) -> bool:
    """Whether letters are read in it, either way round. Where there is no reader it may be writing."""
    if net is None or line.score >= _CERTAIN:
        return True
    return any(_is_read(*letters_in(net, view), line.score) for view in views_of(pixels, line, size))


def _is_read(letters: int, sureness: float, score: float) -> bool:
    """Whether so many letters, read with this much certainty on average, make it likely that there are any."""
    if letters == 0 or (letters == 1 and score < _ONE_LETTER_SCORE):
        return False
    return sureness >= _SURE.get(letters, _FAIRLY_SURE)


def views_of(pixels: Pixels, line: Line, size: tuple[int, int]) -> Iterator[Pixels]:
    """Yield the line cut out and laid straight, and upside down; a short one on its sides too."""
    (x, y), (first, second), angle = line.rectangle
    length, height, turn = (first, second, angle) if first >= second else (second, first, angle + 90)
    across, down = pixels.shape[1] / size[0], pixels.shape[0] / size[1]
    length, height = (length + height) * across, height * (1 + 2 * _GROWTH / 2) * down
    corners = cv2.boxPoints(((x * across, y * down), (length, height), turn))
    width, height = max(1, round(length)), max(1, round(height))
    straight = np.array([(0, height), (0, 0), (width, 0), (width, height)], np.float32)
    shape = cv2.getPerspectiveTransform(corners.astype(np.float32), straight)
    view = cv2.warpPerspective(pixels, shape, (width, height), borderMode=cv2.BORDER_REPLICATE)
    turns = [cv2.ROTATE_180]
    if width < 2 * height:
        turns += [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE]
    yield np.asarray(view, np.uint8)
    yield from (np.asarray(cv2.rotate(view, turned), np.uint8) for turned in turns)


def letters_in(net: cv2.dnn.Net, view: Pixels) -> tuple[int, float]:
    """Return how many letters are read in one line, and how sure the reader is of them on average."""
    height, width = view.shape[:2]
    wanted = max(NETWORK_GRID, round(_LETTER_HEIGHT * width / height / NETWORK_GRID) * NETWORK_GRID)
    shape = (min(_LINE_WIDTH_MOST, max(_LETTER_HEIGHT, wanted)), _LETTER_HEIGHT)
    shrunk = cv2.resize(view, shape, interpolation=cv2.INTER_AREA)[:, :, ::-1].astype(np.float32)
    net.setInput(np.ascontiguousarray((shrunk / 127.5 - 1).transpose(2, 0, 1)[None]))
    sureness = net.forward()[0]
    letters, best = sureness.argmax(axis=1), sureness.max(axis=1)
    # The same letter in neighbouring places is one letter; a blank between them makes it two.
    read = (letters != _BLANK) & np.concatenate(([True], letters[1:] != letters[:-1]))
    return int(read.sum()), float(best[read].mean()) if read.any() else 0.0


def _score(heat: NDArray[np.float32], contour: NDArray[np.int32]) -> float:
    """Return the mean heat inside of a contour."""
    left, top, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.drawContours(inside, [contour], -1, 1, cv2.FILLED, offset=(-left, -top))
    return float(cv2.mean(heat[top : top + height, left : left + width], inside)[0])


def line_boxes(middle: Sequence[float], sides: Sequence[float], angle: float) -> Iterator[Edges]:
    """Yield upright boxes that cover a line of writing; one where it runs straight, several where it slants.

    One box around a slanting line would hide a large part of the picture for nothing.
    """
    (x, y), length, height = middle, max(sides), min(sides)
    turn = math.radians(angle if sides[0] >= sides[1] else angle + 90)
    if height < _SMALLEST and length < 2 * _SMALLEST:
        return
    length, height = length + 2 * _GROWTH * height, height * (1 + 2 * _GROWTH)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    slant = min(abs(math.sin(turn)), abs(math.cos(turn)))
    pieces = 1 if slant < math.sin(_SLANT) else max(1, math.ceil(length / (1.5 * height)))
    for piece in range(pieces):
        shift = length * ((piece + 0.5) / pieces - 0.5)
        half = length / pieces / 2
        wide = abs(along[0]) * half + abs(across[0]) * height / 2
        high = abs(along[1]) * half + abs(across[1]) * height / 2
        middle_x, middle_y = x + along[0] * shift, y + along[1] * shift
        yield middle_x - wide, middle_y - high, middle_x + wide, middle_y + high
