"""Decides what is covered in a picture beside faces and writing: every code.

It is a step of its own so that the networks are gone by then: they keep the room that their last looks took, 300 MB,
and what reads codes in a photo of every pixel needs as much.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.bars import bars_in
from imaging.boxes import Box
from imaging.choice import beside_faces
from imaging.code_reader import CODE_READER, codes_in
from imaging.grids import grids_in
from imaging.halves import halves_of
from imaging.masks import Mask, box_mask
from imaging.pixels import Pixels
from imaging.policy import MASK, Policy

_GRID_DETECTOR, _BAR_DETECTOR = "module_grids", "bars"


def find_codes(pixels: Pixels, masks: tuple[Mask, ...], policy: Policy, shown: tuple[Box, ...]) -> tuple[Mask, ...]:
    """Return what was found before, and the codes, where the policy covers them. Faces that are `shown` are none."""
    if policy.text != MASK:
        return masks
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    looks = halves_of(grey)
    striped = code_masks(grey, looks, stacked=True, shown=shown)
    grids = (part for box in grids_in(looks) for part in beside_faces(box, shown))
    return (*masks, *striped, *(box_mask("code", part, _GRID_DETECTOR, 0.0, shown) for part in grids))


def code_masks(
    grey: NDArray[np.uint8], looks: Sequence[NDArray[np.uint8]], *, stacked: bool, shown: Sequence[Box] = ()
) -> list[Mask]:
    """Cover the codes that can be read, and what looks like the stripes of one in the picture or its halves."""
    read = [box_mask("code", box, CODE_READER, 0.0) for box in codes_in(grey)]
    striped = (part for box in bars_in(looks, stacked=stacked) for part in beside_faces(box, shown))
    return read + [box_mask("code", part, _BAR_DETECTOR, 0.0, shown) for part in striped]
