"""What is looked at again, but only when it is of no use any more: a damaged instant keeps it from everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import Status
from econsult.consults.policies import LONGEST
from econsult.consults.records import Consult, number_of
from econsult.consults.sides import LONGEST as LONGEST_REPLY
from econsult.consults.sides import SideQuestion, SideState
from econsult.consults.telephone import DUE, PhoneTask
from econsult.jobs import Job, JobKind, JobState
from econsult.notices import Notice, NoticeState

MOST = 100
LONGEST_REST = timedelta(days=2)
"""No letter waits for longer: a night, and what a worker tries again."""


def put_off(session: Session, now: datetime) -> Iterator[str]:
    """One line for each call, reply, release and letter that comes later than any rule lets it."""
    calls = select(PhoneTask.consult_id).where(PhoneTask.next_at > now + DUE)
    for consult_id in session.scalars(calls.limit(MOST)):
        yield f"2 {number_of(consult_id)}: nobody is told of its telephone call for too long"
    is_late = or_(SideQuestion.next_at > now + LONGEST_REPLY, SideQuestion.due_at > now + LONGEST_REPLY)
    sides = select(SideQuestion.consult_id).where(SideQuestion.state == SideState.OPEN, is_late)
    for consult_id in session.scalars(sides.limit(MOST)):
        yield f"2 {number_of(consult_id)}: nobody is told of its question to a colleague for too long"
    opens = (Consult.status == Status.ANSWERED, Consult.released_at.is_(None))
    opens_late = Consult.release_at > now + timedelta(minutes=LONGEST["release"])
    for consult_id in session.scalars(select(Consult.id).where(*opens, opens_late).limit(MOST)):
        yield f"3 {number_of(consult_id)}: its answer opens to the family later than any rules allow"
    waits = (Job.kind == JobKind.NOTIFY, Job.state == JobState.PENDING, Job.run_after > now + LONGEST_REST)
    letters = select(Notice.id).join(Job, Job.subject_id == Notice.id).where(Notice.state == NoticeState.PENDING)
    for notice_id in session.scalars(letters.where(*waits).order_by(Notice.id).limit(MOST)):
        yield f"2 notice {notice_id}: waits to be sent for longer than any night"
