"""Who is told when a promise was broken: the person who holds the consult, or its pool, and the coordinators."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import Clock, ClockName, due_consults, fire_due
from econsult.consults.records import Consult, Kind
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role, specialists_for, team_of


def fire(session: Session, now: datetime, limit: int = 100) -> tuple[int, int]:
    """Mark what is late in one batch and tell people, once per clock and cycle; returns (consults, breaches)."""
    consults = due_consults(session, now, limit)
    breaches = 0
    for consult in consults:
        for clock in fire_due(session, consult, now):
            breaches += 1
            _tell(session, consult, clock, now)
    return len(consults), breaches


def _tell(session: Session, consult: Consult, clock: Clock, now: datetime) -> None:
    people = {
        person.id: person for person in (*_responsible(session, consult, clock), *_coordinators(session, consult))
    }
    for person in people.values():
        about = f"{clock.name}:{clock.cycle}"
        notify(session, person, NoticeKind.OVERDUE, consult_id=consult.id, about=about, now=now)


def _responsible(session: Session, consult: Consult, clock: Clock) -> list[Person]:
    """Telling the family is the medical home's duty; the first reply is the holder's, or the whole pool's."""
    if clock.name == ClockName.FAMILY_INFORMED:
        return team_of(session, consult.organization_id)
    if consult.holder_id is not None:
        return [session.get_one(Person, consult.holder_id)]
    if consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None:
        return team_of(session, consult.organization_id)
    return specialists_for(session, consult.program_id, consult.specialty)


def _coordinators(session: Session, consult: Consult) -> list[Person]:
    query = select(Person).where(
        Person.program_id == consult.program_id, Person.role == Role.COORDINATOR, Person.is_active
    )
    return list(session.scalars(query))
