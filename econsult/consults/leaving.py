"""What somebody wrote for an answer when the case was taken out of their hands: they may leave it to the new holder."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.handover import Handover
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult
from econsult.consults.threads import Message, among_clinicians
from econsult.errors import ForbiddenError, ImpossibleVerbError
from econsult.people.persons import Person


def may_leave(session: Session, consult: Consult, person: Person) -> bool:
    """Whether this person had the case and somebody else has it now."""
    if consult.status not in OPEN or consult.holder_id in (None, person.id):
        return False
    query = select(Handover.id).where(Handover.consult_id == consult.id, Handover.from_id == person.id).limit(1)
    return session.scalars(query).first() is not None


def leave_words(session: Session, consult: Consult, person: Person, text: str, *, now: datetime) -> Message:
    """Put the words where the new holder and the clinic read them; it is no reply, and ends no wait.

    Raises ForbiddenError for who never had the case, ImpossibleVerbError where nobody else has it, InvalidError.
    """
    if consult.status not in OPEN or consult.holder_id in (None, person.id):
        raise ImpossibleVerbError(consult.status, "leave a note")
    if not may_leave(session, consult, person):
        raise ForbiddenError("Only who had this consult leaves a note to who has it now.")
    return among_clinicians(session, consult, person, text, now=now)
