"""Decides what the networks' looks cover in a picture: faces by the policy, and every line of writing."""

from collections.abc import Sequence
from dataclasses import dataclass

from imaging.boxes import Box, united
from imaging.choice import left_open, may_be_near, open_faces
from imaging.detectors import FACE_OVERLAP, FACE_THRESHOLD, Detectors, all_faces_in, small_faces_in
from imaging.masks import Mask, box_mask
from imaging.models import FACE_DETECTOR, TEXT_DETECTOR
from imaging.pixels import Pixels
from imaging.policy import KEEP, MASK, Policy
from imaging.refusal import Held
from imaging.small_writing import small_texts_in
from imaging.writing import TEXT_THRESHOLD, Shown, texts_in

FACE_GROWTH = 1.3
"""The detector's box ends at the brow and the chin; hair line, ears and jaw tell who somebody is as well."""

_NEAR = (Shown(Box(0.0, 0.0, 1.0, 1.0), thinnest=0.015),)
"""In a close look at a part of a face no face is found; what would be writing there is large."""


@dataclass(frozen=True)
class Looked:
    """What must be covered in a picture, the faces or parts of one that stay open, and how many these are.

    `open_faces` is None where none was sought.
    """

    masks: tuple[Mask, ...]
    open_faces: int | None
    shown: tuple[Box, ...]


def find_masks(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> Looked:
    """Return what is covered and what stays open. Raises Held where a detector that the policy needs is not there."""
    faces = _faces(small, pixels, policy, detectors)
    covered = open_faces(faces, policy)
    shown = left_open(faces, covered, policy)
    doubtful = _NEAR if may_be_near(faces, policy) else tuple(map(Shown, shown))
    found = _writing(small, pixels, policy, detectors, doubtful)
    texts = (box_mask("text", box, TEXT_DETECTOR, TEXT_THRESHOLD, shown) for box in found)
    return Looked((*_masks_of(covered), *texts), None if policy.faces == KEEP else len(shown), tuple(shown))


def _faces(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> list[Box]:
    """Return the faces of the picture, hair line and ears with them; small ones are sought in `pixels`."""
    if policy.faces == KEEP:
        return []
    if detectors.faces is None:
        raise Held("no_face_model")
    found = united(all_faces_in(detectors.faces, small), small_faces_in(detectors.faces, pixels), FACE_OVERLAP)
    return [box.grown(FACE_GROWTH) for box in found]


def face_masks(found: Sequence[Box], policy: Policy) -> list[Mask]:
    """Return masks over those of the faces found that the policy covers, hair line and ears with them."""
    return _masks_of(open_faces([box.grown(FACE_GROWTH) for box in found], policy))


def _masks_of(covered: Sequence[Box]) -> list[Mask]:
    return [box_mask("face", box, FACE_DETECTOR, FACE_THRESHOLD) for box in covered]


def _writing(
    small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors, doubtful: Sequence[Shown]
) -> list[Box]:
    if policy.text != MASK:
        return []
    if detectors.texts is None:
        raise Held("no_text_model")
    found = texts_in(detectors.texts, small, shown=doubtful)
    return found + small_texts_in(detectors.texts, pixels, found)
