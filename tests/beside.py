"""What is said to a database, and two transactions at one moment in a forced order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from econsult.database import Database


@contextmanager
def beside(database: Database, words: str, act: Callable[[], object], patience: float = 1.0) -> Iterator[None]:
    """Begin `act` in another thread once these words were said to the database, and give it `patience` seconds to come
    in between: it is done then, or it waits for what the first one holds. Raises what it raised, once both are over;
    AssertionError where the words were never said.
    """
    heard: list[str] = []
    begun: list[Future[object]] = []
    with ThreadPoolExecutor(1) as pool:

        def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if words in statement and not heard:
                heard.append(statement)
                begun.append(pool.submit(act))
                wait(begun, patience)

        event.listen(database.engine, "after_cursor_execute", look)
        try:
            yield
            assert begun, f"{words!r} was never said"
            begun[0].result(30)
        finally:
            event.remove(database.engine, "after_cursor_execute", look)


@contextmanager
def plans(session: Session) -> Iterator[list[str]]:
    """How SQLite will find what this session asks for meanwhile, line by line."""
    connection, told = session.connection(), list[str]()
    plain = connection.exec_driver_sql

    def note(_one: object, _two: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            told.extend(row[3] for row in plain("EXPLAIN QUERY PLAN " + statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(connection, "before_cursor_execute", note)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What the database is asked meanwhile, without its values."""
    told: list[str] = []

    def note(_one: object, _two: object, statement: str, *_rest: object) -> None:
        told.append(re.sub(r"\s+", " ", statement))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
