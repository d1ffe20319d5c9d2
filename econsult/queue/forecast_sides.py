"""Which questions to colleagues will be late: nobody who may reply is there for long enough before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, SideState
from econsult.leading import Led
from econsult.queue.able import Takers
from econsult.queue.forecast_hands import spans_with_room
from econsult.rosters.shifts import Span

HANDS_ON = timedelta(minutes=15)
"""What one answer takes: somebody must be there for so long before a promise runs out."""
LITTLE_TIME = "little_time"
"""Why something will be late although somebody is there: what is left is less than one answer takes."""
MOST = 1000


@dataclass(frozen=True)
class Beside:
    """What the rule of who may take something looks at, of a question to a colleague."""

    program_id: int
    organization_id: int | None
    requester_id: int
    sent_on_by_id: int | None
    patient_id: int
    specialty: str | None
    fallback_specialty: str | None = None


def sides_at_risk(
    session: Session, program_id: int, takers: Takers, room: Mapping[int, datetime], *, now: datetime, end: datetime
) -> Iterator[tuple[Consult, str, datetime]]:
    """Consult, why (a code) and when it is due, the first one first. A colleague needs a quarter of an hour."""
    query = (
        select(SideQuestion, Consult)
        .select_from(Led(SideQuestion, Consult, Consult.id == SideQuestion.consult_id))
        .where(
            SideQuestion.state == SideState.OPEN,
            SideQuestion.due_at <= end,
            Consult.program_id == program_id,
            Consult.status.in_(OPEN),
            Consult.consent_withdrawn_at.is_(None),
            ~Consult.is_test,
        )
        .order_by(SideQuestion.due_at, SideQuestion.id)
        .limit(MOST)
    )
    for side, consult in session.execute(query):
        why = _why_late(side, consult, takers, room, now)
        if why:
            yield consult, why, side.due_at


def _why_late(side: SideQuestion, consult: Consult, takers: Takers, room: Mapping[int, datetime], now: datetime) -> str:
    if side.due_at <= now:
        return "late"
    names = ("program_id", "organization_id", "requester_id", "sent_on_by_id", "patient_id")
    asked = Beside(**{name: getattr(consult, name) for name in names}, specialty=side.specialty)
    there = {
        person: spans
        for person, spans in takers.for_request(asked, is_to_family=False).items()
        if person not in (side.asked_by_id, consult.holder_id)
    }
    if side.holder_id is not None:
        spans = there.get(side.holder_id, ())
        if _is_long_enough(spans, now, side.due_at):
            return ""
        is_short = side.due_at - now < HANDS_ON and _longest(spans, now, side.due_at) > timedelta()
        return LITTLE_TIME if is_short else "holder_away"
    if not any(_is_long_enough(spans, now, side.due_at) for spans in there.values()):
        is_anybody = any(_longest(spans, now, side.due_at) > timedelta() for spans in there.values())
        return LITTLE_TIME if is_anybody else "no_cover"
    free = (spans_with_room(spans, room.get(person)) for person, spans in there.items())
    return "" if any(_is_long_enough(spans, now, side.due_at) for spans in free) else "too_many"


def _is_long_enough(spans: Sequence[Span], now: datetime, due_at: datetime) -> bool:
    """Whether somebody is there for long enough, or for all of the time that is left."""
    return _longest(spans, now, due_at) >= min(HANDS_ON, due_at - now)


def _longest(spans: Sequence[Span], now: datetime, due_at: datetime) -> timedelta:
    return max((min(each.end, due_at) - max(each.start, now) for each in spans), default=timedelta())
