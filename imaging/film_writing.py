"""Looks for writing in the pictures of a film: every two seconds, at its end, and often where it moves or has changed.

Most writing in a film stands still: a stamp, a screen, a label on the wall. It is covered for longer than it is until
the next look. Where two looks differ, the pictures between them, which still wait, are looked at as well, so that a
wristband that is carried past is covered on its way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from imaging.boxes import Box
from imaging.film_patient import may_be_one
from imaging.film_picture import shrunk
from imaging.pixels import Pixels
from imaging.writing import Writing, texts_in

WRITING_EVERY, WRITING_LASTS = 2.0, 2.1
_BETWEEN, _LASTS_BETWEEN = 0.2, 0.3
"""Seconds between two looks where something moves, and how long before and after one of them a box is covered."""
_SIDE = 640
_SAME = 0.8
"""The least share of a box that is covered by those of another look where it has not moved."""
_LIKE = 0.6
"""The least correlation of what a box shows with what it showed at a look, where nothing has moved away and back."""
_STEP = 0.4
Found = tuple[float, float, Box]
Timed = tuple[float, VideoFrame]


@dataclass(frozen=True)
class _Look:
    at: float
    picture: Pixels
    boxes: list[Box]


class FilmWriting:
    """Takes pictures in order of time and says from when to when which boxes must be covered."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._next = 0.0
        self._last: _Look | None = None

    def is_due(self, at: float) -> bool:
        """Whether the picture of this time is to be looked at."""
        return at >= self._next

    def look(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> Iterator[Found]:
        """Yield begin, end and box of each piece of writing of this picture, and of its way since the last look.

        `waiting` are the pictures before this one, with their times, that nobody has seen yet.
        """
        self._next = at + WRITING_EVERY
        last, self._last = self._last, self._looked(at, shrunk(frame, _SIDE))
        yield from ((at - WRITING_LASTS, at + WRITING_LASTS, box) for box in self._last.boxes)
        if last is not None and _moves(last, self._last, waiting):
            yield from self._way(last, self._last, waiting)

    def look_at_the_end(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> Iterator[Found]:
        """The same for the last picture, so that what came after the last look is seen as well."""
        if self._last is None or at > self._last.at:
            yield from self.look(at, frame, waiting)

    def _looked(self, at: float, picture: Pixels) -> _Look:
        return _Look(at, picture, texts_in(self._writing, picture, _SIDE))

    def _way(self, start: _Look, end: _Look, waiting: Sequence[Timed]) -> Iterator[Found]:
        before = start
        for at, frame in _each(start, end, waiting, _BETWEEN):
            now = self._looked(at, shrunk(frame, _SIDE))
            yield from ((at - _LASTS_BETWEEN, at + _LASTS_BETWEEN, box) for box in now.boxes)
            yield from _ways(before, now)
            before = now
        yield from _ways(before, end)


def _each(start: _Look, end: _Look, waiting: Sequence[Timed], step: float) -> Iterator[Timed]:
    """Those between two looks, so many seconds apart."""
    due = start.at + step
    for at, frame in waiting:
        if due <= at < end.at:
            due = at + step
            yield at, frame


def _moves(start: _Look, end: _Look, waiting: Sequence[Timed]) -> bool:
    """Whether writing came, went or moved between two looks, also where it is back by now."""
    if not all(_is_among(box, other.boxes) for one, other in ((start, end), (end, start)) for box in one.boxes):
        return True
    if not end.boxes:
        return False
    between = (shrunk(frame, _SIDE) for _, frame in _each(start, end, waiting, _STEP))
    return any(_likeness(end.picture, picture, box) < _LIKE for picture in between for box in end.boxes)


def _likeness(picture: Pixels, other: Pixels, box: Box) -> float:
    """How well the two agree within the box: 1 for the same, also where the light has changed."""
    height, width = picture.shape[:2]
    rows = slice(int(box.top * height), max(int(box.top * height) + 1, round(box.bottom * height)))
    columns = slice(int(box.left * width), max(int(box.left * width) + 1, round(box.right * width)))
    ours, theirs = (one[rows, columns].mean(axis=2) for one in (picture, other))
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    whole = float(np.sqrt((ours * ours).sum() * (theirs * theirs).sum()))
    return float((ours * theirs).sum()) / whole if whole > 0 else 0.0


def _ways(start: _Look, end: _Look) -> Iterator[Found]:
    """What lies between two looks at writing that moved, and as far again before and after: it may have come in after
    the look before, too little of it to be found then.
    """
    took = end.at - start.at
    for old in start.boxes:
        for box in end.boxes:
            is_at_rest = _is_among(box, start.boxes) and _is_among(old, end.boxes)
            if not is_at_rest and may_be_one(box, old):
                yield start.at, end.at, box.joined(old)
                yield start.at - took, start.at, old.joined(_gone_on(box, old))
                yield end.at, end.at + took, box.joined(_gone_on(old, box))


def _gone_on(old: Box, box: Box) -> Box:
    """Where a box will be that goes on as it came."""
    across = (box.left + box.right - old.left - old.right) / 2
    down = (box.top + box.bottom - old.top - old.bottom) / 2
    left, right = (min(1.0, max(0.0, edge + across)) for edge in (box.left, box.right))
    top, bottom = (min(1.0, max(0.0, edge + down)) for edge in (box.top, box.bottom))
    return Box(left, top, right, bottom, box.score)


def _is_among(box: Box, others: Sequence[Box]) -> bool:
    """Whether the box is covered by those of another look, which may have cut the same writing elsewhere."""
    return sum(box.common(other) for other in others) >= _SAME * box.area
