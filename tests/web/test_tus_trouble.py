"""Whatever is wrong on our side, no stock client gives an upload up for it: 423 to a HEAD, 503 or 507 to the others.

tus-js-client takes a HEAD that is neither 2xx nor 423 as a reason to begin from zero.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from psycopg import errors as postgres
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.personas import Clinic
from tests.web.test_tus_doors import CHUNK, bearer
from tests.web.uploading import told
from workers.runtime import Runtime

DATA = b"x" * 500
TROUBLES: dict[str, tuple[Callable[[], Exception], int]] = {
    "away": (lambda: OperationalError("", {}, sqlite3.OperationalError("unable to open database file")), 503),
    "full": (lambda: OperationalError("", {}, sqlite3.OperationalError("database or disk is full")), 507),
    "full PostgreSQL": (lambda: OperationalError("", {}, postgres.DiskFull()), 507),
    "read-only": (lambda: InternalError("", {}, postgres.ReadOnlySqlTransaction()), 503),
    "closed": (lambda: InterfaceError("", {}, sqlite3.InterfaceError()), 503),
    "all connections in use": (PoolTimeoutError, 503),
    "a mistake of ours": (ZeroDivisionError, 500),
    "a broken rule": (lambda: IntegrityError("", {}, sqlite3.IntegrityError()), 500),
}


@contextmanager
def trouble(runtime: Runtime, make: Callable[[], Exception], turn: int) -> Iterator[list[str]]:
    """The `turn`-th statement fails, and every later one."""
    seen: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)
        if len(seen) >= turn:
            raise make()

    event.listen(runtime.database.engine, "before_cursor_execute", fail)
    try:
        yield seen
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_at_any_statement_is_answered_so_that_clients_come_back(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, name: str
) -> None:
    make, status = TROUBLES[name]
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC))
    tus = {**bearer(runtime, clinic.mother), "Tus-Resumable": "1.0.0"}
    new = {**tus, "Upload-Length": "1000", "Upload-Metadata": told(consult_id=draft.public_id, kind="photo")}
    path = visitor.post("/uploads", headers=new).headers["Location"]
    assert visitor.patch(path, data=DATA, headers={**tus, "Upload-Offset": "0"}, content_type=CHUNK).status_code == 204
    chunk = {"headers": {**tus, "Upload-Offset": "500"}, "data": DATA, "content_type": CHUNK}
    asks: list[Callable[[], Any]] = [
        lambda: visitor.head(path, headers=tus),
        lambda: visitor.post("/uploads", headers=new),
        lambda: visitor.get(path, headers=tus),
        lambda: visitor.patch(path, **chunk),
    ]
    for number, ask in enumerate(asks):
        for turn in (1, 2, 4, 8):
            with trouble(runtime, make, turn) as seen:
                answer = ask()
            if len(seen) < turn:
                break
            assert answer.status_code == (423 if number == 0 else status)
            assert int(answer.headers["Retry-After"]) <= 10
            assert answer.headers["Tus-Resumable"] == "1.0.0"
    look = visitor.head(path, headers=tus)
    assert (look.status_code, look.headers["Upload-Offset"] in {"500", "1000"}) == (200, True)
