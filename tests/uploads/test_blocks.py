"""How a request's bytes are cut into blocks: whatever has arrived is written at once, and nothing waits for more."""

from __future__ import annotations

import os
import socket
from itertools import pairwise

import pytest

from storage.segments import SEGMENT
from uploads.chunks import BLOCK, PATIENCE, blocks
from workers.bodies import StraightBody
from workers.callers import UPLOAD

DATA = os.urandom(6 * BLOCK)


class Sender:
    """A source of DATA of which so much has arrived, each time that somebody looks."""

    def __init__(self, ahead: int) -> None:
        self.ahead, self._at = ahead, 0

    def waiting(self) -> int:
        return min(self.ahead, len(DATA) - self._at)

    def readinto(self, buffer: memoryview, /) -> int:
        piece = DATA[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def read(self, size: int, /) -> bytes:
        return DATA[self._at : self._at + size]


@pytest.mark.parametrize("offset", [0, 1, SEGMENT - 1, 100_000])
@pytest.mark.parametrize("ahead", [0, SEGMENT + 1, 3 * SEGMENT, 100 * SEGMENT])
def test_a_block_is_what_has_arrived_and_ends_a_segment(offset: int, ahead: int) -> None:
    taken = [bytes(block) for block in blocks(Sender(ahead), len(DATA), offset)]
    assert b"".join(taken) == DATA
    longest = max(SEGMENT, min(ahead, BLOCK))
    assert longest - SEGMENT < max(len(block) for block in taken) <= longest
    ends = [offset + sum(len(block) for block in taken[:count]) for count in range(1, len(taken))]
    assert [end % SEGMENT for end in ends] == [0] * len(ends)


def test_the_large_memory_is_let_go_by_a_slow_sender() -> None:
    sender = Sender(0)
    given = blocks(sender, len(DATA), 0)
    assert memory_of(next(given)) == SEGMENT
    sender.ahead = BLOCK
    assert memory_of(next(given)) == BLOCK
    sender.ahead = 0
    slow = [memory_of(block) for block in given]
    assert (slow[0], slow[PATIENCE - 1], slow[PATIENCE]) == (BLOCK, BLOCK, SEGMENT)


def memory_of(block: bytearray | memoryview) -> int:
    """How much memory the block lies in."""
    assert isinstance(block, memoryview)
    return len(block.obj)  # type: ignore[arg-type]


def test_a_body_knows_what_has_arrived() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        body = StraightBody(ours, b"early", 20, UPLOAD)
        assert body.waiting() == 5
        theirs.sendall(b"x" * 9)
        assert body.waiting() == 14
        room = memoryview(bytearray(20))
        assert [body.readinto(room), body.waiting()] == [5, 9]
        assert [body.readinto(room[:9]), body.waiting()] == [9, 0]


def test_blocks_lie_in_the_same_memory() -> None:
    given = [memoryview(block).obj for block in blocks(Sender(0), len(DATA), 0)]
    assert all(one is other for one, other in pairwise(given))
