"""What came by invitation waits for the clinic's word: somebody who knows the family says that it is theirs.

Until then the clinic may look, call and take it in hand, but neither answers it nor sends it on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.records import Consult, note
from econsult.database import NO_KEY, Base, Instant
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.caregivers import caregiver_link
from econsult.people.invitations import Invitation, live_invitation
from econsult.people.patients import Patient
from econsult.people.persons import Person

MOST = 5
"""How many questions one invitation may bring: more is no family."""


class Arrival(Base):
    """By which invitation a question came, and who of the clinic took it for the family's."""

    __tablename__ = "arrival"
    __table_args__ = in_program("arrival", consult_id="consult", invitation_id="invitation", adopted_by_id="person")

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), unique=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), index=True)
    adopted_at: Mapped[datetime | None] = mapped_column(Instant)
    adopted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def invited_for(session: Session, person: Person, patient: Patient, now: datetime) -> Invitation:
    """The invitation by which this device asks about this child. Raises ForbiddenError where none does."""
    invitation = live_invitation(session, person, now)
    if invitation is None or invitation.patient_id != patient.id:
        raise ForbiddenError("This invitation does not hold for that.")
    brought = select(func.count(Arrival.id)).where(Arrival.invitation_id == invitation.id)
    if session.scalars(brought).one() >= MOST:
        raise ForbiddenError(f"One invitation brings at most {MOST} questions.")
    return invitation


def arrive(session: Session, consult: Consult, invitation: Invitation) -> None:
    """Mark a question that a device has just begun."""
    consult.awaits_adoption = True
    session.flush()
    session.add(Arrival(consult_id=consult.id, invitation_id=invitation.id))


def came_from(session: Session, consult: Consult, person: Person, now: datetime) -> bool:
    """Whether this device brought it, by an invitation that still holds."""
    invitation = live_invitation(session, person, now)
    if invitation is None:
        return False
    query = select(Arrival.id).where(Arrival.consult_id == consult.id, Arrival.invitation_id == invitation.id)
    return session.scalar(query) is not None


def arrivals_of(session: Session, invitation: Invitation) -> list[Consult]:
    """What an invitation brought, newest first."""
    query = select(Consult).join(Arrival, Arrival.consult_id == Consult.id)
    return list(session.scalars(query.where(Arrival.invitation_id == invitation.id).order_by(Consult.id.desc())))


def arrival_of(session: Session, consult: Consult) -> tuple[Arrival, Invitation] | None:
    """By which invitation the question came, if by one."""
    query = select(Arrival, Invitation).join(Invitation, Invitation.id == Arrival.invitation_id)
    found = session.execute(query.where(Arrival.consult_id == consult.id)).one_or_none()
    return None if found is None else (found[0], found[1])


def adopted_for(session: Session, invitation: Invitation) -> set[int | None]:
    """Whose the clinic took for what an invitation brought: ids of caregivers, and None where it named nobody."""
    query = select(Consult.requester_id, Arrival.adopted_at).join(Arrival, Arrival.consult_id == Consult.id)
    brought = session.execute(query.where(Arrival.invitation_id == invitation.id)).all()
    return {None if requester == invitation.person_id else requester for requester, at in brought if at is not None}


def adopt(session: Session, consult: Consult, person: Person, sender: Person | None, *, now: datetime) -> Consult:
    """The clinic knows who sent it. `sender`, a caregiver of the child with an account, then owns the question.

    Raises ImpossibleVerbError where nothing waits for that, and InvalidError for somebody who is no caregiver.
    """
    session.flush()
    session.refresh(consult, with_for_update=NO_KEY)
    found = arrival_of(session, consult)
    if found is None or not consult.awaits_adoption:
        raise ImpossibleVerbError(consult.status, "be adopted")
    if sender is not None:
        if caregiver_link(session, consult.patient_id, sender.id, now) is None:
            raise InvalidError("Choose somebody who cares for the child.", {"sender": "unknown_value"})
        consult.requester_id = sender.id
    arrival, _invitation = found
    arrival.adopted_at, arrival.adopted_by_id = now, person.id
    consult.awaits_adoption = False
    consult.version += 1
    note(session, consult, "adopt", person_id=person.id, now=now, detail="linked" if sender else "known")
    return consult
