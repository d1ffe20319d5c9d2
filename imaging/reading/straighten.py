"""Finds by how much the lines on a page, or on a part of one, are turned away from level."""

import cv2
import numpy as np

from imaging.pixels import Pixels

_SIDE, _COARSE_SIDE = 600, 300
"""Pixels of the longer side, and of that of the picture in which the whole half circle is looked at."""
_MOST, _STEP, _NEAR = 45.0, 1.5, 6.0
_FINER = (_STEP, 0.5), (0.2, 0.2), (0.1, 0.1)
"""How far to both sides, and in what steps, an angle is made finer."""
_LEAST = 0.3
"""Less than this Tesseract does not mind."""
_WHITE = 255
_PREFERRED = 1.15
"""How much better something else must be than the way in which nearly all paper lies."""


def turns_of(grey: Pixels) -> tuple[float, float]:
    """Return two angles in degrees, counter-clockwise, by which lines of black on white may be turned level.

    They are a quarter apart, and the likelier comes first. Either may leave the page upside down.
    """
    scale = min(1.0, _SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = _on_a_square(np.asarray(_WHITE - small, np.uint8))
    coarse = _smaller(ink)
    found = [(*_gathered(coarse, float(angle)), float(angle)) for angle in np.arange(-_MOST, _MOST + _STEP, _STEP)]
    weighed = [(max(rows, columns), angle) for rows, columns, angle in found]
    best = max(weighed)
    near = max(entry for entry in weighed if abs(entry[1]) <= _NEAR)
    angle = near[1] if best[0] < _PREFERRED * near[0] else best[1]
    rows, columns, _ = next(entry for entry in found if entry[2] == angle)
    quarter = 90.0 if columns > _PREFERRED * rows else 0.0
    angle = _finer(ink, angle, 1 if quarter else 0)
    if abs(angle) < _LEAST:
        angle = 0.0
    return angle + quarter, angle + 90.0 - quarter


def _finer(ink: Pixels, angle: float, axis: int) -> float:
    for reach, step in _FINER:
        angle = max(
            (float(one) for one in np.arange(angle - reach, angle + reach + step / 2, step)),
            key=lambda one: _gathered(ink, one)[axis],
        )
    return round(angle, 2)


def _smaller(ink: Pixels) -> Pixels:
    """Lines of print can be told in a picture in which no letter can; its angle is made finer in the larger one."""
    side = min(len(ink), _COARSE_SIDE)
    return np.asarray(cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _on_a_square(ink: Pixels) -> Pixels:
    """Rows and columns can be compared only where there are as many of both."""
    height, width = ink.shape
    side = max(height, width)
    more = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side), np.uint8)
    square[more[0] : more[0] + height, more[1] : more[1] + width] = ink
    return square


def _gathered(ink: Pixels, angle: float) -> tuple[float, float]:
    """How much ink gathers in few rows, and in few columns, after a turn: lines of print are level then."""
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(ink, turn, (width, height))
    rows, columns = (cv2.reduce(turned, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel() for axis in (1, 0))
    return float(np.square(np.diff(rows)).sum()), float(np.square(np.diff(columns)).sum())
