"""Which faces stay open: by the policy the patient's, or a part of it; a bystander's never."""

from collections.abc import Sequence

from imaging.boxes import Box
from imaging.policy import FACE_IS_FINDING, KEEP_REGION, MASK_ALL, Policy, Region
from imaging.refusal import Held

_SAME_FACE = 0.5
"""Share of the smaller box from which two boxes are taken for one face."""


def open_faces(faces: Sequence[Box], policy: Policy) -> list[Box]:
    """Return the boxes to cover. Raises Held where a region should stay open and nobody has drawn one.

    The patient is whoever the drawn regions touch most; without regions, whoever is largest.
    """
    if policy.faces == MASK_ALL or not faces:
        return list(faces)
    if policy.faces == KEEP_REGION and not policy.regions:
        raise Held("region_needed")
    regions = [_box(region) for region in policy.regions]
    patient = _patient_among(faces, regions)
    others = [face for face in faces if not _is_same(face, patient)]
    if policy.faces == FACE_IS_FINDING:
        return others
    return others + [part for face in faces if _is_same(face, patient) for part in _without(face, regions)]


def _box(region: Region) -> Box:
    return Box(region.left, region.top, region.left + region.width, region.top + region.height)


def _patient_among(faces: Sequence[Box], regions: Sequence[Box]) -> Box:
    def weight(face: Box) -> tuple[float, float]:
        return sum(face.common(region) for region in regions), face.area

    return max(faces, key=weight)


def _is_same(face: Box, patient: Box) -> bool:
    return face.common(patient) >= _SAME_FACE * min(face.area, patient.area)


def _without(face: Box, regions: Sequence[Box]) -> list[Box]:
    """Cut the regions out of a face; what is left is covered by boxes beside each other."""
    parts = [face]
    for region in regions:
        parts = [piece for part in parts for piece in _cut(part, region)]
    return parts


def _cut(part: Box, hole: Box) -> list[Box]:
    if part.common(hole) <= 0:
        return [part]
    top, bottom = max(part.top, hole.top), min(part.bottom, hole.bottom)
    pieces = [
        Box(part.left, part.top, part.right, top),
        Box(part.left, bottom, part.right, part.bottom),
        Box(part.left, top, max(part.left, hole.left), bottom),
        Box(min(part.right, hole.right), top, part.right, bottom),
    ]
    return [piece for piece in pieces if piece.area > 0]
