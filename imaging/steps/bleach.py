"""Makes even what is nearly of the paper's shade: writing too faint to be found could be read in stretched contrast."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.pixels import Pixels

FAINT = 245
"""From this level of all three colours on a pixel is paper. Darker writing on white paper is found as any other."""
_WHITE = 255
_STEPS = 11
"""So many levels from the shade of the paper around it a pixel is paper; writing that is further off is found."""
_SCALE, _AROUND = 8, 11
"""The shade is the middle value of so many squares of eight pixels each way: letters cover less than half of them."""
_DARKER, _COLOUR = 60, 12
"""How far a shade of the same paper is from the usual one of the page, in the light there and in its colour."""
_PAPER = 0.8
"""What share of a place is of its own shade at least, for it to be paper and no picture, which stays as it is."""


def bleached(page: Image.Image) -> Image.Image:
    """Return a copy of an RGB page on which what is nearly white is white, and what is nearly paper is paper."""
    pixels = _evened(np.asarray(page))
    paper = cv2.inRange(pixels, (FAINT, FAINT, FAINT), (_WHITE, _WHITE, _WHITE))
    return Image.fromarray(cv2.bitwise_or(pixels, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB)))


def _evened(pixels: Pixels) -> Pixels:
    """The page with the shade of its paper where it is off by a few levels; a picture printed on it is not touched."""
    height, width = pixels.shape[:2]
    small = -(-width // _SCALE), -(-height // _SCALE)
    shades = np.asarray(cv2.medianBlur(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), _AROUND), np.uint8)
    if int(shades.min()) >= FAINT:
        return pixels
    ground = cv2.resize(shades, (width, height), interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(pixels, ground)
    near = np.asarray(cv2.inRange(apart, (0, 0, 0), (_STEPS, _STEPS, _STEPS)), np.uint8)
    is_paper = cv2.resize(_mostly(near, small) & _like_paper(shades), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.copyTo(ground, cv2.bitwise_and(near, is_paper), pixels.copy()), np.uint8)


def _like_paper(shades: Pixels) -> NDArray[np.uint8]:
    """Where the shade is the usual one of the page, lighter or darker: skin in a picture has another colour."""
    told = shades.astype(np.int16)
    off = told - np.median(told.reshape(-1, 3), axis=0).astype(np.int16)
    is_like = (np.abs(off).max(axis=2) <= _DARKER) & (np.ptp(off, axis=2) <= _COLOUR)
    return np.asarray(is_like * np.uint8(_WHITE), np.uint8)


def _mostly(near: NDArray[np.uint8], small: tuple[int, int]) -> NDArray[np.uint8]:
    """Where most of the pixels around are near the shade."""
    share = cv2.blur(cv2.resize(near, small, interpolation=cv2.INTER_AREA), (_AROUND, _AROUND))
    return np.asarray((share >= _PAPER * _WHITE) * np.uint8(_WHITE), np.uint8)
