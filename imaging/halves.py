"""A grey picture, half of it, a quarter, and so on: in these codes are looked for by their look."""

import cv2
import numpy as np
from numpy.typing import NDArray

_LARGEST, _LEAST = 2048, 160
"""Longest sides between which is looked. What is finer than at the one is for the reader, as is what is coarser."""
_NARROWEST = 25
Grey = NDArray[np.uint8]


def halves_of(grey: Grey) -> list[Grey]:
    """Return the picture with its longer side at most 2048 pixels, then each time half of that, down to 160."""
    found = [_first(grey)]
    while max(found[-1].shape) >= 2 * _LEAST and min(found[-1].shape) >= 2 * _NARROWEST:
        high, wide = (length // 2 for length in found[-1].shape)
        # An odd row or column is left out: with it every pixel would be a sum of fractions, at fifty times the cost.
        even = found[-1][: 2 * high, : 2 * wide]
        found.append(np.asarray(cv2.resize(even, (wide, high), interpolation=cv2.INTER_AREA), np.uint8))
    return found


def _first(grey: Grey) -> Grey:
    scale = min(1.0, _LARGEST / max(grey.shape))
    high, wide = (max(_NARROWEST, round(length * scale)) for length in grey.shape)
    if (high, wide) == grey.shape:
        return np.ascontiguousarray(grey)
    return np.asarray(cv2.resize(grey, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
