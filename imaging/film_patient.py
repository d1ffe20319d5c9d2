"""Whose face stays open through a film: the one person that was chosen, followed from look to look."""

from imaging.boxes import Box
from imaging.choice import is_same, open_faces
from imaging.policy import FACE_IS_FINDING, Policy

_ONE_FACE = 1.5
_LIKE_LARGE = 2.0
"""Boxes of one face in neighbouring looks differ in size by no more than this, as a ratio of their longer sides."""
_NEARER = 2.0
"""How many times farther off the next face must be, for the nearest to be taken for the patient's."""


class FilmPatient:
    """Says look by look which faces to cover.

    Who is the patient is decided as in a photo, by drawn regions, or where only one face is seen by the one who
    chose. From then on that face is followed: another that comes into the picture is a bystander's, and so is one
    that is alone in it after there were two, unless it is where the patient was last seen. Where two could be the
    patient's neither is shown.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._last: Box | None = None
        self._is_crowded = False

    def to_cover(self, faces: list[Box]) -> list[Box]:
        """Return the boxes to cover in this look. Raises Held where nobody can say whose face is the finding."""
        if self._policy.faces != FACE_IS_FINDING or not faces:
            return open_faces(faces, self._policy)
        self._is_crowded = self._is_crowded or len(faces) > 1
        patient = self._followed(faces)
        if patient is None:
            return self._begun(faces)
        self._last = patient
        return [face for face in faces if not is_same(face, patient)]

    def _begun(self, faces: list[Box]) -> list[Box]:
        """Decide as in a photo, once; later a face that was lost is not looked for among others."""
        if self._last is not None and self._is_crowded:
            return faces
        covered = open_faces(faces, self._policy)
        shown = [face for face in faces if face not in covered]
        self._last = shown[0] if shown else self._last
        return covered

    def _followed(self, faces: list[Box]) -> Box | None:
        """The face that is where the patient's was."""
        last = self._last
        if last is None:
            return None
        like = [face for face in faces if may_be_one(face, last) and _is_as_large(face, last)]
        if not like:
            return None
        nearest = min(like, key=lambda face: _apart(face, last))
        rivals = [_apart(face, last) for face in like if not is_same(face, nearest)]
        return nearest if all(apart >= _NEARER * _apart(nearest, last) for apart in rivals) else None


def may_be_one(box: Box, old: Box) -> bool:
    """Whether two boxes of neighbouring looks may be one thing that moved."""
    width, height = max(box.right - box.left, old.right - old.left), max(box.bottom - box.top, old.bottom - old.top)
    across = abs(box.left + box.right - old.left - old.right) / 2
    down = abs(box.top + box.bottom - old.top - old.bottom) / 2
    return across <= _ONE_FACE * width and down <= _ONE_FACE * height


def _is_as_large(face: Box, last: Box) -> bool:
    return 1 / _LIKE_LARGE <= face.longest / max(last.longest, 1e-6) <= _LIKE_LARGE


def _apart(face: Box, last: Box) -> float:
    """How far two boxes are apart in place and in size."""
    across = (face.left + face.right - last.left - last.right) / 2
    down = (face.top + face.bottom - last.top - last.bottom) / 2
    return abs(across) + abs(down) + abs(face.longest - last.longest)
