"""What SQLite is told at each connection, and who may read its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

PREPARED = 512
"""As many statements as a connection keeps prepared; pages and ticks together have some hundreds."""


def prepare(engine: Engine, path: Path | None) -> None:
    """Let each connection of the engine be as the house wants it. `path` is the file, if it rests in one."""
    if path is not None:
        event.listen(engine, "do_connect", lambda *_connecting: _keep_private(path))
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def _keep_private(path: Path) -> None:
    """Whatever folder it lies in, and whatever the shell's mask is, nobody else reads the file."""
    if not path.exists():
        path.touch(mode=0o600)


def _set_up(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions of its own: ours start in _begin.
    connection.isolation_level = None
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    is_reading = connection.get_execution_options().get("econsult_read_only", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
