"""Puts the made-up people into the records, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.people.caregivers import SELF
from econsult.people.madeup import DOMAIN, PASSWORD
from econsult.people.mixups import prove
from econsult.people.passwords import hash_password
from econsult.people.patients import Patient, RelatedPerson, add_patient, link_caregiver
from econsult.people.persons import Organization, Person, Program, Role, add_organization, add_person, person_by_email
from econsult.rosters.shifts import Shift, has_roster
from econsult.youths import YouthForm, open_account
from workers.demo.people import CHILDREN, CLINICS, STAFF, Child, Staff
from workers.runtime import Runtime

JOINED = timedelta(days=60)
DAYS_PER_MONTH = 30.44
NEWBORN_DAYS = 21


@dataclass(frozen=True)
class Cast:
    """What children are registered into: everybody by key."""

    program: Program
    clinics: dict[str, Organization]
    people: dict[str, Person] = field(default_factory=dict)


def add_cast(runtime: Runtime, session: Session, now: datetime) -> tuple[dict[str, Person], dict[str, Patient]]:
    """People and children by key, added where they are missing."""
    at = now - JOINED
    program = runtime.vault.ensure_program(session, runtime.settings.program_name, at)
    cast = Cast(program, {key: _clinic(session, program, key) for key in CLINICS})
    cast.people.update({staff.key: _person(runtime, session, cast, staff, at) for staff in STAFF})
    _plan(session, cast, runtime.settings.time_zone, at)
    known = {patient.mrn: patient for patient in session.scalars(select(Patient))}
    children = {child.key: known.get(child.mrn) or _child(runtime, session, cast, child, now) for child in CHILDREN}
    for child in CHILDREN:
        if child.own:
            _own_account(runtime, session, cast, child, children[child.key], now=now)
    _give_password(cast.people.values())
    return cast.people, children


def _own_account(
    runtime: Runtime, session: Session, cast: Cast, child: Child, patient: Patient, *, now: datetime
) -> None:
    """The account that a young person's clinic has opened for them; nothing where there was one, open or closed."""
    email = f"{child.own}@{DOMAIN}"
    known = person_by_email(session, runtime.database.cipher, email)
    had = select(RelatedPerson.id).where(RelatedPerson.patient_id == patient.id, RelatedPerson.relation == SELF)
    if session.scalars(had).first() is None:
        staff = next(each for each in STAFF if each.clinic == child.clinic and each.role == Role.PCP)
        form = YouthForm(email, child.language, is_seen=True)
        known = open_account(session, runtime.database.cipher, patient, form, cast.people[staff.key], now=now)
        prove(session, known, patient.birth_date_text, now)
    if known is not None:
        cast.people[child.own] = known


def _plan(session: Session, cast: Cast, zone: str, at: datetime) -> None:
    """The weekly roster of the skin doctors: days and nights, but for the night after Saturday."""
    if has_roster(session, cast.program.id, "dermatology"):
        return
    for key, starts, days in (("derm", 7, range(7)), ("derm2", 19, (0, 1, 2, 3, 4, 6))):
        session.add_all(
            Shift(
                program_id=cast.program.id,
                specialty="dermatology",
                person_id=cast.people[key].id,
                weekday=weekday,
                starts=starts * 60,
                minutes=12 * 60,
                time_zone=zone,
                from_day=at.date(),
            )
            for weekday in days
        )
    session.flush()


def _clinic(session: Session, program: Program, key: str) -> Organization:
    clinic = CLINICS[key]
    known = session.scalars(select(Organization).where(Organization.name == clinic.name)).first()
    return known or add_organization(session, program, clinic.name, clinic.phone)


def _person(runtime: Runtime, session: Session, stage: Cast, staff: Staff, at: datetime) -> Person:
    email = f"{staff.key}@{DOMAIN}"
    cipher = runtime.database.cipher
    return person_by_email(session, cipher, email) or add_person(
        session,
        cipher,
        stage.program,
        email=email,
        name=staff.name,
        role=staff.role,
        now=at,
        organization=stage.clinics.get(staff.clinic),
        language=staff.language,
        specialties=staff.specialties,
    )


def _give_password(people: Iterable[Person]) -> None:
    """One word for all of them: hashing it once a person would take the first start seconds."""
    lacking = [person for person in people if not person.has_password]
    hashed = hash_password(PASSWORD) if lacking else None
    for person in lacking:
        person.password_hash = hashed


def _child(runtime: Runtime, session: Session, stage: Cast, child: Child, now: datetime) -> Patient:
    """Register the child soon after birth, or two months ago."""
    born = now - timedelta(days=child.months * DAYS_PER_MONTH + NEWBORN_DAYS)
    at = max(now - JOINED, born + timedelta(days=2))
    patient = add_patient(
        session,
        stage.program,
        key_wrapped=runtime.vault.new_patient_key(session, stage.program),
        name=child.name,
        birth_date=born.date().isoformat(),
        now=at,
        sex=child.sex,
        language=child.language,
        organization=stage.clinics[child.clinic],
        region=CLINICS[child.clinic].region,
        phone=child.phone,
        mrn=child.mrn,
    )
    for key, relation in child.caregivers:
        link_caregiver(session, patient, stage.people[key], relation, at)
    return patient
