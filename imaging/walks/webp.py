"""The chunks of a WebP and everything after the RIFF container."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from imaging.walks.part import Broken, Part, Short

_GAPS = {"VP8": bytes(8192), "VP8L": bytes(64), "ALPH": bytes(64)}
"""More zeros than each way of coding has ever in a row. A large picture of one colour has a thousand in VP8."""

_VP8_HEAD, _VP8L_HEAD, _SIDE = 10, 5, 0x3FFF
"""Bytes in which each tells its size, and the bits of one side."""


def is_whole(data: bytes) -> bool:
    """Whether nothing of the first picture was overwritten with zeros, as in a copy that was never finished."""
    with suppress(Broken):
        return not any(part.name in _GAPS and _GAPS[part.name] in part.of(data) for part in walk(data))
    return True


def walk(data: bytes) -> Iterator[Part]:
    """Yield the chunks in order, named by their four characters without blanks, then `TRAILER` if bytes follow."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise Broken("no WebP header")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Short("the container runs past the end")
    position = 12
    while position + 8 <= end:
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        if position + 8 + size > end:
            raise Broken("a chunk runs past the end")
        yield Part(data[position : position + 4].decode("latin-1").strip(), position + 8, size)
        position += 8 + size + size % 2
    if end < len(data):
        yield Part("TRAILER", end, len(data) - end)


def size_of(data: bytes, parts: Iterable[Part]) -> tuple[int, int]:
    """Return the width and height that the first picture says. Raises Broken where there is none."""
    for part in parts:
        head = part.of(data)[:10]
        if part.name == "VP8" and len(head) == _VP8_HEAD:
            width, height = (int.from_bytes(head[at : at + 2], "little") & _SIDE for at in (6, 8))
            return width, height
        if part.name == "VP8L" and len(head) >= _VP8L_HEAD:
            bits = int.from_bytes(head[1:5], "little")
            return (bits & _SIDE) + 1, (bits >> 14 & _SIDE) + 1
    raise Broken("no picture")
