"""Uploads whose server is killed again and again while bytes are on their way."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import socket
import threading
import time
from dataclasses import dataclass, field

from tests.faults.doors import Door

PIECE = 64 * 1024
PACE = 24_000_000
"""Bytes a second: faster than any phone, slow enough that the kernel's own buffers do not hide what the server does."""


@dataclass
class Toll:
    """What so many faults cost. `resent` is, for each, what had left the sender and was not there afterwards."""

    corrupt: int = 0
    lost: int = 0
    uploads: int = 0
    resent: list[int] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return len(self.resent)

    @property
    def mean_resent(self) -> float:
        return sum(self.resent) / max(1, len(self.resent))


def run_kills(door: Door, kills: int, size: int, dice: random.Random) -> Toll:
    """Kill the server `kills` times at random points of PATCHes of files of `size` bytes; what came of it."""
    toll = Toll()
    while toll.faults < kills:
        data = os.urandom(size)
        path = _insist(lambda: door.begin(size))
        _send_through_kills(door, path, data, toll, dice)
        toll.uploads += 1
        toll.corrupt += hashlib.sha256(door.content(path)).digest() != hashlib.sha256(data).digest()
        door.forget(path)
    return toll


def _send_through_kills(door: Door, path: str, data: bytes, toll: Toll, dice: random.Random) -> None:
    acknowledged = 0
    while acknowledged < len(data):
        left = len(data) - acknowledged
        fatal = dice.randrange(1, 2 * PIECE * 40)
        if fatal >= left:
            # This one is allowed to end. A request that waited to be accepted when the server was killed may be
            # heard by the next one, late; then it has brought the offset further, and the door says so.
            status = door.patch(path, acknowledged, data[acknowledged:])
            if status == 204:
                return
            assert status == 409
            acknowledged = door.offset(path)
            continue
        sent = acknowledged + _send_until_killed(door, path, acknowledged, data, fatal)
        offset = _insist(lambda: door.offset(path))
        toll.lost += max(0, acknowledged - offset)
        toll.resent.append(max(0, sent - offset))
        acknowledged = offset


def _send_until_killed(door: Door, path: str, offset: int, data: bytes, fatal: int) -> int:
    """Send in pieces; the server is killed from another thread once `fatal` bytes have left. How many had left."""
    killer = threading.Thread(target=door.crash)
    sent = 0
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", door.port), timeout=30) as line:
        line.sendall(door.patch_head(path, offset, len(data) - offset))
        began = time.monotonic()
        while True:
            if sent >= fatal and not killer.ident:
                killer.start()
            piece = data[offset + sent : offset + sent + PIECE]
            if not piece:
                break
            line.sendall(piece)
            sent += len(piece)
            # The pace of the line, not a wait for anything.
            time.sleep(max(0.0, began + sent / PACE - time.monotonic()))
    if not killer.ident:
        killer.start()
    killer.join()
    door.revive()
    return sent


def _insist(ask):  # type: ignore[no-untyped-def]
    """Ask until the server is there again."""
    ends = time.monotonic() + 60
    while True:
        try:
            return ask()
        except (OSError, KeyError, ValueError, ConnectionError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.01)
