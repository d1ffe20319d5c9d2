"""The log of a program as a file: its rows one after the other, in bounded memory, and what of it nobody can read.

What is damaged is found before the first byte leaves: a file that ended at it would be taken for the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from econsult.access_log import Look, Wanted, asked_rows, looks_in, note_search
from econsult.people.persons import FAMILIES, NAMES_STAY_SHUT, Person
from econsult.trail import AuditEvent
from econsult.unreadable import NO_NAME, UnreadableError, is_no_moment, say

AT_ONCE, ALARMS = 1000, 50


@dataclass(frozen=True)
class Readable:
    """The names of the staff by their number, a mark where one does not open, and how many rows cannot be read."""

    names: dict[int, str]
    lacking: int


def note_export(session: Session, person: Person, wanted: Wanted, *, now: datetime) -> None:
    """Leave the row of an export, before its first row is read by `exported`. Raises ForbiddenError."""
    asked_rows(person, wanted, "")
    note_search(session, person, "export", wanted, now)


def readable(session: Session, person: Person) -> Readable:
    """What of the log of this officer's program can be read. Rows that cannot are an ALARM each."""
    odd = AuditEvent.program_id == person.program_id, is_no_moment(session, AuditEvent.at)
    lacking = session.scalars(select(func.count(AuditEvent.id)).where(*odd)).one()
    for number in session.scalars(select(AuditEvent.id).where(*odd).limit(ALARMS)) if lacking else ():
        say("audit_event", "at", number)
    return Readable(_names(session, person.program_id), lacking)


def exported(session: Session, person: Person, wanted: Wanted) -> Iterator[Look]:
    """All rows but those that cannot be read. The names of people stay shut: `readable` has those of the staff."""
    query = asked_rows(person, wanted, "").where(not_(is_no_moment(session, AuditEvent.at)))
    return looks_in(session, query.options(*NAMES_STAY_SHUT).execution_options(yield_per=AT_ONCE))


def _names(session: Session, program_id: int) -> dict[int, str]:
    """All at once, as they nearly always open; one by one where one does not."""
    staff = Person.program_id == program_id, Person.role.not_in(FAMILIES)
    try:
        return dict(session.execute(select(Person.id, Person.name).where(*staff)).all())
    except UnreadableError:
        numbers = session.scalars(select(Person.id).where(*staff)).all()
        return {number: _name(session, number) for number in numbers}


def _name(session: Session, number: int) -> str:
    try:
        return session.scalars(select(Person.name).where(Person.id == number)).one()
    except UnreadableError:
        say("person", "name", number)
        return NO_NAME
