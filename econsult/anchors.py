"""Ends of the audit trail written down outside of the database, so that a tail cannot be taken back unseen.

Whoever can write to the database alone might put an older copy of a chain's end, and of its rows, in place of the
newer ones; every hash would fit. An anchor is one line in a file of its own that says how far a chain had come by then
and what its hash was. The file is only ever added to. It should lie where the database's keepers cannot write.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.trail import AuditChain, anchor_seal, chain_key

FILE = "audit.jsonl"
TAIL = 64 * 1024
"""How much of the end of the file tells when each chain was anchored last. An older one is only anchored once more."""
EVERY_ROWS, EVERY = 1000, timedelta(minutes=5)


@dataclass(frozen=True)
class Anchor:
    """How far a program's chain had come; `seal` is its keyed hash, which only the holder of the keys can make."""

    program_id: int
    sequence: int
    mac: str
    seal: str
    at: str


def anchor_due(session: Session, folder: Path, now: datetime) -> int:
    """Write down the end of each chain that has grown by a thousand rows or for five minutes; returns how many.

    Raises OSError where the file cannot be written.
    """
    last = {each.program_id: each for each in read_anchors(folder, newest=TAIL) if each is not None}
    due = []
    for chain in session.scalars(select(AuditChain).order_by(AuditChain.program_id)):
        anchor = last.get(chain.program_id)
        if anchor is None or _has_grown(chain, anchor, now):
            seal = anchor_seal(chain_key(chain), chain.program_id, chain.sequence, chain.mac)
            due.append(Anchor(chain.program_id, chain.sequence, chain.mac, seal, now.isoformat()))
    if due:
        append_lines(folder / FILE, [json.dumps(asdict(each)) for each in due])
    return len(due)


def read_anchors(folder: Path, newest: int | None = None) -> Iterator[Anchor | None]:
    """The anchors in the order in which they were written; None for a line that is none. No file has no anchors.

    A last line that was cut off, as by a power failure, is passed over. `newest` bounds how many bytes are read, from
    the end.
    """
    try:
        with (folder / FILE).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - newest) if newest is not None else 0
            file.seek(start)
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return
    for line in lines[bool(start) : -1]:
        yield _read(line)


def _has_grown(chain: AuditChain, anchor: Anchor, now: datetime) -> bool:
    rows = chain.sequence - anchor.sequence
    return rows >= EVERY_ROWS or (rows > 0 and now - datetime.fromisoformat(anchor.at) >= EVERY)


def _read(line: str) -> Anchor | None:
    try:
        anchor = Anchor(**json.loads(line))
        datetime.fromisoformat(anchor.at)
    except (ValueError, TypeError):
        return None
    numbers, texts = (anchor.program_id, anchor.sequence), (anchor.mac, anchor.seal)
    is_whole = all(isinstance(each, int) for each in numbers) and all(isinstance(each, str) for each in texts)
    return anchor if is_whole else None


def append_lines(path: Path, lines: list[str]) -> None:
    """Add lines to a file that is only ever added to, durably; the folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = "".join(line + "\n" for line in lines).encode()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            content = b"\n" + content
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
