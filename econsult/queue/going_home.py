"""A shift ends while its person has requests: the desk hears of them at that minute, not at the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.queue.able import MOMENT, Takers
from econsult.queue.absence import PROMISED
from econsult.queue.bulk import insert_new
from econsult.rosters.shifts import spans
from econsult.rosters.watching import CoverWatch

LOOK_BACK = timedelta(hours=2)
"""After a longer sleep of all clocks the next step of the ladder tells it."""
ABOVE_ALL = 1_000_000_000
"""Lines of the same kind are numbered by absences and gaps; these by the minute of the shift's end, far above them."""

OF_CONSULT = ("id", "urgency", "holder_id", "claimed_at", "patient_id", "organization_id")
OF_REQUEST = ("requester_id", "sent_on_by_id", "specialty", "fallback_specialty")
OF_CLOCK = ("name", "cycle", "lane", "deadline_at", "target_seconds")


def left_behind(session: Session, watch: CoverWatch, takers: Takers, now: datetime) -> list[Row[Any]]:
    """What those hold whose shift has just ended, each once for each end; written into the ledger.

    Whoever took something after the end of their shift is there all the same.
    """
    ended = _ended(session, watch, now)
    waiting = [row for row in _held(session, ended) if _is_left(row, ended, takers)] if ended else []
    known = _known(session, waiting)
    fresh = [row for row in waiting if (row.id, row.name, row.cycle, _number(ended[row.holder_id])) not in known]
    if fresh:
        insert_new(session, ClockEvent, [_line(row, _number(ended[row.holder_id]), now) for row in fresh])
    return fresh


def _ended(session: Session, watch: CoverWatch, now: datetime) -> dict[int, datetime]:
    """Whose shift ended within the last hours, and when; without those who are on duty again."""
    found: dict[int, datetime] = {}
    for span in spans(session, watch.program_id, watch.specialty, now - LOOK_BACK, now + MOMENT):
        found[span.person_id] = max(span.end, found.get(span.person_id, span.end))
    return {person: end for person, end in found.items() if end <= now}


def _held(session: Session, ended: Mapping[int, datetime]) -> Sequence[Row[Any]]:
    columns = [getattr(Consult, name) for name in (*OF_CONSULT, *OF_REQUEST)]
    query = (
        select(*columns, *(getattr(Clock, name) for name in OF_CLOCK))
        .join(Clock, Clock.consult_id == Consult.id)
        .where(Consult.holder_id.in_(ended), Consult.status.in_((*OPEN, Status.ANSWERED)))
        .where(Clock.state == ClockState.RUNNING, Clock.name.in_(PROMISED), Clock.lane != "family")
    )
    return session.execute(query.order_by(Consult.id, Clock.id)).all()


def _is_left(row: Row[Any], ended: Mapping[int, datetime], takers: Takers) -> bool:
    is_older = row.claimed_at is None or row.claimed_at < ended[row.holder_id]
    return is_older and takers.duty_of(row.holder_id, row) == []


def _known(session: Session, rows: Sequence[Row[Any]]) -> set[tuple[Any, ...]]:
    names = (ClockEvent.consult_id, ClockEvent.name, ClockEvent.cycle, ClockEvent.sequence)
    lines = select(*names).where(ClockEvent.consult_id.in_({row.id for row in rows}), ClockEvent.reason == "no_cover")
    return {tuple(row) for row in session.execute(lines)} if rows else set()


def _number(end: datetime) -> int:
    return ABOVE_ALL + int(end.timestamp() // 60)


def _line(row: Row[Any], number: int, now: datetime) -> dict[str, Any]:
    line = {"consult_id": row.id, **{name: getattr(row, name) for name in OF_CLOCK}}
    line |= {"kind": "escalated", "level": 0, "sequence": number, "at": now, "due_at": now}
    return line | {"is_late": False, "reason": "no_cover"}
