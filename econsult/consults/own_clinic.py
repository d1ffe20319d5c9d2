"""A child's own clinic, while another one answers its family's question: what it keeps, and how it has it again.

A child stays its own clinic's whoever answers for it. What nobody holds goes back there as soon as somebody is there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult, Kind, note
from econsult.consults.turning import turn_clocks
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, team_of
from econsult.rosters.homes import there_of


class OfChild(Protocol):
    """What says whose request it is and which clinic answers it, as a record or as a plain row."""

    @property
    def patient_id(self) -> int: ...
    @property
    def organization_id(self) -> int | None: ...


_OWN = select(Patient.organization_id).where(
    Patient.id == bindparam("child"), Patient.organization_id.is_distinct_from(bindparam("clinic"))
)


def own_clinic(session: Session, consult: OfChild) -> int | None:
    """The child's own clinic, by its number, where another one answers; None otherwise."""
    return session.scalar(_OWN, {"child": consult.patient_id, "clinic": consult.organization_id})


def own_team(session: Session, consult: OfChild) -> list[Person]:
    """The clinicians of the child's own clinic, where another one answers; nobody otherwise."""
    return team_of(session, own_clinic(session, consult))


def is_own(session: Session, consult: Consult, person: Person) -> bool:
    """Whether this clinician is of the clinic that answers, or of the child's own."""
    if person.role != Role.PCP or person.organization_id is None:
        return False
    # Mostly the clinic that answers is the child's own, and nothing need be asked.
    return person.organization_id == consult.organization_id or person.organization_id == own_clinic(session, consult)


def bring_home(session: Session, consult: Consult, now: datetime, *, by_id: int | None) -> None:
    """The child's own clinic answers its family's question again. The family asked that one, and is told nothing."""
    own = own_clinic(session, consult) if consult.kind == Kind.FAMILY_QUESTION else None
    if own is not None:
        consult.organization_id = own
        turn_clocks(session, consult, now, person_id=by_id)
        note(session, consult, "come_home", person_id=by_id, now=now)


def bring_home_if_there(session: Session, consult: Consult, now: datetime) -> None:
    """What nobody holds any more goes back to the child's own clinic where somebody of that is there."""
    if consult.kind == Kind.FAMILY_QUESTION and there_of(session, own_team(session, consult), now):
        bring_home(session, consult, now, by_id=None)
