"""The people that tests speak through: a mother, a stranger, a clinic, specialists. All of them are made up."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults import answers, holding, requests
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.database import Database
from econsult.people.consent import ConsentGiven
from econsult.people.mixups import prove
from econsult.people.patients import Patient, add_patient, link_caregiver
from econsult.people.persons import Organization, Person, Program, Role, add_organization, add_person, person_by_email
from econsult.rosters.limits import FallbackPool, Limits
from econsult.vault import Vault
from econsult.youths import YouthForm, open_account
from storage.keys import KeyRing, generate
from tests.remembered import again

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TARGETS = {"routine": timedelta(hours=24), "same_day": timedelta(hours=4), "urgent": timedelta(hours=1)}
LEASE = timedelta(minutes=30)
PASSWORD_ALONE = {"ECONSULT_SECOND_FACTOR": "offered"}
"""Settings for tests of something else: staff come in without a second factor."""
QUESTION = "Is this atopic dermatitis, and is a mid-strength steroid safe here?"
FAMILY_QUESTION = "¿Qué es esta mancha roja que le pica en el codo?"
ANSWER = {
    "impression": "Atopic dermatitis",
    "confidence": "sure",
    "recommendations": [{"text": "Triamcinolone 0.1 % twice a day for 7 days", "owner": "family", "due_at": None}],
    "watch_for": "Fever, pus or blisters",
    "disposition": "advice_only",
    "family_summary": "This looks like eczema. Use the cream two times a day for seven days.",
    "references": "",
}


def _asked(values: dict[str, Any]) -> RequestForm:
    """Nobody sends anything without having answered the danger signs; a test that leaves them out gives None."""
    return RequestForm(**{**values, "details": {"red_flags": [], **values["details"]}})


@dataclass(frozen=True)
class Clinic:
    """A small program with one child whose mother, clinic and specialists are known, and people who are strangers."""

    vault: Vault
    program: Program
    home: Organization
    child: Patient
    other_child: Patient
    mother: Person
    stranger: Person
    pcp: Person
    other_pcp: Person
    derm: Person
    derm2: Person
    neuro: Person
    coordinator: Person
    nurse: Person
    director: Person
    admin: Person

    def econsult(self, session: Session, *, now: datetime = NOON, **changes: object) -> Consult:
        """A submitted eConsult of the PCP to dermatology."""
        consult = self.draft(session, now=now, **changes)
        return requests.submit(session, consult, self.pcp, SubmitForm(), now=now, targets=TARGETS)

    def draft(self, session: Session, *, now: datetime = NOON, **changes: object) -> Consult:
        """The PCP's draft, complete but not sent."""
        values: dict[str, object] = {
            "kind": "econsult",
            "specialty": "dermatology",
            "question": QUESTION,
            "question_type": "diagnosis",
            "details": {"body_site": "elbow"},
            "consent": ConsentGiven("parent", "verbal", "en"),
        }
        return requests.create(session, self.pcp, self.child, _asked({**values, **changes}), now=now)

    def family_draft(self, session: Session, *, now: datetime = NOON, **changes: object) -> Consult:
        """The mother's draft, complete but not sent."""
        values: dict[str, object] = {
            "kind": "family_question",
            "question": FAMILY_QUESTION,
            "details": {"body_site": "elbow", "red_flags": []},
            "consent": ConsentGiven("parent", "electronic", "es"),
        }
        return requests.create(session, self.mother, self.child, _asked({**values, **changes}), now=now)

    def family_question(self, session: Session, *, now: datetime = NOON) -> Consult:
        """A submitted question of the mother to the medical home."""
        consult = self.family_draft(session, now=now)
        return requests.submit(session, consult, self.mother, SubmitForm(), now=now, targets=TARGETS)

    def claimed(self, session: Session, *, now: datetime = NOON) -> Consult:
        """An eConsult that the dermatologist holds."""
        return holding.claim(session, self.econsult(session, now=now), self.derm, now=now, lease=LEASE)

    def let_neurology_stand_in(self, session: Session) -> None:
        """No dermatologist speaks the child's language any more."""
        session.add_all(Limits(person_id=person.id, languages="fr") for person in (self.derm, self.derm2))
        session.add(FallbackPool(program_id=self.program.id, specialty="dermatology", fallback="neurology"))
        session.flush()

    def more(self, database: Database, count: int) -> list[Person]:
        """So many other dermatologists, made on first use."""
        with database.writing() as session:
            for number in range(count):
                email = f"derm-{number}@clinic.test"
                if person_by_email(session, database.cipher, email) is None:
                    details = {"name": email, "role": Role.SPECIALIST, "now": NOON, "specialties": ("dermatology",)}
                    add_person(session, database.cipher, self.program, email=email, **details)
            found = [person_by_email(session, database.cipher, f"derm-{number}@clinic.test") for number in range(count)]
            return [person for person in found if person is not None]

    def take(self, session: Session, consult: Consult, *, now: datetime = NOON) -> Consult:
        """The dermatologist takes it."""
        return holding.claim(session, consult, self.derm, now=now, lease=LEASE)

    def answered(self, session: Session, *, now: datetime = NOON) -> Consult:
        """An eConsult that the dermatologist has answered and signed."""
        consult = self.claimed(session, now=now)
        answers.save_draft(session, consult, self.derm, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, self.derm, now=now)
        return consult


