"""Breaking the glass: who may not know the child's name opens it for an hour, with a reason, and does not go unseen.

Every privacy officer is told at once, the family reads it in its own log, and the reason rests sealed for the officer.
The right hangs on holding the consult, or having answered it: who waits in its pool has no name to open, nor who may no
longer know the consult.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program
from econsult.consults.hearers import coordinators_of
from econsult.consults.lifecycle import Status
from econsult.consults.names_shown import NamesShown, is_shown, names_shown
from econsult.consults.records import Consult
from econsult.database import NO_KEY, Base, Instant, Sealed
from econsult.errors import ForbiddenError, InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

LASTS = timedelta(hours=1)
REVIEWED_WITHIN = timedelta(hours=72)
"""Then officers are reminded, until one has looked at it (`looking_back`)."""
SHORTEST_REASON, LONGEST_REASON = 10, 1000


class BrokenGlass(Base):
    """One opening of a child's name and birth date by one person about one consult."""

    __tablename__ = "broken_glass"
    __table_args__ = (
        *in_program("broken_glass", consult_id="consult", person_id="person", reviewed_by_id="person"),
        Index("ix_broken_glass_person", "person_id", "consult_id"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Sealed("broken_glass.reason"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    review_note: Mapped[str | None] = mapped_column(Sealed("broken_glass.review_note"))
    remind_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class NotTakenError(ForbiddenError):
    """Somebody of the pool wants to know whose request it is that they have not taken."""

    code = "not_taken"

    def __init__(self) -> None:
        super().__init__("Take the request first: the child's name opens to nobody but whoever holds it.")


def open_until(session: Session, consult: Consult, person: Person, now: datetime) -> datetime | None:
    """Until when the name is open to this person; None where it is not.

    Who gave the request back and takes it again within the hour says anew why they must know.
    """
    query = select(func.max(BrokenGlass.ends_at)).where(
        BrokenGlass.consult_id == consult.id, BrokenGlass.person_id == person.id, BrokenGlass.opened_at <= now
    )
    if consult.holder_id == person.id and consult.claimed_at is not None:
        query = query.where(BrokenGlass.opened_at >= consult.claimed_at)
    until: datetime | None = session.scalar(query)
    return until if until is not None and until > now else None


@dataclass(frozen=True)
class Opening:
    """A name that is open to somebody: until then, or, without an end, for as long as they hold the request."""

    until: datetime | None = None


def look_for_name(session: Session, consult: Consult, person: Person, now: datetime, *, is_let: bool) -> Opening | None:
    """Whether the name is open to this person, as the program's rule says; each look at an open one leaves a row."""
    rule = names_shown(session, consult.program_id, is_let=is_let)
    opening = _opening(session, consult, person, rule, now)
    if opening is not None:
        act = "read_identity" if opening.until is not None else "read_name"
        note_identity(session, consult, person, act, now)
    return opening


def _opening(session: Session, consult: Consult, person: Person, rule: NamesShown, now: datetime) -> Opening | None:
    if rule == NamesShown.NOBODY:
        return None
    if is_shown(rule, consult, person):
        return Opening()
    until = open_until(session, consult, person, now)
    return Opening(until) if until is not None else None


def running(session: Session, program_id: int, now: datetime) -> set[tuple[int, int]]:
    """The ids of the consults and people of the exceptions that run now, but of what was taken back or erased."""
    query = (
        select(BrokenGlass.consult_id, BrokenGlass.person_id)
        .join(Consult, Consult.id == BrokenGlass.consult_id)
        .join(Patient, Patient.id == Consult.patient_id)
        .where(BrokenGlass.program_id == program_id, BrokenGlass.opened_at <= now, BrokenGlass.ends_at > now)
        .where(Consult.status != Status.WITHDRAWN, Patient.erased_at.is_(None))
    )
    return {(consult_id, person_id) for consult_id, person_id in session.execute(query)}


def break_glass(session: Session, consult: Consult, person: Person, *, reason: str, now: datetime) -> datetime:
    """Open the name for an hour; returns its end. `access` has let the person know the consult; no time is added.

    Raises InvalidError without a reason, and ForbiddenError where the program lets nobody, or where no privacy officer
    would hear of it.
    """
    if names_shown(session, consult.program_id) == NamesShown.NOBODY:
        raise ForbiddenError("Your program lets nobody open a child's name by exception.")
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidError("Say in a sentence why you must know who the child is.", {"reason": "required"})
    # Of two clicks at once the second finds what the first has opened.
    session.refresh(consult, with_for_update=NO_KEY)
    until = open_until(session, consult, person, now)
    if until is not None:
        return until
    officers = coordinators_of(session, consult.program_id, Role.PRIVACY)
    if not officers:
        raise ForbiddenError("Your program has no privacy officer who could be told, so the name stays closed.")
    opened = BrokenGlass(
        program_id=consult.program_id,
        consult_id=consult.id,
        person_id=person.id,
        reason=reason.strip(),
        opened_at=now,
        ends_at=now + LASTS,
        remind_at=now + REVIEWED_WITHIN,
    )
    session.add(opened)
    session.flush()
    for officer in officers:
        notify(session, officer, NoticeKind.NAME_OPENED, consult_id=None, about=f"glass:{opened.id}", now=now)
    note_identity(session, consult, person, "break_glass", now)
    return opened.ends_at


def note_identity(session: Session, consult: Consult, person: Person, action: str, now: datetime) -> None:
    """Leave the row of an opening, or of a look while it lasts."""
    patient_id = session.scalars(select(Patient.public_id).where(Patient.id == consult.patient_id)).one()
    audit.record(
        session,
        action,
        "patient",
        patient_id,
        now=now,
        person_id=person.id,
        patient_id=consult.patient_id,
        consult_id=consult.id,
    )
