"""Decides what is covered in a picture: faces by the policy, every line of writing, every code."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.bars import bars_in
from imaging.boxes import Box
from imaging.choice import open_faces
from imaging.code_reader import CODE_READER, codes_in
from imaging.detectors import FACE_THRESHOLD, Detectors, all_faces_in
from imaging.grids import grids_in
from imaging.halves import halves_of
from imaging.masks import Mask
from imaging.models import FACE_DETECTOR, TEXT_DETECTOR
from imaging.pixels import Pixels
from imaging.policy import KEEP, MASK, Policy
from imaging.refusal import Held
from imaging.small_writing import small_texts_in
from imaging.writing import TEXT_THRESHOLD, texts_in

_FACE_GROWTH = 1.3
"""The detector's box ends at the brow and the chin; hair line, ears and jaw tell who somebody is as well."""
_GRID_DETECTOR, _BAR_DETECTOR = "module_grids", "bars"


def find_masks(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> tuple[Mask, ...]:
    """Return what must be covered. Raises Held where a detector that the policy needs is not there."""
    return (*faces_of(small, policy, detectors), *_writing(small, pixels, policy, detectors), *_codes(pixels, policy))


def _codes(pixels: Pixels, policy: Policy) -> list[Mask]:
    if policy.text != MASK:
        return []
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    looks = halves_of(grey)
    striped = code_masks(grey, looks, stacked=True)
    return [*striped, *(box_mask("code", box, _GRID_DETECTOR, 0.0) for box in grids_in(looks))]


def code_masks(grey: NDArray[np.uint8], looks: Sequence[NDArray[np.uint8]], *, stacked: bool) -> list[Mask]:
    """Cover the codes that can be read, and what looks like the stripes of one in the picture or its halves."""
    read = [box_mask("code", box, CODE_READER, 0.0) for box in codes_in(grey)]
    return read + [box_mask("code", box, _BAR_DETECTOR, 0.0) for box in bars_in(looks, stacked=stacked)]


def faces_of(small: Pixels, policy: Policy, detectors: Detectors) -> list[Mask]:
    """Return the faces that the policy covers."""
    if policy.faces == KEEP:
        return []
    if detectors.faces is None:
        raise Held("no_face_model")
    boxes = [box.grown(_FACE_GROWTH) for box in all_faces_in(detectors.faces, small)]
    covered = open_faces(boxes, policy)
    return [box_mask("face", box, FACE_DETECTOR, FACE_THRESHOLD) for box in covered]


def _writing(small: Pixels, pixels: Pixels, policy: Policy, detectors: Detectors) -> list[Mask]:
    if policy.text != MASK:
        return []
    if detectors.texts is None:
        raise Held("no_text_model")
    found = texts_in(detectors.texts, small)
    found += small_texts_in(detectors.texts, pixels, found)
    return [box_mask("text", box, TEXT_DETECTOR, TEXT_THRESHOLD) for box in found]


def box_mask(what: str, box: Box, detector: str, threshold: float) -> Mask:
    """Return a mask over a box."""
    edges = (round(edge, 5) for edge in (box.left, box.top, box.right - box.left, box.bottom - box.top))
    left, top, width, height = edges
    return Mask(what, left, top, width, height, detector, threshold)
