"""What must hold of emergency calls, and of families whose child has died: parts of `queue.invariants`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.contents import Disposition
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind
from econsult.consults.replies import FAMILY
from econsult.consults.telephone import ENDED_BY, PhoneEvent, PhoneTask
from econsult.people.deaths import Death
from econsult.queue.rules import BEFORE, Rule, Rules, of_consults


def owed_to_the_dead(session: Session) -> Iterator[str]:
    """3. Nothing runs on that was owed to a family before its child's death was marked; what it writes since is new."""
    return _OWED.broken(session)


def calls_broken(session: Session, before: datetime) -> Iterator[str]:
    """2, 3 and 4 for the telephone: an emergency has its call, the call is told of, and its ledger says the same."""
    return _CALLS.broken(session, before=before)


def _owed() -> Iterator[Rule]:
    is_question = and_(Consult.kind == Kind.FAMILY_QUESTION, Consult.status.in_(OPEN))
    runs = exists().where(
        Clock.consult_id == Consult.id,
        Clock.state != ClockState.STOPPED,
        Clock.started_at < Death.noted_at,
        or_(Clock.name == ClockName.FAMILY_INFORMED, Clock.lane == FAMILY, is_question),
    )
    marked = of_consults(Death.taken_back_at.is_(None), runs).join(Death, Death.patient_id == Consult.patient_id)
    yield Rule(3, "something is promised to the family of a child who has died", marked)


def _calls() -> Iterator[Rule]:
    told = exists().where(
        Answer.consult_id == Consult.id,
        Answer.signed_at.is_not(None),
        Answer.disposition == Disposition.EMERGENCY_NOW,
        ~exists().where(PhoneTask.consult_id == Answer.consult_id, PhoneTask.version == Answer.version),
    )
    is_untold = or_(
        and_(Consult.status == Status.ANSWERED, Consult.informed_at.is_(None)), Consult.unheard_version.is_not(None)
    )
    yield Rule(3, "an emergency without a telephone call to make", of_consults(is_untold, told))
    overdue = select(PhoneTask.consult_id).where(PhoneTask.next_at < BEFORE)
    yield Rule(2, "a telephone call is due and nobody was told", overdue)
    steps = select(func.count(PhoneEvent.id)).where(
        PhoneEvent.task_id == PhoneTask.id, PhoneEvent.kind.in_(("reminded", "late"))
    )
    is_told_wrong = PhoneTask.level != steps.correlate(PhoneTask).scalar_subquery()
    is_open_ended = PhoneTask.done_at.is_(None) == PhoneTask.next_at.is_(None)
    is_unwritten = or_(~_has_line("opened"), and_(PhoneTask.done_at.is_not(None), ~_has_line(*ENDED_BY)))
    wrong = select(PhoneTask.consult_id).where(or_(is_told_wrong, is_open_ended, is_unwritten))
    yield Rule(4, "the telephone call differs from its ledger", wrong)


def _has_line(*kinds: str) -> ColumnElement[bool]:
    return exists().where(PhoneEvent.task_id == PhoneTask.id, PhoneEvent.kind.in_(kinds))


_OWED, _CALLS = Rules(_owed), Rules(_calls)
