"""Decides what the networks' looks cover in a picture: faces by the policy, and every line of writing."""

from collections.abc import Sequence

from imaging.boxes import Box, united
from imaging.choice import open_faces
from imaging.detectors import FACE_OVERLAP, FACE_THRESHOLD, Detectors, all_faces_in, small_faces_in
from imaging.masks import Mask, box_mask
from imaging.models import FACE_DETECTOR, TEXT_DETECTOR
from imaging.pixels import Pixels
from imaging.policy import KEEP, MASK, Policy
from imaging.refusal import Held
from imaging.small_writing import small_texts_in
from imaging.writing import TEXT_THRESHOLD, texts_in

_FACE_GROWTH = 1.3
"""The detector's box ends at the brow and the chin; hair line, ears and jaw tell who somebody is as well."""


def find_masks(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> tuple[Mask, ...]:
    """Return what must be covered. Raises Held where a detector that the policy needs is not there."""
    return (*_faces(small, pixels, policy, detectors), *_writing(small, pixels, policy, detectors))


def _faces(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> list[Mask]:
    """Return the faces that the policy covers; small ones are sought in `pixels`."""
    if policy.faces == KEEP:
        return []
    if detectors.faces is None:
        raise Held("no_face_model")
    found = united(all_faces_in(detectors.faces, small), small_faces_in(detectors.faces, pixels), FACE_OVERLAP)
    return face_masks(found, policy)


def face_masks(found: Sequence[Box], policy: Policy) -> list[Mask]:
    """Return masks over those of the faces found that the policy covers, hair line and ears with them."""
    covered = open_faces([box.grown(_FACE_GROWTH) for box in found], policy)
    return [box_mask("face", box, FACE_DETECTOR, FACE_THRESHOLD) for box in covered]


def _writing(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> list[Mask]:
    if policy.text != MASK:
        return []
    if detectors.texts is None:
        raise Held("no_text_model")
    found = texts_in(detectors.texts, small)
    found += small_texts_in(detectors.texts, pixels, found)
    return [box_mask("text", box, TEXT_DETECTOR, TEXT_THRESHOLD) for box in found]
