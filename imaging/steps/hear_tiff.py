"""Hears what its library says of a page of a TIFF that is packed in a way of which Pillow tells no damage.

Of a fax, all lines behind one wrong bit are others, and of a JPEG within a TIFF a part is grey; Pillow shows both.
"""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from imaging.refusal import Refused
from imaging.remarks import heard
from imaging.steps.decode_jpeg import is_of_damage

_SILENT = {"jpeg", "group4", "packbits"}
"""Not `group3`: lines that the telephone has damaged are a part of such a page, and the next line is whole again."""
_OF_DAMAGE = (b"Fax4Decode: ", b"PackBitsDecode: ", b"JPEGLib: Unsupported marker")
Decode = Callable[[int | None], Image.Image]


def hearing(decode: Decode, data: bytes, image: Image.Image, number: int) -> Decode:
    """Return what decodes this page of a TIFF, counted from 0, and refuses `damaged` where a part cannot be read."""
    if image.info.get("compression") not in _SILENT:
        return decode

    def decode_heard(side: int | None) -> Image.Image:
        with heard() as remarks:
            cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE, range=(number, number + 1))
        if any(map(_is_of_damage, b"".join(remarks).splitlines())):
            raise Refused("damaged")
        return decode(side)

    return decode_heard


def _is_of_damage(remark: bytes) -> bool:
    return is_of_damage(remark) or any(what in remark for what in _OF_DAMAGE)
