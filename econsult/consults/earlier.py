"""Earlier consults of the same child that whoever asks shows to the specialist, and what asks nearly the same.

What is attached is read by way of the new consult alone, and no longer than that goes on. It never includes what was
taken back, nor what is kept from the caregivers, unless the new consult is kept from them at least as much; both are
asked anew at every look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import about_child, in_program, of_child
from econsult.consults.confidential import is_less_kept
from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant
from econsult.errors import InvalidError
from econsult.people.persons import Person

MOST = 5
SOON = timedelta(days=14)
"""Within so many days a second request to a specialty may be the first one once more."""
NEVER_SENT = (Status.DRAFT, Status.WITHDRAWN)


class EarlierConsult(Base):
    """One earlier consult that a request shows. The database checks that both are about this child of this program."""

    __tablename__ = "earlier_consult"
    __table_args__ = (
        *in_program(
            "earlier_consult", consult_id="consult", earlier_id="consult", added_by_id="person", patient_id="patient"
        ),
        about_child("earlier_consult"),
        of_child("earlier_consult", "earlier_id"),
        UniqueConstraint("consult_id", "earlier_id", name="uq_earlier_consult"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    earlier_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)


BY_WAY = "attached"
"""The detail of an audit row of a look at an earlier consult; behind it stands by way of which one it was."""


def by_way_of(consult: Consult) -> str:
    """What the row of such a look says: a family's log leaves it out where the question is kept from its reader."""
    return f"{BY_WAY}/{consult.public_id}"


def may_show(consult: Consult, earlier: Consult) -> bool:
    """Whether a consult may be shown by way of another one now."""
    if earlier.patient_id != consult.patient_id or earlier.id == consult.id:
        return False
    if earlier.status in NEVER_SENT or earlier.submitted_at is None or earlier.consent_withdrawn_at is not None:
        return False
    is_kept_as_well = earlier.confidential in ("", consult.confidential) or is_less_kept(earlier, consult)
    return is_kept_as_well and earlier.is_test == consult.is_test


def attach(session: Session, consult: Consult, person: Person, chosen: Sequence[Consult], *, now: datetime) -> None:
    """Show these earlier consults with the request, and no others. Raises InvalidError for one that is never shown."""
    if len(chosen) > MOST or any(not may_show(consult, each) for each in chosen):
        raise InvalidError("These earlier requests cannot be shown.", {"earlier": "unknown_value"})
    before = set(session.scalars(select(EarlierConsult.earlier_id).where(EarlierConsult.consult_id == consult.id)))
    wanted = {each.id for each in chosen}
    gone = delete(EarlierConsult).where(EarlierConsult.consult_id == consult.id)
    session.execute(gone.where(EarlierConsult.earlier_id.in_(before - wanted)))
    for each in chosen:
        if each.id not in before:
            session.add(
                EarlierConsult(
                    program_id=consult.program_id,
                    patient_id=consult.patient_id,
                    consult_id=consult.id,
                    earlier_id=each.id,
                    added_by_id=person.id,
                    at=now,
                )
            )
            note(session, each, "attach", person_id=person.id, now=now, detail=consult.public_id)
    session.flush()


def attached_to(session: Session, consult: Consult) -> list[Consult]:
    """What the request shows of before, newest first; nothing once it has ended or lost its consent."""
    if consult.status in ENDED or consult.consent_withdrawn_at is not None:
        return []
    query = select(Consult).join(EarlierConsult, EarlierConsult.earlier_id == Consult.id)
    found = session.scalars(query.where(EarlierConsult.consult_id == consult.id).order_by(Consult.id.desc()))
    return [earlier for earlier in found if may_show(consult, earlier)]


def alike(consult: Consult, others: Iterable[Consult], at: datetime) -> list[Consult]:
    """Those of a child's consults that ask the same specialty and are open, or were sent within 14 days, newest first.

    `at` is when this one asks it; what was sent later asks the same as this one, and not the other way round.
    Answered and closed ones count; what was taken back does not, nor what is kept from its caregivers.
    """
    if not consult.specialty:
        return []
    found = [
        other
        for other in others
        if other.id != consult.id
        and other.specialty == consult.specialty
        and other.status not in NEVER_SENT
        and other.submitted_at is not None
        and other.submitted_at <= at
        and (other.status in OPEN or other.submitted_at > at - SOON)
    ]
    return sorted(found, key=lambda other: -other.id)
