"""Who hears what: the desk, a request's clinic, a family's medical home."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.own_clinic import OfChild, own_team
from econsult.consults.records import Consult
from econsult.people.caregivers import caregivers_of
from econsult.people.persons import NAMES_STAY_SHUT, Person, Role, team_of
from econsult.rosters.homes import there_of
from econsult.rosters.sent_away import HEIRS, who_emptied


class Asking(OfChild, Protocol):
    """What says who asked about whom, as a record or as a plain row."""

    @property
    def program_id(self) -> int: ...
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
    Whoever sent away somebody that the desk lacks now comes after all of them.
    """
    found = coordinators_of(session, program_id)
    if found and there_of(session, found, now):
        return found
    emptied = who_emptied(session, program_id, now)
    groups = [coordinators_of(session, program_id, role) for role in HEIRS[1:]]
    for is_last in (False, True):
        for group in groups:
            heirs = [each for each in group if (each.id in emptied) == is_last]
            found += heirs
            if heirs and there_of(session, heirs, now):
                return found
    return found


def readers_of(session: Session, consult: OfChild) -> list[Person]:
    """Who reads what is written to a request's clinic: its clinicians, and those of the child's own where another one
    answers its family's question. Nobody where both are without any.
    """
    found = [*team_of(session, consult.organization_id), *own_team(session, consult)]
    return list({person.id: person for person in found}.values())


def clinics_of(session: Session, asked: Asking, now: datetime) -> list[Person]:
    """Who hears what a request's clinic must know and the desk may: its readers, or the desk where nobody is left.

    The telepresenter who asked counts as nobody here, for they read no answer: see `presenter_of`.
    """
    return readers_of(session, asked) or desk_of(session, asked.program_id, now)


def presenter_of(session: Session, asked: Asking) -> list[Person]:
    """The telepresenter who put the question, while they have an account: one or nobody.

    They have the child in front of them, so a request for information is addressed to them as well.
    """
    query = select(Person).where(Person.id == asked.requester_id, Person.role == Role.TELEPRESENTER, Person.is_active)
    return list(session.scalars(query.options(*NAMES_STAY_SHUT)))


def family_of(session: Session, consult: Consult, now: datetime) -> list[Person]:
    """Who of the family reads of a consult: whoever may act for the child, and of what is kept from them the young
    person alone.
    """
    return caregivers_of(session, consult.patient_id, now, only_self=consult.is_confidential)


def home_of(session: Session, consult: Consult, now: datetime) -> list[Person]:
    """Who answers a family: its clinic's team, and its own where another answers; the desk where nobody is left."""
    team = team_of(session, consult.organization_id) or desk_of(session, consult.program_id, now)
    return list({person.id: person for person in (*team, *own_team(session, consult))}.values())
