"""Decodes a JPEG and hears what its decoder says of the bytes: Pillow goes on past damage and says nothing.

OpenCV's copy of the same library gives the same pixels at the same cost, and writes its first remark to the standard
error of the process. A photo whose lower half is grey or in false colours must not be shown as if it were whole.
"""

import re

import cv2
import numpy as np
from PIL import Image

from imaging.refusal import Refused
from imaging.remarks import heard

_MODES = {"RGB", "L"}
_GREY = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}
_GREY |= {8: cv2.IMREAD_REDUCED_GRAYSCALE_8}
_COLOUR = cv2.IMREAD_COLOR_RGB
_DAMAGE = (b"Corrupt JPEG data", b"Premature end of JPEG file")
_EXTRANEOUS = re.compile(rb"(\d+) extraneous bytes before marker")
_EXTRANEOUS_MOST = 64
"""Some cameras write a few bytes behind the last of a picture's coded numbers; more of them were to be numbers."""


def decode_jpeg(data: bytes, mode: str, factor: int) -> Image.Image | None:
    """Return the pixels of an 8-bit JPEG at a whole, half, quarter or eighth of its size, not turned.

    None where OpenCV does not decode it or would change its colours, as of CMYK. Refuses `damaged` where a part of it
    could not be read. Of several remarks only the first is told, and one about the header may hide another.
    """
    if mode not in _MODES:
        return None
    # Reduced sizes have names for grey alone; the colour is asked for beside them.
    flags = _GREY[factor] if mode == "L" else (_GREY[factor] & ~cv2.IMREAD_COLOR_BGR) | _COLOUR
    with heard() as remarks:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if any(_is_of_damage(remark) for remark in remarks):
        raise Refused("damaged")
    return None if pixels is None else Image.fromarray(np.asarray(pixels, np.uint8))


def _is_of_damage(remark: bytes) -> bool:
    if (extra := _EXTRANEOUS.search(remark)) is not None:
        return int(extra[1]) > _EXTRANEOUS_MOST
    return any(what in remark for what in _DAMAGE)
