"""The boxes of an MP4 and, for the files we write, every unit of coded video inside."""

from collections.abc import Iterator
from dataclasses import dataclass

from imaging.walks.part import Broken

_CONTAINERS = {"moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "udta", "mvex", "moof", "traf", "mfra"}
_HEADERS = {"stsd": 8, "dref": 8, "avc1": 78, "mp4a": 28, "meta": 4}
"""Boxes that hold boxes behind a header of so many bytes."""
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its path (`moov/trak/tkhd`), with the place of the whole box and of its payload, in bytes."""

    path: str
    outer: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """The box's own four characters."""
        return self.path.rpartition("/")[2]

    def of(self, data: bytes) -> bytes:
        """Return the payload."""
        return data[self.start : self.end]


def walk(data: bytes) -> Iterator[Box]:
    """Yield every box, parents before children. Every byte must belong to a box."""
    yield from _walk(data, 0, len(data), "")


def _walk(data: bytes, position: int, end: int, parent: str) -> Iterator[Box]:
    if parent.count("/") > _DEPTH:
        raise Broken("boxes nested too deeply")
    while position < end:
        box = read_box(data, position, end, parent)
        yield box
        if box.name in _CONTAINERS:
            yield from _walk(data, box.start, box.end, box.path + "/")
        elif box.name in _HEADERS and parent:
            yield from _walk(data, box.start + _HEADERS[box.name], box.end, box.path + "/")
        position = box.end


def read_box(data: bytes, position: int, end: int, parent: str) -> Box:
    """Return the box that begins at this place. Raises Broken where it is not whole before `end`."""
    if position + 8 > end:
        raise Broken("bytes outside of every box")
    size = int.from_bytes(data[position : position + 4], "big")
    name = data[position + 4 : position + 8].decode("latin-1")
    start = position + 8
    if size == 1:
        size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
    if size < start - position or position + size > end:
        raise Broken("a box runs past its parent")
    return Box(parent + name, position, start, position + size)


def coded_units(data: bytes, start: int, end: int) -> Iterator[int]:
    """Yield the H.264 type of every unit in a stretch whose units carry four-byte lengths, to its last byte."""
    while start < end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size == 0 or start + 4 + size > end:
            raise Broken("bytes in the media box that are no coded video")
        yield data[start + 4] & 0x1F
        start += 4 + size
