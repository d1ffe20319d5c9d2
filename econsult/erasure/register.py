"""The register of what was erased, in a file outside of the database, so that a restored copy does not bring it back.

It lies beside the anchors of the audit trail. Each line names a child or a program by its random id, with a keyed hash,
so that nobody erases a record by writing a line. The line is written before the keys go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from econsult.anchors import append_lines
from econsult.trail import keyed_line

FILE = "erased.jsonl"


@dataclass(frozen=True)
class Line:
    """One record that is gone; `seal` is a hash keyed like the program's audit trail."""

    program: str
    patient: str
    at: str
    seal: str


def write_line(folder: Path, key: bytes, program: str, patient: str, now: datetime) -> None:
    """Add a line; `patient` is empty for a whole program. Raises OSError where the file cannot be written."""
    at = now.isoformat()
    line = Line(program, patient, at, _seal(key, program, patient, at))
    append_lines(folder / FILE, [json.dumps(asdict(line))])


def last_line(folder: Path, program: str, patient: str) -> datetime | None:
    """When the newest line of this record was written, if there is one."""
    times = [each.at for each in read_lines(folder) if (each.program, each.patient) == (program, patient)]
    return max(map(datetime.fromisoformat, times), default=None)


def read_lines(folder: Path) -> Iterator[Line]:
    """Every whole line of the register. No file has none."""
    try:
        texts = (folder / FILE).read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return
    for text in texts:
        line = _read(text)
        if line is not None:
            yield line


def is_ours(line: Line, key: bytes) -> bool:
    """Whether the line was written by somebody with the keys of this program."""
    return line.seal == _seal(key, line.program, line.patient, line.at)


def size_of(folder: Path) -> int:
    """How long the register is, in bytes."""
    try:
        return (folder / FILE).stat().st_size
    except FileNotFoundError:
        return 0


def _seal(key: bytes, program: str, patient: str, at: str) -> str:
    return keyed_line(key, "erased", [program, patient, at])


def _read(text: str) -> Line | None:
    try:
        line = Line(**json.loads(text))
        datetime.fromisoformat(line.at)
    except (ValueError, TypeError):
        return None
    return line if all(isinstance(each, str) for each in asdict(line).values()) else None
