"""Decodes a JPEG and hears what its decoder says of the bytes: Pillow goes on past damage and says nothing.

OpenCV's copy of the same library gives the same pixels at the same cost, and writes its first remark to the standard
error of the process. A photo whose lower half is grey or in false colours must not be shown as if it were whole.
"""

import re

import cv2
import numpy as np
from PIL import Image

from imaging.pixels import Picture, Pixels
from imaging.refusal import Refused
from imaging.remarks import heard
from imaging.walks import jpeg
from imaging.walks.part import Broken, Part

_MODES = {"RGB", "L"}
_ONLY_HEARD = 8
"""How small a picture is decoded of which only the remarks are wanted: all of its bytes are read all the same."""
_GREY = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}
_GREY |= {8: cv2.IMREAD_REDUCED_GRAYSCALE_8}
_COLOUR = cv2.IMREAD_COLOR_RGB
_DAMAGE = (b"Corrupt JPEG data", b"Premature end of JPEG file")
_EXTRANEOUS = re.compile(rb"(\d+) extraneous bytes before marker (0x[0-9a-f]+)")
_END, _OWN_REMARK = b"0xd9", b"["
_EXTRANEOUS_MOST = 64
"""Some cameras write a few bytes behind the last of a picture's coded numbers; more of them were to be numbers."""
_ALONE = {"SOI": b"\xff\xd8", "EOI": b"\xff\xd9", "TRAILER": b""}
_CODES = {"APP0": 0xE0, "APP14": 0xEE, "DQT": 0xDB, "DHT": 0xC4, "DAC": 0xCC, "DRI": 0xDD, "DNL": 0xDC, "SOS": 0xDA}
_CODES |= {f"SOF{number}": 0xC0 + number for number in range(16)}
"""What a bare picture keeps: its numbers, how to read them, and what its colours are."""
_JFIF = b"JFIF\0"
_ADOBE, _TRANSFORM, _OF_FOUR = b"Adobe", 11, 4
"""Where Adobe's part says which colours are stored: 0 those that are shown, 1 three of light, 2 four of ink."""


def decode_jpeg(data: bytes, mode: str, factor: int) -> Picture | None:
    """Return the pixels of an 8-bit JPEG at a whole, half, quarter or eighth of its size, not turned.

    None where OpenCV does not decode it or would change its colours, as of CMYK. Refuses `damaged` where a part of it
    could not be read. Of several remarks only the first is told: where that is one that may hide another, the bare
    picture is decoded once more, and whatever is said of that is damage.
    """
    if mode not in _MODES:
        hear_jpeg(data)
        return None
    # Reduced sizes have names for grey alone; the colour is asked for beside them.
    flags = _GREY[factor] if mode == "L" else (_GREY[factor] & ~cv2.IMREAD_COLOR_BGR) | _COLOUR
    pixels = _heard_out(data, flags)
    return Image.fromarray(pixels) if pixels is not None and mode == "L" else pixels


def hear_jpeg(data: bytes) -> None:
    """Refuse `damaged` where a part of a JPEG could not be read; nothing is said of what OpenCV does not decode."""
    _heard_out(data, _GREY[_ONLY_HEARD])


def _heard_out(data: bytes, flags: int) -> Pixels | None:
    """Return the pixels where all that is said of them was heard and is not of damage."""
    pixels, remark = _decoded(data, flags)
    if _may_hide(remark):
        del pixels
        pixels, remark = _decoded(_bare(data), flags)
        if _may_hide(remark):
            raise Refused("damaged")
    return pixels


def _decoded(data: bytes, flags: int) -> tuple[Pixels | None, bytes]:
    """Return the pixels and what was said of them, which is not of damage."""
    with heard() as remarks:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    remark = b"".join(remarks)
    if is_of_damage(remark):
        raise Refused("damaged")
    return None if pixels is None else np.asarray(pixels, np.uint8), remark


def is_of_damage(remark: bytes) -> bool:
    """Whether what libjpeg said is of a part of the picture that could not be read."""
    if (extra := _EXTRANEOUS.search(remark)) is not None:
        return int(extra[1]) > _EXTRANEOUS_MOST
    return any(what in remark for what in _DAMAGE)


def _may_hide(remark: bytes) -> bool:
    """Whether numbers of the picture were still to be read when it was made: behind bytes before the end none are."""
    if not remark or remark.startswith(_OWN_REMARK):
        return False
    extra = _EXTRANEOUS.search(remark)
    return extra is None or extra[2] != _END


def _bare(data: bytes) -> bytes:
    """Return the picture without what is said beside it and what lies between its parts, its colours as they were."""
    try:
        frame = next(part for part in jpeg.walk(data, skips=True) if part.name.startswith("SOF"))
        colours = frame.of(data)[jpeg.BEFORE_PARTS : jpeg.BEFORE_PARTS + 1]
        return b"".join(
            _written(part, _as_understood(part, part.of(data), frame.name, colours))
            for part in jpeg.walk(data, skips=True)
        )
    except (Broken, StopIteration):
        raise Refused("damaged") from None


def _as_understood(part: Part, content: bytes, frame: str, colours: bytes) -> bytes:
    """Return what a part says in the words that the decoder takes it for, so that it has nothing to remark.

    Samsung's phones say of the scan of a picture that comes at once what only one in steps could have.
    """
    if part.name == "APP0" and content.startswith(_JFIF):
        # It says that the colours are YCbCr, whatever its version: one that is unknown is only remarked on.
        return _JFIF + b"\1" + content[len(_JFIF) + 1 :]
    if part.name == "SOS" and frame not in jpeg.IN_STEPS:
        return content[: -len(jpeg.AT_ONCE)] + bytes(jpeg.AT_ONCE)
    if part.name == "APP14" and content.startswith(_ADOBE) and any(content[_TRANSFORM : _TRANSFORM + 1]):
        told = 2 if colours == bytes((_OF_FOUR,)) else 1
        return content[:_TRANSFORM] + bytes((told,)) + content[_TRANSFORM + 1 :]
    return content


def _written(part: Part, content: bytes) -> bytes:
    if part.name in _ALONE:
        return _ALONE[part.name]
    if part.name == "SCAN":
        return content
    if part.name not in _CODES:
        return b""
    return bytes((0xFF, _CODES[part.name])) + (len(content) + 2).to_bytes(2, "big") + content
