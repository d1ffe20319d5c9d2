"""The packed streams of a PDF, as any program writes them, and whether what was packed by deflate can be unpacked.

Who draws a PDF shows what it can unpack, and of the rest nothing, without a word: a page of results comes out blank, or
ends in its middle.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from imaging.limits import MIB

DEFLATE, JPEG = b"FlateDecode", b"DCTDecode"
_SHORT = {b"Fl": DEFLATE, b"DCT": JPEG}
_BEGIN = re.compile(rb">>\s*stream\r?\n")
_FILTER = re.compile(rb"/Filter\s*\[?\s*/(\w+)")
_HEAD_MOST = 4_096
_LENGTH = re.compile(rb"/Length\s{1,8}(\d{1,10})(?!\d)(\s{1,8}\d{1,5}\s{1,8}R)?")
_NUMBER = re.compile(rb"obj\s{1,8}(\d{1,10})\s{1,8}endobj")
_ITS_OWN, _ITS_OWN_MOST = re.compile(rb"(\d{1,10})\s{1,8}\d{1,5}\s{1,8}\Z"), 31
"""An object that is a number: how long a stream is stands in one where its writer did not know it before."""
_END, _BEFORE_END = b"endstream", 32
_OBJECT, _LAST = b"obj", (b"startxref", b"%%EOF")
_HELD = re.compile(rb"(?:[\r\n]|endobj)[ \t]{0,8}\d{1,10}\s{1,8}\d{1,5}\s{1,8}obj\b")
_ZLIB_HEAD, _SUM = 2, 4
_FLUSHED = b"\0\0\xff\xff"
_FILLING = b"\0\t\n\f\r "
"""What may stand behind what was packed, to fill up its place."""
_NO_SUM, _NONE_RIGHT = 1, 3
_AT_ONCE = MIB
UNPACKED_MOST = 256 * MIB
"""What is beyond that in one document is left to whoever draws it, and to his limits."""


class Unpacked(NamedTuple):
    """How many bytes deflate gave, and whether the sum behind them is theirs: None where there is none."""

    size: int
    is_summed: bool | None


def is_cut(data: bytes) -> bool:
    """Whether an object comes after the last place at which a PDF may end, by either of the marks of one.

    What a gateway of mail hangs on behind it is none, whatever words are in it.
    """
    return _HELD.search(data, max(0, *map(data.rfind, _LAST))) is not None


def packed_streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield of each stream of a PDF that is told to be packed how, by its outermost packing, and its bytes.

    Line ends before the end of a stream may belong to it or not.
    """
    numbers, end = _numbers(data), 0
    while (begin := _BEGIN.search(data, end)) is not None:
        head = data[max(0, begin.start() - _HEAD_MOST) : begin.start()]
        head = head[head.rfind(_OBJECT) + 1 :]
        end = _end_of(data, begin.end(), head, numbers)
        if end < 0:
            return
        if (told := _FILTER.search(head)) is not None:
            yield _SHORT.get(told[1], told[1]), data[begin.end() : end]


def _numbers(data: bytes) -> Mapping[bytes, int]:
    """The objects that are numbers, each by its own; empty where no stream asks one for its length."""
    if not any(told[2] for told in _LENGTH.finditer(data)):
        return {}
    named = (
        (_ITS_OWN.search(data, max(0, at.start() - _ITS_OWN_MOST), at.start()), at) for at in _NUMBER.finditer(data)
    )
    return {own[1]: int(found[1]) for own, found in named if own is not None}


def _end_of(data: bytes, start: int, head: bytes, numbers: Mapping[bytes, int]) -> int:
    """Where a stream ends: behind the length that its head tells, where its end is there, or else where one first is.

    A PDF that is attached to another may lie in it as it is, with the ends of its own streams.
    """
    if (told := _LENGTH.search(head)) is not None:
        end = start + (numbers.get(told[1], 0) if told[2] else int(told[1]))
        if data[end : end + _BEFORE_END].lstrip().startswith(_END):
            return end
    return data.find(_END, start)


def unpacked(packed: bytes, most: int) -> Unpacked | None:
    """Unpack what deflate has packed, at most so many bytes and some; None where it is damaged.

    Some programs flush what they have packed and never end it, or put no sum behind it: that is no damage. Nor is
    nothing but the head, which is how some pack an empty page.
    """
    unpack, size, checked = zlib.decompressobj(-zlib.MAX_WBITS), 0, 1
    bare = packed.rstrip(_FILLING)
    is_flushed = bare.endswith(_FLUSHED) or len(packed.strip()) <= _ZLIB_HEAD
    rest = (bare if is_flushed else packed)[_ZLIB_HEAD:]
    try:
        while rest and not unpack.eof and size <= most:
            piece = unpack.decompress(rest, _AT_ONCE)
            size, checked, rest = size + len(piece), zlib.adler32(piece, checked), unpack.unconsumed_tail
    except zlib.error:
        return None
    if unpack.eof:
        return Unpacked(size, _is_sum(unpack.unused_data[:_SUM], checked))
    return Unpacked(size, None) if is_flushed or size > most else None


def _is_sum(told: bytes, checked: int) -> bool | None:
    """Whether this is the sum; None where it is none: nothing, filling, or what a sum is before it counts anything.

    Adobe leaves out its last byte where that is zero: of one stream in 256.
    """
    if not told.strip(_FILLING) or int.from_bytes(told, "big") == _NO_SUM:
        return None
    whole = checked.to_bytes(_SUM, "big")
    return told == whole or whole.startswith(told.rstrip(b"\r\n"))


def are_harmed(sums: Counter[bool | None]) -> bool:
    """Whether a wrong sum among those of one file tells of damage, by how many are right and wrong.

    Six of ten changed bytes leave what unpacks to its end and reads otherwise, as with another digit: only the sum
    tells. Yet some programs never write a right one: their files have several that are wrong, and none that is right.
    """
    return sums[False] > 0 and (sums[True] > 0 or sums[False] < _NONE_RIGHT)
