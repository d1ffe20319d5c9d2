"""A page or a part of one turned so that its lines run level, with the way back from places on it to the page."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pixels import Pixels

Edges = tuple[float, float, float, float]
Back = NDArray[np.float64]
"""Two rows of three: how a place of the view becomes a place of the page."""
_WHITE = 255
_QUARTER = 90.0


@dataclass(frozen=True)
class View:
    """What is read, and how its places become places of the page."""

    grey: Pixels
    back: Back

    @property
    def angle(self) -> float:
        """By how many degrees it was turned counter-clockwise."""
        return math.degrees(math.atan2(self.back[1, 0], self.back[0, 0]))

    @property
    def is_slanted(self) -> bool:
        """Whether it was turned by something else than quarters."""
        return bool(min(abs(self.back[0, 0]), abs(self.back[0, 1])) > math.sin(math.radians(0.01)))

    def on_page(self, edges: Edges) -> Iterator[Edges]:
        """Yield boxes of the page that cover a box of the view; a long one comes in pieces where the view slants."""
        left, top, right, bottom = edges
        count = max(1, math.ceil((right - left) / (3 * max(1.0, bottom - top)))) if self.is_slanted else 1
        for number in range(count):
            start, end = (left + (right - left) * (number + more) / count for more in (0, 1))
            yield around(self.back, (start, top, end, bottom))


def around(turn: Back, edges: Edges) -> Edges:
    """The upright box around a box after a turn."""
    left, top, right, bottom = edges
    corners = np.array(((left, top, 1), (right, top, 1), (left, bottom, 1), (right, bottom, 1)))
    xs, ys = turn @ corners.T
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


def view_of(grey: Pixels, box: Edges, angle: float) -> View:
    """Cut a box out of a page and turn it counter-clockwise by an angle in degrees; nothing of it is cut off."""
    left, top = max(0, math.floor(box[0])), max(0, math.floor(box[1]))
    part = grey[top : max(top + 1, math.ceil(box[3])), left : max(left + 1, math.ceil(box[2]))]
    if angle % _QUARTER == 0:
        part, forth = _by_quarters(part, round(angle / _QUARTER) % 4)
    else:
        part, forth = _by_any(part, angle)
    back = np.asarray(cv2.invertAffineTransform(forth), np.float64)
    back[:, 2] += left, top
    return View(np.ascontiguousarray(part), back)


def quarters(count: int, width: float, height: float) -> Back:
    """How places of a page of this size move when it is turned counter-clockwise by so many quarters."""
    turns = ((1, 0, 0), (0, 1, 0)), ((0, 1, 0), (-1, 0, width)), ((-1, 0, width), (0, -1, height)), (
        (0, -1, height), (1, 0, 0))  # fmt: skip
    return np.array(turns[count % 4], np.float64)


def _by_quarters(part: Pixels, count: int) -> tuple[Pixels, Back]:
    height, width = part.shape
    return np.rot90(part, count), quarters(count, width, height)


def _by_any(part: Pixels, angle: float) -> tuple[Pixels, Back]:
    height, width = part.shape
    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), np.float64)
    left, top, right, bottom = around(turn, (0, 0, width, height))
    turn[:, 2] -= np.array((left, top))
    size = math.ceil(right - left), math.ceil(bottom - top)
    turned = cv2.warpAffine(part, turn, size, flags=cv2.INTER_CUBIC, borderValue=(_WHITE,))
    return np.asarray(turned, np.uint8), turn
