"""Who may take what: licences, languages, capacity, conflicts, the pools that stand in, and where clinics are."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.belonging import named_in
from econsult.errors import InvalidError, NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import LANGUAGES, SPECIALTIES, Organization, Person, Role
from econsult.rosters.limits import Conflict, FallbackPool, Limits, fallbacks_of
from econsult.zones import check_zone

MOST_AT_ONCE = 999
STATES = frozenset(
    re.findall(
        "..",
        "ALAKAZARCACOCTDEDCFLGAGUHIIDILINIAKSKYLAMEMDMAMIMNMSMOMPMTNENVNHNJNMNYNCNDOHOKORPAPRRISCSDTNTXUTVTVAVIWAWVWIWYAS",
    )
)
"""States, the District and the territories, by their two letters."""


@dataclass(frozen=True)
class LimitsForm:
    """What a form says of one specialist. No states and no languages mean "any"; a capacity of 0 means "no limit".

    `seen` is what its page showed before, empty where it says nothing of that.
    """

    states: str
    languages: Collection[str]
    capacity: int
    seen: str = ""


def set_limits(session: Session, by: Person, public_id: str, form: LimitsForm, *, now: datetime) -> Limits:
    """Write down what a specialist may and can take. Raises InvalidError naming each wrong field."""
    person = specialist_of(session, by, public_id)
    states = sorted(set(re.split(r"[\s,;]+", form.states.upper().strip())) - {""})
    wrong = {"states": "unknown_value"} if set(states) - STATES else {}
    if set(form.languages) - set(LANGUAGES):
        wrong["languages"] = "unknown_value"
    if not 0 <= form.capacity <= MOST_AT_ONCE:
        wrong["capacity"] = "invalid"
    if wrong:
        raise InvalidError("These limits are not right: " + ", ".join(sorted(wrong)) + ".", wrong)
    limits = _held_limits(session, person)
    if form.seen not in ("", limits.told):
        # A licence that somebody took away meanwhile would come back, and nobody would have said so.
        raise InvalidError("These limits were changed meanwhile.", {"limits": "stale"})
    limits.states, limits.languages = ",".join(states), ",".join(sorted(form.languages))
    limits.capacity = form.capacity
    session.flush()
    audit.record(session, "set_limits", "person", person.public_id, now=now, person_id=by.id)
    return limits


def _held_limits(session: Session, person: Person) -> Limits:
    """The person's limits, which no other form changes before the end; new ones, that limit nothing, where none are."""
    own = select(Limits).where(Limits.person_id == person.id)
    limits = session.scalars(own.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if limits is None:
        limits = Limits(person_id=person.id, states="", languages="", capacity=0)
        session.add(limits)
    return limits


def specialist_of(session: Session, by: Person, public_id: str) -> Person:
    """A specialist of one's own program. Raises NotFoundError."""
    query = select(Person).where(
        Person.public_id == public_id, Person.program_id == by.program_id, Person.role == Role.SPECIALIST
    )
    person = session.scalars(query).one_or_none()
    if person is None:
        raise NotFoundError
    return person


def add_fallback(session: Session, by: Person, specialty: str, fallback: str, *, now: datetime) -> None:
    """Let another specialty stand in, after those that do already."""
    known = fallbacks_of(session, by.program_id, specialty)
    if specialty not in SPECIALTIES or fallback not in SPECIALTIES or fallback in (specialty, *known):
        raise InvalidError("Choose another specialty to stand in.", {"fallback": "unknown_value"})
    last = select(func.coalesce(func.max(FallbackPool.position), 0)).where(
        FallbackPool.program_id == by.program_id, FallbackPool.specialty == specialty
    )
    position = session.scalars(last).one() + 1
    session.add(FallbackPool(program_id=by.program_id, specialty=specialty, fallback=fallback, position=position))
    session.flush()
    audit.record(session, "add_fallback", "fallback_pool", specialty, now=now, person_id=by.id, detail=fallback)


def remove_fallback(session: Session, by: Person, specialty: str, fallback: str, *, now: datetime) -> None:
    """It stands in no more; where it did not, nothing was done, and no row has what somebody wrote in place of both."""
    query = select(FallbackPool).where(
        FallbackPool.program_id == by.program_id,
        FallbackPool.specialty == specialty,
        FallbackPool.fallback == fallback,
    )
    found = session.scalars(query).all()
    if not found:
        return
    for pool in found:
        session.delete(pool)
    session.flush()
    audit.record(session, "remove_fallback", "fallback_pool", specialty, now=now, person_id=by.id, detail=fallback)


def bar(session: Session, by: Person, public_id: str, patient: Patient, *, now: datetime) -> None:
    """This specialist must not answer for this child; saying it twice is saying it once."""
    person = specialist_of(session, by, public_id)
    if _conflict(session, person, patient) is None:
        session.add(Conflict(program_id=patient.program_id, person_id=person.id, patient_id=patient.id))
        session.flush()
    _note_conflict(session, by, patient, "add_conflict", now)


def unbar(session: Session, by: Person, public_id: str, patient: Patient, *, now: datetime) -> None:
    """There is no conflict any more."""
    conflict = _conflict(session, specialist_of(session, by, public_id), patient)
    if conflict is not None:
        session.delete(conflict)
        session.flush()
    _note_conflict(session, by, patient, "remove_conflict", now)


def conflicts_of(session: Session, program_id: int, most: int = 200) -> Sequence[tuple[Person, Patient]]:
    """Specialist and child of each conflict, the newest first; whoever shows a child's name notes it."""
    query = (
        select(Person, Patient)
        .join(Conflict, Conflict.person_id == Person.id)
        .join(Patient, Patient.id == Conflict.patient_id)
        .where(Person.program_id == program_id)
    )
    return [(person, patient) for person, patient in session.execute(query.order_by(Conflict.id.desc()).limit(most))]


def set_state(session: Session, by: Person, public_id: str, state: str, *, now: datetime) -> Organization:
    """Say in which state a clinic is: its children's specialists must be licensed there. Empty asks for none."""
    clinic = _clinic(session, by, public_id)
    clean = state.strip().upper()
    if clean and clean not in STATES:
        raise InvalidError("This is no state's two-letter code.", {"state": "unknown_value"})
    clinic.state = clean
    audit.record(session, "set_state", "organization", clinic.public_id, now=now, person_id=by.id, detail=clean)
    return clinic


def set_clinic_zone(session: Session, by: Person, public_id: str, name: str, *, now: datetime) -> Organization:
    """Say in which time zone a clinic is, for its people who have not chosen theirs; an empty name is the program's."""
    clinic = _clinic(session, by, public_id)
    clinic.time_zone = check_zone(name)
    audit.record(session, "set_time_zone", "organization", clinic.public_id, now=now, person_id=by.id, detail=name)
    return clinic


def _clinic(session: Session, by: Person, public_id: str) -> Organization:
    return named_in(session, by.program_id, Organization, public_id)


def clinics_of(session: Session, program_id: int) -> list[Organization]:
    """The program's clinics by their age in it."""
    query = select(Organization).where(Organization.program_id == program_id)
    return list(session.scalars(query.order_by(Organization.id)))


def _conflict(session: Session, person: Person, patient: Patient) -> Conflict | None:
    query = select(Conflict).where(Conflict.person_id == person.id, Conflict.patient_id == patient.id)
    return session.scalars(query).one_or_none()


def _note_conflict(session: Session, by: Person, patient: Patient, action: str, now: datetime) -> None:
    audit.record(session, action, "patient", patient.public_id, now=now, person_id=by.id, patient_id=patient.id)
