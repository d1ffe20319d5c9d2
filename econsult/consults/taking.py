"""What somebody should take next: the most urgent, soonest due request that they may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.offering import check_may_take
from econsult.consults.records import Consult
from econsult.consults.worklist import Filters, View, page
from econsult.people.persons import Organization, Person
from econsult.rosters.limits import Conflict, limits_of


@dataclass(frozen=True)
class _Takeable(Filters):
    """Only what is neither a conflict of interest of this person nor outside of their licence."""

    bars: tuple[ColumnElement[bool], ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        return [*super().conditions(), *self.bars]


def next_for(session: Session, person: Person, *, now: datetime) -> Consult | None:
    """The first of the pool that this person may take, however many before it are barred; None where there is none.

    Raises ForbiddenError for somebody whose hands are full. The database passes over what is barred, in one statement.
    """
    found = page(session, person, View.POOL, now=now, filters=_Takeable(bars=_bars(session, person)), limit=1)
    for consult in found.consults:
        check_may_take(session, consult, person)
        return consult
    return None


def _bars(session: Session, person: Person) -> tuple[ColumnElement[bool], ...]:
    """What `check_may_take` looks at of each request, as conditions."""
    free = ~exists().where(Conflict.person_id == person.id, Conflict.patient_id == Consult.patient_id)
    limits = limits_of(session, [person.id]).get(person.id)
    if limits is None or not limits.states:
        return (free,)
    within = or_(Organization.state == "", Organization.state.in_(limits.states.split(",")))
    clinics = select(Organization.id).where(Organization.program_id == person.program_id, within)
    is_licensed = or_(Consult.organization_id.is_(None), Consult.organization_id.in_(clinics))
    return (free, or_(Consult.specialty.is_(None), Consult.kind == "family_question", is_licensed))
