"""Reads the fonts inside of the typst wheel; `python -m tests.imaging.note_fonts` writes what they hold."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import typst

from imaging.typesetting import glyphs

_MAGIC = re.compile(rb"OTTO|\x00\x01\x00\x00\x00")
_TAG = re.compile(rb"[A-Za-z0-9/ ]{4}")
_PLAIN = {"Regular", "Book"}
_WINDOWS, _FAMILY, _STYLE = 3, 1, 2
_MANY_TABLES = 40


def held_by_the_wheel() -> list[frozenset[int]]:
    """The code points of the plain style of each font that papers use."""
    data = next(Path(typst.__file__).parent.glob("_typst*")).read_bytes()
    found = {name: points for (name, style), points in _fonts(data) if style in _PLAIN}
    return [found[name] for name in glyphs.FONTS]


def _fonts(data: bytes) -> Iterator[tuple[tuple[str, str], frozenset[int]]]:
    for place in _MAGIC.finditer(data):
        tables = _tables(data, place.start())
        if {b"cmap", b"name", b"head"} <= tables.keys():
            yield _name(data, tables[b"name"]), frozenset(_points(data, tables[b"cmap"]))


def _tables(data: bytes, start: int) -> dict[bytes, int]:
    count = struct.unpack_from(">H", data, start + 4)[0]
    if not 0 < count <= _MANY_TABLES:
        return {}
    lines = [struct.unpack_from(">4sLLL", data, start + 12 + 16 * number) for number in range(count)]
    return {tag: start + offset for tag, _sum, offset, _size in lines if _TAG.fullmatch(tag)}


def _name(data: bytes, start: int) -> tuple[str, str]:
    _format, count, texts = struct.unpack_from(">HHH", data, start)
    said = {}
    for number in range(count):
        platform, _, _, name, size, offset = struct.unpack_from(">HHHHHH", data, start + 6 + 12 * number)
        if platform == _WINDOWS:
            said[name] = data[start + texts + offset : start + texts + offset + size].decode("utf-16-be")
    return said.get(_FAMILY, ""), said.get(_STYLE, "")


def _points(data: bytes, start: int) -> Iterator[int]:
    """The code points of the table for all of Unicode, format 12, which both fonts have."""
    for number in range(struct.unpack_from(">H", data, start + 2)[0]):
        offset = struct.unpack_from(">L", data, start + 4 + 8 * number + 4)[0]
        if struct.unpack_from(">H", data, start + offset)[0] == 12:
            for group in range(struct.unpack_from(">L", data, start + offset + 12)[0]):
                first, last, _glyph = struct.unpack_from(">LLL", data, start + offset + 16 + 12 * group)
                yield from range(first, last + 1)


def _ranges(points: frozenset[int]) -> str:
    runs: list[list[int]] = []
    for point in sorted(points):
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return " ".join(f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in runs)


def main() -> None:
    """Write the table anew."""
    known = dict(zip(glyphs.FONTS, map(_ranges, held_by_the_wheel()), strict=True))
    Path(glyphs.__file__).with_name("held.json").write_text(json.dumps(known, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
