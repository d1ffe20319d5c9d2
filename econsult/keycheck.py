"""Foreign keys while the schema changes: SQLite makes a table anew to change it, and others point to the old one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def unbound_keys(engine: Engine) -> Iterator[Connection]:
    """A connection on which SQLite looks at no foreign key; it can be told so only before a transaction begins."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            yield connection
            return
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=off")
        try:
            yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=on")


def check_keys(connection: Connection) -> None:
    """What SQLite did not look at meanwhile. Raises ValueError where a row points to nothing."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise ValueError(f"A row of {broken[0]} points to no row of {broken[2]}.")
