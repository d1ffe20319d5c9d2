"""One connection of the HTTP server, and how long it may take to say what it wants."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn

LONGEST_HEAD = 64 * 1024
SEND_SECONDS = 120.0
"""How long one piece of an answer may take to be taken."""
END_OF_HEAD = b"\r\n\r\n"
OURSELVES = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True)
class Pace:
    """How fast bytes must come: all of them within `seconds`, or, with `least`, so many within each such window."""

    seconds: float
    least: int | None = None


HEAD, SMALL = Pace(10.0), Pace(30.0)
UPLOAD = Pace(30.0, 4096)
"""A phone on the slowest network brings this much; who brings less holds a thread for nothing."""


class Line:
    """What requests are read from: the socket, with a limit of time that a drop of bytes now and then cannot renew."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.allow(HEAD)

    def allow(self, pace: Pace) -> None:
        """Count from now at this pace."""
        self._pace, self._got, self._ends = pace, 0, time.monotonic() + pace.seconds

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises TimeoutError where the pace is not kept."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        try:
            data = self._sock.recv(size)
        finally:
            self._sock.settimeout(SEND_SECONDS)
        self._got += len(data)
        if self._pace.least is not None and self._got >= self._pace.least:
            self.allow(self._pace)
        return data


class Caller(TConn):  # type: ignore[misc] # The server's library is not typed.
    """A connection whose next request is heard without holding a thread."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, on_close: Callable[..., None]) -> None:
        """`on_close(caller, graceful)` closes the socket and forgets the caller."""
        super().__init__(cfg, sock, client, server)
        self.parser: Any = None
        self.line, self.heard = Line(sock), bytearray()
        self.data_ready = True  # No thread sees it before there is something to read.
        self.has_left = False
        self._on_close = on_close

    @property
    def address(self) -> str:
        """Where it calls from; empty for a socket without addresses."""
        return str(self.client[0]) if isinstance(self.client, tuple) else ""

    def hear(self) -> bool:
        """Take what has come, without waiting; whether a thread can go on: the head is whole, or the line has ended.

        Raises OSError for a broken line and for a head that is longer than any browser's.
        """
        try:
            data = self.sock.recv(LONGEST_HEAD)
        except (BlockingIOError, InterruptedError):
            return False
        self.heard += data
        if len(self.heard) > LONGEST_HEAD and not self.has_head:
            raise OSError("The head of the request does not end.")
        return not data or self.has_head

    @property
    def has_head(self) -> bool:
        """Whether a whole head was heard. One empty line may come before it."""
        return self.heard.find(END_OF_HEAD, 2 if self.heard.startswith(b"\r\n") else 0) >= 0

    def start_request(self) -> None:
        """Give what was heard to the parser."""
        self.line.allow(HEAD)
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self.line, self.client)
        self.parser.unreader.unread(bytes(self.heard))
        self.heard.clear()

    def end_request(self) -> None:
        """Take back the beginning of a next request: its rest is waited for without a thread."""
        self.heard += self.parser.unreader.take_buffered()
        if self.has_head:
            self.start_request()

    def close(self, graceful: bool = False) -> None:
        """End the connection; `graceful` lets what was sent last arrive."""
        self._on_close(self, graceful)


class Crowd:
    """How many connections each address holds. One that holds too many is not let in."""

    def __init__(self, most: int, hops: int) -> None:
        """`most` 0 lets everybody in. Behind `hops` proxies every address is theirs, and counting is their task."""
        self._most = 0 if hops else most
        self._held: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether one more from this address is let in, and if so count it."""
        if self._most and address not in OURSELVES and self._held[address] >= self._most:
            return False
        self._held[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One of them has gone."""
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]
