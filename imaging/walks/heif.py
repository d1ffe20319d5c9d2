"""What a file of the HEIF family, as AVIF and HEIC are, tells of its primary picture: colours by numbers, and bits.

Other pictures of the file, such as a map of how much brighter a screen may show it, have numbers of their own. What is
coded of the primary picture is in `imaging.walks.heif_items`.
"""

import itertools
import struct
from collections.abc import Iterator

from imaging.walks.mp4 import Box, read_box
from imaging.walks.part import Broken

_NUMBERS = struct.Struct(">HH")
_APERTURE = struct.Struct(">IIIIiIiI")
_SIZE = struct.Struct(">II")
_TURNS, _QUARTERS = ("irot", "imir"), 3
_FULL = 4
"""Bytes of the version and flags with which many boxes begin."""
_LONG_FLAG = 1
_DEEP = 0b0110_0000
_BITS = {0b0100_0000: 10, 0b0110_0000: 12}
_ENTRIES_MOST = 5_000
"""Far more than a photo has: a picture of 200 megapixels is laid together of less than a thousand."""
_PARTS_MOST = 50_000
_WRONG = (Broken, struct.error, KeyError, IndexError)
Edges = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def primary_numbers(data: bytes) -> tuple[int, int] | None:
    """Return the numbers of the primaries and of the transfer curve, as ITU-T H.273 counts them; None where untold."""
    told = _property(data, "colr", b"nclx")
    return None if told is None or len(told) < _FULL + _NUMBERS.size else _NUMBERS.unpack_from(told, _FULL)


def av1_bits(data: bytes) -> int:
    """Return how many bits a value of an AVIF's primary picture has; 8 where untold."""
    told = _property(data, "av1C") or bytes(_FULL)
    return _BITS.get((told + bytes(_FULL))[2] & _DEEP, 8)


def clean_aperture(data: bytes, width: int, height: int) -> Edges | None:
    """Return what its owner left of the primary picture, of this stored size: left, top, right and bottom in pixels.

    None where nothing is cut away, or what is told does not lie within the picture.
    """
    told = _property(data, "clap")
    return None if told is None else _edges(told, width, height)


def uncut(data: bytes) -> tuple[bytes, Edges] | None:
    """Return the same file as if nothing had been cut away of its primary picture, and what was left of it upright.

    The edges are pixels of the picture as it is after all turns that the file tells. None where nothing is cut away, in
    a way that is understood, or twice.
    """
    try:
        boxes = next(_pictures(data), [])
        cuts = [box for box in boxes if box.name == "clap"]
        width, height = _SIZE.unpack_from(next(box for box in boxes if box.name == "ispe").of(data), _FULL)
    except (*_WRONG, StopIteration):
        return None
    if len(cuts) != 1:
        return None
    edges, whole = None, bytearray(data)
    for box in boxes:
        if box.name == "clap":
            edges = _edges(box.of(data), width, height)
            whole[box.start : box.start + _APERTURE.size] = _APERTURE.pack(width, 1, height, 1, 0, 1, 0, 1)
        elif box.name in _TURNS:
            edges, (width, height) = _turned(edges, (width, height), box.name, (box.of(data) + b"\0")[0])
    return None if edges is None else (bytes(whole), edges)


def _turned(edges: Edges | None, size: tuple[int, int], name: str, how: int) -> tuple[Edges | None, tuple[int, int]]:
    """Turn edges and the picture in which they lie by quarters, against the clock, or mirror them."""
    (width, height), mirrored = size, how & 1
    left, top, right, bottom = edges or (0, 0, 0, 0)
    if name == "imir":
        edges = edges and (
            (width - right, top, width - left, bottom) if mirrored else (left, height - bottom, right, height - top)
        )
        return edges, size
    for _ in range(how & _QUARTERS):
        left, top, right, bottom = top, width - right, bottom, width - left
        width, height = height, width
    return edges and (left, top, right, bottom), (width, height)


def _edges(told: bytes, width: int, height: int) -> Edges | None:
    """What a clean aperture leaves of a picture of this size."""
    if len(told) < _APERTURE.size:
        return None
    wide, under_w, high, under_h, across, under_a, down, under_d = _APERTURE.unpack_from(told)
    if not (under_w and under_h and under_a and under_d):
        return None
    wide, high = wide / under_w, high / under_h
    left, top = (width - wide) / 2 + across / under_a, (height - high) / 2 + down / under_d
    edges = round(left), round(top), round(left + wide), round(top + high)
    is_within = 0 <= edges[0] < edges[2] <= width and 0 <= edges[1] < edges[3] <= height
    return edges if is_within and edges != (0, 0, width, height) else None


