"""The JPEG that our encoder writes, and no other: one scan, between fixed tables. Nothing is decoded for it."""

import functools
import hashlib
import math
import re
from collections.abc import Callable, Iterator

from imaging.limits import PHOTO_PIXELS
from imaging.walks import jpeg

_ORDER = "SOI APP0 DQT DQT SOF0 DHT DHT DHT DHT SOS SCAN EOI"
_JFIF = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
"""No unit, and pixels as wide as high; five bytes that could say anything are said once and for all."""
_FRAME = re.compile(rb"\x08(?P<height>..)(?P<width>..)\x03\x01[\x11\x22]\0\x02\x11\x01\x03\x11\x01", re.DOTALL)
_SCAN_HEAD = b"\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
_MEASURES = (
    bytes.fromhex(
        "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
        "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
    ),
    bytes.fromhex("1112121815182f1a1a2f63423842") + b"\x63" * 50,
)
"""The two quantisation tables of quality 50, from which those of the others are made."""
_CODES = {
    "9fb04cb1a8076318f33f273ffef967a9",
    "f27ce9b718f91cd426885e6ce4a37d0b",
    "af48d4f608dfb682fd19ee479c66dad5",
    "8cf60aa835f8474bb590e73332bee9c2",
}
"""The hashes of the four tables of codes, which are the same in every file."""


def check_jpeg(data: bytes) -> Iterator[str]:
    """Yield what is in the file that we would not have written. Raises Broken."""
    parts = list(jpeg.walk(data))
    yield from (f"segment {part.name}" for part in parts if part.name not in _ORDER.split())
    if " ".join(part.name for part in parts) != _ORDER:
        yield "segments in another order or number than we write"
        return
    wrong = [part.name for part in parts if part.name in _SHAPES and not _SHAPES[part.name](part.of(data))]
    yield from (f"segment {name} with other content than ours" for name in wrong)


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return the width and height that a JPEG tells, or None where it is none of ours. Raises Broken."""
    frames = (_FRAME.fullmatch(part.of(data)) for part in jpeg.walk(data) if part.name == "SOF0")
    return next((_size(found) for found in frames if found is not None), None)


def _size(frame: re.Match[bytes]) -> tuple[int, int]:
    return int.from_bytes(frame["width"], "big"), int.from_bytes(frame["height"], "big")


def _is_frame(payload: bytes) -> bool:
    found = _FRAME.fullmatch(payload)
    return found is not None and 0 < math.prod(_size(found)) <= PHOTO_PIXELS


@functools.cache
def _tables() -> frozenset[bytes]:
    """The quantisation tables of the hundred qualities, each with the number of the channels it is for."""
    found = set()
    for number, table in enumerate(_MEASURES):
        for quality in range(1, 101):
            share = 5000 // quality if quality < 50 else 200 - 2 * quality
            found.add(bytes([number, *(min(255, max(1, (step * share + 50) // 100)) for step in table)]))
    return frozenset(found)


_SHAPES: dict[str, Callable[[bytes], bool]] = {
    "APP0": lambda payload: payload == _JFIF,
    "SOF0": _is_frame,
    "DQT": lambda payload: payload in _tables(),
    "DHT": lambda payload: hashlib.sha256(payload).hexdigest()[:32] in _CODES,
    "SOS": lambda payload: payload == _SCAN_HEAD,
}
