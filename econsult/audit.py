"""Who did what to whose record, and when. Rows are only ever added; they hold ids and codes, never health data.

They are gathered while a transaction works and written as its last act, so that the one row which every writer must
lock, the end of the trail, is held for an instant and never waited for by somebody who holds anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import event
from sqlalchemy.orm import Session

from econsult.trail import extend, program_of

PENDING = "econsult_audit_rows"


class Listed(Protocol):
    """What a row names of a consult, a record of it or a plain row: this module cannot import what writes rows."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def patient_id(self) -> int: ...


def record(
    session: Session,
    action: str,
    entity: str,
    entity_id: str,
    *,
    now: datetime,
    person_id: int | None,
    patient_id: int | None = None,
    consult_id: int | None = None,
    program_id: int | None = None,
    detail: str = "",
) -> None:
    """Add one row, written when the transaction of the act commits; `detail` is a code, never what somebody wrote.

    `program_id` may be left out where a person, a child or a consult tells it.
    """
    row = {
        "at": now,
        "person_id": person_id,
        "action": action,
        "entity": entity,
        "entity_id": entity_id,
        "patient_id": patient_id,
        "consult_id": consult_id,
        "program_id": program_id,
        "detail": detail,
    }
    _pending(session).append(row)


def record_list(session: Session, listed: Iterable[Listed], *, now: datetime, person_id: int) -> None:
    """Note that somebody was shown these consults in a list: one row each."""
    for each in listed:
        record(
            session,
            "list",
            "consult",
            each.public_id,
            now=now,
            person_id=person_id,
            patient_id=each.patient_id,
            consult_id=each.id,
        )


def unwritten(session: Session) -> list[dict[str, Any]]:
    """What this transaction has noted and not written yet."""
    return list(_pending(session))


def carry(session: Session) -> list[dict[str, Any]]:
    """Take what was noted out of a transaction that only reads, for one that may write: see `add`."""
    rows: list[dict[str, Any]] = session.info.pop(PENDING, [])
    return rows


def add(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Write down, when this transaction commits, what was noted in another."""
    _pending(session).extend(rows)


class Governed(Protocol):
    """A person or a clinic."""

    @property
    def public_id(self) -> str: ...
    @property
    def program_id(self) -> int: ...


def record_operator(
    session: Session,
    action: str,
    entity: str,
    subject: Governed,
    *,
    now: datetime,
    detail: str = "",
    by_id: int | None = None,
) -> None:
    """Note what was done to a person or a clinic by an administrator, or by whoever runs the program (None)."""
    record(
        session,
        action,
        entity,
        subject.public_id,
        now=now,
        person_id=by_id,
        program_id=subject.program_id,
        detail=detail,
    )


def _pending(session: Session) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = session.info.setdefault(PENDING, [])
    return rows


def _write(session: Session) -> None:
    rows = session.info.pop(PENDING, [])
    if not rows:
        return
    # What the rows point to must be there, and nothing may be left that waits for others once the chain is locked.
    session.flush()
    by_program: dict[int, list[dict[str, Any]]] = {}
    known: dict[tuple[str, int], int] = {}
    for row in rows:
        row["program_id"] = row["program_id"] or program_of(session, row, known)
        by_program.setdefault(row["program_id"], []).append(row)
    for program_id in sorted(by_program):
        extend(session, program_id, by_program[program_id])


def _forget(session: Session) -> None:
    """What was not committed was not done."""
    session.info.pop(PENDING, None)


event.listen(Session, "before_commit", _write)
event.listen(Session, "after_rollback", _forget)
