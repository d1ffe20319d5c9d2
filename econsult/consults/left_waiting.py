"""Families whom nobody of their clinic reaches: what the desk is told of, and ends by a telephone call or a message.

An emergency call that is open; and a family that waits for a reply, or to hear what came of its question, while nobody
of the clinic that answers is there, or once the desk heard that it is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN
from econsult.consults.overdue import IS_STILL_PROMISED
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.replies import FAMILY
from econsult.consults.steps import DESK_FROM
from econsult.consults.stranded import STRANDED
from econsult.consults.telephone import PhoneTask
from econsult.people.persons import Person, Role
from econsult.rosters.shifts import TimeOff

CALL = "call"
"""What stands for a clock where an emergency call is to be made."""
MOST = 200


@dataclass(frozen=True)
class LeftWaiting:
    """One request, for what its family waits (a clock's name, or CALL), and by when it was promised."""

    consult: Consult
    what: str
    due_at: datetime


def is_left_waiting(session: Session, consult: Consult, now: datetime) -> bool:
    """Whether somebody in the place of an empty desk must reach this family now."""
    return bool(session.scalar(select(exists().where(Consult.id == consult.id, _is_left_waiting(now)))))


def left_waiting(session: Session, program_id: int, now: datetime) -> list[LeftWaiting]:
    """These families of a program, the calls first, each request once, by what runs out first; 200 at most."""
    calls = select(PhoneTask.due_at, Consult).join(Consult, Consult.id == PhoneTask.consult_id)
    calls = calls.where(Consult.program_id == program_id, PhoneTask.done_at.is_(None)).order_by(PhoneTask.due_at)
    found: dict[int, LeftWaiting] = {}
    for due_at, consult in session.execute(calls.limit(MOST)):
        found.setdefault(consult.id, LeftWaiting(consult, CALL, due_at))
    waits = [row for half in _halves(program_id, now) for row in session.execute(half.limit(MOST))]
    for clock, consult in sorted(waits, key=lambda row: row[0].deadline_at):
        found.setdefault(consult.id, LeftWaiting(consult, clock.name, clock.deadline_at))
    return list(found.values())[:MOST]


def children_left_waiting(program_id: int, now: datetime) -> Select[int]:
    """The children of these families, by number, and those of questions of which nobody of the clinic can act."""
    sent = (Consult.program_id == program_id, Consult.submitted_at.is_not(None))
    return select(Consult.patient_id).where(*sent, or_(_is_left_waiting(now), STRANDED))


def _is_left_waiting(now: datetime) -> ColumnElement[bool]:
    calls = exists().where(PhoneTask.consult_id == Consult.id, PhoneTask.done_at.is_(None))
    return or_(calls, exists().where(Clock.consult_id == Consult.id, *_waits(now)))


def _halves(program_id: int, now: datetime) -> Sequence[Select[Clock, Consult]]:
    """What goes on and what came to an end with a promise left: each half has an index of its own."""
    query = (
        select(Clock, Consult)
        .join(Consult, Consult.id == Clock.consult_id)
        .where(Consult.program_id == program_id, *_waits(now))
        .order_by(Clock.deadline_at, Clock.id)
    )
    return [query.where(Consult.status.in_(OPEN)), query.where(IS_STILL_PROMISED)]


def _waits(now: datetime) -> Sequence[ColumnElement[bool]]:
    """A clock by which a family waits, and which the desk hears of."""
    is_family = and_(Clock.name == ClockName.NEXT_REPLY, Clock.lane == FAMILY)
    is_told = or_(Clock.fired_level >= DESK_FROM, Clock.deadline_at <= now)
    is_off = exists().where(TimeOff.person_id == Person.id, TimeOff.starts_at <= now, TimeOff.ends_at > now)
    # Of the clinic of this very request: deeper in a query than one level it would mean that of any request.
    its = Person.organization_id == Consult.organization_id
    team = exists().where(its, Person.role == Role.PCP, Person.is_active, ~is_off).correlate(Consult)
    return (
        Clock.state == ClockState.RUNNING,
        or_(Clock.name == ClockName.FAMILY_INFORMED, is_family),
        or_(is_told, ~team),
    )
