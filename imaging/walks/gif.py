"""The blocks of a GIF and everything after its end."""

from collections.abc import Iterator

from imaging.walks.part import Broken, Part, Short

_EXTENSIONS = {0xF9: "CONTROL", 0xFE: "COMMENT", 0x01: "TEXT", 0xFF: "APPLICATION"}
_HEADER = 13


def walk(data: bytes) -> Iterator[Part]:
    """Yield `IMAGE` and the extensions in order, then `TRAILER` when bytes follow the end."""
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        raise Broken("no GIF header")
    if len(data) < _HEADER:
        raise Short("the header ends too early")
    position = _HEADER + _table(data[10])
    while (mark := data[position : position + 1]) != b";":
        if mark == b",":
            name, start = "IMAGE", position + 11 + _table(_byte(data, position + 9))
        elif mark == b"!":
            name, start = _EXTENSIONS.get(_byte(data, position + 1), "UNKNOWN"), position + 2
        else:
            raise (Broken if mark else Short)("neither a picture nor an extension nor the end")
        end = _skip_blocks(data, start)
        yield Part(name, start, end - start)
        position = end
    if position + 1 < len(data):
        yield Part("TRAILER", position + 1, len(data) - position - 1)


def _table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        raise Short("the end comes too early")
    return data[position]


def _skip_blocks(data: bytes, position: int) -> int:
    """Return the place behind a row of blocks, each with its length before it, up to an empty one."""
    while size := _byte(data, position):
        position += 1 + size
    return position + 1
