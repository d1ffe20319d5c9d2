"""Finds by how much a page lies askew, and turns places on the straight page back to where they are."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_SIDE = 600
_MOST, _STEP, _FINE = 5.0, 0.5, 0.1
_LEAST = 0.3
"""Less than this Tesseract does not mind."""
_WHITE = 255


@dataclass(frozen=True)
class Straight:
    """A page turned straight, and the angle in degrees by which it was."""

    grey: Grey
    angle: float

    def pieces(self, edges: tuple[float, float, float, float]) -> Iterator[tuple[float, float, float, float]]:
        """Yield boxes on the page as it lies that cover a box of the straight page; a long one comes in pieces."""
        left, top, right, bottom = edges
        if not self.angle:
            yield edges
            return
        count = max(1, math.ceil((right - left) / (3 * max(1.0, bottom - top))))
        for number in range(count):
            start, end = (left + (right - left) * (number + more) / count for more in (0, 1))
            yield self._turned_back(start, top, end, bottom)

    def _turned_back(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        height, width = self.grey.shape
        sine, cosine = math.sin(math.radians(self.angle)), math.cos(math.radians(self.angle))
        xs, ys = [], []
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            across, down = x - width / 2, y - height / 2
            xs.append(cosine * across - sine * down + width / 2)
            ys.append(sine * across + cosine * down + height / 2)
        return min(xs), min(ys), max(xs), max(ys)


def straighten(grey: Grey) -> Straight:
    """Turn a page of print so that its lines run level."""
    angle = _angle_of(grey)
    if abs(angle) < _LEAST:
        return Straight(grey, 0.0)
    return Straight(_turned(grey, angle), angle)


def _turned(grey: Grey, angle: float) -> Grey:
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(_WHITE,))
    return np.asarray(turned, np.uint8)


def _angle_of(grey: Grey) -> float:
    """Return the angle at which ink gathers in the fewest rows: lines of print are level then."""
    scale = _SIDE / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = np.asarray(_WHITE - small, np.uint8)
    best = max(np.arange(-_MOST, _MOST + _STEP, _STEP), key=lambda angle: _gathered(ink, float(angle)))
    fine = np.arange(best - _STEP, best + _STEP + _FINE, _FINE)
    return round(float(max(fine, key=lambda angle: _gathered(ink, float(angle)))), 2)


def _gathered(ink: Grey, angle: float) -> float:
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    rows = cv2.warpAffine(ink, turn, (width, height)).sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum())
