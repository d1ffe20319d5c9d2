"""Many rows in one statement: a tick costs what is due, and a statement a row would be most of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, Table, Text, bindparam, func, literal, select, update
from sqlalchemy import cast as cast_to
from sqlalchemy import column as column_of
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from econsult.database import Base

Rows = Sequence[dict[str, Any]]
"""Values by the names of their columns; every row names the same ones."""


def insert_new(session: Session, table: type[Base], rows: Rows, *back: Any) -> list[Any]:
    """Insert all rows but those whose unique key is there already; returns the columns `back` of the new ones."""
    target = cast("Table", table.__table__)
    if _is_postgres(session):
        given = _recordset(target, rows)
        insert = postgresql.insert(target).from_select(list(rows[0]), select(given)).on_conflict_do_nothing()
        return list(session.execute(insert.returning(*(back or (table.id,)))))
    statement = sqlite.insert(target).on_conflict_do_nothing()
    if not back:
        session.execute(statement, list(rows))
        return []
    return list(session.execute(statement.returning(*back), list(rows)))


def change(session: Session, table: type[Base], rows: Rows) -> None:
    """Write the columns that the rows name into the rows of the table with their `id`."""
    target = cast("Table", table.__table__)
    names = [name for name in rows[0] if name != "id"]
    if _is_postgres(session):
        given = _recordset(target, rows)
        fresh = {name: given.c[name] for name in names}
        session.connection().execute(update(target).where(target.c.id == given.c.id).values(fresh))
        return
    # A name of its own for the key: SQLAlchemy would take `id` for a column to be written.
    statement = update(target).where(target.c.id == bindparam("key")).values({n: bindparam(n) for n in names})
    session.connection().execute(statement, [{"key": row["id"], **{n: row[n] for n in names}} for row in rows])


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _recordset(table: Table, rows: Rows) -> TableValuedAlias:
    """The rows as one parameter: a thousand of them cost more to write down than their rows to insert."""
    given = cast_to(literal(json.dumps(rows, default=datetime.isoformat), Text), JSON)
    columns = [column_of(name, table.c[name].type) for name in rows[0]]
    return func.json_to_recordset(given).table_valued(*columns).render_derived(with_types=True)
