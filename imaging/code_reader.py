"""Reads QR codes, barcodes and their like with zxing-cpp, to know where they are; what they say is never kept."""

import math
from collections.abc import Iterator
from importlib.metadata import version

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.busy import busy_places

CODE_READER = f"zxing {version('zxing-cpp')}"
_TURNS = (30, 60)
"""Stripes are read along rows and columns, up to about 20 degrees askew; so the picture is turned for them."""
_GROWTH = 1.15
_HIGH = 0.3
"""How high a barcode is covered at least, by its length: it may have been read along a few of its rows alone."""
_SHY = frozenset({zxingcpp.BarcodeFormat.DataMatrix})
"""Seen half in any coarse skin: believed only where one can be read to its end."""
_ENLARGED, _MARGIN = 3, 8
"""How many times larger small places are looked at, and how many pixels around them too."""
_LINEAR = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.AllLinear,))
_ROUNDS = 4
_WHOLE_MOST = 32_000_000
"""Larger pictures are looked at by half their size, but for small places: a camera's grain, pixel by pixel, would take
six seconds. A code that can be read in a copy all the same is found by the proof, and the file held."""
_PAINT = 128
Grey = NDArray[np.uint8]


def codes_in(grey: Grey, *, turned: bool = True, is_hasty: bool = False) -> list[Box]:
    """Return a box around every code that can be read, and around those of which the reader saw the frame alone.

    `turned` looks for stripes that lie askew as well; `is_hasty` leaves out what is light on dark, and what is so
    large that it is better read in a smaller picture.
    """
    found: list[Box] = []
    for _ in range(_ROUNDS):
        new = list(_look(grey, _TURNS if turned else (), is_hasty=is_hasty))
        found += new
        if not new:
            break
        # What lies beneath or beside another is read once that one is gone, and so is what was covered in part.
        grey = _painted(grey, new)
    return found


def reads_a_code(grey: Grey, *, is_thorough: bool = True) -> bool:
    """Whether any code in the picture can be read; `is_thorough` enlarges small places and turns the picture too."""
    if zxingcpp.read_barcodes(grey):
        return True
    if not is_thorough:
        return False
    return next(_read_enlarged(grey), None) is not None or any(_read_turned(grey, angle)[0] for angle in _TURNS)


def _look(grey: Grey, turns: tuple[int, ...], *, is_hasty: bool) -> Iterator[Box]:
    is_patient = not is_hasty
    whole = grey if grey.size <= _WHOLE_MOST else cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    whole = np.asarray(whole, np.uint8)
    for code in zxingcpp.read_barcodes(whole, return_errors=True, try_invert=is_patient, try_downscale=is_patient):
        if code.valid or code.format not in _SHY:
            yield _around(code, None, whole.shape)
    yield from _read_enlarged(grey)
    for angle in turns:
        codes, back = _read_turned(whole, angle)
        yield from (_around(code, back, whole.shape) for code in codes)


def _read_enlarged(grey: Grey) -> Iterator[Box]:
    """Read what is small: modules of one or two pixels need more to be told apart."""
    height, width = grey.shape
    for left, top, right, bottom in busy_places(grey):
        place = grey[max(0, top - _MARGIN) : bottom + _MARGIN, max(0, left - _MARGIN) : right + _MARGIN]
        large = cv2.resize(place, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
        if zxingcpp.read_barcodes(large):
            yield Box(left / width, top / height, right / width, bottom / height).grown(_GROWTH)


def _read_turned(grey: Grey, angle: int) -> tuple[list[zxingcpp.Barcode], NDArray[np.float64]]:
    """Read stripes in the turned picture; the second is what turns places of it back."""
    height, width = grey.shape
    side = math.ceil(math.hypot(width, height))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    turned = cv2.warpAffine(grey, turn, (side, side), flags=cv2.INTER_LINEAR, borderValue=_PAINT)
    codes = zxingcpp.read_barcodes(turned, formats=_LINEAR, try_downscale=False)
    return codes, np.asarray(cv2.invertAffineTransform(turn), np.float64)


def _around(code: zxingcpp.Barcode, back: NDArray[np.float64] | None, shape: tuple[int, ...]) -> Box:
    at = code.position
    corners = np.array([(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], np.float64)
    corners = _higher(corners)
    if back is not None:
        corners = corners @ back[:, :2].T + back[:, 2]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    height, width = shape[:2]
    return Box(left / width, top / height, right / width, bottom / height).grown(_GROWTH)


def _higher(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of a strip at least so high about its middle line as stripes are printed."""
    along = corners[1] - corners[0]
    length = float(np.hypot(*along)) or 1.0
    beside = np.array([-along[1], along[0]]) / length
    level = (corners - corners.mean(axis=0)) @ beside
    lacking = max(0.0, _HIGH * length - float(level.max() - level.min())) / 2
    return corners + np.outer(np.where(level >= 0, lacking, -lacking), beside)


def _painted(grey: Grey, boxes: list[Box]) -> Grey:
    painted = grey.copy()
    height, width = painted.shape
    for box in boxes:
        left, right = int(box.left * width), math.ceil(box.right * width)
        painted[int(box.top * height) : math.ceil(box.bottom * height), left:right] = _PAINT
    return painted
