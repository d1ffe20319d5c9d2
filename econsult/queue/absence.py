"""Who holds consults and is not there: away, gone for good, or off duty by the roster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.consults.uncovered import PROMISED
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.queue.able import Around, Takers
from econsult.rosters.shifts import TimeOff

HOLDING = (*OPEN, Status.ANSWERED)
"""States in which somebody who holds a consult owes a reply; after an answer, what the clinic asks about it."""
NAMES = ("id", "program_id", "status", "urgency", "holder_id", "is_unallocated", "specialty", "fallback_specialty")
ASKED = (*NAMES, "patient_id", "organization_id", "requester_id", "sent_on_by_id")

_HELD = exists().where(Consult.holder_id == Person.id, Consult.status.in_(HOLDING))
_LEFT = (Person.is_active.is_(False), _HELD)
_RUNS = exists().where(
    Clock.consult_id == Consult.id,
    Clock.state == ClockState.RUNNING,
    Clock.name.in_(PROMISED),
    Clock.lane != "family",
)


def away_now(session: Session, now: datetime) -> set[int]:
    """Whose time off it is, and who holds something though their account is closed."""
    off = select(TimeOff.person_id).where(TimeOff.starts_at <= now, TimeOff.ends_at > now)
    return set(session.scalars(off)) | set(session.scalars(select(Person.id).where(*_LEFT)))


def is_anybody_away(now: BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether there is anything to be looked at by `away_now`, as a part of another statement."""
    return or_(exists().where(TimeOff.starts_at <= now, TimeOff.ends_at > now), exists().where(*_LEFT))


def unheard(session: Session, away: Collection[int], pick: Pick = ANY) -> Sequence[Row[Any]]:
    """What runs in the hands of these people and the desk has not heard of, in the order of their numbers."""
    return session.execute(pick.narrow(_held_by(away).where(Consult.uncovered_at.is_(None), _RUNS), Consult.id)).all()


def off_duty(takers: Takers, around: Around) -> set[int]:
    """Who answers for a specialty with a roster and is on duty for none; `is_left` tells it for each consult."""
    members = {person.id for name in around.rostered for person in around.pools.get(name, ())}
    return members - {span.person_id for name in around.rostered for span in takers.spans_of(name)}


def is_left(row: Row[Any], away: Collection[int], takers: Takers) -> bool:
    """Whether the holder of this row is not there for it."""
    return row.holder_id in away or takers.duty_of(row.holder_id, row) == []


def come_back(
    session: Session, program_id: int, away: Collection[int], suspects: Iterable[int], takers: Takers
) -> None:
    """Take the mark off what is held by somebody who is there again, so that the next time is told anew."""
    marked = _held_by(None).where(Consult.program_id == program_id, Consult.uncovered_at.is_not(None))
    doubtful = set(suspects)
    back = [
        row.id for row in session.execute(marked) if row.holder_id not in doubtful or not is_left(row, away, takers)
    ]
    unmark(session, back)


def unmark(session: Session, numbers: Sequence[int]) -> None:
    """Take the mark off these consults."""
    if numbers:
        session.execute(update(Consult).where(Consult.id.in_(numbers)).values(uncovered_at=None))


def _held_by(people: Collection[int] | None) -> Select[Any]:
    """What these people (None: anybody) hold, as plain rows."""
    query = select(*(getattr(Consult, name) for name in ASKED)).where(Consult.status.in_(HOLDING))
    held = Consult.holder_id.is_not(None) if people is None else Consult.holder_id.in_(people)
    return query.where(held).order_by(Consult.id)
