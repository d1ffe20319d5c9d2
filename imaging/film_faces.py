"""Looks for faces in the pictures of a film: five times a second, and in every picture between where one moves fast.

What is found at one moment is joined with what is found at the next, however far that is, and covered all along the
way: more is covered than need be, but no face is open between two looks at it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.choice import is_same
from imaging.detectors import faces_in
from imaging.film_patient import apart, may_be_one
from imaging.film_picture import shrunk
from imaging.following import is_among, likeness

FACES_EVERY, FACE_LASTS, FACE_MISSED = 0.2, 0.5, 1.0
"""Seconds between two looks, how long before and after one a face is covered, and how long it may be missed and still
be joined with where it was."""
FACE, IN_PART = "face", "part of a face"
"""What is covered whole, and what was found of the patient's face where a region of it stays open. That is cut out only
of all that was found in a slot: pieces around the hole that were joined with each other would close it."""
_SIDE, _GROWTH = 480, 1.3
_STAYS, _LIKE = 0.5, 0.6
"""The least share of a face that lies where one was at the look before, and the least correlation with the picture in
the middle between the two, where it has not moved fast: one that is shaken may be back at each look."""
Timed = tuple[float, VideoFrame]
Covered = tuple[float, float, str, Box]


@dataclass(frozen=True)
class Look:
    """The faces of one picture, in shares of it, grown to cover hair line and ears."""

    at: float
    faces: list[Box]


class FilmFaces:
    """Takes pictures in order of time and finds their faces."""

    def __init__(self, net: cv2.dnn.Net) -> None:
        self._net = net
        self._next = 0.0
        self._last: Look | None = None

    def is_due(self, at: float) -> bool:
        """Whether the picture of this time is to be looked at."""
        return at >= self._next

    def look(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> list[Look]:
        """Return this look, and before it those at the pictures since the last one, if a face moved fast meanwhile.

        `waiting` are pictures before this one, with their times, that nobody has seen yet.
        """
        self._next = at + FACES_EVERY
        now, last = Look(at, self._faces(frame)), self._last
        self._last = now
        between = [(moment, picture) for moment, picture in waiting if last is not None and last.at < moment < at]
        if last is None or not between or _stay(last, now, frame, between[len(between) // 2][1]):
            return [now]
        return [*(Look(moment, self._faces(picture)) for moment, picture in between), now]

    def look_at_the_end(self, at: float, frame: VideoFrame, waiting: Sequence[Timed]) -> list[Look]:
        """The same for the last picture, unless it was looked at: a fast face is elsewhere by then."""
        return [] if self._last is not None and self._last.at >= at else self.look(at, frame, waiting)

    def _faces(self, frame: VideoFrame) -> list[Box]:
        return [box.grown(_GROWTH) for box in faces_in(self._net, shrunk(frame, _SIDE), _SIDE)]


def _stay(last: Look, now: Look, frame: VideoFrame, middle: VideoFrame) -> bool:
    """Whether every face is about where it was, also in the middle between two looks."""
    for one, other in ((last, now), (now, last)):
        if not all(is_among(box, other.faces, _STAYS) for box in one.faces):
            return False
    if not now.faces:
        return True
    ours, theirs = _grey(frame), _grey(middle)
    return all(likeness(ours, theirs, box) >= _LIKE for box in now.faces)


def _grey(frame: VideoFrame) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(shrunk(frame, _SIDE), cv2.COLOR_RGB2GRAY), np.uint8)


@dataclass(frozen=True)
class _Seen:
    """A face where it was seen last. `speed` is in shares of the picture a second, None of one that was seen once."""

    at: float
    box: Box
    what: str
    speed: tuple[float, float] | None = None
    is_lost: bool = False


class FaceWays:
    """Takes what is to be covered look by look and says what of it must be covered between, before and after."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []

    def look(self, at: float, whole: Sequence[Box], in_part: Sequence[Box]) -> Iterator[Covered]:
        """Yield begin, end, FACE or IN_PART, and box, of each face and of its ways since the last look."""
        now = [*(_Seen(at, box, FACE) for box in whole), *(_Seen(at, box, IN_PART) for box in in_part)]
        before = [old for old in self._seen if at - old.at <= FACE_MISSED]
        yield from ((at - FACE_LASTS, at + FACE_LASTS, face.what, face.box) for face in now)
        for face in now:
            yield from (_way(old, face) for old in _near(face, before))
        pairs = _pairs(before, now)
        yield from (_way(before[there], now[here]) for here, there in pairs.items())
        moved = [_moved(face, before[pairs[n]]) if n in pairs else face for n, face in enumerate(now)]
        came = [(before[there], moved[here]) for here, there in pairs.items() if before[there].speed is None]
        yield from (_carried(old, face.speed, -FACE_LASTS) for old, face in came)
        gone = [old for n, old in enumerate(before) if n not in pairs.values()]
        gone = [old for old in gone if not any(is_same(face.box, old.box) for face in now)]
        yield from (_carried(old, old.speed, FACE_LASTS) for old in gone if not old.is_lost)
        self._seen = moved + [_Seen(old.at, old.box, old.what, old.speed, is_lost=True) for old in gone]


def _near(face: _Seen, before: Sequence[_Seen]) -> list[_Seen]:
    """All that this may have been, since two who cross cannot be told from each other; only itself where it stayed."""
    here = [old for old in before if old.what == face.what and is_same(face.box, old.box)]
    return here or [old for old in before if may_be_one(face.box, old.box)]


def _pairs(before: Sequence[_Seen], now: Sequence[_Seen]) -> dict[int, int]:
    """Which face was which, by their places in the two lists: the nearest two first, and however far they are apart.

    A face of which a part stays open is known, and so it is nobody who was far off.
    """
    steps = sorted(
        (apart(face.box, old.box), here, there)
        for here, face in enumerate(now)
        for there, old in enumerate(before)
        if face.what == FACE or may_be_one(face.box, old.box)
    )
    pairs: dict[int, int] = {}
    for _, here, there in steps:
        if here not in pairs and there not in pairs.values():
            pairs[here] = there
    return pairs


def _way(old: _Seen, face: _Seen) -> Covered:
    """What lies between two looks at one face: covered wholly, unless its part was open in both."""
    is_part = old.what == face.what == IN_PART and is_same(face.box, old.box)
    return old.at, face.at, IN_PART if is_part else FACE, face.box.joined(old.box)


def _moved(face: _Seen, old: _Seen) -> _Seen:
    took = face.at - old.at
    across, down = (
        (face.box.left + face.box.right - old.box.left - old.box.right) / 2 / took,
        (face.box.top + face.box.bottom - old.box.top - old.box.bottom) / 2 / took,
    )
    return _Seen(face.at, face.box, face.what, (across, down))


def _carried(face: _Seen, speed: tuple[float, float] | None, seconds: float) -> Covered:
    """Where a face goes on to, or came from before it was found, at this speed: at most to the picture's edge."""
    across, down = speed or (0.0, 0.0)
    box = face.box.joined(face.box.shifted(across * seconds, down * seconds))
    begins, ends = sorted((face.at, face.at + seconds))
    return begins, ends, face.what, box
