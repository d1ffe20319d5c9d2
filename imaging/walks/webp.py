"""The chunks of a WebP and everything after the RIFF container."""

from collections.abc import Iterator

from imaging.walks.part import Broken, Part, Short


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
