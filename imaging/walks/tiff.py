"""The head of a TIFF, as far as it tells a kind of picture that no decoder here knows from one that is not whole."""

import struct
from collections.abc import Iterator
from contextlib import suppress

_WIDTH, _HEIGHT = 256, 257
_PLACES = {273: 279, 324: 325, 513: 514}
"""The tags of where the strips, the tiles or the JPEG of a picture lie, and those of their lengths."""
_KIND, _BENEATH, _DNG = 254, 330, 50_706
_SMALLER = 1
"""What a picture is said to be that is a smaller one of another in the file."""
_TOLD = {*_PLACES, *_PLACES.values(), _KIND}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {3: "H", 4: "I", 13: "I", 16: "Q"}
_ENTRIES_MOST, _VALUES_MOST, _PAGES_MOST = 500, 100_000, 100
_BIG = 43
Entries = dict[int, list[int]]
"""The tags of a directory; with their values those that tell where the picture is."""


def has_directory(data: bytes) -> bool:
    """Whether the first directory is whole and names a width and a height."""
    try:
        return {_WIDTH, _HEIGHT} <= next(_directories(data), {}).keys()
    except struct.error:
        return False


def is_raw(data: bytes) -> bool:
    """Whether it holds what a camera's sensor saw, and first a small picture of it, which must not be taken for it."""
    with suppress(struct.error):
        first = next(_directories(data), {})
        return _DNG in first or (_BENEATH in first and first.get(_KIND, [0])[:1] == [_SMALLER])
    return False


def is_cut(data: bytes) -> bool:
    """Whether a directory, a value that one tells, or a picture lies behind the end."""
    try:
        return any(_is_beyond(entries, len(data)) for entries in _directories(data))
    except struct.error:
        return True


def _is_beyond(entries: Entries, end: int) -> bool:
    pairs = ((entries.get(at, []), entries.get(size, [])) for at, size in _PLACES.items())
    return any(at + size > end for places, sizes in pairs for at, size in zip(places, sizes, strict=False))


def _directories(data: bytes) -> Iterator[Entries]:
    """Read one directory after another. Raises struct.error where the bytes end before one does, or a value of it."""
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    place, count, length, start = (8, "Q", 20, 8) if version == _BIG else (4, "H", 12, 2)
    word = order + ("Q" if version == _BIG else "I")
    (at,) = struct.unpack_from(word, data, place)
    for _ in range(_PAGES_MOST):
        if at == 0:
            return
        (entries,) = struct.unpack_from(order + count, data, at)
        told: Entries = {}
        for number in range(min(entries, _ENTRIES_MOST)):
            entry = at + start + length * number
            tag, kind = struct.unpack_from(order + "HH", data, entry)
            if tag not in told:
                told[tag] = _values(data, word, entry + 4, kind if tag in _TOLD else -kind)
        yield told
        (at,) = struct.unpack_from(word, data, at + start + length * entries)


def _values(data: bytes, word: str, at: int, kind: int) -> list[int]:
    """The whole numbers of an entry, from its count on; none of a negative kind. Raises struct.error as above."""
    width = struct.calcsize(word)
    (count,) = struct.unpack_from(word, data, at)
    at, size = at + width, count * _SIZES.get(abs(kind), 0)
    if size > width:
        (at,) = struct.unpack_from(word, data, at)
    if at + size > len(data):
        raise struct.error
    if kind not in _LETTERS or count > _VALUES_MOST:
        return []
    return list(struct.unpack_from(f"{word[0]}{count}{_LETTERS[kind]}", data, at))
