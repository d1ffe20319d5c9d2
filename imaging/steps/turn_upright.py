"""Turns a picture the way the camera was held, so that no copy needs an orientation tag."""

from collections.abc import Callable

import cv2
import numpy as np

from imaging.pixels import Pixels

_ACROSS, _DOWN = 1, 0
_TURNS: dict[int, Callable[[Pixels], object]] = {
    2: lambda pixels: cv2.flip(pixels, _ACROSS),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, _DOWN),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return the picture upright. `orientation` is the Exif value; 1 and anything unknown change nothing."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.asarray(turn(pixels), np.uint8)
