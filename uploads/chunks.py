"""One request's bytes on their way into a staged upload: read in pieces, written in blocks, checked at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from storage.contract import StoreUnavailable
from storage.segments import SEGMENT, Bytes
from uploads.errors import ChecksumMismatchError, OffsetMismatchError, TooBigError
from uploads.staged import NoSpaceError, Writer

PIECE, BLOCK = SEGMENT, 8 * SEGMENT
IDLE_SECONDS, FLUSH_SECONDS = 30.0, 5.0
PATIENCE = 32
"""So many small blocks, one after another, make a slow sender."""
ALGORITHMS = ("sha1", "sha256")


@runtime_checkable
class Filling(Protocol):
    """A source that writes into the reader's own memory; what it raises is the same."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...

    def waiting(self) -> int:
        """How many bytes are there already, as far as it knows."""


class Readable(Protocol):
    """Where the bytes come from: `read(n)` waits for up to `n` bytes, gives none at the end, and raises OSError where
    the connection broke or was silent for too long."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """What the sender computed over the chunk. `algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Chunk:
    """What a request brings. `length` is its declared size in bytes, None where it is not declared.

    `total` is the size of the whole file, where this request is the one that tells it. `set_timeout` makes a silent
    connection end after so many seconds; without it the server's own limit holds. `hang_up` ends the reading at once,
    from another thread. `is_still_in` tells whether the sender is still signed in, once all bytes are there.
    """

    offset: int
    source: Readable
    length: int | None = None
    checksum: Checksum | None = None
    total: int | None = None
    set_timeout: Callable[[float], None] | None = None
    hang_up: Callable[[], None] | None = None
    is_still_in: Callable[[], bool] | None = None


def take_chunk(writer: Writer, chunk: Chunk, room: int) -> None:
    """Add the chunk, or as much of it as arrives, durably. `room` is how many bytes may still come.

    Raises OffsetMismatchError, TooBigError and ChecksumMismatchError, after which the upload stands where it stood,
    and OvertakenError, after which it belongs to somebody else.
    """
    if chunk.offset != writer.offset:
        raise OffsetMismatchError(writer.offset)
    if (chunk.length or 0) > room:
        raise TooBigError(room)
    if chunk.set_timeout is not None:
        chunk.set_timeout(IDLE_SECONDS)
    wanted = room + 1 if chunk.length is None else chunk.length
    try:
        is_sound = _write(writer, chunk, blocks(chunk.source, wanted, chunk.offset))
    except StoreUnavailable as fault:
        _fall_back(writer, chunk, fault)
        raise
    if writer.offset - chunk.offset > room:
        writer.rewind(chunk.offset)
        raise TooBigError(room)
    if not is_sound:
        writer.rewind(chunk.offset)
        raise ChecksumMismatchError
    try:
        writer.sync()
    except StoreUnavailable as fault:
        _fall_back(writer, chunk, fault)
        raise


def _write(writer: Writer, chunk: Chunk, pieces: Iterable[Bytes]) -> bool:
    """Write the pieces; returns whether they are what the sender's checksum says.

    Until that is known none of them counts, also for whoever overtakes this line or comes after a crash.
    """
    if chunk.checksum is None:
        for piece in pieces:
            writer.write(piece)
        return True
    hasher = hashlib.new(chunk.checksum.algorithm, usedforsecurity=False)
    writer.hold()
    for piece in pieces:
        writer.write(piece)
        hasher.update(piece)
    return hasher.digest() == chunk.checksum.digest


def _fall_back(writer: Writer, chunk: Chunk, fault: StoreUnavailable) -> None:
    """A chunk that comes with a checksum counts whole or not at all; of any other, what the disk has vouched for.

    After a failed sync the system may show bytes that never reached the disk, so they must not be counted later.
    """
    if isinstance(fault, NoSpaceError) and chunk.checksum is None:
        # Nothing has failed: what came before the room ended is kept, as after a line that breaks.
        with suppress(StoreUnavailable):
            return writer.sync()
    return writer.rewind(chunk.offset if chunk.checksum is not None else max(chunk.offset, writer.durable))


def blocks(source: Readable, wanted: int, offset: int) -> Iterator[bytearray | memoryview]:
    """What comes of `wanted` bytes that begin at `offset` of the file, in blocks for writing; each one ends a segment.

    A block may lie in the same memory as the one before. Ends where the line does.
    """
    if isinstance(source, Filling):
        return _filled_blocks(source, wanted, offset)
    return _joined_blocks(source, wanted)


def _filled_blocks(source: Filling, wanted: int, offset: int) -> Iterator[memoryview]:
    """Blocks in one and the same memory, which whoever takes one has done with before the next.

    A block is one segment, or as many as have arrived meanwhile: nothing waits here for more, so a crash costs little.
    """
    room, ends = _Room(), offset + wanted
    filled = size = 0
    while offset < ends:
        if not filled:
            size, began = min(room.next_size(offset, source), ends - offset), time.monotonic()
        try:
            count = source.readinto(room.memory[filled:size])
        except OSError:
            # The phone is gone or silent: what it sent so far is kept, and it comes back for the rest.
            break
        if not count:
            break
        filled += count
        if filled == size or time.monotonic() - began >= FLUSH_SECONDS:
            yield room.memory[:filled]
            offset, filled = offset + filled, 0
    if filled:
        yield room.memory[:filled]


class _Room:
    """Memory for one block: the large one only for who fills it, as hundreds of phones do not."""

    def __init__(self) -> None:
        self.memory, self._small_ones = memoryview(bytearray(PIECE)), 0

    def next_size(self, offset: int, source: Filling) -> int:
        """How large the next block is: up to the end of the segment, and all whole ones that are there already."""
        size = PIECE - offset % PIECE
        more = min(source.waiting() - size, BLOCK - PIECE) // PIECE
        if more > 0:
            size += more * PIECE
        self._small_ones = 0 if more > 0 else self._small_ones + 1
        if size > len(self.memory):
            self.memory = memoryview(bytearray(BLOCK))
        elif self._small_ones > PATIENCE and len(self.memory) > PIECE:
            self.memory = memoryview(bytearray(PIECE))
        return size


def _joined_blocks(source: Readable, wanted: int) -> Iterator[bytearray]:
    """Blocks for writing. Pieces are smaller, so that a connection that breaks loses less than one of them.

    What a slow phone sends is passed on every few seconds, which also shows the sweep that somebody is sending.
    """
    block, left, began = bytearray(), wanted, time.monotonic()
    while left > 0:
        try:
            piece = source.read(min(PIECE, left))
        except OSError:
            # The phone is gone or silent: what it sent so far is kept, and it comes back for the rest.
            break
        if not piece:
            break
        block += piece
        left -= len(piece)
        if len(block) >= BLOCK or time.monotonic() - began >= FLUSH_SECONDS:
            yield block
            block, began = bytearray(), time.monotonic()
    if block:
        yield block
