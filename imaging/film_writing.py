"""Looks for writing in the pictures of a film: every two seconds, at its end, and often where it moves or has changed.

Most writing in a film stands still: a stamp, a screen, a label on the wall. It is covered for longer than it is until
the next look. Where two looks differ, the pictures between them, which still wait, are looked at as well, so that a
wristband that is carried past is covered on its way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.film_patient import may_be_one
from imaging.film_picture import shrunk
from imaging.following import follow, is_among, likeness
from imaging.pixels import Pixels
from imaging.writing import Shown, Writing, texts_in

WRITING_EVERY, WRITING_LASTS = 2.0, 2.1
_BETWEEN, _LASTS_BETWEEN = 0.2, 0.3
"""Seconds between two looks where something moves, and how long before and after one of them a box is covered."""
_SIDE = 640
_SAME = 0.8
"""The least share of a box that is covered by those of another look where it has not moved."""
_LIKE = 0.6
"""The least correlation of what a box shows with what it showed at a look, where nothing has moved away and back."""
_STEP = 0.4
"""Seconds between the pictures that are compared so."""
_MOSTLY = 0.5
"""The least share of a box that is covered by another of the same writing, found or followed."""
Found = tuple[float, float, Box]
Timed = tuple[float, VideoFrame]


@dataclass(frozen=True)
class _Look:
    at: float
    grey: NDArray[np.uint8]
    boxes: list[Box]


class FilmWriting:
    """Takes pictures in order of time and says from when to when which boxes must be covered."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._next = 0.0
        self._last: _Look | None = None
        self.shown: list[Box] = []
        """The faces that stay open, wherever they were since the last look: there only what is read is covered."""

    def is_due(self, at: float) -> bool:
        """Whether the picture of this time is to be looked at."""
        return at >= self._next

    def look(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> Iterator[Found]:
        """Yield begin, end and box of each piece of writing of this picture, and of its way since the last look.

        `waiting` are the pictures before this one, with their times, that nobody has seen yet.
        """
        self._next = at + WRITING_EVERY
        picture = shrunk(frame, _SIDE)
        last, self._last = self._last, _Look(at, _grey(picture), self._boxes(picture))
        yield from ((at - WRITING_LASTS, at + WRITING_LASTS, box) for box in self._last.boxes)
        if last is not None and _moves(last, self._last, waiting):
            yield from self._way(last, self._last, waiting)

    def look_at_the_end(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> Iterator[Found]:
        """The same for the last picture, so that what came after the last look is seen as well."""
        if self._last is None or at > self._last.at:
            yield from self.look(at, frame, waiting)

    def _boxes(self, picture: Pixels) -> list[Box]:
        return texts_in(self._writing, picture, _SIDE, [Shown(box) for box in self.shown])

    def _way(self, start: _Look, end: _Look, waiting: Sequence[Timed]) -> Iterator[Found]:
        """Follow what was there forward, and what has come back to where it came from."""
        looks, pictures = [start], [np.empty(0, np.uint8)]
        for at, frame in _each(start, end, waiting, _BETWEEN):
            pictures.append(shrunk(frame, _SIDE))
            now = _Look(at, _grey(pictures[-1]), [])
            yield from self._step(looks[-1], now, pictures[-1])
            looks.append(now)
        ahead = _Look(end.at, end.grey, [])
        yield from self._step(looks[-1], ahead, None)
        later = _Look(end.at, end.grey, [box for box in end.boxes if not is_among(box, ahead.boxes, _MOSTLY)])
        for now, picture in zip(looks[:0:-1], pictures[:0:-1], strict=True):
            if not later.boxes:
                break
            earlier = _Look(now.at, now.grey, [])
            yield from self._step(later, earlier, picture)
            later = _Look(now.at, now.grey, [box for box in earlier.boxes if not is_among(box, now.boxes, _MOSTLY)])

    def _step(self, before: _Look, now: _Look, picture: Pixels | None) -> Iterator[Found]:
        """Put into `now` where the writing of a look beside it is, and yield its way.

        What cannot be followed, for it turned or left, is looked for by the detector where there is a `picture`.
        """
        followed = [(box, follow(before.grey, now.grey, box)) for box in before.boxes]
        found = [place for _, place in followed if place is not None]
        if len(found) < len(followed) and picture is not None:
            seen = self._boxes(picture)
            found = [*seen, *(place for place in found if not is_among(place, seen, _MOSTLY))]
            lost = [box for box, place in followed if place is None]
            followed += [(box, place) for box in lost for place in seen if may_be_one(box, place)]
        now.boxes.extend(found)
        yield from ((now.at - _LASTS_BETWEEN, now.at + _LASTS_BETWEEN, box) for box in found)
        for box, place in followed:
            if place is not None:
                yield from _ways(before.at, box, now.at, place)


def _each(start: _Look, end: _Look, waiting: Sequence[Timed], step: float) -> Iterator[Timed]:
    """Those between two looks, so many seconds apart."""
    due = start.at + step
    for at, frame in waiting:
        if due <= at < end.at:
            due = at + step
            yield at, frame


def _moves(start: _Look, end: _Look, waiting: Sequence[Timed]) -> bool:
    """Whether writing came, went or moved between two looks, also where it is back by now."""
    for one, other in ((start, end), (end, start)):
        if not all(is_among(box, other.boxes, _SAME) for box in one.boxes):
            return True
    if not end.boxes:
        return False
    between = (_grey(shrunk(frame, _SIDE)) for _, frame in _each(start, end, waiting, _STEP))
    return any(likeness(end.grey, grey, box) < _LIKE for grey in between for box in end.boxes)


def _grey(picture: Pixels) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _ways(since: float, old: Box, at: float, box: Box) -> Iterator[Found]:
    """What lies between two looks at writing that moved, and as far again before and after: it may have come in after
    the look before, too little of it to be found then.
    """
    (begins, first), (ends, last) = sorted(((since, old), (at, box)), key=lambda entry: entry[0])
    took = ends - begins
    yield begins, ends, first.joined(last)
    yield begins - took, begins, first.joined(first.moved_as(last, first))
    yield ends, ends + took, last.joined(last.moved_as(first, last))
