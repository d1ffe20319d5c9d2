"""The chunks of a PNG and everything after the last one."""

import zlib
from collections.abc import Iterator
from contextlib import suppress

from imaging.walks.part import Broken, Part, Short

_CRITICAL = {"IHDR", "PLTE", "IDAT", "IEND"}
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def has_true_sums(data: bytes) -> bool:
    """Whether each chunk that a picture cannot be without, as far as chunks go, is as its checksum says."""
    view = memoryview(data)
    with suppress(Broken):
        for part in walk(data):
            end = part.start + part.size
            told = int.from_bytes(view[end : end + 4], "big")
            if part.name in _CRITICAL and zlib.crc32(view[part.start - 4 : end]) != told:
                return False
    return True


def walk(data: bytes) -> Iterator[Part]:
    """Yield the chunks in order, named by their type, and `TRAILER` when bytes follow IEND."""
    if not data.startswith(_SIGNATURE):
        raise Broken("no PNG signature")
    position = len(_SIGNATURE)
    while True:
        size = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + size
        if end > len(data):
            raise Short("a chunk runs past the end")
        name = data[position + 4 : position + 8].decode("latin-1")
        yield Part(name, position + 8, size)
        position = end
        if name == "IEND":
            break
    if position < len(data):
        yield Part("TRAILER", position, len(data) - position)
