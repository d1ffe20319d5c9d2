"""What will be late in the next hours, given who is on duty when, and where nobody is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Kind
from econsult.people.persons import SPECIALTIES, Person, specialists_for
from econsult.rosters.shifts import Span, TimeOff, gaps, has_roster, spans

AHEAD = timedelta(hours=24)
HANDS_ON = timedelta(minutes=15)
"""What one answer takes: an open consult needs this much cover before its promise runs out."""
MOST = 5000


@dataclass(frozen=True)
class Risk:
    """An open consult that will be late unless somebody acts; `why` is a code."""

    consult: Consult
    why: str


@dataclass(frozen=True)
class Gap:
    """A stretch without cover, and how many open consults run out in it."""

    specialty: str
    start: datetime
    end: datetime
    at_stake: int


@dataclass(frozen=True)
class Forecast:
    risks: list[Risk]
    gaps: list[Gap]


def forecast(session: Session, program_id: int, now: datetime, ahead: timedelta = AHEAD) -> Forecast:
    """Look at what runs out within `ahead`: is somebody on duty for long enough before, and is its holder there?"""
    end = now + ahead
    query = (
        select(Consult)
        .where(Consult.program_id == program_id, Consult.status.in_(OPEN), ~Consult.is_test, Consult.due_at <= end)
        .order_by(Consult.urgency_rank, Consult.due_at, Consult.id)
        .limit(MOST)
    )
    soon = list(session.scalars(query))
    cover = {
        specialty: spans(session, program_id, specialty, now, end)
        for specialty in SPECIALTIES
        if has_roster(session, program_id, specialty)
    }
    outlook = _Outlook(session, cover, _away(session, soon, now, end), now)
    risks = [Risk(consult, why) for consult in soon if (why := outlook.why_late(consult))]
    holes = [
        Gap(specialty, start, until, _at_stake(soon, specialty, start, until))
        for specialty, found in cover.items()
        for start, until in gaps(found, now, end)
    ]
    return Forecast(risks, sorted(holes, key=lambda gap: (gap.start, gap.specialty)))


class _Outlook:
    """Whether each consult can still be answered in time; those of one specialty stand in line."""

    def __init__(
        self, session: Session, cover: Mapping[str, list[Span]], away: Mapping[int, datetime], now: datetime
    ) -> None:
        self._session, self._cover, self._away, self._now = session, cover, away, now
        self._line: dict[str, timedelta] = {}

    def why_late(self, consult: Consult) -> str:
        """A code, or nothing."""
        if consult.due_at is None or consult.status == Status.NEEDS_INFO:
            return ""
        if consult.due_at <= self._now:
            return "late"
        if consult.holder_id is not None:
            return "holder_away" if self._away.get(consult.holder_id, self._now) >= consult.due_at else ""
        is_homes = consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None
        return "" if is_homes else self._pool_is_late(consult, consult.due_at)

    def _pool_is_late(self, consult: Consult, due_at: datetime) -> str:
        specialty = consult.specialty or ""
        if specialty not in self._cover:
            return "" if specialists_for(self._session, consult.program_id, specialty) else "no_cover"
        hands = _covered(self._cover[specialty], self._now, due_at)
        self._line[specialty] = self._line.get(specialty, timedelta()) + HANDS_ON
        if not hands:
            return "no_cover"
        return "too_many" if self._line[specialty] > hands else ""


def _covered(found: list[Span], now: datetime, until: datetime) -> timedelta:
    """How many hours of work, over all people, there are before the promise runs out."""
    return sum((max(min(span.end, until) - max(span.start, now), timedelta()) for span in found), timedelta())


def _away(session: Session, soon: list[Consult], now: datetime, end: datetime) -> dict[int, datetime]:
    """Until when each holder who is away now stays away; somebody who left for good is away beyond the end."""
    holders = {consult.holder_id for consult in soon if consult.holder_id is not None}
    query = select(TimeOff).where(TimeOff.person_id.in_(holders), TimeOff.starts_at <= now, TimeOff.ends_at > now)
    found = {off.person_id: off.ends_at for off in session.scalars(query)}
    gone = select(Person.id).where(Person.id.in_(holders), ~Person.is_active)
    return found | dict.fromkeys(session.scalars(gone), end + AHEAD)


def _at_stake(soon: list[Consult], specialty: str, start: datetime, until: datetime) -> int:
    return sum(
        consult.specialty == specialty
        and consult.kind != Kind.FAMILY_QUESTION
        and consult.due_at is not None
        and start <= consult.due_at < until
        for consult in soon
    )
