"""What became of the steps of an answer goes along to its correction, and back where the correction is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from econsult.consults.recommendations import (
    CARRIED,
    Recommendation,
    RecommendationEvent,
    StepState,
    add_event,
    events_of,
    steps_of,
)


def carry_steps(session: Session, steps: Sequence[Recommendation], earlier: Mapping[int, Recommendation]) -> None:
    """What became of a step before a correction holds for the same step after it; `earlier` by the new positions."""
    for step in steps:
        same = earlier.get(step.position)
        if same is None or StepState(same.state) not in CARRIED:
            continue
        last = _last_of(session, same, same.state)
        now, since, state = step.state_at, same.state_at, StepState(same.state)
        add_event(session, same, "carry", person_id=last.person_id, now=now)
        if step.state != state:
            add_event(session, step, CARRIED[state], person_id=last.person_id, now=now, reason=last.reason or "")
        # The ledger's line is of the signature; whoever said it said it then, and nothing today.
        step.state_at = since


def _last_of(session: Session, step: Recommendation, state: str) -> RecommendationEvent:
    """The line that brought the step into this state last."""
    return [event for event in events_of(session, [step.id]) if event.kind == state][-1]


def forget_steps(
    session: Session,
    answered: tuple[int, int],
    earlier: Mapping[int, str],
    *,
    since: Mapping[int, datetime],
    now: datetime,
) -> None:
    """A signature, by its consult and version, was taken back before anybody knew of it: its steps never began.

    `earlier` are the states that the steps of the answers before it had, and `since` when they came to them, by their
    ids: a line of the ledger may be of another signature that carried the step along, or was taken back.
    """
    consult_id, version = answered
    gone = [step.id for step in steps_of(session, consult_id, version, is_locked=True)]
    session.execute(delete(RecommendationEvent).where(RecommendationEvent.recommendation_id.in_(gone)))
    session.execute(delete(Recommendation).where(Recommendation.id.in_(gone)))
    for step in steps_of(session, consult_id, is_locked=True):
        if step.id in earlier and step.state == StepState.REPLACED:
            was = _last_of(session, step, earlier[step.id])
            verb = f"restore_{earlier[step.id]}"
            add_event(session, step, verb, person_id=was.person_id, now=now, reason=was.reason or "")
            step.state_at = since.get(step.id, was.at)
