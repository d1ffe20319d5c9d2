"""What must hold after an answer: each step is in its ledger, what is late is told once, and who is to be asked is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, defer

from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import OVERDUE, STEPS, TO_DO, Recommendation, RecommendationEvent, StepState
from econsult.consults.records import Consult, number_of
from econsult.consults.visits import CURRENT, Visit
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient
from econsult.queue.rules import BEFORE, Rule, Rules

MOST = 100


def steps_broken(session: Session, before: datetime) -> Iterator[str]:
    """One line for each step whose ledger does not tell what is stored, or of whose lateness nobody was told."""
    yield from _RULES.broken(session, before=before)
    yield from _unlawful(session)


def _rules() -> Iterator[Rule]:
    steps = select(Recommendation.consult_id)
    yield Rule(2, "a recommended step is late and nobody was told", steps.where(Recommendation.next_at < BEFORE))
    idle = steps.where(Recommendation.next_at.is_not(None), Recommendation.state.not_in(TO_DO))
    yield Rule(2, "a recommended step is watched although nothing is to do", idle)
    lines = select(func.count(RecommendationEvent.id)).where(RecommendationEvent.recommendation_id == Recommendation.id)
    last = (
        select(RecommendationEvent.kind)
        .where(RecommendationEvent.recommendation_id == Recommendation.id, RecommendationEvent.kind != OVERDUE)
        .order_by(RecommendationEvent.number.desc())
        .limit(1)
    )
    differs = or_(
        Recommendation.number != lines.correlate(Recommendation).scalar_subquery(),
        func.coalesce(last.correlate(Recommendation).scalar_subquery(), "") != Recommendation.state,
    )
    yield Rule(4, "a recommended step differs from its ledger", steps.where(differs))
    yield from _of_visits()
    unasked = select(OutcomePing.consult_id).where(OutcomePing.next_at < BEFORE)
    yield Rule(2, "nobody was asked how it went although it is time", unasked)


def _of_visits() -> Iterator[Rule]:
    """2. Of a visit that is ahead somebody is told in time; 4. what is over is watched no more."""
    visits = select(Visit.consult_id)
    late = visits.where(Visit.next_at < BEFORE)
    yield Rule(2, "a visit needs somebody and nobody was told", late)
    is_kept = Visit.consult_id.in_(
        select(Consult.id)
        .join(Patient, Patient.id == Consult.patient_id)
        .where(Consult.consent_withdrawn_at.is_(None), Patient.erased_at.is_(None), Patient.id.not_in(the_dead()))
    )
    # Once staff were asked whether the child came, and the desk told that nobody says so, it is on their lists.
    unwatched = (Visit.state.in_(CURRENT), Visit.asked_at.is_(None), Visit.next_at.is_(None), is_kept)
    yield Rule(2, "a visit is ahead and no clock watches it", visits.where(*unwatched))
    idle = visits.where(Visit.next_at.is_not(None), Visit.state.not_in(CURRENT))
    yield Rule(4, "a visit is watched although it is over", idle)


_RULES = Rules(_rules)


def _unlawful(session: Session) -> Iterator[str]:
    """4. Each line follows from the one before it."""
    lawful = {(str(state), str(after)) for (state, _), after in STEPS.items()} | {("", str(StepState.PROPOSED))}
    query = (
        select(RecommendationEvent, Recommendation.consult_id)
        .join(Recommendation, Recommendation.id == RecommendationEvent.recommendation_id)
        .where(RecommendationEvent.kind != OVERDUE)
        .order_by(RecommendationEvent.recommendation_id, RecommendationEvent.number)
        .options(defer(RecommendationEvent.reason))
    )
    step_id, state = 0, ""
    for event, consult_id in session.execute(query.execution_options(yield_per=2000)):
        before = state if event.recommendation_id == step_id else ""
        if (before, event.kind) not in lawful:
            yield f"4 {number_of(consult_id)}: a recommended step went from {before or 'nothing'} to {event.kind}"
        step_id, state = event.recommendation_id, event.kind
