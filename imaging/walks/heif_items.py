"""What is coded of the primary picture of a HEIC or AVIF, and whether it can be what its encoder wrote.

Their decoders fill with whatever is at hand, without a word, what was overwritten with zeros, as in a copy that was
never finished, or what has moved: half of a photo comes out green.
"""

import struct
from collections.abc import Iterator

from imaging.walks.heif import boxes_in, described, primary_and_parts, properties_in
from imaging.walks.hevc import is_coded
from imaging.walks.mp4 import Box
from imaging.walks.part import Broken

_FULL = 4
_WRONG = (Broken, struct.error, KeyError, IndexError, ValueError)
_PICTURES_MOST, _EXTENTS_MOST = 5_000, 50_000
_IN_FILE, _IN_BOX = 0, 1
_NUMBERED, _FLAGS, _HEAD = {2, 3}, 11, 22
_WIDTHS = {0: "", 4: "I", 8: "Q"}
_CONFIGURED, _LONG_LENGTHS = 21, 0b11
"""Where a configuration says how long a unit's length is, less one."""
_GAP = bytes(64)
"""More zeros than AV1, which writes numbers without a pattern, has ever in a row."""


def is_whole_heic(data: bytes) -> bool:
    """Whether all that the primary picture is laid of is coded picture of HEVC, from the first unit to the last.

    What is not understood is left to the decoder.
    """
    try:
        if any(box.of(data)[_CONFIGURED] & _LONG_LENGTHS != _LONG_LENGTHS for box in _configurations(data)):
            return True
        return all(kind != b"hvc1" or is_coded(coded) for kind, coded in _parts(data))
    except _WRONG:
        return True


def is_whole_avif(data: bytes) -> bool:
    """Whether nothing of what the primary picture is laid of was overwritten with zeros."""
    try:
        return all(kind != b"av01" or _GAP not in coded for kind, coded in _parts(data))
    except _WRONG:
        return True


def has_shown_picture(data: bytes) -> bool:
    """Whether it may be opened as a photo: not where all pictures are those of a film, or the primary one is hidden."""
    try:
        if "meta" not in {box.name for box in boxes_in(data, 0, len(data))}:
            return False
        meta = described(data)
        return next(primary_and_parts(data, meta)) not in _hidden(meta["iinf"].of(data))
    except _WRONG:
        return True


def _hidden(told: bytes) -> set[int]:
    """The numbers of the items that say of themselves that nobody should be shown them."""
    return {_numbered(entry)[0] for entry in _entries(told) if entry[_FLAGS] & 1}


def _configurations(data: bytes) -> list[Box]:
    return [box for box in properties_in(data, described(data)) if box.name == "hvcC"]


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and bytes of the primary picture and of all that it is laid of."""
    meta = described(data)
    kinds = _kinds(data, meta["iinf"])
    places = _places(data, meta["iloc"])
    inner = meta["idat"].start if "idat" in meta else None
    for number, item in enumerate(primary_and_parts(data, meta)):
        if number > _PICTURES_MOST:
            return
        method, extents = places[item]
        start = {_IN_FILE: 0, _IN_BOX: inner}.get(method)
        if start is not None:
            yield kinds[item], b"".join(data[start + at : start + at + size] for at, size in extents)


def _kinds(data: bytes, box: Box) -> dict[int, bytes]:
    """The four letters of each item's kind; entries of the two oldest versions, which no photo has, tell none."""
    return dict(_numbered(entry) for entry in _entries(box.of(data)))


def _entries(told: bytes) -> Iterator[bytes]:
    """The heads of the entries that the list of items has, of its versions 2 and 3."""
    at = _FULL + (4 if told[0] else 2)
    for _ in range(_PICTURES_MOST):
        size = int.from_bytes(told[at : at + 4], "big")
        if at + 8 > len(told) or size <= 8:
            return
        if told[at + 8] in _NUMBERED:
            yield told[at : at + _HEAD]
        at += size


def _numbered(entry: bytes) -> tuple[int, bytes]:
    """The number and the kind of an item."""
    number, _, kind = struct.unpack_from(">IH4s" if entry[8] == max(_NUMBERED) else ">HH4s", entry, 12)
    return number, kind


def _places(data: bytes, box: Box) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """How each item's places are told, and these: offset and size."""
    told = box.of(data)
    version, widths = told[0], (told[4] >> 4, told[4] & 15, told[5] >> 4, told[5] & 15 if told[0] else 0)
    offset, length, base, index = (_WIDTHS[width] for width in widths)
    wide = "I" if version == 2 else "H"
    (count,) = struct.unpack_from(f">{wide}", told, 6)
    head = struct.Struct(f">{wide}{'H' if version else ''}H{base}H")
    one = struct.Struct(f">{index}{offset}{length}")
    found: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    at, extents_left = 6 + struct.calcsize(f">{wide}"), _EXTENTS_MOST
    for _ in range(min(count, _PICTURES_MOST)):
        item, *rest, extents = head.unpack_from(told, at)
        at += head.size
        extents_left -= extents
        if extents_left < 0:
            raise Broken("more places than a photo has")
        begin = rest[-1] if base else 0
        places = []
        for _ in range(extents):
            numbers = one.unpack_from(told, at)[1 if index else 0 :]
            at += one.size
            first = numbers[0] if offset else 0
            places.append((begin + first, numbers[-1] if length else len(data)))
        found[item] = (rest[0] & 15 if version else _IN_FILE), places
    return found
