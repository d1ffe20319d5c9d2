"""Covers faces, codes and writing in a film: looked for some times a second, covered for longer than they were seen.

A detector loses a face for a moment when it turns. So the film is cut into short slots, and in each slot everything is
covered that was found in it or within half a second of it. For that a frame waits until the film has gone on enough.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np
from av.video.frame import VideoFrame

from imaging.boxes import Box
from imaging.choice import around, is_same, left_open
from imaging.detectors import FACE_THRESHOLD, Detectors, faces_in
from imaging.film_codes import DETECTOR, FilmCodes
from imaging.film_patient import FilmPatient, may_be_one
from imaging.film_picture import lightness_plane, shrunk
from imaging.film_writing import WRITING_LASTS, FilmWriting
from imaging.limits import MASKS_MOST
from imaging.masks import FILL_IN_FILMS, Mask, box_mask
from imaging.models import FACE_DETECTOR, TEXT_DETECTOR
from imaging.policy import KEEP, MASK, Policy
from imaging.refusal import Held
from imaging.writing import TEXT_THRESHOLD

_SLOT = Fraction(2, 5)
"""Seconds; exact, as the times of frames are, so that a frame and the check of it are in the same slot."""
_FACES_EVERY, _FACE_SIDE, _FACE_GROWTH, _FACE_LASTS = 0.2, 480, 1.3, 0.5
_SHOWN_LASTS = 2 * WRITING_LASTS + 1.0
"""Seconds for which it is known where a face was that stays open: as long as pictures wait, and a slot more."""
_JUST = 0.001
_IN_PART = "part of a face"
"""What was found of the patient's face where a region of it stays open, which is cut out only of all that was found in
a slot: pieces around the hole that were joined with each other would close it."""
_DETECTORS = {
    "face": (FACE_DETECTOR, FACE_THRESHOLD),
    "text": (TEXT_DETECTOR, TEXT_THRESHOLD),
    "code": (DETECTOR, 0.0),
}


class FilmCover:
    """Takes frames in order, gives them back covered and somewhat later, and remembers what was covered."""

    def __init__(self, policy: Policy, detectors: Detectors) -> None:
        self._patient = FilmPatient(policy)
        self._policy = policy
        self._faces = detectors.faces if policy.faces != KEEP else None
        texts = detectors.texts if policy.text == MASK else None
        if policy.faces != KEEP and self._faces is None:
            raise Held("no_face_model")
        if policy.text == MASK and texts is None:
            raise Held("no_text_model")
        self._writing = FilmWriting(texts) if texts is not None else None
        self._waiting: deque[tuple[Fraction, VideoFrame]] = deque()
        self._found: list[tuple[float, float, str, Box]] = []
        self._last_whole: list[Box] = []
        self._last_in_part: list[Box] = []
        self._shown: list[tuple[float, Box]] = []
        self._codes = FilmCodes()
        self._next_face = 0.0
        self._slots: dict[int, list[tuple[str, Box]]] = {}
        self.masks: list[Mask] = []
        self.open_faces = 0 if self._faces is not None else None
        """How many faces, or parts of one, stay open at most in one look; None where none is looked for."""

    def push(self, at: Fraction, frame: VideoFrame) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Take the next frame and yield those for which enough of the film is known."""
        self._look(float(at), frame)
        self._waiting.append((at, frame))
        while self._waiting and self._end_of(self._waiting[0][0]) + self._lookahead <= float(at):
            yield self._covered(*self._waiting.popleft())

    def finish(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Yield the frames that still wait."""
        if self._writing is not None and self._waiting:
            *before, (at, frame) = self._waiting
            self._note_writing(self._writing.look_at_the_end(float(at), frame, _timed(before)))
        while self._waiting:
            yield self._covered(*self._waiting.popleft())

    @property
    def _lookahead(self) -> float:
        return WRITING_LASTS if self._writing is not None else _FACE_LASTS if self._faces is not None else -float(_SLOT)

    @staticmethod
    def _end_of(at: Fraction) -> float:
        return float((at // _SLOT + 1) * _SLOT)

    def _look(self, at: float, frame: VideoFrame) -> None:
        if self._faces is not None and at >= self._next_face:
            self._next_face = at + _FACES_EVERY
            found = faces_in(self._faces, shrunk(frame, _FACE_SIDE), _FACE_SIDE)
            self._note_faces(at, [box.grown(_FACE_GROWTH) for box in found])
        if self._writing is None:
            return
        if self._codes.is_due(at):
            seen = self._codes.look(at, lightness_plane(frame))
            self._found += [(begins, ends, "code", box) for begins, ends, box in seen]
        if self._writing.is_due(at):
            self._writing.shown = [box for _, box in self._shown]
            self._note_writing(self._writing.look(at, frame, _timed(self._waiting)))

    def _note_writing(self, seen: Iterable[tuple[float, float, Box]]) -> None:
        self._found += [(begins, ends, "text", box) for begins, ends, box in seen]

    def _note_faces(self, at: float, faces: list[Box]) -> None:
        whole, in_part = self._patient.to_cover(at, faces)
        for what, boxes in (("face", whole), (_IN_PART, in_part)):
            self._found += [(at - _FACE_LASTS, at + _FACE_LASTS, what, box) for box in boxes]
        self._shown = [entry for entry in self._shown if entry[0] >= at - _SHOWN_LASTS]
        shown = left_open([face for face in faces if face not in whole], whole, self._policy)
        self.open_faces = max(self.open_faces or 0, len(shown))
        self._shown += [(at, box) for box in shown]
        self._note_ways(at, whole, in_part)
        self._last_whole, self._last_in_part = whole, in_part

    def _note_ways(self, at: float, whole: list[Box], in_part: list[Box]) -> None:
        """Cover what lies between two looks at one face that moved: wholly, unless its part was open in both."""
        before = self._last_whole + self._last_in_part
        for what, boxes, likely in (("face", whole, self._last_whole), (_IN_PART, in_part, self._last_in_part)):
            for box in boxes:
                here = [old for old in likely if is_same(box, old)]
                olds = here or [old for old in before if may_be_one(box, old)]
                way = what if here else "face"
                self._found += [(at - _FACES_EVERY, at, way, box.joined(old)) for old in olds]

    def _covered(self, at: Fraction, frame: VideoFrame) -> tuple[Fraction, VideoFrame]:
        number = at // _SLOT
        if number not in self._slots:
            self._slots = {number: self._boxes_of(number)}
        boxes = self._slots[number]
        return at, _painted(frame, [box for _, box in boxes]) if boxes else frame

    def _boxes_of(self, number: int) -> list[tuple[str, Box]]:
        """Decide what one slot covers, and write it down."""
        begins, ends = float(number * _SLOT), float((number + 1) * _SLOT)
        self._found = [entry for entry in self._found if entry[1] >= begins]
        chosen = [(what, box) for start, end, what, box in self._found if start <= ends and end >= begins]
        merged = [
            (what, box) for what in ("face", "code", "text") for box in _merged([b for w, b in chosen if w == what])
        ]
        in_part = _merged([box for what, box in chosen if what == _IN_PART])
        merged += [("face", box) for box in around(in_part, self._policy)]
        for what, box in merged:
            shown = [face for at, face in self._shown if begins - _FACE_LASTS <= at <= ends + _FACE_LASTS]
            self.masks.append(_mask(what, box, begins, ends - _JUST, shown))
        if len(self.masks) > MASKS_MOST:
            raise Held("too_many_boxes")
        return merged


def _timed(frames: Iterable[tuple[Fraction, VideoFrame]]) -> list[tuple[float, VideoFrame]]:
    return [(float(at), frame) for at, frame in frames]


def _merged(boxes: list[Box]) -> list[Box]:
    """Join boxes that mostly lie on each other, so that one face is one box."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda entry: entry.area, reverse=True):
        home = next((n for n, other in enumerate(merged) if box.common(other) >= 0.5 * box.area), None)
        if home is None:
            merged.append(box)
        else:
            merged[home] = merged[home].joined(box)
    return merged


def _mask(what: str, box: Box, begins: float, ends: float, shown: Sequence[Box]) -> Mask:
    seen = box_mask(what, box, *_DETECTORS[what], shown if what != "face" else ())
    return replace(seen, copy="play", begins=round(begins, 3), ends=round(ends, 3))


def _painted(frame: VideoFrame, boxes: list[Box]) -> VideoFrame:
    """Fill the boxes, to whole pixels of colour outward."""
    frame = _own(frame)
    rows, columns = frame.height // 2, frame.width // 2
    for plane, fill, step in zip(frame.planes, FILL_IN_FILMS, (2, 1, 1), strict=True):
        # The stubs do not know that a plane is a buffer.
        pixels = np.frombuffer(memoryview(cast("bytes", plane)), np.uint8).reshape(plane.height, plane.line_size)
        for box in boxes:
            left, top = int(box.left * frame.width) // 2, int(box.top * frame.height) // 2
            right, bottom = -(-int(box.right * frame.width + 1) // 2), -(-int(box.bottom * frame.height + 1) // 2)
            pixels[step * top : step * min(rows, bottom), step * left : step * min(columns, right)] = fill
    return frame


def _own(frame: VideoFrame) -> VideoFrame:
    """The frame, or a copy where a decoder still needs it, or where its rows lie in memory from last to first."""
    if all(plane.line_size > 0 for plane in frame.planes):
        frame.make_writable()
        return frame
    copied = VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
    copied.color_range, copied.colorspace = frame.color_range, frame.colorspace
    copied.color_primaries, copied.color_trc = frame.color_primaries, frame.color_trc
    return copied