def _property(data: bytes, name: str, begins: bytes = b"") -> bytes | None:
    """Return what a box of this name says of the primary picture.

    Where that is laid together of others and tells nothing itself, the first of these is asked.
    """
    try:
        for boxes in _pictures(data):
            for box in boxes:
                if box.name == name and box.of(data).startswith(begins):
                    return box.of(data)
    except _WRONG:
        pass
    return None


def _pictures(data: bytes) -> Iterator[list[Box]]:
    """Yield the properties, in their order, of the primary picture, and of the first of those that it is laid of."""
    meta = described(data)
    named = list(boxes_in(data, meta["iprp"].start, meta["iprp"].end))
    properties = properties_in(data, meta)
    uses = _uses(_find(named, "ipma").of(data))
    for item in itertools.islice(primary_and_parts(data, meta), 2):
        yield [properties[number - 1] for number in uses.get(item, ()) if 0 < number <= len(properties)]


def described(data: bytes) -> dict[str, Box]:
    """Return the boxes that describe the pictures of a file, by their names. Raises Broken."""
    outer = _find(boxes_in(data, 0, len(data)), "meta")
    return {box.name: box for box in boxes_in(data, outer.start + _FULL, outer.end)}


def properties_in(data: bytes, meta: dict[str, Box]) -> list[Box]:
    """Return the properties of a file's pictures, in the order in which they are numbered from 1 on. Raises Broken."""
    held = _find(boxes_in(data, meta["iprp"].start, meta["iprp"].end), "ipco")
    return list(boxes_in(data, held.start, held.end))


def primary_and_parts(data: bytes, meta: dict[str, Box]) -> Iterator[int]:
    """Yield the number of the primary picture and of those that it is laid of, level by level, each once."""
    told = meta["pitm"].of(data)
    (primary,) = struct.unpack_from(">I" if told[0] else ">H", told, _FULL)
    yield primary
    laid = _laid_of(data, meta["iref"]) if "iref" in meta else {}
    seen, level = {primary}, [primary]
    while level:
        level = list(dict.fromkeys(part for item in level for part in laid.get(item, ()) if part not in seen))
        seen.update(level)
        yield from level


def _laid_of(data: bytes, references: Box) -> dict[int, tuple[int, ...]]:
    """Of which others each picture is laid."""
    size, found, left = ("I" if references.of(data)[0] else "H"), {}, _PARTS_MOST
    for reference in boxes_in(data, references.start + _FULL, references.end):
        told = reference.of(data)
        whole, count = struct.unpack_from(f">{size}H", told)
        left -= count
        if left < 0:
            raise Broken("more parts than a photo has")
        if reference.name == "dimg":
            found[whole] = struct.unpack_from(f">{count}{size}", told, struct.calcsize(f">{size}H"))
    return found


def boxes_in(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes side by side in a stretch, but not more than a photo has. Raises Broken."""
    for _ in range(_ENTRIES_MOST):
        if start >= end:
            return
        box = read_box(data, start, end, "")
        yield box
        start = box.end


def _find(boxes: Iterator[Box] | list[Box], name: str) -> Box:
    for box in boxes:
        if box.name == name:
            return box
    raise Broken(f"no {name} box")


def _uses(told: bytes) -> dict[int, list[int]]:
    """Which properties, counted from 1, each picture has."""
    item, is_long = (">I" if told[0] else ">H"), told[3] & _LONG_FLAG
    (count,) = struct.unpack_from(">I", told, _FULL)
    at, found = _FULL + 4, {}
    for _ in range(min(count, _ENTRIES_MOST)):
        (picture,) = struct.unpack_from(item, told, at)
        at += struct.calcsize(item)
        length = told[at]
        numbers = struct.unpack_from(f">{length}{'H' if is_long else 'B'}", told, at + 1)
        # The highest bit says that whoever does not know the property must not show the picture.
        found[picture] = [number & (0x7FFF if is_long else 0x7F) for number in numbers]
        at += 1 + length * (2 if is_long else 1)
    return found
