"""The head of a TIFF, as far as it tells a kind of picture that no decoder here knows from one that is damaged."""

import struct

_WIDTH, _HEIGHT = 256, 257
_ENTRIES_MOST = 500
_BIG = 43


def has_directory(data: bytes) -> bool:
    """Whether the first directory is whole and names a width and a height."""
    try:
        return {_WIDTH, _HEIGHT} <= _tags(data)
    except struct.error:
        return False


def _tags(data: bytes) -> set[int]:
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    place, count, length, start = (8, "Q", 20, 8) if version == _BIG else (4, "H", 12, 2)
    (at,) = struct.unpack_from(order + ("Q" if version == _BIG else "I"), data, place)
    (entries,) = struct.unpack_from(order + count, data, at)
    tags = (
        struct.unpack_from(order + "H", data, at + start + length * number)[0]
        for number in range(min(entries, _ENTRIES_MOST))
    )
    return set(tags)
