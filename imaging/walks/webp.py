"""The chunks of a WebP and everything after the RIFF container."""

from collections.abc import Iterator
from contextlib import suppress

from imaging.walks.part import Broken, Part, Short

_GAPS = {"VP8": bytes(8192), "VP8L": bytes(64), "ALPH": bytes(64)}
"""More zeros than each way of coding has ever in a row. A large picture of one colour has a thousand in VP8."""


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
