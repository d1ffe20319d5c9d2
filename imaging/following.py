"""Follows what a box shows from one picture of a film to another, by its look, for a hundredth of a detector's cost."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box

_AROUND, _LEAST_AROUND = 1.5, 4
"""How much of its surroundings is followed with a box, as a factor and in pixels: a small one alone shows little."""
_FARTHEST = 0.12
"""How far it may have gone, as a share of the picture's longer side, beside its own size."""
_FOLLOWED = 0.7
"""The least correlation with what was there."""
Grey = NDArray[np.uint8]


def follow(before: Grey, now: Grey, box: Box) -> Box | None:
    """Where what the box shows in one picture is in another of the same size; None where nothing looks like it."""
    height, width = before.shape
    left, top, right, bottom = _edges(box.grown(_AROUND), width, height, _LEAST_AROUND)
    patch = before[top:bottom, left:right]
    reach = round(_FARTHEST * max(width, height))
    across, down = reach + (right - left) // 2, reach + (bottom - top) // 2
    from_left, from_top = max(0, left - across), max(0, top - down)
    window = now[from_top : bottom + down, from_left : right + across]
    fits = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fits)
    if not best >= _FOLLOWED:
        return None
    return box.shifted((from_left + x - left) / width, (from_top + y - top) / height)


def likeness(picture: Grey, other: Grey, box: Box) -> float:
    """How well the two agree within the box: 1 for the same, also where the light has changed."""
    height, width = picture.shape
    left, top, right, bottom = _edges(box, width, height, 0)
    ours, theirs = picture[top:bottom, left:right], other[top:bottom, left:right]
    return float(cv2.matchTemplate(ours, theirs, cv2.TM_CCOEFF_NORMED)[0, 0])


def is_among(box: Box, others: Sequence[Box], share: float) -> bool:
    """Whether so much of the box is covered by those of another look, which may have cut the same thing elsewhere."""
    return sum(box.common(other) for other in others) >= share * box.area


def _edges(box: Box, width: int, height: int, more: int) -> tuple[int, int, int, int]:
    """Its pixels, at least one, with so many more on each side."""
    left, top = int(box.left * width), int(box.top * height)
    right, bottom = max(left + 1, round(box.right * width)), max(top + 1, round(box.bottom * height))
    return max(0, left - more), max(0, top - more), min(width, right + more), min(height, bottom + more)
