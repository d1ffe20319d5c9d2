"""Finds the module grids of two-dimensional codes by their look, whether or not they can be decoded.

QR, DataMatrix, Aztec and their like are squares of two tones that change from module to module both across and down.
Writing changes so too but is covered anyway; skin, hair and cloth have tones between the two.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.busy import islands_in
from imaging.pixels import Pixels

_SIZES = ((725, 33), (363, 17), (0, 22))
"""How wide and high a grid must be where the longest side has at least so many pixels; modules are one to six.

In the smallest look a person before a wall is as busy as a grid of fourteen pixels. A code of 21 modules and more that
is not seen in a finer one has 23 there.
"""
_WINDOW = 25
_CONTRAST, _PURE = 50, 0.25
_CHANGES, _TWO_TONED, _LEAST_LIGHT, _MOST_LIGHT = 0.11, 0.55, 0.35, 0.65
"""In a window: how often a tone changes from pixel to pixel, how many are of one of the two, and how many are light."""
_LARGER = 1.1


def grids_in(looks: Sequence[Pixels]) -> list[Box]:
    """Return a box around each, somewhat larger than it is, for a picture and its halves (`halves_of`)."""
    return [box for look in looks for box in _look(look)]


def _look(small: Pixels) -> Iterator[Box]:
    where = _is_grid(small)
    if not where.any():
        return
    high, wide = small.shape
    least = next(size for side, size in _SIZES if max(small.shape) >= side)
    for left, top, width, height, _ in islands_in(where.view(np.uint8)).tolist():
        if min(width, height) >= least:
            # A window whose middle is at the edge of the region reaches half its own width beyond it.
            edges = Box(left / wide, top / high, (left + width) / wide, (top + height) / high)
            yield edges.widened(_WINDOW / 2 / wide, _WINDOW / 2 / high).grown(_LARGER)


def _is_grid(small: Pixels) -> NDArray[np.bool_]:
    """Where the window around a pixel looks like a grid. What is dearer is asked only where the cheaper says yes."""
    around = np.ones((_WINDOW, _WINDOW), np.uint8)
    lightest, darkest = np.asarray(cv2.dilate(small, around)), np.asarray(cv2.erode(small, around))
    span = cv2.subtract(lightest, darkest)
    is_strong = np.asarray(span > _CONTRAST, bool)
    if not is_strong.any():
        return is_strong
    # In whole numbers throughout: exact, and floats take twice as long.
    is_light = np.asarray(2 * small.astype(np.uint16) > lightest.astype(np.uint16) + darkest, bool)
    across, down = np.zeros_like(is_light), np.zeros_like(is_light)
    across[:, 1:] = is_light[:, 1:] != is_light[:, :-1]
    down[1:] = is_light[1:] != is_light[:-1]
    is_changing = _is_above(across & is_strong, _CHANGES)
    is_changing &= _is_above(down & is_strong, _CHANGES)
    if not is_changing.any():
        return is_changing
    nearest = cv2.min(cv2.subtract(small, darkest), cv2.subtract(lightest, small))
    is_pure = nearest.astype(np.uint16) * round(1 / _PURE) < span
    light = _share(is_light)
    is_two_toned = _is_above(is_pure & is_strong, _TWO_TONED)
    is_mixed = (light > int(255 * _LEAST_LIGHT)) & (light <= int(255 * _MOST_LIGHT))
    return np.asarray(is_changing & is_two_toned & is_mixed, bool)


def _is_above(where: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    return np.asarray(_share(where) > int(255 * least), bool)


def _share(where: NDArray[np.bool_]) -> Pixels:
    """What part of each window is marked, in 255ths."""
    return np.asarray(cv2.boxFilter(where.view(np.uint8) * np.uint8(255), -1, (_WINDOW, _WINDOW)), np.uint8)
