"""Tries to tell a family its answer that came to nothing: who tried, when, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, exists, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.hearers import desk_of, presenter_of, readers_of
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, note
from econsult.consults.telephone import try_call
from econsult.consults.telling import check_can_hear
from econsult.database import Base, Instant
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.leading import narrow
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person


class TryResult(StrEnum):
    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"


IS_WRONG = text("result = 'wrong_number'")


class FamilyTry(Base):
    """One try to tell a family that did not reach it."""

    __tablename__ = "family_try"
    __table_args__ = (
        narrow("ix_family_try_wrong", "consult_id", only=IS_WRONG),
        *in_program("family_try", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    result: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Instant)


IS_OF_NOW = (
    exists()
    .where(
        Clock.consult_id == FamilyTry.consult_id,
        Clock.name == ClockName.FAMILY_INFORMED,
        Clock.state == ClockState.RUNNING,
        Clock.started_at <= FamilyTry.at,
    )
    .correlate(FamilyTry)
)
"""The condition of a try to tell what is still to be told; what the family has heard took its tries with it."""


def write_try(session: Session, consult: Consult, person: Person, result: str, *, now: datetime) -> FamilyTry:
    """Staff tried to tell the family and did not reach it; its clock runs on, and so does an emergency's call.

    Raises InvalidError for an unknown result, ImpossibleVerbError where there is nothing left to tell.
    """
    if result not in frozenset(TryResult):
        raise InvalidError("Say what came of the try.", {"tried": "unknown_value"})
    if not person.is_staff:
        raise ForbiddenError("Only staff try to reach a family.")
    check_can_hear(session, consult, is_family=False)
    if consult.informed_at is not None and consult.unheard_version is None:
        raise ImpossibleVerbError(consult.status, "inform")
    row = _write(session, consult, person, result, now)
    try_call(session, consult, person, now=now)
    return row


def write_call_try(session: Session, consult: Consult, person: Person, result: str, *, now: datetime) -> bool:
    """What came of a try of an emergency's call, which goes on. False: there is none any more.

    A wrong number is the clinic's to mend as with any other try. Raises InvalidError for an unknown result.
    """
    if result not in frozenset(TryResult):
        raise InvalidError("Say what came of the try.", {"tried": "unknown_value"})
    is_open = try_call(session, consult, person, now=now)
    if is_open and result == TryResult.WRONG_NUMBER:
        _write(session, consult, person, result, now)
    return is_open


def _write(session: Session, consult: Consult, person: Person, result: str, now: datetime) -> FamilyTry:
    row = FamilyTry(consult_id=consult.id, person_id=person.id, result=result, at=now)
    session.add(row)
    session.flush()
    note(session, consult, "tell_tried", person_id=person.id, now=now, detail=result)
    if result == TryResult.WRONG_NUMBER:
        _tell_clinic(session, consult, person, row, now)
    return row


def _tell_clinic(session: Session, consult: Consult, person: Person, row: FamilyTry, now: datetime) -> None:
    """Who can find another number hears of it: the clinic, and the telepresenter who had the child before them.

    Where nobody of these has an account the desk does, which may write down another number as well.
    """
    people = [*readers_of(session, consult), *presenter_of(session, consult)]
    for each in people or desk_of(session, consult.program_id, now):
        if each.id != person.id:
            about = f"try:{row.id}"
            notify(session, each, NoticeKind.NUMBER_WRONG, consult_id=consult.id, about=about, now=now)


def tries_of(session: Session, consults: Iterable[Consult]) -> dict[int, list[tuple[FamilyTry, Person]]]:
    """The tries to tell what is still to be told of each, with who tried, oldest first, in one statement."""
    ids = {consult.id for consult in consults}
    query = (
        select(FamilyTry, Person)
        .join(Person, Person.id == FamilyTry.person_id)
        .where(FamilyTry.consult_id.in_(ids), IS_OF_NOW)
    )
    found: dict[int, list[tuple[FamilyTry, Person]]] = {}
    for row, person in session.execute(query.order_by(FamilyTry.at, FamilyTry.id)):
        found.setdefault(row.consult_id, []).append((row, person))
    return found
