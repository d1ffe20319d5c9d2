"""The objects of a PDF that holds pictures of pages and nothing else, as we write it: no stream but a picture and its
place, no table but the plain one, one revision, every byte in its object.
"""

import re
from collections.abc import Iterator

from imaging.walks.part import Broken, Part

_HEADER = b"%PDF-1.4\n"
_OBJECT = re.compile(rb"(\d{1,6}) 0 obj\n<<([^<>]*(?:<<[^<>]*(?:<<[^<>]*>>[^<>]*)*>>[^<>]*)*)>>\n")
_LENGTH = re.compile(rb"/Length (\d{1,10})(?!\d)")
_END = re.compile(
    rb"xref\n0 (\d{1,6})\n0{10} 65535 f \n((?:\d{10} 00000 n \n)+)"
    rb"trailer\n<</Size (\d{1,6})/Root 1 0 R>>\nstartxref\n(\d{1,10})\n%%EOF\n"
)


def walk(data: bytes) -> Iterator[Part]:
    """Yield `DICT` and `STREAM` of each object in order, then `XREF` once, and `TRAILER` when bytes follow."""
    if not data.startswith(_HEADER):
        raise Broken("no PDF header of ours")
    position, places = len(_HEADER), []
    while (found := _OBJECT.match(data, position)) is not None:
        places.append(position)
        if found[1] != b"%d" % len(places):
            raise Broken("objects out of order")
        yield Part("DICT", found.start(2), len(found[2]))
        position = found.end()
        if data.startswith(b"stream\n", position):
            size = _stream_length(found[2])
            yield Part("STREAM", position + 7, size)
            position += 7 + size
            position = _skip(data, position, b"\nendstream\n")
        position = _skip(data, position, b"endobj\n")
    yield from _walk_end(data, position, places)


def _walk_end(data: bytes, position: int, places: list[int]) -> Iterator[Part]:
    end = _END.match(data, position)
    if end is None:
        raise Broken("something that is no object")
    told = [int(line[:10]) for line in end[2].splitlines()]
    counts = {end[1], end[3]}
    if told != places or end[4] != b"%d" % position or counts != {b"%d" % (len(places) + 1)}:
        raise Broken("the table does not fit the objects")
    yield Part("XREF", position, end.end() - position)
    if end.end() < len(data):
        yield Part("TRAILER", end.end(), len(data) - end.end())


def _stream_length(entries: bytes) -> int:
    found = _LENGTH.search(entries)
    if found is None:
        raise Broken("a stream without a length")
    return int(found[1])


def _skip(data: bytes, position: int, word: bytes) -> int:
    if not data.startswith(word, position):
        raise Broken("an object does not end where it says")
    return position + len(word)
