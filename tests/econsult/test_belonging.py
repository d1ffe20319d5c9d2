"""The database itself keeps programs apart: no row points to another program's, whatever code writes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, Table, TypeDecorator, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from econsult.consults import threads
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.database import Database, SealedJson
from econsult.people.patients import Patient
from econsult.tables import METADATA
from tests.personas import NOON, Clinic, open_clinic

FREE = {"audit_event": "added to at each read, never changed, and chained by program: a key more would cost each look"}
"""Tables that carry a program and may point as they like, and why."""
LATER = {
    "clock_event": "a tick of 100 due requests on PostgreSQL checks 0.8 ms more",
    "notice": "and 1.3 ms more: 9 of 100 more of the server's work, where the tick has no millisecond left",
}
"""Tables that point to several rows of a program and are not bound to one program, and why."""
VALUES = {datetime: NOON, date: NOON.date()}
"""What stands in the columns of a row that is there only to be turned."""


def _belongs(table: Table) -> bool:
    """Whether other tables point to rows of this one together with their program."""
    return any(index.unique and index.columns.keys() == ["program_id", "id"] for index in table.indexes)


OWNED = {table.name for table in METADATA.sorted_tables if _belongs(table)}


def _first(session: Session, table: Table, program_id: int) -> int | None:
    own = table.c.id if table.name == "program" else table.c.program_id
    return session.scalar(select(table.c.id).where(own == program_id).order_by(table.c.id).limit(1))


def _fill(session: Session, table: Table, clinic: Clinic, *, is_whole: bool = True) -> None:
    """One row of the clinic's program, where the product has written none: it only has to stand there."""
    if _first(session, table, clinic.program.id) is not None:
        return
    parents = {columns[-1]: parent for columns, parent in _keys(table)} | {"program_id": "program"}
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.default is not None or column.server_default is not None or column.name == "id":
            continue
        if column.nullable and not is_whole and column.name != "program_id":
            continue
        if column.name in parents:
            values[column.name] = _first(session, METADATA.tables[parents[column.name]], clinic.program.id)
        elif not column.nullable:
            kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
            is_json = isinstance(column.type, SealedJson)
            values[column.name] = {} if is_json else VALUES.get(kind.python_type) or kind.python_type(clinic.program.id)
    session.execute(insert(table).values(values))


def _keys(table: Table) -> set[tuple[tuple[str, ...], str]]:
    """The columns of each foreign key, and the table that it points to."""
    keys = (key for key in table.constraints if isinstance(key, ForeignKeyConstraint))
    return {(tuple(key.column_keys), key.referred_table.name) for key in keys}


def test_every_key_into_a_program_carries_the_program() -> None:
    """A new table with `program_id`: write `in_program(...)` into its arguments, and into its migration."""
    assert {"organization", "person", "patient", "consult"} <= OWNED
    missing = []
    for table in METADATA.sorted_tables:
        for columns, parent in _keys(table) if "program_id" in table.c and table.name not in FREE else ():
            if len(columns) == 1 and parent in OWNED and (("program_id", *columns), parent) not in _keys(table):
                missing.append(f"{table.name}.{columns[0]}")
    assert missing == []


def test_every_table_that_points_to_several_rows_of_a_program_carries_it() -> None:
    """A new table: write `program_id` (`program_of`) and `in_program(...)`. What hangs on one row alone needs none."""
    several = {
        table.name
        for table in METADATA.sorted_tables
        if "program_id" not in table.c and len([1 for _, parent in _keys(table) if parent != table.name]) > 1
    }
    assert several == set(LATER)


def test_every_row_of_a_child_and_a_consult_is_about_one_child() -> None:
    """A new table with `patient_id` and `consult_id`: write `about_child(...)` into its arguments."""
    both = [table for table in METADATA.sorted_tables if {"patient_id", "consult_id"} <= set(table.c.keys())]
    assert [
        table.name
        for table in both
        if table.name not in FREE and (("patient_id", "consult_id"), "consult") not in _keys(table)
    ] == []


def test_the_database_refuses_each_of_them(database: Database, clinic: Clinic) -> None:
    """One row of everything in one program, and every key of it turned to the other program's row."""
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    bound = [table for table in METADATA.sorted_tables if "program_id" in table.c and table.name not in FREE]
    with database.writing() as session:
        said = threads.post(session, clinic.answered(session), clinic.pcp, Audience.CLINICIANS, text="Yes.", now=NOON)
        assert said.program_id == clinic.program.id
        second.econsult(session)
        for table in bound:
            _fill(session, table, clinic)
            if table.name in OWNED:
                _fill(session, table, second, is_whole=False)
        others = {name: _first(session, METADATA.tables[name], second.program.id) for name in OWNED}
        # One to which nothing is bound yet: only the program may be in the way.
        others["consult"] = second.econsult(session).id
        mine = {table.name: _first(session, table, clinic.program.id) for table in bound}
        assert None not in mine.values(), "a row's program is that of what it hangs on"
    tried = 0
    for table in bound:
        for columns, parent in _keys(table):
            if len(columns) == 1:
                continue
            turned = update(table).where(table.c.id == mine[table.name]).values({columns[1]: others[parent]})
            with database.engine.connect() as connection, pytest.raises(IntegrityError, match=r"(?i)foreign key"):
                connection.execute(turned)
            tried += 1
    assert tried > 120


def test_a_consult_about_a_child_of_another_program_cannot_be_written(database: Database, clinic: Clinic) -> None:
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        consult = clinic.econsult(session)
    row = METADATA.tables["consult"]
    with database.engine.connect() as connection:
        values = dict(connection.execute(select(row).where(row.c.id == consult.id)).mappings().one())
    values |= {"id": 1000, "public_id": "0" * 32, "patient_id": second.child.id}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(row).values(values))
    with database.reading() as session:
        assert session.get(Consult, 1000) is None


def test_a_schema_change_leaves_the_keys_of_sqlite_on_and_finds_what_points_to_nothing(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        return
    database.migrate("-1")
    with database.reading() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    connection = database.engine.raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=off")
    driver.execute("INSERT INTO api_token (person_id, token_hash, created_at, expires_at) VALUES (99, 'x', '', '')")
    driver.execute("PRAGMA foreign_keys=on")
    connection.close()
    with pytest.raises(ValueError, match="A row of api_token points to no row of person"):
        database.migrate()
    with database.writing() as session:
        session.execute(text("DELETE FROM api_token"))
    database.migrate()
    with database.reading() as session:
        assert session.scalars(select(Patient)).all() == []
