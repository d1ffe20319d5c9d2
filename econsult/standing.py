"""What somebody of the desk is to every request: its coordinators, or whoever stands in; a part of `access`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.desks import STAND_INS, stands_in
from econsult.consults.left_waiting import is_left_waiting
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError
from econsult.people.persons import Person, Role
from econsult.rights import Relation
from econsult.trail import AuditEvent

JUST_NOW = timedelta(minutes=10)


def desk_relation(session: Session, person: Person, now: datetime, consult: Consult | None = None) -> Relation | None:
    """What this person is to the requests of the program, or to this one; nothing where they are not of the desk.

    Whoever stands in learns of whom a request is only while its family waits for somebody to reach it.
    """
    if person.role == Role.COORDINATOR:
        return Relation.COORDINATOR
    if not stands_in(session, person, now):
        return None
    is_needed = consult is not None and is_left_waiting(session, consult, now)
    return Relation.FOR_DESK if is_needed else Relation.STAND_IN


def check_desk(session: Session, person: Person, now: datetime) -> None:
    """Raise ForbiddenError for whoever is neither of the desk nor stands in for it."""
    if desk_relation(session, person, now) is None:
        raise ForbiddenError("Your role does not include this.")


def has_just_stood_in(session: Session, person: Person, public_id: str, act: str, now: datetime) -> bool:
    """Whether this person, who has or had the desk of others, did this to the consult within the last minutes."""
    if person.role not in STAND_INS:
        return False
    own = (Consult.public_id == public_id, Consult.program_id == person.program_id)
    done = select(AuditEvent.id).join(Consult, Consult.patient_id == AuditEvent.patient_id).where(*own)
    done = done.where(AuditEvent.consult_id == Consult.id, AuditEvent.person_id == person.id)
    return session.scalar(done.where(AuditEvent.action == act, AuditEvent.at > now - JUST_NOW).limit(1)) is not None
