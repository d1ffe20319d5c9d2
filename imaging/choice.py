"""Which faces stay open: by the policy the patient's, or a part of it; a bystander's never."""

from collections.abc import Sequence

from imaging.boxes import Box
from imaging.policy import FACE_IS_FINDING, KEEP_REGION, MASK_ALL, NO_FACE, REVIEWER, Policy, Region
from imaging.refusal import Held

_SAME_FACE = 0.5
"""Share of the smaller box from which two boxes are taken for one face."""
_FILLS = 0.4
"""From this share of a picture's side on, the only face in it is taken for the one that the picture was taken of."""
_AS_MUCH = 0.5
"""Regions that touch a second face half as much as the first do not tell the two apart."""
_MOSTLY = 0.5
"""What hides more of a face is no code on it."""

_STAYS_COVERED = 1 / 3
"""So much of the patient's face, from brow to chin, is covered at least where only a part of it is to stay open."""
_ONLY_THE_EYES = 1 / 3
"""Both eyes make a face known unless hardly anything but them is open, and then they are what is asked about."""


def open_faces(faces: Sequence[Box], policy: Policy) -> list[Box]:
    """Return the boxes to cover. Raises Held where a region should stay open and nobody has drawn one, and where it is
    not certain whose face is the finding, and where the regions leave so much of the face open that it can be known:
    that is to show the face, which the family allows by a yes of its own.

    The patient is the one face that the drawn regions touch; where they touch none, whoever is seen is a bystander.
    Size tells nothing: a mother's face is larger than that of the child on her arm. Without regions the only face is
    the patient's if it fills the picture, or if a person has looked at the picture and decided.
    """
    whole, in_part = divided(faces, policy)
    return whole + around(in_part, policy)


def divided(faces: Sequence[Box], policy: Policy) -> tuple[list[Box], list[Box]]:
    """Return the boxes to cover whole, and those of the patient of which the regions stay open. Raises as above."""
    return shared_out(faces, patient_of(faces, policy), policy)


def patient_of(faces: Sequence[Box], policy: Policy) -> Box | None:
    """Return the face of which the policy leaves something open; None where it is nobody's. Raises as `open_faces`."""
    if policy.faces in {MASK_ALL, NO_FACE} or not faces:
        return None
    regions = [_box(region) for region in policy.regions]
    if policy.faces == KEEP_REGION and not regions:
        raise Held("region_needed")
    return _touched(faces, regions) if regions else _only(faces, policy)


def shared_out(faces: Sequence[Box], patient: Box | None, policy: Policy) -> tuple[list[Box], list[Box]]:
    """Return the boxes to cover whole, and those to cover in part, where this one of the faces is the patient's.

    Raises Held where so much of it would be open that it can be known.
    """
    if patient is None:
        return list(faces), []
    if policy.faces == FACE_IS_FINDING:
        return [face for face in faces if not is_same(face, patient)], []
    regions = [_box(region) for region in policy.regions]
    in_part = [face for face in faces if is_same(face, patient) and any(face.common(region) > 0 for region in regions)]
    if any(_shows_who_it_is(face, regions) for face in in_part):
        raise Held("region_too_large")
    return [face for face in faces if face not in in_part], in_part


def around(boxes: Sequence[Box], policy: Policy) -> list[Box]:
    """Return what is left of the boxes when the policy's regions are cut out of them."""
    regions = [_box(region) for region in policy.regions]
    return [part for box in boxes for part in _without(box, regions)]


def left_open(faces: Sequence[Box], covered: Sequence[Box], policy: Policy) -> list[Box]:
    """Return the faces, or the parts of one, that stay open where `open_faces` said what to cover of these faces."""
    if policy.faces == FACE_IS_FINDING:
        return [face for face in faces if face not in covered]
    if policy.faces == KEEP_REGION:
        regions = [_box(region) for region in policy.regions]
        return [region for region in regions if any(region.common(face) > 0 for face in faces)]
    return []


def beside_faces(box: Box, shown: Sequence[Box]) -> list[Box]:
    """What is left of a box in which a code was seen and not read, without open faces that it hides by more than half.

    Small enough, a portrait looks like a grid, and then the face that was asked about is hidden. A code on a face is
    smaller than it, and one that can be read is covered wherever it is.
    """
    return _without(box, [face for face in shown if box.common(face) > _MOSTLY * face.area])


def may_be_near(faces: Sequence[Box], policy: Policy) -> bool:
    """Whether a picture in which no face is found may be a close look at a part of one, such as a mouth."""
    return not faces and policy.faces in {FACE_IS_FINDING, KEEP_REGION}


def _only(faces: Sequence[Box], policy: Policy) -> Box:
    first, *others = sorted(faces, key=lambda face: face.area, reverse=True)
    is_alone = all(is_same(face, first) for face in others)
    if is_alone and (policy.chosen_by == REVIEWER or first.longest >= _FILLS):
        return first
    raise Held("which_face")


def _touched(faces: Sequence[Box], regions: Sequence[Box]) -> Box | None:
    """The face that the regions touch, None where they touch none. Raises Held where they touch two alike."""
    weights = [(sum(face.common(region) for region in regions), face) for face in faces]
    most, patient = max(weights, key=lambda entry: entry[0])
    rivals = [weight for weight, face in weights if not is_same(face, patient)]
    if most <= 0:
        return None
    if rivals and max(rivals) > _AS_MUCH * most:
        raise Held("which_face")
    return patient


def _shows_who_it_is(face: Box, regions: Sequence[Box]) -> bool:
    """Whether so much is open of what the detector found that somebody who knows this child would know it.

    What was covered around it, hair line and ears, is no part of that: its rim alone is two fifths of the grown box.
    """
    core = face.core or face
    left = sum(part.area for part in _without(core, regions))
    if left < _STAYS_COVERED * core.area:
        return True
    sees_both = len(face.eyes) == 2 and all(_is_within(eye, regions) for eye in face.eyes)
    return sees_both and core.area - left > _ONLY_THE_EYES * core.area


def _is_within(point: tuple[float, float], regions: Sequence[Box]) -> bool:
    return any(box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom for box in regions)


def _box(region: Region) -> Box:
    return Box(region.left, region.top, region.left + region.width, region.top + region.height)


def is_same(face: Box, patient: Box) -> bool:
    """Whether two boxes of one picture are around one face."""
    return face.common(patient) >= _SAME_FACE * min(face.area, patient.area)


def _without(face: Box, regions: Sequence[Box]) -> list[Box]:
    """Cut the regions out of a box; what is left is covered by boxes beside each other."""
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
