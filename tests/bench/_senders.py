"""Senders that cost next to nothing themselves: one that is as fast as the kernel, and two hundred slow phones."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.doors import Door

TICK = 0.1


def send_file(door: Door, path: str, source: Path) -> int:
    """One PATCH with the whole file, by sendfile; the status."""
    size = source.stat().st_size
    with socket.create_connection(("127.0.0.1", door.port), timeout=300) as line, source.open("rb") as file:
        line.settimeout(None)
        line.sendall(door.patch_head(path, 0, size))
        sent = 0
        while sent < size:
            sent += os.sendfile(line.fileno(), file.fileno(), sent, size - sent)
        return _status(line)


def _status(line: socket.socket) -> int:
    answer = b""
    while b"\r\n" not in answer:
        answer += line.recv(4096)
    return int(answer.split()[1])


@contextlib.contextmanager
def vanished(door: Door, path: str, length: int, sent: bytes) -> Iterator[socket.socket]:
    """A phone that promised `length` bytes, sent `sent` and is gone, with the line still open for the server."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as line:
        line.sendall(door.patch_head(path, 0, length) + sent)
        yield line


@dataclass
class _Phone:
    line: socket.socket
    left: int
    status: int = 0


class SlowPhones:
    """Phones that send at so many bytes a second each, all from one thread."""

    def __init__(self, uploads: list[tuple[Door, str]], size: int, pace: int) -> None:
        self._selector, self._pace = selectors.DefaultSelector(), pace
        self._phones = [self._call(door, path, size) for door, path in uploads]

    def _call(self, door: Door, path: str, size: int) -> _Phone:
        line = socket.create_connection(("127.0.0.1", door.port), timeout=60)
        line.sendall(door.patch_head(path, 0, size))
        line.setblocking(False)
        phone = _Phone(line, size)
        self._selector.register(line, selectors.EVENT_READ, phone)
        return phone

    def run(self, patience: float) -> list[int]:
        """Send until everybody has an answer; the statuses, 0 for none."""
        block, ends = bytes(int(self._pace * TICK)), time.monotonic() + patience
        while any(not phone.status for phone in self._phones) and time.monotonic() < ends:
            began = time.monotonic()
            for phone in self._phones:
                if phone.left:
                    with contextlib.suppress(BlockingIOError):
                        phone.left -= phone.line.send(block[: phone.left])
            while (rest := began + TICK - time.monotonic()) > 0:
                for key, _ in self._selector.select(rest):
                    self._hear(key.data)
        for phone in self._phones:
            phone.line.close()
        return [phone.status for phone in self._phones]

    def _hear(self, phone: _Phone) -> None:
        answer = phone.line.recv(4096)
        phone.status = int(answer.split()[1]) if answer else -1
        self._selector.unregister(phone.line)
