"""Somebody who holds consults is away, or has left: the desk hears of it at once, not at the next step of a ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, exists, or_, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.offering import desk_of
from econsult.consults.policies import ClockName
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.queue.bulk import insert_new
from econsult.rosters.shifts import TimeOff

_HELD = exists().where(Consult.holder_id == Person.id, Consult.status.in_((*OPEN, Status.ANSWERED)))
_LEFT = (Person.is_active.is_(False), _HELD)
PROMISED = (ClockName.FIRST_REPLY, ClockName.NEXT_REPLY)


def away_now(session: Session, now: datetime) -> dict[int, int]:
    """Who holds something and cannot act: the number of their time off, or for a closed account a negative one."""
    off = select(TimeOff.person_id, TimeOff.id.label("sequence"))
    off = off.where(TimeOff.starts_at <= now, TimeOff.ends_at > now)
    both = union_all(off, select(Person.id, -Person.id).where(*_LEFT)).subquery()
    rows = session.execute(select(both.c.person_id, both.c.sequence).order_by(both.c.sequence)).all()
    away = {row.person_id: row.sequence for row in rows if row.sequence > 0}
    return away | {row.person_id: row.sequence for row in rows if row.sequence < 0}


def is_anybody_away(now: BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether there is anything to be looked at by `away_now`, as a part of another statement."""
    return or_(exists().where(TimeOff.starts_at <= now, TimeOff.ends_at > now), exists().where(*_LEFT))


def unheard(session: Session, away: Mapping[int, int]) -> dict[int, int]:
    """Running clocks (by number, with that of their consult) that wait for these people, unknown to the desk yet."""
    names = (Clock.id, Clock.consult_id, Clock.name, Clock.cycle, Consult.holder_id)
    query = (
        select(*names)
        .join(Clock, Clock.consult_id == Consult.id)
        .where(Consult.holder_id.in_(away), Consult.status.in_((*OPEN, Status.ANSWERED)))
        .where(Clock.state == ClockState.RUNNING, Clock.name.in_(PROMISED), Clock.lane != "family")
        .order_by(Consult.id, Clock.id)
    )
    found = session.execute(query).all()
    lines = select(ClockEvent.consult_id, ClockEvent.name, ClockEvent.cycle, ClockEvent.sequence).where(
        ClockEvent.consult_id.in_({row.consult_id for row in found}),
        ClockEvent.kind == "escalated",
        ClockEvent.level == 0,
        ClockEvent.reason == "no_cover",
    )
    known = {tuple(row) for row in session.execute(lines)} if found else set()
    return {
        row.id: row.consult_id
        for row in found
        if (row.consult_id, row.name, row.cycle, away[row.holder_id]) not in known
    }


def tell_of_away(session: Session, away: Mapping[int, int], now: datetime, pick: Pick = ANY) -> int:
    """Tell the desk once of each clock that waits for somebody who is away; returns of how many consults."""
    numbers = unheard(session, away) if away else {}
    if not numbers:
        return 0
    pairs = select(Consult, Clock).join(Clock, Clock.consult_id == Consult.id).where(Clock.id.in_(numbers))
    pairs = pick.narrow(pairs.options(*SEALED_STAY_SHUT), Consult.id)
    waiting = [(row[0], row[1]) for row in session.execute(pairs.order_by(Consult.id, Clock.id))]
    if not waiting:
        return 0
    insert_new(session, ClockEvent, [_line(clock, _sequence(away, consult), now) for consult, clock in waiting])
    _tell(session, away, waiting, now)
    return len({consult.id for consult, _clock in waiting})


def _sequence(away: Mapping[int, int], consult: Consult) -> int:
    return away[consult.holder_id or 0]


def _line(clock: Clock, sequence: int, now: datetime) -> dict[str, Any]:
    same = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")
    line: dict[str, Any] = {name: getattr(clock, name) for name in same}
    line |= {"kind": "escalated", "level": 0, "sequence": sequence, "at": now, "due_at": now}
    return line | {"is_late": False, "reason": "no_cover"}


def _tell(session: Session, away: Mapping[int, int], waiting: Sequence[tuple[Consult, Clock]], now: datetime) -> None:
    for consult, clock in waiting:
        for person in desk_of(session, consult.program_id):
            about = f"off:{_sequence(away, consult)}:{clock.name}:{clock.cycle}"
            notify(session, person, NoticeKind.NO_COVER, consult_id=consult.id, about=about, now=now)
