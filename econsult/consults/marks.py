"""What a specialist draws over a photo to show how it should be taken again: shapes and words of a fixed list, no text.

Places are fractions of the picture, 0 to 1 from its left and its upper edge, so that a drawing fits every copy of the
photo, and one that is covered anew as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from econsult.errors import InvalidError

FORM = 1
"""The version of this form of a drawing, which is kept with each."""
ELLIPSE, BOX, ARROW, LINE = "ellipse", "box", "arrow", "line"
CORNERED = (ELLIPSE, BOX, ARROW)
"""What has two points: opposite corners, or where an arrow begins and what it points at. A line has more."""
SHAPES = (*CORNERED, LINE)
WORDS = (
    *("closer", "farther", "in_focus", "more_light", "less_glare"),
    *("ruler", "this_edge", "whole_area", "other_angle"),
)
MOST_MARKS, MOST_POINTS, MOST_IN_ALL = 12, 200, 600
DIGITS = 4
SMALLEST = 0.01
"""A shape that is less than a hundredth of the picture long and high is a slip of the hand, and cannot be seen."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One shape with its points as (x, y) fractions."""

    shape: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Drawing:
    """The marks in the order in which they were drawn, and the words."""

    marks: tuple[Mark, ...] = ()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.marks or self.words)


def read_drawing(told: Mapping[str, Any] | None) -> Drawing:
    """A drawing as programs tell it: `{marks: [{shape, points: [[x, y], ...]}], words: [...]}`.

    Raises InvalidError, its fields `marks` and `words` with a code each.
    """
    if not isinstance(told, Mapping):
        raise InvalidError("The marks are not well formed.", {"marks": "invalid"})
    marks, words = told.get("marks", []), told.get("words", [])
    wrong: dict[str, str] = {}
    if fault := _fault_of(marks):
        wrong["marks"] = fault
    if not _is_list(words) or any(not isinstance(word, str) or word not in WORDS for word in words):
        wrong["words"] = "unknown_value"
    if wrong:
        raise InvalidError("The marks cannot be used: " + ", ".join(f"{k}: {v}" for k, v in wrong.items()), wrong)
    drawn = tuple(Mark(mark["shape"], tuple(_placed(point) for point in mark["points"])) for mark in marks)
    return Drawing(drawn, tuple(word for word in WORDS if word in words))


def told_drawing(drawing: Drawing) -> dict[str, Any]:
    """The same the other way round, with the version of the form."""
    marks = [{"shape": mark.shape, "points": [list(point) for point in mark.points]} for mark in drawing.marks]
    return {"form": FORM, "marks": marks, "words": list(drawing.words)}


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _fault_of(marks: Any) -> str:
    """What is wrong with a list of marks, as a code; empty where nothing is."""
    if not _is_list(marks):
        return "invalid"
    if len(marks) > MOST_MARKS:
        return "too_many"
    faults = (_fault_of_one(mark) for mark in marks)
    if fault := next(filter(None, faults), ""):
        return fault
    return "too_many" if sum(len(mark["points"]) for mark in marks) > MOST_IN_ALL else ""


def _fault_of_one(mark: Any) -> str:
    if not isinstance(mark, Mapping) or mark.keys() != {"shape", "points"} or mark["shape"] not in SHAPES:
        return "invalid"
    points = mark["points"]
    if not _is_list(points):
        return "invalid"
    if len(points) > MOST_POINTS:
        return "too_many"
    if len(points) < 2 or (mark["shape"] in CORNERED and len(points) != 2):
        return "invalid"
    if not all(_is_point(point) for point in points):
        return "out_of_range"
    return "too_small" if _extent(points) < SMALLEST else ""


def _is_point(point: Any) -> bool:
    return _is_list(point) and len(point) == 2 and all(_is_fraction(number) for number in point)


def _is_fraction(number: Any) -> bool:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and math.isfinite(number) and 0 <= number <= 1


def _extent(points: Sequence[Sequence[float]]) -> float:
    """The longer side of the box around them."""
    across, down = ([point[axis] for point in points] for axis in (0, 1))
    return max(max(across) - min(across), max(down) - min(down))


def _placed(point: Sequence[float]) -> Point:
    return round(float(point[0]), DIGITS), round(float(point[1]), DIGITS)
