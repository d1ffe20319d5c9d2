"""What is looked at again, but only when it is of no use any more: a damaged instant keeps it from everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.conversion import VISIT
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.outcomes import LATEST, OutcomePing, PingState
from econsult.consults.policies import LONGEST
from econsult.consults.recommendations import LOOK_AGAIN, OVERDUE, TO_DO, Recommendation, RecommendationEvent
from econsult.consults.records import Consult, number_of
from econsult.consults.sides import LONGEST as LONGEST_REPLY
from econsult.consults.sides import SideQuestion, SideState
from econsult.consults.telephone import DUE, PhoneTask
from econsult.consults.visits import ASK_DESK, CURRENT, FARTHEST, Visit, VisitState, morning
from econsult.consults.visits import LOOK_AGAIN as ON_LIST
from econsult.jobs import Job, JobKind, JobState
from econsult.notices import Notice, NoticeState
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient
from econsult.queue.rules import MOST, Rule, Rules, of_consults, of_notice

LONGEST_REST = timedelta(days=2)
"""No letter waits for longer: a night, and what a worker tries again."""


def put_off(session: Session, now: datetime) -> Iterator[str]:
    """One line for each call, reply, release and letter that comes later than any rule lets it."""
    yield from _RULES.broken(session, **{name: now + longest for name, longest in _LATEST.items()})
    yield from _visits_put_off(session, now)
    yield from _ASKING.broken(session, asking=now + LATEST)


def _rules() -> Iterator[Rule]:
    calls = select(PhoneTask.consult_id).where(PhoneTask.next_at > bindparam("call"))
    yield Rule(2, "nobody is told of its telephone call for too long", calls)
    is_late = or_(SideQuestion.next_at > bindparam("reply"), SideQuestion.due_at > bindparam("reply"))
    sides = select(SideQuestion.consult_id).where(SideQuestion.state == SideState.OPEN, is_late)
    yield Rule(2, "nobody is told of its question to a colleague for too long", sides)
    opens = (Consult.status == Status.ANSWERED, Consult.released_at.is_(None))
    opens_late = of_consults(*opens, Consult.release_at > bindparam("release"))
    yield Rule(3, "its answer opens to the family later than any rules allow", opens_late)
    waits = (Job.kind == JobKind.NOTIFY, Job.state == JobState.PENDING, Job.run_after > bindparam("letter"))
    letters = select(Notice.id).join(Job, Job.subject_id == Notice.id).where(Notice.state == NoticeState.PENDING)
    later = letters.where(*waits).order_by(Notice.id)
    yield Rule(2, "waits to be sent for longer than any night", later, of_notice)
    yield from _steps()


def _steps() -> Iterator[Rule]:
    """A step that is to do is looked at on its day until told of, or a day later while its photo is being prepared, or
    its visit is ahead.
    """
    lines = RecommendationEvent.recommendation_id == Recommendation.id
    moved = exists().where(lines, RecommendationEvent.due_at != Recommendation.due_at)
    may_wait = Recommendation.kind.in_((PHOTO, VISIT))
    waits = and_(may_wait, Recommendation.next_at.between(Recommendation.due_at, bindparam("look")))
    is_told = exists().where(lines, RecommendationEvent.kind == OVERDUE)
    wrong: dict[str, ColumnElement[bool]] = {
        "is due on another day than its ledger says": moved,
        "is looked at on another day than it is due": and_(Recommendation.next_at != Recommendation.due_at, ~waits),
        "is to do, and nobody will be told when it is late": and_(
            Recommendation.next_at.is_(None), Recommendation.state.in_(TO_DO), ~is_told, ~_is_over()
        ),
    }
    steps = select(Recommendation.consult_id).join(Consult, Consult.id == Recommendation.consult_id)
    for said, condition in wrong.items():
        yield Rule(2, f"a recommended step {said}", steps.where(condition).order_by(Recommendation.id))


def _is_over() -> ColumnElement[bool]:
    """Nobody is asked to go on with what was erased, what a family took back, or for a child who has died."""
    erased = select(Patient.id).where(Patient.erased_at.is_not(None))
    of_child = or_(Consult.patient_id.in_(erased), Consult.patient_id.in_(the_dead()))
    return or_(Consult.consent_withdrawn_at.is_not(None), of_child)


def _visits_put_off(session: Session, now: datetime) -> Iterator[str]:
    """A visit is looked at on the mornings before and after its day, and three days after somebody was asked whether
    the child came; a waiting list every two weeks.
    """
    ahead = select(Visit).join(Consult, Consult.id == Visit.consult_id).where(Visit.state.in_(CURRENT), ~_is_over())
    late = (visit for visit in session.scalars(ahead.order_by(Visit.id)) if _is_looked_at_late(visit, now))
    for visit in islice(late, MOST):
        yield f"2 {number_of(visit.consult_id)}: a visit is looked at too late for anybody to hear of it in time"


def _is_looked_at_late(visit: Visit, now: datetime) -> bool:
    asked, starts = visit.asked_at, visit.starts_at
    if asked is not None and asked > now:
        return True
    if visit.state == VisitState.LISTED:
        return visit.next_at is None or visit.next_at > (asked or visit.at) + ON_LIST
    if starts is None or starts > visit.at + FARTHEST:
        return True
    if asked is not None:
        # Once the desk was told it is on its lists.
        return (visit.next_at or now) > asked + ASK_DESK or (visit.next_at is None and now < asked + ASK_DESK)
    before, after = (morning(starts, visit.zone, days) for days in (-1, 1))
    return visit.next_at is not None and visit.next_at > (before if now < before else after)


def _asking() -> Iterator[Rule]:
    """Whether somebody waits to be asked on the day that the signature set, and is asked once."""
    pings = select(OutcomePing.consult_id).order_by(OutcomePing.id)
    is_kept = and_(OutcomePing.next_at == OutcomePing.due_at, OutcomePing.due_at <= bindparam("asking"))
    waits = OutcomePing.state == PingState.WAITING
    # What is compared with nothing is neither true nor false: an emptied instant is named by itself.
    late = pings.where(waits, or_(OutcomePing.next_at.is_(None), ~is_kept))
    yield Rule(2, "nobody is asked how it went when it is time", late)
    idle = pings.where(~waits, OutcomePing.next_at.is_not(None))
    yield Rule(2, "asked again how it went although it was asked or is over", idle)


_RULES, _ASKING = Rules(_rules), Rules(_asking)
_LATEST = {
    "call": DUE,
    "reply": LONGEST_REPLY,
    "release": timedelta(minutes=LONGEST["release"]),
    "letter": LONGEST_REST,
    "look": LOOK_AGAIN,
}
"""How far ahead each of them may lie."""
