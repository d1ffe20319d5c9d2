"""Visits as the answer changes on which they hang: carried on, given back, left behind, and looked at because of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.consults.recommendations import TO_DO, Recommendation, StepState, steps_of
from econsult.consults.records import Consult, note
from econsult.consults.renewing import said_again
from econsult.consults.versions import Answer, versions_of
from econsult.consults.visits import ASK_DESK, CURRENT, Visit, VisitState
from econsult.people.persons import Person


def is_asked_for(session: Session, visit: Visit) -> bool:
    """Whether its step is still to do: by no newer answer replaced, and by nobody declined."""
    return session.get_one(Recommendation, visit.recommendation_id).state in TO_DO


def wake_visits(session: Session, consult_id: int, at: datetime) -> None:
    """Let the clock look at what is ahead from this instant on: its answer, or what holds of its child, changed."""
    query = select(Visit).where(Visit.consult_id == consult_id, Visit.state.in_(CURRENT))
    for visit in session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)):
        if visit.next_at is None and visit.state == VisitState.BOOKED:
            # What fell due meanwhile was told to nobody: it is asked about once more.
            visit.asked_at = None
        visit.next_at = at if visit.next_at is None else min(visit.next_at, at)
    session.flush()


def take_visits_on(session: Session, consult: Consult, answer: Answer, steps: Sequence[Recommendation]) -> None:
    """A new answer of a question that was opened again says a step again: what is booked for it hangs on the new one.

    What it does not say again is looked at once nobody can take the signature back any more.
    """
    earlier = [each for each in versions_of(session, consult.id) if each.version < answer.version]
    if not earlier:
        return
    before = max(earlier, key=lambda each: each.version)
    replaced = {
        step.position: step
        for step in steps_of(session, consult.id, before.version)
        if step.state == StepState.REPLACED
    }
    places = said_again(_plan(before), _plan(answer)).items()
    carry_visits(session, {number: replaced[place] for number, place in places if place in replaced}, steps)
    wake_visits(session, consult.id, answer.undo_until or answer.saved_at)


def ask_again(session: Session, consult: Consult, step: Recommendation, person: Person, now: datetime) -> None:
    """Who said that the step is done pressed the wrong button: whether the child came is asked of its visit again."""
    query = select(Visit).where(Visit.recommendation_id == step.id).order_by(Visit.id.desc()).limit(1)
    visit = session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).first()
    if visit is None or visit.state != VisitState.CAME:
        return
    visit.state, visit.ended_at, visit.ended_by_id = VisitState.BOOKED, None, None
    visit.asked_at, visit.next_at = now, now + ASK_DESK
    note(session, consult, "visit_moved", person_id=person.id, now=now, detail=f"{step.version}/{step.position}")
    session.flush()


def _plan(answer: Answer) -> list[Mapping[str, object]]:
    return list(answer.content.get("recommendations") or ())


def carry_visits(session: Session, earlier: Mapping[int, Recommendation], steps: Sequence[Recommendation]) -> None:
    """A correction says a step again: its visits hang on the new one. `earlier` by the positions of the new steps."""
    for step in steps:
        same = earlier.get(step.position)
        if same is None:
            continue
        for visit in session.scalars(select(Visit).where(Visit.recommendation_id == same.id)):
            visit.before_id, visit.recommendation_id = same.id, step.id
    session.flush()


def carried_of(session: Session, consult_id: int) -> dict[str, int]:
    """From which step each visit was carried on, by the visit's id, for `carry_back` of a signature to come."""
    query = select(Visit).where(Visit.consult_id == consult_id, Visit.before_id.is_not(None))
    return {str(visit.id): visit.before_id for visit in session.scalars(query) if visit.before_id is not None}


def carry_back(session: Session, step_ids: Collection[int], carried: Mapping[str, int]) -> None:
    """The correction with these steps was taken back: the visits hang on the steps from before it again.

    `carried` is what `carried_of` said before it, so that the correction before it can be taken back as well.
    """
    for visit in session.scalars(select(Visit).where(Visit.recommendation_id.in_(step_ids))):
        if visit.before_id is not None:
            visit.recommendation_id, visit.before_id = visit.before_id, carried.get(str(visit.id))
    session.flush()


def is_begun_on(session: Session, step_ids: Collection[int]) -> bool:
    """Whether somebody booked a visit for one of these very steps."""
    mine = exists().where(Visit.recommendation_id.in_(step_ids), Visit.before_id.is_(None))
    return bool(session.scalar(select(mine)))
