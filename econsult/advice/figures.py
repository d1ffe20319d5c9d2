"""How much of the advice is carried out, worked out from the ledger of its steps alone. Test consults never count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.recommendations import Recommendation, RecommendationEvent, StepState
from econsult.consults.records import Consult


@dataclass(frozen=True)
class Share:
    """One line: what became of the steps of the answers that were signed in a period, and were not replaced."""

    by: str
    value: str
    proposed: int
    accepted: int
    declined: int
    done: int
    not_done: int
    overdue: int

    @property
    def count(self) -> int:
        return self.proposed + self.accepted + self.declined + self.done + self.not_done

    @property
    def percent_done(self) -> float:
        """Of a hundred steps, those that were carried out; what is still to do counts as not carried out."""
        return round(100 * self.done / self.count, 1) if self.count else 0.0

    @property
    def percent_accepted(self) -> float:
        """Of a hundred that the clinic decided about or that were carried out, those that it did not decline."""
        decided = self.count - self.proposed
        return round(100 * (decided - self.declined) / decided, 1) if decided else 0.0

    def as_row(self) -> dict[str, Any]:
        """The line with the names of its columns; shares are in percent."""
        names = ("by", "value", "count", "percent_done", "percent_accepted")
        states = ("proposed", "accepted", "declined", "done", "not_done", "overdue")
        return {name: getattr(self, name) for name in (*names, *states)}


def shares(
    session: Session, start: datetime, end: datetime, now: datetime, *, program_id: int | None = None
) -> list[Share]:
    """The figures of the answers signed from `start` up to, not including, `end`: over all, by kind and by owner."""
    proposed = select(RecommendationEvent.recommendation_id).where(
        RecommendationEvent.kind == StepState.PROPOSED, RecommendationEvent.at >= start, RecommendationEvent.at < end
    )
    query = (
        select(Recommendation)
        .join(Consult, Consult.id == Recommendation.consult_id)
        .where(Recommendation.id.in_(proposed), Recommendation.state != StepState.REPLACED, ~Consult.is_test)
    )
    if program_id is not None:
        query = query.where(Consult.program_id == program_id)
    steps = list(session.scalars(query))
    found = _split("all", steps, now, lambda _step: "")
    return found + _split("kind", steps, now, lambda step: step.kind) + _split("owner", steps, now, lambda s: s.owner)


def _split(by: str, steps: list[Recommendation], now: datetime, key: Callable[[Recommendation], str]) -> list[Share]:
    found = []
    for value in sorted({key(step) for step in steps}):
        ours = [step for step in steps if key(step) == value]
        counts = {state: sum(step.state == state for step in ours) for state in StepState}
        del counts[StepState.REPLACED]
        named = {str(state): number for state, number in counts.items()}
        found.append(Share(by, value, overdue=sum(step.is_late(now) for step in ours), **named))
    return found
