"""What the product wrote into an empty database once, written there again row by row.

Making the clinic of the personas through the product costs more than most tests. It is done once in a process for each
database; the next test with that database, emptied, gets the same rows and people back, in a tenth of the time.
"""

from __future__ import annotations

import functools
import pickle
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from psycopg import sql
from sqlalchemy import Connection, Engine

import econsult.tables  # noqa: F401 - so that all are known.
from econsult.database import Base, Database, TextCipher

T = TypeVar("T")
FRESH = timedelta(minutes=5)
"""So much older a clinic may be than the test that opens one `now` asked for."""


@dataclass(frozen=True)
class Kept:
    """Rows by table, as the driver knows them, and the pickled records that were made with them."""

    at: datetime
    cipher: TextCipher
    rows: dict[str, Any]
    records: bytes

    def serves(self, database: Database, now: datetime) -> bool:
        """Whether it is of that time, and sealed by the cipher that the database has now."""
        if self.cipher is not database.cipher:
            return False
        is_present = abs(datetime.now(UTC) - now) < timedelta(days=1)
        return self.at == now or (is_present and timedelta() <= now - self.at < FRESH)


_kept: WeakKeyDictionary[Engine, list[Kept]] = WeakKeyDictionary()


def again(database: Database, now: datetime, make: Callable[[], T], fits: Callable[[T], bool]) -> T:
    """What `make` returns, which writes into this empty database as of `now`: made once, and afterwards brought back.

    `fits` tells whether what was made earlier is still of use, as it is not where the keys have changed. A database
    that is not empty is written to as ever.
    """
    with database.engine.begin() as connection:
        is_empty = not connection.exec_driver_sql(_any_row()).scalar()
        for kept in _kept.get(database.engine, ()) if is_empty else ():
            records: T = pickle.loads(kept.records)  # noqa: S301 - pickled by this process, below.
            if kept.serves(database, now) and fits(records):
                _restore(connection, kept.rows)
                return records
    made = make()
    if is_empty:
        with database.engine.begin() as connection:
            rows = _taken(connection)
        # The newest first, since what was asked for as of now is of use for minutes only.
        _kept[database.engine] = [
            Kept(now, database.cipher, rows, pickle.dumps(made)),
            *_kept.get(database.engine, ()),
        ][:4]
    return made


@functools.cache
def _tables() -> tuple[str, ...]:
    """Every table, those that others point to first."""
    return tuple(table.name for table in Base.metadata.sorted_tables)


@functools.cache
def _any_row() -> str:
    """What asks whether any table holds a row."""
    return "SELECT " + " OR ".join(f"EXISTS(SELECT 1 FROM {name})" for name in _tables())  # noqa: S608 - our own names.


def _taken(connection: Connection) -> dict[str, Any]:
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        return {name: rows for name in _tables() if (rows := driver.execute(f"SELECT * FROM {name}").fetchall())}  # noqa: S608 - of our own tables.
    taken = {}
    for name in _tables():
        with driver.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
            data = b"".join(copy)
        if data:
            taken[name] = data
    used = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
    taken[""] = driver.execute(used).fetchall()
    return taken


def _restore(connection: Connection, rows: dict[str, Any]) -> None:
    driver = connection.connection.dbapi_connection
    for name, data in rows.items():
        if isinstance(driver, sqlite3.Connection):
            places = ",".join("?" * len(data[0]))
            driver.executemany(f"INSERT INTO {name} VALUES ({places})", data)  # noqa: S608 - as above.
        elif name:
            with driver.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                copy.write(data)
        else:
            used = sql.SQL(", ").join(sql.SQL("setval({}, {})").format(*map(sql.Literal, each)) for each in data)
            driver.execute(sql.SQL("SELECT ") + used)
