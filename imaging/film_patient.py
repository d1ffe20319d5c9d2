"""Whose face stays open through a film: the one person that was chosen, followed from look to look."""

from imaging.boxes import Box
from imaging.choice import is_same, patient_of, shared_out
from imaging.policy import FACE_IS_FINDING, KEEP_REGION, Policy

_ONE_FACE = 1.5
_CHOSEN_WITHIN = 1.0
"""Seconds from the first look that shows a face in which drawn regions may find theirs: a detector may miss it once."""
_STEP = 0.75
"""A face is followed so far from look to look, as a share of the smaller box: who is beside it is farther off."""
_LIKE_LARGE = 1.4
"""Boxes of one face in neighbouring looks differ in size by no more than this, as a ratio of their longer sides."""
_MISSED, _AWAY = 0.45, 1.0
"""Seconds for which a face that is not seen may have moved so, and those for which it is waited for about where it was.
Whoever is seen later may be somebody else."""
_STEP_AWAY, _LIKE_LARGE_AWAY = 0.5, 1.25
"""How far it may have moved then, and how much larger it may be: less, since much may happen meanwhile."""
_NEARER = 2.0
"""How many times farther off the next face must be, for the nearest to be taken for the patient's."""


class FilmPatient:
    """Says look by look which faces to cover.

    Who is the patient is decided as in a photo, once: by drawn regions, or where only one face is seen by the one who
    chose. From then on that face is followed by place and size, since no two faces are compared: whoever else is seen
    is a bystander. A patient who turned away for a moment is taken for the same at the same place alone; after a longer
    absence everybody is covered to the end. Where two could be the patient neither is shown.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._began: float | None = None
        self._last: Box | None = None
        self._seen = 0.0
        self._others: list[Box] = []
        self._is_missing = False

    def to_cover(self, at: float, faces: list[Box]) -> tuple[list[Box], list[Box]]:
        """Return the boxes to cover whole in this look, and those of which the policy's regions stay open.

        Raises Held where nobody can say whose face is the finding, and where the regions show too much of it.
        """
        patient = self._patient(at, faces) if self._policy.faces in {FACE_IS_FINDING, KEEP_REGION} and faces else None
        return shared_out(faces, patient, self._policy)

    def _patient(self, at: float, faces: list[Box]) -> Box | None:
        self._began = at if self._began is None else self._began
        if self._last is not None:
            patient = self._followed(at, faces)
        else:
            patient = patient_of(faces, self._policy) if at <= self._began + _CHOSEN_WITHIN else None
        if patient is not None:
            self._last, self._seen, self._is_missing = patient, at, False
            self._others = [face for face in faces if not is_same(face, patient)]
        return patient

    def _followed(self, at: float, faces: list[Box]) -> Box | None:
        """The face that is where the patient's was."""
        last, unseen = self._last, at - self._seen
        if last is None or unseen > _AWAY:
            return None
        step, ratio = (_STEP, _LIKE_LARGE) if unseen <= _MISSED else (_STEP_AWAY, _LIKE_LARGE_AWAY)
        like = [face for face in faces if _is_near(face, last, step) and _is_as_large(face, last, ratio)]
        nearest = min(like, key=lambda face: apart(face, last), default=None)
        if nearest is None or self._is_anothers(nearest, last, faces):
            self._others, self._is_missing = faces, True
            return None
        rivals = [apart(face, last) for face in like if not is_same(face, nearest)]
        return nearest if all(off >= _NEARER * apart(nearest, last) for off in rivals) else None

    def _is_anothers(self, face: Box, last: Box, faces: list[Box]) -> bool:
        """Whether this may as well be somebody who was beside the patient, or came while the patient was not seen."""
        clear = _NEARER * apart(face, last)
        those = [other for other in self._others if min(faces, key=lambda each: apart(each, other)) == face]
        return any(may_be_one(face, old) if self._is_missing else apart(face, old) < clear for old in those)


def may_be_one(box: Box, old: Box) -> bool:
    """Whether two boxes of neighbouring looks may be one thing that moved."""
    across, down = _moved(box, old)
    width, height = (max(sides) for sides in zip(_sides(box), _sides(old), strict=True))
    return across <= _ONE_FACE * width and down <= _ONE_FACE * height


def apart(face: Box, last: Box) -> float:
    """How far two boxes are apart in place and in size."""
    return sum(_moved(face, last)) + abs(face.longest - last.longest)


def _is_near(face: Box, last: Box, step: float) -> bool:
    across, down = _moved(face, last)
    width, height = (min(sides) for sides in zip(_sides(face), _sides(last), strict=True))
    return across <= step * width and down <= step * height


def _is_as_large(face: Box, last: Box, ratio: float) -> bool:
    return 1 / ratio <= face.longest / max(last.longest, 1e-6) <= ratio


def _sides(box: Box) -> tuple[float, float]:
    return box.right - box.left, box.bottom - box.top


def _moved(box: Box, old: Box) -> tuple[float, float]:
    across, down = box.left + box.right - old.left - old.right, box.top + box.bottom - old.top - old.bottom
    return abs(across) / 2, abs(down) / 2
