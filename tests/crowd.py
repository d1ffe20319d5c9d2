"""Many consults at once, made by the database itself: copies of one real consult, each with its clock and ledger."""

# ruff: noqa: S608 - every name in these statements is one of our own columns.

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import SPECIALTIES

TARGET = timedelta(hours=24)


@dataclass(frozen=True)
class Crowd:
    """`count` copies; number i (from 1) reaches half of its target at `first` + i * `apart`."""

    count: int
    first: datetime
    apart: timedelta
    specialties: tuple[str, ...] = SPECIALTIES
    each: int = 0
    """So many of them are of one child, then come those of the next; 0: all are of the template's own."""


def add_crowd(session: Session, template: Consult, crowd: Crowd) -> None:
    """Copy the template, which must not be held by anybody."""
    session.flush()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    taken = {"id", "public_id", "patient_id", "specialty", "due_at", "next_deadline_at", "submitted_at", "created_at"}
    same = [column.name for column in Consult.__table__.columns if column.name not in taken]
    at = _at_sqlite if is_sqlite else _at_postgres
    half = crowd.first - TARGET / 2
    cases = " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(crowd.specialties))
    number = "printf('%032d', i)" if is_sqlite else "lpad(CAST(i AS text), 32, '0')"
    started, due = at(half, crowd.apart), at(crowd.first + TARGET / 2, crowd.apart)
    child = f"{_add_children(session, template, crowd)} + (i - 1) / {crowd.each}" if crowd.each else "t.patient_id"
    session.execute(
        text(
            f"INSERT INTO consult ({', '.join(same)}, public_id, patient_id, specialty, created_at, submitted_at, "
            "due_at, next_deadline_at) "
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {crowd.count}) "
            f"SELECT {', '.join('t.' + name for name in same)}, {number}, {child}, CASE i % {len(crowd.specialties)} "
            f"{cases} END, "
            f"{started}, {started}, {due}, {at(crowd.first, crowd.apart)} FROM n, consult t WHERE t.id = {template.id}"
        )
    )
    _add_clocks(session, template)


def _add_children(session: Session, template: Consult, crowd: Crowd) -> int:
    """Copies of the template's child with its family, as many as there must be; returns the number of the first."""
    last: int = session.execute(text("SELECT MAX(id) FROM patient")).scalar_one()
    number = "printf('%032d', i)" if session.get_bind().dialect.name == "sqlite" else "lpad(CAST(i AS text), 32, '0')"
    for table, owner in ((Patient, "id"), (RelatedPerson, "patient_id")):
        own = {"public_id": number, "patient_id": f"{last} + i"}
        names = [column.name for column in table.__table__.columns if column.name != "id"]
        session.execute(
            text(
                f"INSERT INTO {table.__tablename__} ({', '.join(names)}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                f"SELECT i + 1 FROM n WHERE i < {-(-crowd.count // crowd.each)}) SELECT "
                f"{', '.join(own.get(name, 't.' + name) for name in names)} FROM n, {table.__tablename__} t "
                f"WHERE t.{owner} = {template.patient_id} ORDER BY i"
            )
        )
    return last + 1


def _add_clocks(session: Session, template: Consult) -> None:
    """A running first reply for every copy, and the line of its start in the ledger."""
    copies = (
        f"FROM consult c WHERE c.id > {template.id} AND NOT EXISTS (SELECT 1 FROM clock k WHERE k.consult_id = c.id)"
    )
    seconds = int(TARGET.total_seconds())
    lines = ("consult_id", "name", "cycle", "lane", "kind", "level", "sequence", "at", "deadline_at", "target_seconds")
    session.execute(
        text(
            f"INSERT INTO {ClockEvent.__tablename__} ({', '.join(lines)}, is_late, reason) SELECT c.id, "
            f"'{ClockName.FIRST_REPLY}', 1, '', 'started', 0, 0, c.submitted_at, c.due_at, {seconds}, "
            f"false, '' {copies}"
        )
    )
    columns = ("consult_id", "name", "cycle", "lane", "state", "started_at", "target_seconds", "deadline_at")
    rest = ("fired_level", "pauses", "is_reminded", "is_breached")
    session.execute(
        text(
            f"INSERT INTO {Clock.__tablename__} ({', '.join((*columns, *rest))}) SELECT c.id, "
            f"'{ClockName.FIRST_REPLY}', 1, '', 'running', c.submitted_at, {seconds}, c.due_at, 0, 0, "
            f"false, false {copies}"
        )
    )


def _at_sqlite(start: datetime, apart: timedelta) -> str:
    shown = start.strftime("%Y-%m-%d %H:%M:%S")
    return f"strftime('%Y-%m-%d %H:%M:%f', '{shown}', '+' || (i * {apart.total_seconds():.6f}) || ' seconds') || '000'"


def _at_postgres(start: datetime, apart: timedelta) -> str:
    shown = start.strftime("%Y-%m-%d %H:%M:%S+00")
    return f"TIMESTAMPTZ '{shown}' + i * INTERVAL '{apart.total_seconds():.6f} seconds'"
