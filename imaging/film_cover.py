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
from imaging.choice import around, left_open
from imaging.detectors import FACE_THRESHOLD, Detectors
from imaging.film_codes import DETECTOR, FilmCodes
from imaging.film_faces import FACE_LASTS, FACE_MISSED, IN_PART, FaceWays, FilmFaces, Look
from imaging.film_patient import FilmPatient
from imaging.film_picture import lightness_plane
from imaging.film_writing import WRITING_LASTS, FilmWriting
from imaging.following import is_among
from imaging.limits import MASKS_MOST
from imaging.masks import FILL_IN_FILMS, Mask, box_mask
from imaging.models import FACE_DETECTOR, TEXT_DETECTOR
from imaging.policy import KEEP, KEEP_REGION, MASK, Policy
from imaging.refusal import Held
from imaging.writing import TEXT_THRESHOLD

_SLOT = Fraction(2, 5)
"""Seconds; exact, as the times of frames are, so that a frame and the check of it are in the same slot."""
_SHOWN_LASTS = 2 * WRITING_LASTS + 1.0
"""Seconds for which it is known where a face was that stays open: as long as pictures wait, and a slot more."""
_JUST = 0.001
_ON_PATIENT = 0.5
"""The least share of a face that lies where the patient's open one is at the look before or after, to be the same."""
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
        faces = detectors.faces if policy.faces != KEEP else None
        texts = detectors.texts if policy.text == MASK else None
        if policy.faces != KEEP and faces is None:
            raise Held("no_face_model")
        if policy.text == MASK and texts is None:
            raise Held("no_text_model")
        self._faces = FilmFaces(faces) if faces is not None else None
        self._writing = FilmWriting(texts) if texts is not None else None
        self._waiting: deque[tuple[Fraction, VideoFrame]] = deque()
        self._found: list[tuple[float, float, str, Box]] = []
        self._ways = FaceWays()
        self._last_open: list[Box] = []
        self._shown: list[tuple[float, Box]] = []
        self._codes = FilmCodes()
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
        if self._waiting:
            *before, (at, frame) = self._waiting
            self._look_at_the_end(float(at), frame, _timed(before))
        while self._waiting:
            yield self._covered(*self._waiting.popleft())

    def _look_at_the_end(self, at: float, frame: VideoFrame, before: Sequence[tuple[float, VideoFrame]]) -> None:
        if self._faces is not None:
            self._note_faces(self._faces.look_at_the_end(at, frame, before))
        if self._writing is not None:
            self._note_writing(self._writing.look_at_the_end(at, frame, before))

    @property
    def _lookahead(self) -> float:
        return WRITING_LASTS if self._writing is not None else FACE_MISSED if self._faces is not None else -float(_SLOT)

    @staticmethod
    def _end_of(at: Fraction) -> float:
        return float((at // _SLOT + 1) * _SLOT)

    def _look(self, at: float, frame: VideoFrame) -> None:
        if self._faces is not None and self._faces.is_due(at):
            self._note_faces(self._faces.look(at, frame, _timed(self._waiting)))
        if self._writing is None:
            return
        if self._codes.is_due(at):
            self._codes.shown = [box for _, box in self._shown]
            seen = self._codes.look(at, lightness_plane(frame))
            self._found += [(begins, ends, "code", box) for begins, ends, box in seen]
        if self._writing.is_due(at):
            self._writing.shown = [box for _, box in self._shown]
            self._note_writing(self._writing.look(at, frame, _timed(self._waiting)))

    def _note_writing(self, seen: Iterable[tuple[float, float, Box]]) -> None:
        self._found += [(begins, ends, "text", box) for begins, ends, box in seen]

    def _note_faces(self, looks: Sequence[Look]) -> None:
        """Note what the last of these looks covers, and before it what those between it and the one before do."""
        if not looks:
            return
        *between, (at, faces) = [(look.at, look.faces) for look in looks]
        whole, in_part = self._patient.to_cover(at, faces)
        opened = [face for face in faces if face not in whole]
        for moment, found in between:
            self._note_between(moment, found, self._last_open + opened)
        self._found += self._ways.look(at, whole, in_part)
        self._last_open = opened
        self._shown = [entry for entry in self._shown if entry[0] >= at - _SHOWN_LASTS]
        shown = left_open(opened, whole, self._policy)
        self.open_faces = max(self.open_faces or 0, len(shown))
        self._shown += [(at, box) for box in shown]

    def _note_between(self, at: float, faces: list[Box], opened: Sequence[Box]) -> None:
        """Cover whoever is seen between two looks but the patient, who is followed from look to look alone."""
        theirs = [face for face in faces if any(is_among(face, [box], _ON_PATIENT) for box in opened)]
        in_part = theirs if self._policy.faces == KEEP_REGION else []
        self._found += self._ways.look(at, [face for face in faces if face not in theirs], in_part)

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
        in_part = _merged([box for what, box in chosen if what == IN_PART])
        merged += [("face", box) for box in around(in_part, self._policy)]
        for what, box in merged:
            shown = [face for at, face in self._shown if begins - FACE_LASTS <= at <= ends + FACE_LASTS]
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
