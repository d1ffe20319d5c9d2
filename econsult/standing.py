"""What somebody of the desk is to every request: its coordinators, or whoever stands in; a part of `access`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, false, or_, select, union
from sqlalchemy.orm import Session

from econsult.consults.desks import STAND_INS, stands_in
from econsult.consults.left_waiting import children_left_waiting, is_left_waiting
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError
from econsult.people.deaths import LATELY, Death
from econsult.people.persons import Person, Role
from econsult.pressed import JUST_NOW, has_just_done, just_acted
from econsult.rights import Relation
from econsult.trail import AuditEvent


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


def known_to_stand_in(session: Session, person: Person, now: datetime) -> Select[int]:
    """The children, by number, whom somebody may know by name because they stand in for the desk; else none.

    Those whose family must be reached, or of whose question nobody of the clinic can act: whoever learns that such a
    child has died writes it down. And those who were marked lately, of whom a letter told.
    """
    if not stands_in(session, person, now):
        return select(Death.patient_id).where(false())
    is_undone = and_(Death.taken_back_by_id == person.id, Death.taken_back_at > now - JUST_NOW)
    marked = select(Death.patient_id).where(Death.program_id == person.program_id, Death.noted_at > now - LATELY)
    marked = marked.where(or_(Death.taken_back_at.is_(None), is_undone))
    both = union(children_left_waiting(person.program_id, now), marked).subquery()
    return select(both.c.patient_id)


def check_desk(session: Session, person: Person, now: datetime) -> None:
    """Raise ForbiddenError for whoever is neither of the desk nor stands in for it."""
    if desk_relation(session, person, now) is None:
        raise ForbiddenError("Your role does not include this.")


def has_just_stood_in(session: Session, person: Person, public_id: str, act: str, now: datetime) -> bool:
    """Whether this person, who has or had the desk of others, did this to the consult within the last minutes."""
    return person.role in STAND_INS and has_just_done(session, person, public_id, act, now)


def was_just_stood_in_for(session: Session, person: Person, public_id: str, act: str, now: datetime) -> bool:
    """Whether somebody else did this to the consult within the last minutes, and this person stands in for the desk."""
    is_others = (AuditEvent.person_id != person.id, AuditEvent.action == act)
    return stands_in(session, person, now) and just_acted(session, person, public_id, now, *is_others)
