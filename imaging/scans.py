"""Looks whether a JPEG's scan goes on behind its picture. It decodes, so it is for the jail and for the command."""

import io
import os

from PIL import Image

from imaging.walks import jpeg

_SMALL = 8
"""The picture is decoded at an eighth: entropy data is read whole, and next to nothing else is done."""


def goes_on(data: bytes) -> bool:
    """Whether the whole picture is there before the scan has come to its last byte, to within eight bytes.

    For files of which all but the entropy data was found to be ours. The decoder gets it without its last byte and
    without an end, so that it waits for more where all of it is picture; the last row tells whether it did.
    """
    scan = next(part for part in jpeg.walk(data) if part.name == "SCAN")
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        width, height = (-(-side // _SMALL) for side in image.size)
    unseen = Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
    row = (0, height - 1, width, height)
    before = unseen.crop(row).tobytes()
    # Pillow's decoder of pieces is the one that can be told to wait; it has no public name.
    decoder = Image._getdecoder("RGB", "jpeg", ("RGB", "", _SMALL, 0))
    decoder.setimage(unseen.im, (0, 0, width, height))
    decoder.decode(data[: scan.start + scan.size - 1])
    return unseen.crop(row).tobytes() != before
