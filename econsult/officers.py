"""Which of a program's privacy officers count as one: whom an administrator alone has made oversees no administrator.

An account that an administrator opens, reopens or gives a first link of, while another officer is there, is
unconfirmed: whoever opened it may have come in by that link themself. It works as any other, until an officer who
counts has confirmed whose it is; but the last officer who counts is not closed for its sake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from econsult import audit
from econsult.belonging import in_program
from econsult.database import NO_KEY, Base
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.persons import Person, Program, Role


class UnconfirmedOfficer(Base):
    """An officer of whom an administrator alone says who it is."""

    __tablename__ = "unconfirmed_officer"
    __table_args__ = (
        UniqueConstraint("person_id", name="uq_unconfirmed_officer"),
        *in_program("unconfirmed_officer", person_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


@dataclass(frozen=True)
class Officer:
    """One of the open accounts of privacy officers. `counts` says that it is confirmed, or needs no confirming."""

    person: Person
    counts: bool


def officers_of(session: Session, program_id: int) -> list[Officer]:
    """The program's officers with an open account, the oldest account first."""
    own = (Person.program_id == program_id, Person.role == Role.PRIVACY, Person.is_active)
    people = session.scalars(select(Person).where(*own).order_by(Person.id).options(undefer(Person.came_in_at)))
    rows = select(UnconfirmedOfficer.person_id).where(UnconfirmedOfficer.program_id == program_id)
    waiting = set(session.scalars(rows))
    return [Officer(person, person.id not in waiting) for person in people]


def note_by_administrator(session: Session, person: Person) -> None:
    """An administrator let this person in. The first officer of a program is nobody's to confirm."""
    if person.role != Role.PRIVACY:
        return
    _lock(session, person.program_id)
    rows = select(UnconfirmedOfficer.person_id).where(UnconfirmedOfficer.person_id == person.id)
    others = [each for each in officers_of(session, person.program_id) if each.person.id != person.id]
    if others and session.scalar(rows) is None:
        session.add(UnconfirmedOfficer(program_id=person.program_id, person_id=person.id))
        session.flush()


def may_close(session: Session, officer: Person) -> bool:
    """Whether an officer who counts, and has come in, is left; or this one never has and oversees nothing yet.

    Locks the program: of two that are closed at one moment the second is left.
    """
    if officer.came_in_at is None:
        return True
    _lock(session, officer.program_id)
    left = [each for each in officers_of(session, officer.program_id) if each.person.id != officer.id]
    return any(each.counts and each.person.came_in_at is not None for each in left)


def confirm_officer(session: Session, by: Person, public_id: str, *, now: datetime) -> None:
    """Say of a colleague that it is they who came in. Raises ForbiddenError for who may not say so.

    Raises NotFoundError for no officer of the program, and InvalidError for who has not come in: the first link is
    in an administrator's hand until then.
    """
    _lock(session, by.program_id)
    officers = officers_of(session, by.program_id)
    if not may_confirm(officers, by):
        raise ForbiddenError("An officer who is confirmed confirms another one.")
    found = next((each for each in officers if each.person.public_id == public_id), None)
    if found is None:
        raise NotFoundError
    if found.person.came_in_at is None:
        raise InvalidError("Nobody has come into this account yet.", {"officer": "not_come_in"})
    if not found.counts:
        session.execute(delete(UnconfirmedOfficer).where(UnconfirmedOfficer.person_id == found.person.id))
        audit.record_operator(session, "confirm_officer", "person", found.person, now=now, by_id=by.id)


def may_confirm(officers: Sequence[Officer], by: Person) -> bool:
    """Whether this person is an officer who counts; where nobody does any more, whoever is there."""
    standing = [each.person.id for each in officers if each.counts] or [each.person.id for each in officers]
    return by.id in standing


def _lock(session: Session, program_id: int) -> None:
    session.get_one(Program, program_id, with_for_update=NO_KEY)
