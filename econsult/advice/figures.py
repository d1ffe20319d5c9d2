"""How much of the advice is carried out, from the ledger of its steps, and how it went. Test consults never count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.outcomes import CODES, OutcomePing, OutcomeReport, Side
from econsult.consults.recommendations import Recommendation, RecommendationEvent, StepState
from econsult.consults.records import Consult
from econsult.figuring import grouped, percent

CLOSING = "clinic at closing"


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
        return percent(self.done, self.count)

    @property
    def percent_accepted(self) -> float:
        """Of a hundred that the clinic decided about or that were carried out, those that it did not decline."""
        decided = self.count - self.proposed
        return percent(decided - self.declined, decided)

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
    for value, ours in grouped(steps, key):
        counts = {state: sum(step.state == state for step in ours) for state in StepState}
        del counts[StepState.REPLACED]
        named = {str(state): number for state, number in counts.items()}
        found.append(Share(by, value, overdue=sum(step.is_late(now) for step in ours), **named))
    return found


@dataclass(frozen=True)
class Count:
    """One line: how often one thing was said to one question, and by how many who said anything to it."""

    side: str
    question: str
    said: str
    count: int
    of: int

    def as_row(self) -> dict[str, Any]:
        """The line with the names of its columns; the share is in percent."""
        return {**asdict(self), "percent": percent(self.count, self.of)}


Words = dict[tuple[str, str, int], str]
"""The newest word of a side to a question about a consult."""


def outcomes(session: Session, start: datetime, end: datetime, *, program_id: int | None = None) -> list[Count]:
    """What was said of the answers signed from `start` up to, not including, `end`: the newest word of each side.

    The line `asked` says how many were asked after, and how many of them somebody told about.
    """
    signed = select(Answer.consult_id).where(Answer.signed_at >= start, Answer.signed_at < end)
    chosen = select(Consult.id).where(Consult.id.in_(signed), ~Consult.is_test)
    if program_id is not None:
        chosen = chosen.where(Consult.program_id == program_id)
    sent = select(OutcomePing.consult_id).where(OutcomePing.consult_id.in_(chosen), OutcomePing.sent_at.is_not(None))
    asked, words = set(session.scalars(sent)), _words(session, chosen)
    lines = []
    for side in Side:
        told = {consult for each, _, consult in words if each == side}
        lines.append(Count(side, "asked", "answered", len(told & asked), len(asked)))
    return lines + [line for side in (*Side, CLOSING) for line in _counts(side, words)]


def _words(session: Session, chosen: Select[int]) -> Words:
    newest: Words = {}
    query = select(OutcomeReport).where(OutcomeReport.consult_id.in_(chosen)).order_by(OutcomeReport.id)
    for each in session.scalars(query):
        side = CLOSING if each.is_close else each.side
        newest |= {(side, name, each.consult_id): code for name in CODES if (code := getattr(each, name))}
    return newest


def _counts(side: str, words: Words) -> list[Count]:
    lines = []
    for name, codes in CODES.items():
        said = [code for (each, question, _), code in words.items() if (each, question) == (side, name)]
        lines += [Count(side, name, code, said.count(code), len(said)) for code in codes if code in said]
    return lines