def grown_youth(session: Session, database: Database, clinic: Clinic, now: datetime = NOON) -> Person:
    """The child becomes fifteen, and the clinic opens an account for them."""
    child = session.get_one(Patient, clinic.child.id)
    child.birth_date_text = now.date().replace(year=now.year - 15, day=1).isoformat()
    form = YouthForm("youth@clinic.test", "en", is_seen=True)
    youth = open_account(session, database.cipher, child, form, clinic.pcp, now=now)
    prove(session, youth, child.birth_date_text, now)
    return youth


def open_clinic(database: Database, *, vault: Vault | None = None, now: datetime = NOON, mark: str = "") -> Clinic:
    """Fill an empty database with the clinic; with a `mark`, which every name then carries, add one more program."""
    used = vault or Vault(_ring())
    if mark:
        return Clinic(vault=used, **_people(database, used, now, mark))

    def fits(people: dict[str, Any]) -> bool:
        return used.ring.is_current(people["program"].key_wrapped)

    return Clinic(vault=used, **again(database, now, lambda: _people(database, used, now), fits))


@functools.cache
def _ring() -> KeyRing:
    """The master keys of the clinics that bring none."""
    return KeyRing.parse(generate())


def _people(database: Database, vault: Vault, now: datetime, mark: str = "") -> dict[str, Any]:
    """Everybody of the clinic but its keys, by the names that the clinic has for them."""
    with database.writing() as session:
        new = vault.add_program if mark else vault.ensure_program
        program = new(session, f"{mark}Test program", now)
        home = add_organization(session, program, f"{mark}Home clinic", "505-555-0100")
        other = add_organization(session, program, f"{mark}Other clinic")

        def person(name: str, role: Role, **details: object) -> Person:
            name = f"{mark}{name}"
            email = f"{name}@clinic.test"
            return add_person(session, database.cipher, program, email=email, name=name, role=role, now=now, **details)

        def child(name: str, organization: Organization) -> Patient:
            key = vault.new_patient_key(session, program)
            return add_patient(
                session,
                program,
                key_wrapped=key,
                name=f"{mark}{name}",
                birth_date="2022-01-15",
                sex="female",
                organization=organization,
                now=now,
            )

        people = {
            "program": program,
            "home": home,
            "child": child("Luz Prueba", home),
            "other_child": child("Sam Sample", other),
            "mother": person("mother", Role.CAREGIVER, language="es"),
            "stranger": person("stranger", Role.CAREGIVER),
            "pcp": person("pcp", Role.PCP, organization=home),
            "other_pcp": person("otherpcp", Role.PCP, organization=other),
            "derm": person("derm", Role.SPECIALIST, specialties=("dermatology",)),
            "derm2": person("derm2", Role.SPECIALIST, specialties=("dermatology",)),
            "neuro": person("neuro", Role.SPECIALIST, specialties=("neurology",)),
            "coordinator": person("coordinator", Role.COORDINATOR),
            "nurse": person("nurse", Role.TELEPRESENTER, organization=home),
            "director": person("director", Role.DIRECTOR),
            "admin": person("admin", Role.ADMIN),
        }
        link_caregiver(session, people["child"], people["mother"], "mother", now)
        link_caregiver(session, people["other_child"], people["stranger"], "father", now)
    return people
