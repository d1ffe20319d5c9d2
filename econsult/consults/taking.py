"""What somebody should take next: the most urgent, soonest due request that they may take. And taking another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.fitting import check_may_take
from econsult.consults.holding import claim
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind
from econsult.consults.views import Filters, View
from econsult.consults.wishes import kept_for_others
from econsult.consults.worklist import page
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person
from econsult.rosters.limits import Limits, limits_of
from econsult.unreadable import UnreadableError

OUT_OF_TURN = "out_of_turn"
"""What the trail says of a request that somebody took although another was before it in their queue."""


@dataclass(frozen=True)
class _Takeable(Filters):
    """Only what is within this person's licence and languages."""

    bars: tuple[ColumnElement[bool], ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        return [*super().conditions(), *self.bars]


def next_for(session: Session, person: Person, *, now: datetime, lost: Collection[int] = ()) -> Consult | None:
    """The first of the pool that this person may take, however many before it are barred; None where there is none.

    What somebody else is asked about first, by name, is passed over for the while; whoever opens it may take it. So are
    those that this person has just `lost` to somebody faster, by their numbers. Raises ForbiddenError for somebody
    whose hands are full. The database passes over what is barred, in one statement.
    """
    first = _first(session, person, now, lost)
    if first is not None:
        check_may_take(session, first, person)
    return first


def take(session: Session, consult: Consult, person: Person, *, now: datetime, lease: timedelta) -> Consult:
    """Claim the request that somebody chose themselves, as `holding.claim` does.

    Where another comes before it in their queue, the trail says so, and not which: that is another child's.
    """
    is_in_turn = consult.status != Status.SUBMITTED or _is_in_turn(session, consult, person, now)
    return claim(session, consult, person, now=now, lease=lease, detail="" if is_in_turn else OUT_OF_TURN)


def _is_in_turn(session: Session, consult: Consult, person: Person, now: datetime) -> bool:
    try:
        first = _first(session, person, now)
    except UnreadableError:
        # One damaged request keeps nobody from taking another; nothing is said of an order that nobody can read.
        return True
    return first is None or first.id == consult.id


def _first(session: Session, person: Person, now: datetime, lost: Collection[int] = ()) -> Consult | None:
    bars = [*_bars(session, person), ~kept_for_others(person, now)]
    if lost:
        bars.append(Consult.id.not_in(lost))
    found = page(session, person, View.POOL, now=now, filters=_Takeable(bars=tuple(bars)), limit=1)
    return next(iter(found.consults), None)


def is_kept_for_others(session: Session, person: Person, *, now: datetime) -> bool:
    """Whether something waits that this person may take, and of which a colleague is asked first by name."""
    bars = (*_bars(session, person), kept_for_others(person, now))
    return bool(page(session, person, View.POOL, now=now, filters=_Takeable(bars=bars), limit=1).consults)


def _bars(session: Session, person: Person) -> tuple[ColumnElement[bool], ...]:
    """What `check_may_take` looks at of each request, as conditions; conflicts are in no list at all."""
    limits = limits_of(session, [person.id]).get(person.id)
    asks_a_specialist = and_(Consult.specialty.is_not(None), Consult.kind != Kind.FAMILY_QUESTION)
    bars = []
    if limits is not None and limits.languages:
        spoken = exists().where(Patient.id == Consult.patient_id, Patient.language.in_(limits.languages.split(",")))
        bars.append(or_(~asks_a_specialist, spoken))
    if limits is not None and limits.states:
        bars.append(or_(~asks_a_specialist, _is_licensed(person, limits)))
    return tuple(bars)


def _is_licensed(person: Person, limits: Limits) -> ColumnElement[bool]:
    within = or_(Organization.state == "", Organization.state.in_(limits.states.split(",")))
    clinics = select(Organization.id).where(Organization.program_id == person.program_id, within)
    return or_(Consult.organization_id.is_(None), Consult.organization_id.in_(clinics))
