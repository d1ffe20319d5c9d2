"""The packed streams of a PDF, as any program writes them, and whether what was packed by deflate can be unpacked.

Who draws a PDF shows what it can unpack, and of the rest nothing, without a word: a page of results comes out blank, or
ends in its middle.
"""

import re
import zlib
from collections.abc import Iterator

from imaging.limits import MIB

DEFLATE, JPEG = b"FlateDecode", b"DCTDecode"
_SHORT = {b"Fl": DEFLATE, b"DCT": JPEG}
_BEGIN = re.compile(rb">>\s*stream\r?\n")
_FILTER = re.compile(rb"/Filter\s*\[?\s*/(\w+)")
_HEAD_MOST = 4_096
_END = b"endstream"
_OBJECT, _HELD, _LAST = b"obj", b" 0 obj", (b"startxref", b"%%EOF")
_ZLIB_HEAD, _SUM = 2, 4
_FLUSHED, _TAIL = b"\0\0\xff\xff", 8
_AT_ONCE = MIB
UNPACKED_MOST = 256 * MIB
"""What is beyond that in one document is left to whoever draws it, and to his limits."""


def is_cut(data: bytes) -> bool:
    """Whether an object comes after the last place at which a PDF may end, by either of the marks of one."""
    return max(map(data.rfind, _LAST)) < data.rfind(_HELD)


def packed_streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield of each stream of a PDF that is told to be packed how, by its outermost packing, and its bytes.

    Line ends before the end of a stream may belong to it or not.
    """
    end = 0
    while (begin := _BEGIN.search(data, end)) is not None:
        head = data[max(0, begin.start() - _HEAD_MOST) : begin.start()]
        told = _FILTER.search(head, head.rfind(_OBJECT) + 1)
        end = data.find(_END, begin.end())
        if end < 0:
            return
        if told is not None:
            yield _SHORT.get(told[1], told[1]), data[begin.end() : end]


def unpacked_size(packed: bytes, most: int) -> int | None:
    """How many bytes deflate gives, of which at most so many and some are unpacked; None where it is damaged.

    Some programs flush what they have packed and never end it, or put no sum behind it: that is no damage.
    """
    unpack, size, checked = zlib.decompressobj(-zlib.MAX_WBITS), 0, 1
    rest = packed[_ZLIB_HEAD:]
    try:
        while rest and not unpack.eof and size <= most:
            piece = unpack.decompress(rest, _AT_ONCE)
            size, checked, rest = size + len(piece), zlib.adler32(piece, checked), unpack.unconsumed_tail
    except zlib.error:
        return None
    is_sound = _is_sum(unpack.unused_data, checked) if unpack.eof else size > most or _FLUSHED in packed[-_TAIL:]
    return size if is_sound else None


def _is_sum(told: bytes, checked: int) -> bool:
    """Whether this is the sum, or none: there is then nothing before the end, or the end of a line."""
    return int.from_bytes(told[:_SUM], "big") == checked or not told.strip()
