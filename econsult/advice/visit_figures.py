"""Whether children come to the visits that answers ask for: how many were booked, came, and why others did not.

A step counts once, by its newest visit, and by the answer in which it was first said. Test requests never count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from econsult.consults.conversion import VISIT
from econsult.consults.recommendations import Recommendation, RecommendationEvent, StepState
from econsult.consults.records import Consult
from econsult.consults.visits import CURRENT, WHY, Visit, VisitState
from econsult.figuring import grouped, percent, within_hours

DAY = 24
"""In hours."""
WORDS_STAY_SHUT = (defer(Visit.place), defer(Visit.phone), defer(Visit.note))
LOST = (VisitState.MISSED, VisitState.OFF)


@dataclass(frozen=True)
class Visits:
    """One line. `booked` ever had a visit; `ahead` has a day or a place on a waiting list, `lost` had a visit that did
    not take place and none since. `days`: within how many days of the answer half of those who came had come.

    `why` counts the reasons of every visit that did not take place, in the order of WHY.
    """

    by: str
    value: str
    asked: int
    booked: int
    ahead: int
    came: int
    lost: int
    days: int | None
    why: tuple[int, ...]

    def percent(self, count: int) -> float:
        """Of a hundred visits that were asked for."""
        return percent(count, self.asked)

    def as_row(self) -> dict[str, Any]:
        """The line with the names of its columns; shares are in percent of what was asked for."""
        counts = {name: getattr(self, name) for name in ("by", "value", "asked", "booked", "ahead", "came", "lost")}
        shares = {f"percent_{name}": self.percent(counts[name]) for name in ("booked", "came")}
        reasons = {f"why_{code}": count for code, count in zip(WHY, self.why, strict=True)}
        return {**counts, **shares, "came_p50_days": "" if self.days is None else self.days, **reasons}


@dataclass(frozen=True)
class _Asked:
    specialty: str
    language: str
    said_at: datetime
    is_done: bool
    visits: tuple[Visit, ...]

    @property
    def last(self) -> str:
        return self.visits[-1].state if self.visits else ""

    @property
    def came_after(self) -> timedelta | None:
        day = self.visits[-1].starts_at if self.last == VisitState.CAME else None
        return max(day - self.said_at, timedelta()) if day is not None else None


def visit_figures(session: Session, start: datetime, end: datetime, *, program_id: int | None = None) -> list[Visits]:
    """Of the answers signed from `start` up to, not including, `end`: over all, by specialty and by language."""
    asked = _asked(session, start, end, program_id)
    found = _split("all", asked, lambda _each: "")
    found += _split("specialty", asked, lambda each: each.specialty)
    return found + _split("language", asked, lambda each: each.language)


def _asked(session: Session, start: datetime, end: datetime, program_id: int | None) -> list[_Asked]:
    query = (
        select(Recommendation, Consult.specialty, Consult.language, RecommendationEvent.at)
        .join(Consult, Consult.id == Recommendation.consult_id)
        .join(RecommendationEvent, RecommendationEvent.recommendation_id == Recommendation.id)
        .where(Recommendation.kind == VISIT, Recommendation.state != StepState.REPLACED, ~Consult.is_test)
        .where(RecommendationEvent.kind == StepState.PROPOSED)
        .where(RecommendationEvent.at >= start, RecommendationEvent.at < end)
    )
    if program_id is not None:
        query = query.where(Consult.program_id == program_id)
    rows = session.execute(query).all()
    visits: dict[int, list[Visit]] = {}
    chosen = query.with_only_columns(Recommendation.id)
    found = select(Visit).where(Visit.recommendation_id.in_(chosen)).order_by(Visit.id).options(*WORDS_STAY_SHUT)
    for visit in session.scalars(found):
        visits.setdefault(visit.recommendation_id, []).append(visit)
    return [
        _Asked(specialty or "", language, at, step.state == StepState.DONE, tuple(visits.get(step.id, ())))
        for step, specialty, language, at in rows
    ]


def _split(by: str, asked: Sequence[_Asked], key: Callable[[_Asked], str]) -> list[Visits]:
    return [_line(by, value, group) for value, group in grouped(asked, key)]


def _line(by: str, value: str, group: Sequence[_Asked]) -> Visits:
    half = within_hours((each.came_after for each in group if each.came_after is not None), 50)
    reasons = [visit.why for each in group for visit in each.visits]
    return Visits(
        by=by,
        value=value,
        asked=len(group),
        booked=sum(bool(each.visits) for each in group),
        ahead=sum(each.last in CURRENT for each in group),
        # Whoever wrote down that the step is done, whatever became of a visit that was booked here, says the same.
        came=sum(each.last == VisitState.CAME or (each.is_done and each.last not in CURRENT) for each in group),
        lost=sum(each.last in LOST and not each.is_done for each in group),
        days=round(half[0] / DAY) if half else None,
        why=tuple(reasons.count(code) for code in WHY),
    )
