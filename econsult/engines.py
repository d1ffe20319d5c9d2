"""The one place that makes database engines. SQLite in WAL mode by default, PostgreSQL through the same code.

Every writing transaction on SQLite starts with BEGIN IMMEDIATE: an upgrade from a read lock fails at once under load,
whatever the busy timeout, while waiting for the write lock up front does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from econsult.errors import SettingError
from econsult.sqlite import PREPARED, prepare

PATIENCE = 30
"""Seconds that a writer waits for others."""
SILENT = {"connect_timeout": 10, "tcp_user_timeout": 20_000, "keepalives_idle": 10, "keepalives_interval": 5}
"""After so many seconds (or milliseconds) a PostgreSQL behind a broken line counts as away. A URL may say else."""


def open_engine(url: str) -> Engine:
    """The engine of the database at `url`. Raises SettingError where the URL makes no sense or no folder can be made.

    Errors never repeat the values of a statement, since those may be somebody's words.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingError("ECONSULT_DATABASE_URL is not a database URL.") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, parsed.database)
    if parsed.get_backend_name() == "postgresql":
        return _postgres_engine(url, parsed)
    raise SettingError("ECONSULT_DATABASE_URL must be sqlite:/// or postgresql+psycopg://.")


def _postgres_engine(url: str, parsed: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=24,
        pool_timeout=15,
        connect_args={name: value for name, value in SILENT.items() if name not in parsed.query},
    )
    event.listen(engine, "connect", _speak_utc)
    return engine


def _speak_utc(connection: Any, _record: object) -> None:
    """PostgreSQL then hands out moments as they are kept here, whatever the zone of its server."""
    connection.autocommit = True
    connection.execute("SET timezone TO 'UTC'")
    connection.autocommit = False


def _sqlite_engine(url: str, path: str | None) -> Engine:
    if path:
        folder = Path(path).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingError(f"The database folder cannot be made: {error.strerror}.") from None
    given: dict[str, Any] = {"timeout": PATIENCE, "cached_statements": PREPARED}
    engine = create_engine(url, hide_parameters=True, connect_args=given, pool_size=8, max_overflow=64, pool_timeout=15)
    prepare(engine, Path(path) if path else None)
    return engine
