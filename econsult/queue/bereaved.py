"""What must hold of emergency calls, and of families whose child has died: parts of `queue.invariants`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.contents import Disposition
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind, number_of
from econsult.consults.replies import FAMILY
from econsult.consults.telephone import PhoneEvent, PhoneTask
from econsult.people.deaths import Death


def owed_to_the_dead(session: Session) -> Iterator[str]:
    """3. Nothing runs on that was owed to a family before its child's death was marked; what it writes since is new."""
    is_question = and_(Consult.kind == Kind.FAMILY_QUESTION, Consult.status.in_(OPEN))
    runs = exists().where(
        Clock.consult_id == Consult.id,
        Clock.state != ClockState.STOPPED,
        Clock.started_at < Death.noted_at,
        or_(Clock.name == ClockName.FAMILY_INFORMED, Clock.lane == FAMILY, is_question),
    )
    marked = select(Consult.id).join(Death, Death.patient_id == Consult.patient_id)
    for number in session.scalars(marked.where(Death.taken_back_at.is_(None), runs).order_by(Consult.id).limit(100)):
        yield f"3 {number_of(number)}: something is promised to the family of a child who has died"


def calls_broken(session: Session, before: datetime) -> Iterator[str]:
    """2, 3 and 4 for the telephone: an emergency has its call, the call is told of, and its ledger says the same."""
    told = exists().where(
        Answer.consult_id == Consult.id,
        Answer.signed_at.is_not(None),
        Answer.disposition == Disposition.EMERGENCY_NOW,
        ~exists().where(PhoneTask.consult_id == Answer.consult_id, PhoneTask.version == Answer.version),
    )
    is_untold = or_(
        and_(Consult.status == Status.ANSWERED, Consult.informed_at.is_(None)), Consult.unheard_version.is_not(None)
    )
    for number in session.scalars(select(Consult.id).where(is_untold, told).order_by(Consult.id).limit(100)):
        yield f"3 {number_of(number)}: an emergency without a telephone call to make"
    overdue = select(PhoneTask.consult_id).where(PhoneTask.next_at < before)
    for consult_id in session.scalars(overdue.limit(100)):
        yield f"2 {number_of(consult_id)}: a telephone call is due and nobody was told"
    steps = select(func.count(PhoneEvent.id)).where(
        PhoneEvent.task_id == PhoneTask.id, PhoneEvent.kind.in_(("reminded", "late"))
    )
    is_told_wrong = PhoneTask.level != steps.correlate(PhoneTask).scalar_subquery()
    is_open_ended = PhoneTask.done_at.is_(None) == PhoneTask.next_at.is_(None)
    wrong = select(PhoneTask.consult_id).where(or_(is_told_wrong, is_open_ended))
    for consult_id in session.scalars(wrong.limit(100)):
        yield f"4 {number_of(consult_id)}: the telephone call differs from its ledger"
