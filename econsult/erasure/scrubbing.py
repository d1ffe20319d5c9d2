"""What a database keeps of rows that are gone, in its own files."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.database import Database


def overwrite_what_goes(session: Session) -> None:
    """SQLite leaves what was deleted in the free pages of its file unless it is told otherwise."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))


def scrub(database: Database, tables: Sequence[str]) -> None:
    """Let nothing that was deleted from these tables rest in the database's own files, as far as it can be had.

    SQLite writes its log back and cuts it off, unless somebody reads at this moment; PostgreSQL frees what is dead.
    """
    if database.engine.dialect.name == "sqlite":
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connected:
        for name in tables:
            connected.execute(text(f"VACUUM {connected.dialect.identifier_preparer.quote(name)}"))
