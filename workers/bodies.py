"""The body of an upload, read from the socket straight into the reader's own memory where its length is known.

The server's own reader copies every byte three times and loses what it holds when the line breaks. This one asks the
kernel once for a whole block: it comes back with all of it, with what came within a few seconds, or with what had
arrived when the line broke.
"""

from __future__ import annotations

import fcntl
import io
import socket
import struct
import sys
import termios
import time
from typing import TYPE_CHECKING, Any, NoReturn

from workers.callers import SEND_SECONDS, Pace

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LOOK_SECONDS = 5
HEX, LONGEST_LINE = frozenset(b"0123456789abcdefABCDEF"), 4096
MOST_TRAILERS = 64


class StraightBody(io.RawIOBase):
    """`length` bytes, of which `early` came together with the head of the request."""

    failed = False  # The server asks a body whether the next request's beginning is still known.

    def __init__(self, sock: socket.socket, early: bytes, length: int, pace: Pace) -> None:
        self._sock, self._early, self._pace = sock, memoryview(early), pace
        self.length = length
        self._is_first, self._count = True, bytearray(4)

    @property
    def reader(self) -> StraightBody:
        """What knows the `length` that was not read yet."""
        return self

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill it, or as much as came; 0 at the end or where the line ended. Raises OSError where it broke or idled."""
        view = memoryview(buffer).cast("B")[: self.length]
        count = self._take_early(view)
        if count < len(view) and not count:
            count = self._receive(view)
        self.length -= count
        return count

    def waiting(self) -> int:
        """How many bytes have arrived and were not read yet."""
        fcntl.ioctl(self._sock.fileno(), termios.FIONREAD, self._count)
        return len(self._early) + int.from_bytes(self._count, sys.byteorder)

    def _take_early(self, view: memoryview) -> int:
        count = min(len(view), len(self._early))
        view[:count] = self._early[:count]
        # An empty view would hold on to all of it.
        self._early = self._early[count:] if count < len(self._early) else memoryview(b"")
        return count

    def _receive(self, view: memoryview) -> int:
        """Let the kernel fill `view`. It looks up every few seconds, so that slow bytes are passed on."""
        if self._is_first:
            self._start_waiting()
        while True:
            if time.monotonic() >= self._ends:
                self._stop_waiting()
                raise TimeoutError
            try:
                count = self._sock.recv_into(view, 0, socket.MSG_WAITALL)
            except BlockingIOError:
                continue
            self._keep_pace(count)
            if count in {0, self.length}:
                self._stop_waiting()
            return count

    def _start_waiting(self) -> None:
        self._is_first = False
        self._sock.settimeout(None)
        self._wait_for(LOOK_SECONDS)
        self._got, self._ends = 0, time.monotonic() + self._pace.seconds

    def _keep_pace(self, count: int) -> None:
        self._got += count
        if self._got >= (self._pace.least or 1):
            self._got, self._ends = 0, time.monotonic() + self._pace.seconds

    def _stop_waiting(self) -> None:
        """Give the socket back as it was, for the answer and for the next request."""
        self._wait_for(0)
        self._sock.settimeout(SEND_SECONDS)

    def _wait_for(self, seconds: int) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))

    def close(self) -> None:
        """The socket belongs to the server."""


class ChunkedBody(io.RawIOBase):
    """A body that comes in chunks of its own: what has arrived of a chunk is given before its rest is there.

    A chunk that makes no sense counts as a line that broke: what came before it is kept.
    """

    failed = False

    def __init__(self, unreader: Any) -> None:
        """Read from the server's `unreader`, whose `read()` waits for the next piece, at the pace of the line."""
        self._unreader = unreader
        self._held, self._left, self._is_first = b"", 0, True
        self.length = 1

    @property
    def reader(self) -> ChunkedBody:
        """What knows whether anything was not read yet: its `length` is 0 at the end and 1 before."""
        return self

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As much as came; 0 at the end or where the line ended. Raises OSError where it broke, idled or is no body."""
        view = memoryview(buffer).cast("B")
        if not self.length or not len(view) or (not self._left and not self._begin_chunk()):
            return 0
        if not self._held and not self._hear():
            return 0
        count = min(len(view), self._left, len(self._held))
        view[:count] = self._held[:count]
        self._held, self._left = self._held[count:], self._left - count
        return count

    def waiting(self) -> int:
        """How many bytes of the chunk are here already."""
        return min(self._left, len(self._held))

    def _begin_chunk(self) -> bool:
        """Read the head of the next chunk; False at the last one, or where the line ended."""
        if not self._is_first and self._line() != b"":
            self._give_up()
        self._is_first = False
        size = self._line().split(b";")[0].rstrip(b" \t")
        if not size or len(size) > 16 or not set(size) <= HEX:
            self._give_up()
        self._left = int(size, 16)
        if not self._left:
            self._pass_trailers()
            self._unreader.unread(self._held)
            self.length = 0
        return self._left > 0

    def _pass_trailers(self) -> None:
        for _ in range(MOST_TRAILERS):
            if not self._line():
                return
        self._give_up()

    def _line(self) -> bytes:
        while b"\r\n" not in self._held:
            if len(self._held) > LONGEST_LINE or not self._hear():
                self._give_up()
        line, _, self._held = self._held.partition(b"\r\n")
        return line

    def _hear(self) -> bool:
        piece = bytes(self._unreader.read())
        self._held += piece
        return bool(piece)

    def _give_up(self) -> NoReturn:
        self.failed = True
        raise ConnectionError("The chunks of the body make no sense.")
