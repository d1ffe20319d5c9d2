"""Who hears what: the desk, a request's clinic, a family's medical home."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.own_clinic import own_team
from econsult.consults.records import Consult
from econsult.people.caregivers import caregivers_of
from econsult.people.persons import NAMES_STAY_SHUT, Person, Role, team_of
from econsult.rosters.homes import there_of

ASKING_ROLES = (Role.PCP, Role.TELEPRESENTER)


class Asking(Protocol):
    """What says who asked, as a record or as a plain row."""

    @property
    def program_id(self) -> int: ...
    @property
    def organization_id(self) -> int | None: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def sent_on_by_id(self) -> int | None: ...


def coordinators_of(session: Session, program_id: int, role: Role = Role.COORDINATOR) -> list[Person]:
    """The active people of the program's desk (or of another role)."""
    query = select(Person).where(Person.program_id == program_id, Person.role == role, Person.is_active)
    return list(session.scalars(query.order_by(Person.id).options(*NAMES_STAY_SHUT)))


def other_officers(session: Session, program_id: int, but: Person | None) -> list[Person]:
    """The program's privacy officers but this one, or its directors where there is no other officer."""
    for role in (Role.PRIVACY, Role.DIRECTOR):
        found = [each for each in coordinators_of(session, program_id, role) if but is None or each.id != but.id]
        if found:
            return found
    return []


def desk_of(session: Session, program_id: int, now: datetime) -> list[Person]:
    """Who hears what the desk must know: its coordinators, and while none of them is there the directors too.

    Of these none being there either (away by the roster, or none having an account), the administrators as well.
    """
    found: list[Person] = []
    for role in (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN):
        group = coordinators_of(session, program_id, role)
        found += group
        if group and there_of(session, group, now):
            break
    return found


def clinic_of(session: Session, asked: Asking, now: datetime) -> list[Person]:
    """Who hears what a request's clinic must know: its clinicians, and whoever of the staff put the question.

    A telepresenter belongs to no team, and is the one who has the child in front of them. Where nobody is left, the
    desk hears it.
    """
    numbers = {asked.requester_id, asked.sent_on_by_id} - {None}
    askers = select(Person).where(Person.id.in_(numbers), Person.role.in_(ASKING_ROLES), Person.is_active)
    found = [*team_of(session, asked.organization_id), *session.scalars(askers.options(*NAMES_STAY_SHUT))]
    return list({person.id: person for person in found}.values()) or desk_of(session, asked.program_id, now)


def clinics_of(session: Session, consult: Consult, now: datetime) -> list[Person]:
    """The same, and the clinicians of the child's own clinic where another one answers its family's question."""
    found = [*clinic_of(session, consult, now), *own_team(session, consult)]
    return list({person.id: person for person in found}.values())


def family_of(session: Session, consult: Consult, now: datetime) -> list[Person]:
    """Who of the family reads of a consult: whoever may act for the child, and of what is kept from them the young
    person alone.
    """
    return caregivers_of(session, consult.patient_id, now, only_self=consult.is_confidential)


def asked_of(session: Session, asked: Asking, now: datetime) -> list[Person]:
    """Who could give what is asked of the clinic, whoever of them is there."""
    return [person for person in clinic_of(session, asked, now) if person.role in ASKING_ROLES]


def home_of(session: Session, consult: Consult, now: datetime) -> list[Person]:
    """Who answers a family: its clinic's team, and its own where another answers; the desk where nobody is left."""
    team = team_of(session, consult.organization_id) or desk_of(session, consult.program_id, now)
    return list({person.id: person for person in (*team, *own_team(session, consult))}.values())
