"""Marks over a photo as a page draws them: paths over a picture of its size, in pixels, and the same in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from econsult.consults.marks import ARROW, BOX, CORNERED, ELLIPSE, Drawing, Mark, Point
from web.words.marks import PLACES, said_words, told_mark

HEAD = 0.05
"""How long the head of an arrow is, as a share of the longer side of the picture; `static/marking.js` has the same."""
SPREAD = math.radians(28)
PLACEABLE = CORNERED
"""What can be placed by words as well; a line is drawn by hand alone."""
SIZES = {"small": 0.15, "medium": 0.3, "large": 0.6}
"""How much of the picture a mark takes that is placed by words instead of by hand."""


@dataclass(frozen=True)
class Drawn:
    """A drawing over a picture of `width` x `height` pixels: `paths` for SVG, `told` for who does not see it."""

    width: int
    height: int
    paths: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def drawn(drawing: Drawing, width: int, height: int) -> Drawn:
    """A drawing in the language of this request."""
    return Drawn(
        width,
        height,
        tuple(path_of(mark, width, height) for mark in drawing.marks),
        tuple(told_mark(mark) for mark in drawing.marks),
        tuple(said_words(drawing.words)),
    )


def path_of(mark: Mark, width: int, height: int) -> str:
    """One mark as the data of an SVG path."""
    points = [(round(x * width), round(y * height)) for x, y in mark.points]
    (x0, y0), (x1, y1) = points[0], points[-1]
    if mark.shape == ELLIPSE:
        across, down, middle = abs(x1 - x0) / 2, abs(y1 - y0) / 2, round((y0 + y1) / 2)
        arc = f"A{across:g} {down:g} 0 1 0"
        return f"M{x0} {middle}{arc} {x1} {middle}{arc} {x0} {middle}Z"
    if mark.shape == BOX:
        return f"M{x0} {y0}H{x1}V{y1}H{x0}Z"
    line = "M" + "L".join(f"{x} {y}" for x, y in points)
    return line + _head((x0, y0), (x1, y1), HEAD * max(width, height)) if mark.shape == ARROW else line


def _head(tail: Point, tip: Point, length: float) -> str:
    back = math.atan2(tail[1] - tip[1], tail[0] - tip[0])
    ends = [
        (round(tip[0] + length * math.cos(back + turn)), round(tip[1] + length * math.sin(back + turn)))
        for turn in (SPREAD, -SPREAD)
    ]
    return "M{} {}L{} {}L{} {}".format(*ends[0], *(round(part) for part in tip), *ends[1])


def placed(shape: str, place: str, size: str) -> Mark:
    """A mark that somebody chose by words: where, and how large. A line is drawn by hand alone."""
    part = list(PLACES).index(place)
    x, y, half = (2 * (part % 3) + 1) / 6, (2 * (part // 3) + 1) / 6, SIZES[size] / 2
    if shape == ARROW:
        # It comes from the side where there is room, and points at the place.
        way = -1 if x > 0.4 else 1
        return Mark(ARROW, ((_inside(x + way * 2 * half), _inside(y - 2 * half if y > 0.4 else y + 2 * half)), (x, y)))
    return Mark(shape, ((_inside(x - half), _inside(y - half)), (_inside(x + half), _inside(y + half))))


def _inside(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)


@dataclass(frozen=True)
class Guide:
    """One photo that is asked for again. `picture` and `small` are empty for who may not see it, or where it is not
    ready; `take` is where it is taken, empty for who does not send photos here.
    """

    id: str
    title: str
    drawn: Drawn
    picture: str = ""
    small: str = ""
    take: str = ""
    is_taken: bool = False


@dataclass(frozen=True)
class Marking:
    """What the holder draws over one photo: as a picture, as the form keeps it, and which lane would be asked."""

    drawn: Drawn
    marks: str
    words: tuple[str, ...]
    lane: str

    @property
    def is_begun(self) -> bool:
        return bool(self.drawn.paths or self.words)
