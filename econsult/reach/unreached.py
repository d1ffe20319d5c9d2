"""People whom no channel reaches: the coordinators of their program see each of them until somebody has told them.

Nothing here counts as telling: the clock of a family that was not told goes on until the family has heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.access import note_patients
from econsult.consults.hearing import may_hear
from econsult.consults.records import Consult
from econsult.errors import NotFoundError
from econsult.notices import Notice, NoticeState
from econsult.people.patients import Patient
from econsult.people.persons import HOUSEHOLD, Person, Role
from econsult.reach.deliveries import LATER, SILENT, Delivery, Reason

MOST = 500


@dataclass(frozen=True)
class Unreached:
    """One person, what could not be told (the newest last), and why; the child where it is about one."""

    person: Person
    notices: Sequence[Notice]
    consult: Consult | None
    patient: Patient | None
    reasons: frozenset[tuple[str, str]]

    @property
    def since(self) -> datetime:
        return self.notices[0].created_at

    @property
    def last_id(self) -> int:
        """Whoever deals with this has seen this notice and those before it."""
        return self.notices[-1].id


def unreached_for(session: Session, coordinator: Person, *, now: datetime) -> list[Unreached]:
    """Whom nobody could reach, the longest waiting first. Each child that is shown leaves its audit row.

    Who may hear of it no more since its letter failed is not told by telephone either.
    """
    if coordinator.role != Role.COORDINATOR:
        return []
    query = (
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.state == NoticeState.FAILED, Notice.settled_at.is_(None))
        .where(Person.program_id == coordinator.program_id, Person.is_active)
        .order_by(Notice.id)
        .limit(MOST)
    )
    waiting: dict[int, list[tuple[Notice, Person]]] = {}
    for notice, person in session.execute(query):
        if may_hear(session, notice, person, now):
            waiting.setdefault(person.id, []).append((notice, person))
    found = [_unreached(session, rows) for rows in waiting.values()]
    note_patients(session, coordinator, [each.patient for each in found if each.patient is not None], now)
    return found


def settle(session: Session, coordinator: Person, notice_id: int, *, now: datetime) -> None:
    """Somebody told this person in another way: everything up to this notice is dealt with."""
    for each in unreached_for(session, coordinator, now=now):
        if notice_id in {notice.id for notice in each.notices}:
            _settle(session, each, coordinator, notice_id, now)
            return
    # Who pressed the button twice, or after a letter had come through at last, finds nothing to do.
    known = session.get(Notice, notice_id)
    if known is None or session.get_one(Person, known.person_id).program_id != coordinator.program_id:
        raise NotFoundError


def _settle(session: Session, each: Unreached, coordinator: Person, notice_id: int, now: datetime) -> None:
    for notice in each.notices:
        if notice.id <= notice_id:
            notice.settled_at, notice.settled_by_id = now, coordinator.id
    audit.record(
        session,
        "told_otherwise",
        "person",
        each.person.public_id,
        now=now,
        person_id=coordinator.id,
        patient_id=each.patient.id if each.patient else None,
        consult_id=each.consult.id if each.consult else None,
    )


def _unreached(session: Session, rows: Sequence[tuple[Notice, Person]]) -> Unreached:
    notices = [notice for notice, _person in rows]
    about = [notice.consult_id for notice in notices if notice.consult_id is not None]
    consult = session.get_one(Consult, about[-1]) if about else None
    is_family = rows[0][1].role in HOUSEHOLD
    patient = session.get_one(Patient, consult.patient_id) if consult is not None and is_family else None
    sendings = session.execute(
        select(Delivery.channel, Delivery.reason, Delivery.rounds).where(
            Delivery.notice_id.in_([notice.id for notice in notices])
        )
    )
    reasons = frozenset((row.channel, _reason(row.reason, row.rounds)) for row in sendings)
    return Unreached(rows[0][1], notices, consult, patient, reasons)


def _reason(reason: str, rounds: int) -> str:
    return SILENT if reason == Reason.AWAY and rounds >= len(LATER) else reason
