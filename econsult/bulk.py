"""Many rows in one statement: a statement a row would be most of a tick, and of a list that leaves its trail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import msgspec
from sqlalchemy import JSON, Insert, Table, Text, Update, bindparam, func, insert, select, update
from sqlalchemy import cast as cast_to
from sqlalchemy import column as column_of
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.selectable import TableValuedAlias

from econsult.database import Base

Rows = Sequence[dict[str, Any]]
"""Values by the names of their columns; every row names the same ones."""
Part = tuple[type[Base], Rows]
_ENCODER = msgspec.json.Encoder()
"""Python's own takes twenty times as long over the times of day, which was a twentieth of a tick."""


def insert_new(session: Session, table: type[Base], rows: Rows, *back: Any) -> list[Any]:
    """Insert all rows but those whose unique key is there already; returns the columns `back` of the new ones."""
    target = cast("Table", table.__table__)
    if _is_postgres(session):
        statement = _insert_recordset(target, tuple(rows[0]), back or (table.id,))
        return list(session.connection().execute(statement, {"rows": _as_json(rows)}).all())
    if not back:
        session.execute(_insert(target), list(rows))
        return []
    return list(session.execute(_insert(target, back), list(rows)))


def insert_all(session: Session, table: type[Base], rows: Rows) -> None:
    """Insert these rows. Raises IntegrityError where one of them may not be there, and then none is."""
    target = cast("Table", table.__table__)
    if _is_postgres(session):
        session.connection().execute(_plain_recordset(target, tuple(rows[0])), {"rows": _as_json(rows)})
    else:
        session.connection().execute(_plain(target), list(rows))


def change(session: Session, table: type[Base], rows: Rows) -> None:
    """Write the columns that the rows name into the rows of the table with their `id`."""
    write_together(session, [(table, rows)])


def write_together(session: Session, changed: Sequence[Part], added: Part | None = None) -> None:
    """Change rows of several tables, and insert what is not there yet of one more.

    On PostgreSQL it is one statement: each costs half a millisecond besides what it does.
    """
    if not _is_postgres(session):
        for table, rows in changed:
            names = tuple(name for name in rows[0] if name != "id")
            keyed = [{"key": row["id"], **{n: row[n] for n in names}} for row in rows]
            session.connection().execute(_update(cast("Table", table.__table__), names), keyed)
        if added is not None:
            insert_new(session, *added)
        return
    parts = [*changed, *([added] if added is not None else [])]
    shapes = tuple((cast("Table", table.__table__), tuple(rows[0])) for table, rows in parts)
    if shapes:
        given = {f"rows{place}": _as_json(rows) for place, (_table, rows) in enumerate(parts)}
        session.connection().execute(_all_in_one(shapes, added is not None), given)


@lru_cache(maxsize=64)
def _all_in_one(shapes: tuple[tuple[Table, tuple[str, ...]], ...], has_added: bool) -> Update | Insert:
    """The last one's statement, with the others before it."""
    *before, last = (
        _new(table, names, f"rows{place}")
        if has_added and place == len(shapes) - 1
        else _changing(table, names, f"rows{place}")
        for place, (table, names) in enumerate(shapes)
    )
    return last.add_cte(*(each.cte(f"part{place}") for place, each in enumerate(before)))


@lru_cache(maxsize=64)
def _insert(target: Table, back: tuple[Any, ...] = ()) -> ReturningInsert[Any] | Insert:
    """Each statement is made once: to make it, and to find what it was compiled to, costs more than to run it."""
    statement = sqlite.insert(target).on_conflict_do_nothing()
    return statement.returning(*back) if back else statement


@lru_cache(maxsize=64)
def _plain(target: Table) -> Insert:
    return insert(target)


@lru_cache(maxsize=64)
def _plain_recordset(target: Table, names: tuple[str, ...]) -> Insert:
    return insert(target).from_select(list(names), select(_recordset(target, names, "rows")))


@lru_cache(maxsize=64)
def _insert_recordset(target: Table, names: tuple[str, ...], back: tuple[Any, ...]) -> ReturningInsert[Any]:
    return _new(target, names).returning(*back)


def _new(target: Table, names: tuple[str, ...], parameter: str = "rows") -> postgresql.Insert:
    insert = postgresql.insert(target).from_select(list(names), select(_recordset(target, names, parameter)))
    return insert.on_conflict_do_nothing()


@lru_cache(maxsize=64)
def _update(target: Table, names: tuple[str, ...]) -> Update:
    # A name of its own for the key: SQLAlchemy would take `id` for a column to be written.
    return update(target).where(target.c.id == bindparam("key")).values({n: bindparam(n) for n in names})


def _changing(target: Table, names: tuple[str, ...], parameter: str) -> Update:
    given = _recordset(target, names, parameter)
    fresh = {name: given.c[name] for name in names if name != "id"}
    return update(target).where(target.c.id == given.c.id).values(fresh)


def _as_json(rows: Rows) -> str:
    return _ENCODER.encode(rows).decode()


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _recordset(table: Table, names: Sequence[str], parameter: str) -> TableValuedAlias:
    """The rows as one parameter: a thousand of them cost more to write down than their rows to insert."""
    given = cast_to(bindparam(parameter, type_=Text), JSON)
    columns = [column_of(name, table.c[name].type) for name in names]
    return func.json_to_recordset(given).table_valued(*columns).render_derived(with_types=True)
