"""The tracks of an MP4 and where each of their samples lies: what a player would decode, and nothing between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from imaging.walks.mp4 import Box
from imaging.walks.part import Broken

_STBL = "moov/trak/mdia/minf/stbl/"
_COUNT, _ENTRY, _EVEN = 4, 12, 12
_SAMPLES_MOST = 200_000
"""Far more than the longest film that we make has: twelve bytes of a table may claim thousands of millions."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track: the four letters of what handles it (`vide`, `soun`), and the (start, size) of its samples."""

    handler: bytes
    samples: tuple[tuple[int, int], ...]


def tracks(data: bytes, boxes: Sequence[Box]) -> list[Track]:
    """Return every track. Raises Broken where its tables contradict each other."""
    found = []
    for home in (box for box in boxes if box.path == "moov/trak"):
        inside = {box.path: box for box in boxes if home.start <= box.outer < home.end}
        handler = inside.get("moov/trak/mdia/hdlr")
        if handler is None:
            raise Broken("a track without a handler")
        found.append(Track(handler.of(data)[8:12], tuple(_samples(data, inside))))
    return found


def check_tiled(found: Sequence[Track], media: Box) -> None:
    """Raise Broken unless the samples of all tracks lie side by side in the media box and fill it whole."""
    spans = sorted((start, start + size) for track in found for start, size in track.samples)
    ends = [media.start, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), media.end]
    if ends != starts:
        raise Broken("bytes in the media box that belong to no sample")


def _samples(data: bytes, inside: dict[str, Box]) -> Iterator[tuple[int, int]]:
    sizes = iter(_sizes(_payload(data, inside, "stsz")))
    chunks = _chunks(data, inside)
    for start, count in zip(chunks, _per_chunk(_payload(data, inside, "stsc"), len(chunks)), strict=True):
        at = start
        for _ in range(count):
            size = next(sizes, None)
            if size is None:
                raise Broken("fewer samples than its chunks hold")
            yield at, size
            at += size
    if next(sizes, None) is not None:
        raise Broken("samples in no chunk")


def _payload(data: bytes, inside: dict[str, Box], name: str) -> bytes:
    box = inside.get(_STBL + name)
    if box is None:
        raise Broken(f"a track without {name}")
    return box.of(data)


def _sizes(table: bytes) -> list[int]:
    even, count = _whole(table, 4), _whole(table, 8)
    if count > _SAMPLES_MOST:
        raise Broken("more samples than any film of ours")
    if any(table[:4]) or (even and len(table) != _EVEN):
        raise Broken("a table of sizes that contradicts itself")
    if even:
        return [even] * count
    return _entries(table, 8, 4, count)


def _chunks(data: bytes, inside: dict[str, Box]) -> list[int]:
    name, width = ("stco", 4) if _STBL + "stco" in inside else ("co64", 8)
    table = _payload(data, inside, name)
    return _entries(table, 4, width, _whole(table, 4))


def _per_chunk(table: bytes, chunks: int) -> list[int]:
    """How many samples each chunk holds; the table names only those where the number changes."""
    runs = [(_whole(table, at), _whole(table, at + 4)) for at in range(8, len(table), _ENTRY)]
    if len(table) != 8 + _ENTRY * _whole(table, 4) or [first for first, _ in runs[:1]] != [1] * min(1, chunks):
        raise Broken("a table of chunks that contradicts itself")
    if any(_whole(table, at + 8) != 1 for at in range(8, len(table), _ENTRY)):
        raise Broken("chunks of another kind than the only one")
    held: list[int] = []
    for (first, count), (after, _) in pairwise([*runs, (chunks + 1, 0)]):
        if not first < after <= chunks + 1:
            raise Broken("chunks out of order")
        held += [count] * (after - first)
    return held


def _entries(table: bytes, at: int, width: int, count: int) -> list[int]:
    begin = at + _COUNT
    if len(table) != begin + width * count:
        raise Broken("a table that is longer or shorter than it says")
    return [int.from_bytes(table[place : place + width], "big") for place in range(begin, len(table), width)]


def _whole(table: bytes, at: int) -> int:
    return int.from_bytes(table[at : at + 4], "big")
