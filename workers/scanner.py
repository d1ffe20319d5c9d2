"""Asks a ClamAV daemon about a file, over its own INSTREAM protocol. Whatever is not a clear "OK" is not clean.

The file is passed on as it is decrypted, so it never rests anywhere in plain. A daemon that is away, that breaks off
or that finds the file too long has not scanned it: that is told apart from both clean and infected.
"""

from __future__ import annotations

import socket
import struct
from enum import StrEnum
from typing import BinaryIO
from urllib.parse import urlsplit

BLOCK = 256 * 1024
CONNECT_SECONDS, SCAN_SECONDS = 5.0, 600.0
LONGEST_ANSWER = 4096
NOT_SCANNED = ("INSTREAM size limit exceeded", "Heuristics.Limits.Exceeded")


class Finding(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


class ScannerAwayError(Exception):
    """The daemon cannot be reached: the file waits, however long that takes, and nobody sees it until then."""


class ScanFailedError(Exception):
    """The daemon broke off or gave no clear answer: another attempt may."""


class Scanner:
    """A daemon at `url`: `unix:///path` or `tcp://host:port`."""

    name = "clamd"

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def scan(self, plain: BinaryIO) -> Finding:
        """What the daemon says of the whole stream. Raises ScannerAwayError, ScanFailedError, what `plain` raises."""
        plain.seek(0)
        try:
            line = self._connect()
        except OSError:
            raise ScannerAwayError("cannot connect") from None
        with line:
            line.settimeout(SCAN_SECONDS)
            # A daemon that has seen enough answers and hangs up before the end; its answer is still to be read.
            is_heard = _send(line, plain)
            return _read_answer(_receive(line), is_heard=is_heard)

    def _connect(self) -> socket.socket:
        if self._url.scheme == "tcp":
            return socket.create_connection((self._url.hostname or "", self._url.port or 0), CONNECT_SECONDS)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(CONNECT_SECONDS)
            line.connect(self._url.path)
        except OSError:
            line.close()
            raise
        return line


def open_scanner(url: str) -> Scanner | None:
    """The scanner of the setting, None where files are not scanned."""
    return Scanner(url) if url else None


def _send(line: socket.socket, plain: BinaryIO) -> bool:
    """Whether the daemon took all of it."""
    if not _put(line, b"zINSTREAM\0"):
        return False
    while block := plain.read(BLOCK):
        if not _put(line, struct.pack(">I", len(block)) + block):
            return False
    return _put(line, struct.pack(">I", 0))


def _put(line: socket.socket, data: bytes) -> bool:
    try:
        line.sendall(data)
    except OSError:
        return False
    return True


def _receive(line: socket.socket) -> str:
    answer = b""
    try:
        while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
            data = line.recv(LONGEST_ANSWER)
            if not data:
                break
            answer += data
    except OSError:
        raise ScanFailedError("no answer") from None
    return answer.decode(errors="replace").strip("\0\n ")


def _read_answer(answer: str, *, is_heard: bool) -> Finding:
    if any(word in answer for word in NOT_SCANNED):
        return Finding.NOT_SCANNED
    if answer.endswith(" FOUND"):
        return Finding.INFECTED
    if answer == "stream: OK" and is_heard:
        return Finding.CLEAN
    raise ScanFailedError("no clear answer")
