"""Families to telephone because an answer says "emergency, now": who may see them, as `econsult.access` has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from econsult.access import note_patients
from econsult.consults.records import Consult
from econsult.consults.telephone import PhoneTask
from econsult.consults.versions import emergencies_among
from econsult.leading import Led
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, Role

MOST = 500


@dataclass(frozen=True)
class Waiting:
    """A call that nobody has made yet. `is_emergency`: the answer still says so, no newer one has corrected it."""

    task: PhoneTask
    consult: Consult
    patient: Patient
    is_emergency: bool = True


def calls_waiting(session: Session, person: Person, *, now: datetime) -> list[Waiting]:
    """The open telephone tasks of one's clinic, or of one's program for coordinators, the oldest first."""
    query = (
        select(PhoneTask, Consult, Patient)
        .select_from(Led(PhoneTask, Consult, Consult.id == PhoneTask.consult_id))
        .join(Patient, Patient.id == Consult.patient_id)
        .where(Consult.program_id == person.program_id, PhoneTask.done_at.is_(None))
    )
    if person.role == Role.PCP:
        query = query.where(Consult.organization_id == person.organization_id)
    elif person.role != Role.COORDINATOR:
        query = query.where(false())
    rows = session.execute(query.order_by(PhoneTask.due_at, PhoneTask.id).limit(MOST))
    # A corrected emergency may have two calls to make, which are one: the first that is due.
    first = {consult.id: (task, consult, patient) for task, consult, patient in reversed(rows.all())}
    still = emergencies_among(session, first)
    found = [Waiting(*row, row[1].id in still) for row in reversed(first.values())]
    note_patients(session, person, [entry.patient for entry in found], now)
    return found


def call_waiting(session: Session, consult: Consult) -> PhoneTask | None:
    """The first call about this request that nobody has made yet."""
    query = select(PhoneTask).where(PhoneTask.consult_id == consult.id, PhoneTask.done_at.is_(None))
    return session.scalars(query.order_by(PhoneTask.due_at, PhoneTask.id).limit(1)).one_or_none()


@dataclass(frozen=True)
class Unmade:
    """The same for who may not know the child: the number of the request, and the clinic that can be asked."""

    number: str
    due_at: datetime
    clinic: str
    phone: str


def calls_unmade(session: Session, program_id: int) -> list[Unmade]:
    """The open telephone tasks of a program without anybody's name, the oldest first."""
    query = (
        select(PhoneTask, Consult, Organization)
        .select_from(Led(PhoneTask, Consult, Consult.id == PhoneTask.consult_id))
        .outerjoin(Organization, Organization.id == Consult.organization_id)
        .where(Consult.program_id == program_id, PhoneTask.done_at.is_(None))
    )
    rows = session.execute(query.order_by(PhoneTask.due_at, PhoneTask.id).limit(MOST)).all()
    return list(
        {
            consult.id: Unmade(
                consult.number, task.due_at, clinic.name if clinic else "", clinic.phone if clinic else ""
            )
            for task, consult, clinic in reversed(rows)
        }.values()
    )[::-1]
