"""Looks whether a JPEG's scan ends with its picture. It decodes, so it is for the jail and for the command."""

import io
import os

from PIL import Image

_SMALL = 8
"""The picture is decoded at an eighth: entropy data is read whole, and next to nothing else is done."""
_LIGHT = "L"
"""Nor is its colour made, though all of what codes it is read: light and colour come together, block by block."""
_MORE = bytes(16)
"""The decoder reads eight bytes ahead; these are less than a block of any picture."""
_TELLING, _OPPOSITE = 16, 255
"""From so many pixels on a row is never by chance what it held before."""
_END = 2
"""Bytes of the marker behind the scan, the last of the file."""
GOES_ON = "bytes in the scan behind the end of its picture"
FALLS_SHORT = "a scan that ends before its picture does"


def fault_of(data: bytes) -> str | None:
    """Return GOES_ON where the whole picture is there before the scan has come to its last byte, to within eight bytes,
    and FALLS_SHORT where it is not there at its end, to within its last blocks.

    For files of which all but the entropy data was found to be ours. The decoder gets it without its last byte and
    without an end, so that it waits for more where all of it is picture, and then the rest, with a little more than it
    needs; the last row tells each time whether it waited.
    """
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        width, height = (-(-side // _SMALL) for side in image.size)
    before = os.urandom(width)
    found = [_fault_beside(data, (width, height), before)]
    if width < _TELLING:
        # So short a row may be by chance what it held before; it cannot be the opposite of that as well.
        found.append(_fault_beside(data, (width, height), bytes(_OPPOSITE - one for one in before)))
    return GOES_ON if GOES_ON in found else None if None in found else FALLS_SHORT


def _fault_beside(data: bytes, size: tuple[int, int], before: bytes) -> str | None:
    """The same, as the last row tells that held this before: only it is ever asked."""
    width, height = size
    unseen = Image.new(_LIGHT, size)
    row = (0, height - 1, width, height)
    unseen.paste(Image.frombytes(_LIGHT, (width, 1), before), row)
    # Pillow's decoder of pieces is the one that can be told to wait; it has no public name.
    decoder = Image._getdecoder(_LIGHT, "jpeg", (_LIGHT, "", _SMALL, 0))
    decoder.setimage(unseen.im, (0, 0, width, height))
    end = len(data) - _END
    read, _ = decoder.decode(data[: end - 1])
    if unseen.crop(row).tobytes() != before:
        return GOES_ON
    decoder.decode(data[max(0, read) : end] + _MORE)
    return FALLS_SHORT if unseen.crop(row).tobytes() == before else None
