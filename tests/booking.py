"""An answer that asks for a visit, and what people and the clock do with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.visit_clock import look_at_visits
from econsult.advice.visiting import book
from econsult.consults import answers
from econsult.consults.recommendations import Recommendation, steps_of
from econsult.consults.records import Consult
from econsult.consults.visits import Booking
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, NOON, Clinic

DENVER = "America/Denver"
PLAN = [{"text": "See her in the skin clinic", "owner": "pcp", "kind": "visit"}]
DAY = NOON + timedelta(days=10)
BOOKING = Booking("Children's skin clinic, 2nd floor", DENVER, DAY, "505 555 0100", "Come fasting", "en", ("papers",))


def answered(session: Session, clinic: Clinic) -> Consult:
    """A request whose answer, read by the clinic and open to the family, asks for a visit."""
    consult = clinic.claimed(session)
    answers.save_draft(session, consult, clinic.derm, {**ANSWER, "recommendations": PLAN}, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    answers.acknowledge(session, consult, clinic.pcp, now=NOON)
    return consult


def step_of(database: Database, consult: Consult) -> Recommendation:
    with database.reading() as session:
        return steps_of(session, consult.id)[-1]


def booked(
    database: Database, clinic: Clinic, consult: Consult, booking: Booking = BOOKING, now: datetime = NOON
) -> str:
    with database.writing() as session:
        step = steps_of(session, consult.id)[-1]
        return book(session, clinic.coordinator, consult.public_id, step.public_id, booking, now=now).public_id


def look(database: Database, now: datetime) -> int:
    with database.writing() as session:
        return look_at_visits(session, now, Quiet())


def told(database: Database, kind: NoticeKind) -> list[int]:
    with database.reading() as session:
        return sorted(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))
