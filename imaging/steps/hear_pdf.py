"""Asks of a PDF whether all that it is drawn of can be read: PDFium draws what it can and is silent of the rest."""

from collections import Counter
from contextlib import suppress

from imaging import limits
from imaging.refusal import Refused
from imaging.steps.decode_jpeg import hear_jpeg
from imaging.walks import jpeg
from imaging.walks.part import Broken
from imaging.walks.streams import DEFLATE, JPEG, UNPACKED_MOST, are_harmed, packed_streams, unpacked

_PIXELS_MOST = 4 * limits.SCALED_PIXELS
_SIZE_AT = 1
"""Where the head of a JPEG's frame tells its height, and then its width, each in two bytes."""


def refuse_damage(data: bytes) -> None:
    """Refuse `damaged` where a stream cannot be unpacked or is not what was summed, or a part of a JPEG cannot be read.

    Fax tells nothing, and of JBIG2 and JPEG 2000 whoever draws them asks. What would take long to read is left to the
    drawing, and its limits.
    """
    bytes_left, pixels_left = UNPACKED_MOST, _PIXELS_MOST
    sums: Counter[bool | None] = Counter()
    for packing, packed in packed_streams(data):
        if packing == DEFLATE and bytes_left > 0:
            found = unpacked(packed, bytes_left)
            if found is None:
                raise Refused("damaged")
            bytes_left -= found.size
            sums[found.is_summed] += 1
        elif packing == JPEG and (pixels := _pixels_of(packed)) <= pixels_left:
            hear_jpeg(packed)
            pixels_left -= pixels
    if are_harmed(sums):
        raise Refused("damaged")


def _pixels_of(data: bytes) -> int:
    """How many pixels a JPEG has; more than are looked at where no head can be read or it comes in too many steps."""
    pixels, scans = _PIXELS_MOST + 1, 0
    with suppress(Broken):
        for part in jpeg.walk(data, skips=True):
            scans += part.name == "SOS"
            if scans > limits.JPEG_SCANS:
                return _PIXELS_MOST + 1
            if part.name.startswith("SOF"):
                sides = part.of(data)[_SIZE_AT : _SIZE_AT + 4]
                pixels = int.from_bytes(sides[:2], "big") * int.from_bytes(sides[2:], "big")
    return pixels
