"""The segments of a JPEG, scan data and everything after the end included."""

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress

from imaging.walks.part import Broken, Part, Short

_NAMES = {0xC4: "DHT", 0xC8: "JPG", 0xCC: "DAC", 0xD8: "SOI", 0xD9: "EOI", 0xDA: "SOS", 0xDB: "DQT", 0xDC: "DNL"}
_NAMES |= {0xDD: "DRI", 0xDE: "DHP", 0xDF: "EXP", 0xFE: "COM", 0x01: "TEM"}
_NAMES |= {code: f"SOF{code - 0xC0}" for code in range(0xC0, 0xD0) if code not in {0xC4, 0xC8, 0xCC}}
_NAMES |= {0xE0 + number: f"APP{number}" for number in range(16)}
# Inside scan data a 0xFF is followed by zero (a stuffed byte), a restart marker or another 0xFF (fill).
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_OURS_END = re.compile(rb"\xff[^\0]")
"""Our own encoder writes the first alone: whatever else stands there ends the scan, and is no segment of ours."""

_BITS = 8
_FILLING = re.compile(rb"\xff+")
_MARKER = re.compile(rb"\xff+[^\0\xff]")

_HEAD = re.compile(r"SOF\d+|0xF7")
"""The last is that of JPEG-LS."""
_DECODED = {"SOF0", "SOF1", "SOF2", "SOF9", "SOF10"}
IN_STEPS, AT_ONCE = {"SOF2", "SOF10"}, (0, 63, 0)
"""Which pictures come in steps. The scans of others tell all numbers of a block, whatever their heads say."""
_ALL = frozenset(range(64))
BEFORE_PARTS = 5
"""Bytes of a frame's head before it says of which colours it is."""
_FRAME = struct.Struct(">BH")
"""How many bits a number has, and how many rows there are."""
END = b"\xff\xd9"
EXIF = b"Exif\0\0"
_EXIF_NAME = EXIF[:-1]


def is_strange(data: bytes) -> bool:
    """Whether it is of a kind that no decoder here knows: lossless, in layers, of 12 bits, its height told last."""
    with suppress(Broken):
        for part in walk(data, skips=True):
            if part.name == "SCAN":
                return False
            if _HEAD.fullmatch(part.name) and part.size >= _FRAME.size:
                bits, height = _FRAME.unpack_from(data, part.start)
                return part.name not in _DECODED or bits != _BITS or height == 0
    return False


def is_exif(content: bytes) -> bool:
    """Whether a segment is Exif. Its name ends in a byte that says nothing; some write ones there, as browsers know."""
    return content.startswith(_EXIF_NAME) and len(content) >= len(EXIF)


def with_exif_named(data: bytes) -> bytes:
    """Return the file with that byte as decoders ask for it: a photo whose Exif is passed over may lie on its side."""
    with suppress(Broken):
        for part in walk(data, skips=True):
            content = part.of(data) if part.name == "APP1" else b""
            if part.name == "SOS" or content.startswith(EXIF):
                return data
            if is_exif(content):
                return data[: part.start] + EXIF + data[part.start + len(EXIF) :]
    return data


def with_end(data: bytes) -> bytes:
    """Return the file with the mark of its end where that alone may be missing: it ends within a scan.

    Some programs leave it out, and browsers show the picture. Whether all of it is there its decoder says.
    """
    last = ""
    if data.endswith(END):
        return data
    try:
        for part in walk(data, skips=True):
            last = part.name
    except Short:
        return data + END if last == "SOS" else data
    except Broken:
        pass
    return data


def is_unfinished(heads: Sequence[Part], data: bytes) -> bool:
    """Whether scans are missing of a picture that ends all the same, by the heads of it and of its scans (SOF, SOS).

    In parts of it are then no colours, or it is a blur: that no decoder takes for damage. What only makes a picture
    finer may be missing, since some save it so.
    """
    frame = next((part for part in heads if part.name in _DECODED), None)
    if frame is None or frame.size <= BEFORE_PARTS:
        return False
    described = frame.of(data)[BEFORE_PARTS:]
    told: dict[int, set[int]] = {number: set() for number in described[1 : 1 + 3 * described[0] : 3]}
    for head in (part.of(data) for part in heads if part.name == "SOS"):
        count = head[0] if head else 0
        if len(head) < 4 + 2 * count:
            return False
        first, last, passes = head[1 + 2 * count : 4 + 2 * count] if frame.name in IN_STEPS else AT_ONCE
        if passes >> 4 == 0:
            for number in head[1 : 1 + 2 * count : 2]:
                told.setdefault(number, set()).update(range(first, last + 1))
    lightness = next(iter(told.values()), _ALL)
    return any(0 not in numbers for numbers in told.values()) or not lightness >= _ALL


def walk(data: bytes, *, skips: bool = False) -> Iterator[Part]:
    """Yield the parts in order: SOI, segments, `SCAN` after each SOS, EOI, and `TRAILER` when bytes follow it.

    `skips` passes over bytes between segments, fill bytes and restart markers, as decoders do; without it they are an
    error, or a segment of their own.
    """
    if data[:2] != b"\xff\xd8":
        raise Broken("no start of image")
    yield Part("SOI", 2, 0)
    position = 2
    while True:
        if skips and (found := _MARKER.search(data, position)) is not None:
            position = found.start()
        name, position = _marker(data, position, skips=skips)
        if name == "EOI":
            yield Part("EOI", position, 0)
            break
        part = _segment(data, name, position)
        yield part
        position = part.start + part.size
        if name == "SOS":
            end = (_SCAN_END if skips else _OURS_END).search(data, position)
            if end is None:
                raise Short("scan without end")
            yield Part("SCAN", position, end.start() - position)
            position = end.start()
    if position < len(data):
        yield Part("TRAILER", position, len(data) - position)


def _marker(data: bytes, position: int, *, skips: bool) -> tuple[str, int]:
    """Read a marker, where `skips` with fill bytes before it; returns its name and the place behind it."""
    filling = _FILLING.match(data, position)
    if filling is None:
        raise (Broken if position < len(data) else Short)("no marker where one belongs")
    end = filling.end()
    if end > position + 1 and not skips:
        raise Broken("fill bytes before a marker")
    if end >= len(data):
        raise Short("no end of image")
    return _NAMES.get(data[end], f"0x{data[end]:02X}"), end + 1


def _segment(data: bytes, name: str, position: int) -> Part:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise (Short if position + max(length, 2) > len(data) else Broken)(f"{name} runs past the end")
    return Part(name, position + 2, length - 2)
