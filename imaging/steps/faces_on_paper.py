"""Faces on a page: what the detector takes for one where there is hardly anything but paper is looked at again."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from imaging.boxes import Box
from imaging.choice import is_same
from imaging.detectors import LARGE_FACE, LARGE_FACE_SIDE, Detectors, all_faces_in, faces_in
from imaging.masks import Mask
from imaging.pixels import Pixels
from imaging.policy import FACE_IS_FINDING, KEEP, MASK_ALL, NO_FACE, Policy
from imaging.refusal import Held
from imaging.steps.find_masks import FACE_GROWTH, face_masks

SURE = 0.5
"""From this score on nobody asks again, nor is a person believed who saw no face. Pale portraits as wide as a
seventh of the page reach it; print was seen up to 0.40."""
_INK, _INK_LEAST = 24, 0.06
"""How much darker than paper ink is, of 255, and what share of a picture it covers at least. Sparse rows of print cover
at most 0.02, a portrait that a copier left black and white and nothing between 0.04 to 0.35."""
_PAPER_PERCENTILE = 90
_AROUND = 2.0


@dataclass(frozen=True)
class Faces:
    """What is covered, and boxes around what stays open, hair line and ears with it."""

    masks: tuple[Mask, ...] = ()
    shown: tuple[Box, ...] = ()


def faces_on(page: Pixels, policy: Policy, detectors: Detectors) -> Faces:
    """Return the faces that the policy covers on an upright RGB page, and the one that it leaves open.

    A mask over rows of results hides what the page was sent for, so a large face that is not sure, in which there is
    no picture, must be seen on a second look at that place alone. Where a person has seen no face, those that are sure
    stay covered all the same: to show one is a decision of another kind. By that one, `face_is_finding`, the only sure
    face of a page stays open; of two nobody says whose is whose, and both are covered. Raises Held as `find_masks`
    does.
    """
    if policy.faces == KEEP:
        return Faces()
    if detectors.faces is None:
        raise Held("no_face_model")
    net = detectors.faces
    found = [box for box in all_faces_in(net, page) if not _is_print(page, box) or _is_seen_again(net, page, box)]
    sure = [box for box in found if box.score >= SURE]
    unsure = [box for box in found if box.score < SURE] if policy.faces != NO_FACE else []
    shown: list[Box] = []
    if policy.faces == FACE_IS_FINDING:
        policy = replace(policy, faces=MASK_ALL)
        if all(is_same(box, sure[0]) for box in sure[1:]):
            sure, shown = [], [box.grown(FACE_GROWTH) for box in sure]
            unsure = [box for box in unsure if not any(is_same(box, face) for face in shown)]
    masks = [replace(mask, threshold=SURE) for mask in face_masks(sure, policy)]
    return Faces((*masks, *face_masks(unsure, policy)), tuple(shown))


def _is_print(page: Pixels, box: Box) -> bool:
    if box.score >= SURE or box.longest < LARGE_FACE:
        return False
    darkest = _part(page, box).min(axis=2)
    paper = float(np.percentile(darkest, _PAPER_PERCENTILE))
    return float((darkest < paper - _INK).mean()) < _INK_LEAST


def _is_seen_again(net: cv2.dnn.Net, page: Pixels, box: Box) -> bool:
    return bool(faces_in(net, np.ascontiguousarray(_part(page, box.grown(_AROUND))), LARGE_FACE_SIDE))


def _part(page: Pixels, box: Box) -> Pixels:
    height, width = page.shape[:2]
    left, right = int(box.left * width), int(box.right * width)
    top, bottom = int(box.top * height), int(box.bottom * height)
    return page[top : max(bottom, top + 1), left : max(right, left + 1)]
