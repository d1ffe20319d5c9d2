"""Finds in a page of a TIFF the damage of which Pillow tells nothing: by what its library says, and by its bytes.

Of a fax, all lines behind one wrong bit are others, and of a JPEG within a TIFF a part is grey; Pillow shows both. Of
what is packed by deflate nobody asks the sum, and where a fax was overwritten with zeros its lines come out black.
"""

from collections import Counter
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

from imaging.pixels import Decode, Picture
from imaging.refusal import Refused
from imaging.remarks import heard
from imaging.steps.decode_jpeg import is_of_damage
from imaging.walks.streams import UNPACKED_MOST, are_harmed, unpacked

_REMARKED = {"jpeg", "group4", "packbits"}
"""Not `group3`: lines that the telephone has damaged are a part of such a page, and the next line is whole again."""
_OF_FAX = {"group3", "group4", "tiff_ccitt"}
_DEFLATE = {"tiff_adobe_deflate", "tiff_deflate"}
_GAP = bytes(128)
"""More zeros than a fax machine sends in a row to give a slow printer time for a line: 72 at 14,400 bits a second."""
_BLOCK = 4096
_OF_DAMAGE = (b"Fax4Decode: ", b"PackBitsDecode: ", b"JPEGLib: Unsupported marker")
_PLACES = ((273, 279), (324, 325))
"""The tags of where strips and tiles lie, and of their lengths."""


def hearing(decode: Decode, data: bytes, image: Image.Image, number: int) -> Decode:
    """Return what decodes this page of a TIFF, counted from 0, and refuses `damaged` where a part cannot be read."""
    packing = image.info.get("compression")
    if packing not in _REMARKED | _OF_FAX | _DEFLATE:
        return decode
    pieces = list(_pieces(image, len(data)))

    def decode_heard(side: int | None) -> Picture:
        is_harmed = packing in _REMARKED and _is_remarked_on(data, number)
        if is_harmed or (packing in _OF_FAX and any(has_gap(data[piece]) for piece in pieces)):
            raise Refused("damaged")
        if packing in _DEFLATE:
            _refuse_wrong_sums(data, pieces)
        return decode(side)

    return decode_heard


def _pieces(image: Image.Image, most: int) -> Iterator[slice]:
    """Where the strips or tiles of a page lie; of more than there are bytes, as pieces upon pieces have, only some."""
    tags = getattr(image, "tag_v2", {})
    for places, sizes in ((tags.get(at, ()), tags.get(size, ())) for at, size in _PLACES):
        for place, size in zip(places, sizes, strict=False):
            most -= size
            if size and most >= 0 <= place:
                yield slice(place, place + size)


def has_gap(coded: bytes) -> bool:
    """Whether zeros stand where lines were to be; some fax servers fill up the last block of a page with them."""
    lines = coded.rstrip(b"\0")
    return _GAP in (lines if len(coded) - len(lines) <= _BLOCK else coded)


def _refuse_wrong_sums(data: bytes, pieces: list[slice]) -> None:
    left, sums = UNPACKED_MOST, Counter[bool | None]()
    for piece in pieces:
        found = unpacked(data[piece], left)
        if found is None:
            raise Refused("damaged")
        left -= found.size
        sums[found.is_summed] += 1
        if left <= 0:
            break
    if are_harmed(sums):
        raise Refused("damaged")


def _is_remarked_on(data: bytes, number: int) -> bool:
    with heard() as remarks:
        cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE, range=(number, number + 1))
    return any(map(_is_of_damage, b"".join(remarks).splitlines()))


def _is_of_damage(remark: bytes) -> bool:
    return is_of_damage(remark) or any(what in remark for what in _OF_DAMAGE)
