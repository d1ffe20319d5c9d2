"""Families that were sent to emergency care: who may see them, under the same law as `econsult.access`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from operator import itemgetter

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from econsult.access import note_patients
from econsult.consults.attesting import is_mistake
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.redflags import UNSAFE
from econsult.consults.told_signs import is_uncalled
from econsult.errors import NotFoundError
from econsult.home_safety import words_on
from econsult.leading import Led
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

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
    return gone_draft(session, person, public_id) is not None


def gone_draft(session: Session, person: Person, public_id: str) -> Consult | None:
    """Such a draft, so that a sign ticked in a window that was open before is told; nothing of it is shown."""
    query = select(Consult).where(Consult.public_id == public_id, Consult.requester_id == person.id)
    return session.scalars(query.where(Consult.confidential == UNSAFE)).one_or_none()


@dataclass(frozen=True)
class UnsafeHome:
    """When it was last told that a home is not safe, and the safe ways that were given, newest first.

    `is_hint`: nobody said so; words that the family wrote may tell of it. What was told before a clinician of the
    medical home said that it is safe again counts no more.
    """

    at: datetime
    safe_ways: tuple[str, ...]
    is_hint: bool


def unsafe_home(session: Session, patient_id: int) -> UnsafeHome | None:
    """What was told of this child's home by staff, or on any of its requests, by a sign that a clinician passed too;
    None where it never was, was taken back as a mistake, or is safe again."""
    query = select(RedFlagStop).join(Consult, Consult.id == RedFlagStop.consult_id).order_by(RedFlagStop.id.desc())
    found = session.scalars(query.where(Consult.patient_id == patient_id, RedFlagStop.codes.contains(UNSAFE)))
    told = [stop for stop in found if UNSAFE in stop.codes.split(",")]
    mistaken = {stop.consult_id for stop in told if stop.is_attested and is_mistake(stop.attestation)}
    told = [stop for stop in told if stop.is_hint or stop.consult_id not in mistaken]
    words = words_on(session, patient_id)
    ended = next((word.at for word in words if word.is_safe), None)
    told = [stop for stop in told if not is_mistake(stop.attestation) and (ended is None or stop.at > ended)]
    said = [(stop.at, stop.safe_way) for stop in told if not stop.is_hint]
    said += [(word.at, word.words) for word in takewhile(lambda word: not word.is_safe, words)]
    if not told and not said:
        return None
    said.sort(key=itemgetter(0), reverse=True)
    ways = tuple(dict.fromkeys(way for _at, way in said if way))
    return UnsafeHome(said[0][0] if said else told[0].at, ways, is_hint=not said)


def _known_stops(person: Person) -> Select[RedFlagStop, Consult, Patient]:
    query = (
        select(RedFlagStop, Consult, Patient)
        .select_from(Led(RedFlagStop, Consult, Consult.id == RedFlagStop.consult_id))
        .join(Patient, Patient.id == Consult.patient_id)
        .join(Person, Person.id == RedFlagStop.person_id)
        .where(Consult.program_id == person.program_id, *is_uncalled())
    )
    if person.role == Role.PCP:
        return query.where(Consult.organization_id == person.organization_id)
    return query if person.role == Role.COORDINATOR else query.where(false())
