"""Families that were sent to emergency care: who may see them, under the same law as `econsult.access`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import Session

from econsult.access import note_patients
from econsult.consults.records import Consult, RedFlagStop, Source
from econsult.consults.redflags import UNSAFE
from econsult.errors import NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, Person, Role

MOST = 500
"""Far more than one family leaves behind, so that none can push another out of sight."""


@dataclass(frozen=True)
class Stop:
    """A family that was sent to emergency care, whom nobody has called yet."""

    stop: RedFlagStop
    consult: Consult
    patient: Patient


def stops_for(session: Session, person: Person, *, now: datetime) -> list[Stop]:
    """The emergency stops of one's clinic, or of one's program for coordinators, newest first."""
    query = _known_stops(person).order_by(RedFlagStop.id.desc()).limit(MOST)
    found = [Stop(stop, consult, patient) for stop, consult, patient in session.execute(query)]
    note_patients(session, person, [entry.patient for entry in found], now)
    return found


def stop_for(session: Session, person: Person, stop_id: int, *, now: datetime) -> Stop:
    """One of them."""
    row = session.execute(_known_stops(person).where(RedFlagStop.id == stop_id)).one_or_none()
    if row is None:
        raise NotFoundError
    note_patients(session, person, [row[2]], now)
    return Stop(*row)


def is_gone_for(session: Session, person: Person, public_id: str) -> bool:
    """Whether this is a draft of one's own that left no trace, since it told that the home is not safe: whoever opens
    its address, by the browser's history perhaps, is led to the start page, as if it had never been."""
    query = select(Consult.id).where(Consult.public_id == public_id, Consult.requester_id == person.id)
    return session.scalar(query.where(Consult.confidential == UNSAFE)) is not None


def unsafe_since(session: Session, patient_id: int) -> datetime | None:
    """When it was last told that this child's home is not safe; None where it never was."""
    query = select(RedFlagStop).join(Consult, Consult.id == RedFlagStop.consult_id).order_by(RedFlagStop.id.desc())
    told = session.scalars(query.where(Consult.patient_id == patient_id, ~RedFlagStop.is_attested))
    return next((stop.at for stop in told if UNSAFE in stop.codes.split(",")), None)


def _known_stops(person: Person) -> Select[RedFlagStop, Consult, Patient]:
    query = (
        select(RedFlagStop, Consult, Patient)
        .join(Consult, Consult.id == RedFlagStop.consult_id)
        .join(Patient, Patient.id == Consult.patient_id)
        .join(Person, Person.id == RedFlagStop.person_id)
        .where(Consult.program_id == person.program_id, ~RedFlagStop.is_attested, RedFlagStop.dealt_with_at.is_(None))
        # A clinician who was stopped while writing has the child in view: there is nobody to call. On the telephone it
        # is the family that was stopped, whoever wrote it down.
        .where(or_(Person.role.in_(FAMILIES), Consult.source == Source.PHONE))
    )
    if person.role == Role.PCP:
        return query.where(Consult.organization_id == person.organization_id)
    return query if person.role == Role.COORDINATOR else query.where(false())
