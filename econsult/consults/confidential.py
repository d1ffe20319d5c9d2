"""What stays between a young person and the clinic: a question that no caregiver learns of, not even that it is there.

The mark is on the whole question: its words, pictures, messages, answer, note, notices and the rows of the access log.
Who may act for the child finds nothing under its address. Staff see the mark, so that nobody tells by telephone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.records import Consult, note
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError
from econsult.notices import Notice
from econsult.people.caregivers import is_old_enough
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

BY_YOUTH, BY_CLINIC = "youth", "clinic"
BEGUN_BY_PROXY = (Role.CAREGIVER, Role.INVITED)


def may_change(session: Session, consult: Consult, person: Person) -> bool:
    """Whether this person, who has the right to keep it confidential, may change it for this question.

    What a caregiver began, a caregiver knows. What the young person wants kept, only the young person opens.
    """
    if session.get_one(Person, consult.requester_id).role in BEGUN_BY_PROXY:
        return False
    return person.role == Role.YOUTH or consult.confidential != BY_YOUTH


def keep_confidential(session: Session, consult: Consult, person: Person, wish: bool, *, now: datetime) -> Consult:
    """Hide it from every caregiver, or show it to them. Raises ForbiddenError where this is not the person's to say."""
    session.flush()
    session.refresh(consult, with_for_update=NO_KEY)
    if wish and not is_old_enough(session, session.get_one(Patient, consult.patient_id), now):
        raise ForbiddenError("Somebody so young keeps nothing from their caregivers here.")
    if not may_change(session, consult, person):
        raise ForbiddenError("Who began this question, or wanted it kept, decides who of the family sees it.")
    if consult.is_confidential != wish:
        consult.confidential = "" if not wish else BY_YOUTH if person.role == Role.YOUTH else BY_CLINIC
        consult.version += 1
        act = "keep_confidential" if wish else "show_to_caregivers"
        note(session, consult, act, person_id=person.id, now=now)
    return consult


def is_kept_from(session: Session, notice: Notice, person: Person) -> bool:
    """Whether a notice waits that its reader may hear no more, because its question became confidential meanwhile."""
    if notice.consult_id is None or person.role != Role.CAREGIVER:
        return False
    return session.get_one(Consult, notice.consult_id).is_confidential
