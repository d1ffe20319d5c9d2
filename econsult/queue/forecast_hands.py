"""From when on somebody has room again whose hands are full of what waits for information."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult
from econsult.consults.uncovered import PROMISED
from econsult.people.persons import Person
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Span


def room_from(session: Session, program_id: int) -> dict[int, datetime]:
    """By person, when the first of so many pauses is over that they have a place again; only those who have none now.

    What a person could answer now fills no place for long. What is asked about keeps its place until the end of its
    longest pause: an answer may come sooner, and nobody can count on it.
    """
    limits = select(Limits.person_id, Limits.capacity).join(Person, Person.id == Limits.person_id)
    limited = session.execute(limits.where(Person.program_id == program_id, Limits.capacity > 0))
    most: dict[int, int] = {row.person_id: row.capacity for row in limited}
    if not most:
        return {}
    paused = (
        select(Consult.holder_id, func.max(Clock.paused_until))
        .join(Clock, Clock.consult_id == Consult.id)
        .where(Consult.holder_id.in_(most), Consult.status.in_(OPEN), Consult.is_test.is_(False))
        .where(Clock.state == ClockState.PAUSED, Clock.name.in_(PROMISED), Clock.lane != "family")
        .group_by(Consult.holder_id, Consult.id)
    )
    ends: dict[int, list[datetime]] = {}
    for holder, end in session.execute(paused):
        if holder is not None and end is not None:
            ends.setdefault(holder, []).append(end)
    return {
        person: sorted(found)[len(found) - most[person]] for person, found in ends.items() if len(found) >= most[person]
    }


def spans_with_room(spans: Iterable[Span], room_at: datetime | None) -> list[Span]:
    """What of these spans is left from when on there is room."""
    if room_at is None:
        return list(spans)
    return [replace(span, start=max(span.start, room_at)) for span in spans if span.end > room_at]
