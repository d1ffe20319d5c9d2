"""One request's bytes on their way into a staged upload: read in pieces, written in blocks, checked at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from storage.contract import StoreFull, StoreUnavailable
from uploads.errors import ChecksumMismatchError, OffsetMismatchError, TooBigError
from uploads.staged import Writer

PIECE, BLOCK = 64 * 1024, 256 * 1024
IDLE_SECONDS, FLUSH_SECONDS = 30.0, 5.0
FAST, PATIENCE = 25_000_000, 4
"""So many bytes a second make a fast sender, and so many slow blocks a slow one."""
ALGORITHMS = ("sha1", "sha256")


@runtime_checkable
class Filling(Protocol):
    """A source that writes into the reader's own memory; what it raises is the same."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


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
    from another thread.
    """

    offset: int
    source: Readable
    length: int | None = None
    checksum: Checksum | None = None
    total: int | None = None
    set_timeout: Callable[[float], None] | None = None
    hang_up: Callable[[], None] | None = None


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
    hasher = hashlib.new(chunk.checksum.algorithm, usedforsecurity=False) if chunk.checksum else None
    wanted = room + 1 if chunk.length is None else chunk.length
    try:
        for block in _blocks(chunk.source, wanted):
            writer.write(block)
            if hasher is not None:
                hasher.update(block)
    except StoreUnavailable as fault:
        _fall_back(writer, chunk, fault)
        raise
    if writer.offset - chunk.offset > room:
        writer.rewind(chunk.offset)
        raise TooBigError(room)
    if chunk.checksum is not None and hasher is not None and hasher.digest() != chunk.checksum.digest:
        writer.rewind(chunk.offset)
        raise ChecksumMismatchError
    try:
        writer.sync()
    except StoreUnavailable as fault:
        _fall_back(writer, chunk, fault)
        raise


def _fall_back(writer: Writer, chunk: Chunk, fault: StoreUnavailable) -> None:
    """A chunk that comes with a checksum counts whole or not at all; of any other, what the disk has vouched for.

    After a failed sync the system may show bytes that never reached the disk, so they must not be counted later. On a
    full disk nothing of the chunk counts: its sender is told 507, and what nobody was promised must not keep it full.
    """
    is_void = chunk.checksum is not None or isinstance(fault, StoreFull)
    writer.rewind(chunk.offset if is_void else max(chunk.offset, writer.durable))


def _blocks(source: Readable, wanted: int) -> Iterator[bytearray | memoryview]:
    return _filled_blocks(source, wanted) if isinstance(source, Filling) else _joined_blocks(source, wanted)


def _filled_blocks(source: Filling, wanted: int) -> Iterator[memoryview]:
    """Blocks in one and the same memory, which whoever takes one has done with before the next.

    Small ones from a phone, so that a crash costs it little; large ones from whoever fills them in no time.
    """
    room, patience = memoryview(bytearray(min(PIECE, wanted))), 0
    filled, left, began = 0, wanted, time.monotonic()
    while left > 0:
        try:
            count = source.readinto(room[filled : filled + left])
        except OSError:
            # The phone is gone or silent: what it sent so far is kept, and it comes back for the rest.
            break
        if not count:
            break
        filled, left = filled + count, left - count
        took = time.monotonic() - began
        if filled == len(room) or took >= FLUSH_SECONDS:
            yield room[:filled]
            # One slow block among fast ones is only a busy machine.
            patience = PATIENCE if took * FAST < filled else patience - 1
            room = _room_for(room, BLOCK if patience > 0 else PIECE)
            filled, began = 0, time.monotonic()
    if filled:
        yield room[:filled]


def _room_for(room: memoryview, size: int) -> memoryview:
    """Memory of this size; hundreds of phones do not take the large one each."""
    return room if len(room) == size else memoryview(bytearray(size))


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
