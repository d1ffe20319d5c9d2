"""Whatever is on file of who a child is, and wherever it rests, is covered for whoever may not know the child."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from econsult.billing.records import Coverage
from econsult.identifying import on_file
from econsult.people.invitations import invite
from econsult.people.onfile import set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.reach.mobiles import remove_mobile, set_mobile
from tests.personas import Clinic
from tests.web.conftest import BrowserOf
from workers.policies import identifiers_of
from workers.runtime import Runtime

NOW = datetime.now(UTC)
TOLD = {
    "the telephone on file": "505-555-0177",
    "the e-mail on file": "family.begay@mail.test",
    "a caregiver's own number": "505-555-0123",
    "the number a caregiver had before": "505-555-0124",
    "the number a caregiver had before that": "505-555-0125",
    "the insurance card": "MCD88231907",
    "the number to call back": "505-555-0155",
    "the caller's number": "505-555-0166",
    "the caller's name": "Rosario Tsosie",
    "the telephone that was on file": "505-555-0188",
    "the e-mail that was on file": "begay.before@mail.test",
    "where an invitation went": "aunt.begay@mail.test",
    "the number an invitation went to": "505-555-0149",
    "what the child is called at home": "Chuyita",
}
DETAILS = {
    "red_flags": [],
    "body_site": "elbow",
    "contact": {"way": "call_back", "phone": TOLD["the number to call back"]},
    "caller": {"who": "family", "name": "Mam\u00e1 Rosario Tsosie", "phone": TOLD["the caller's number"]},
}


@pytest.fixture
def number(runtime: Runtime, clinic: Clinic) -> str:
    """The public number of a request whose text tells all of it."""
    cipher = runtime.database.cipher
    with runtime.database.writing() as session:
        child, mother = session.get_one(Patient, clinic.child.id), session.get_one(Person, clinic.mother.id)
        before = TOLD["the telephone that was on file"], TOLD["the e-mail that was on file"]
        set_contact(session, child, *before, clinic.pcp, now=NOW)
        child.nickname = TOLD["what the child is called at home"]
        for where in (TOLD["where an invitation went"], "+15055550149"):
            invite(session, clinic.pcp, child, "en", secret_key=runtime.secret_key, now=NOW, sent_to=where)
        set_contact(session, child, TOLD["the telephone on file"], TOLD["the e-mail on file"], clinic.pcp, now=NOW)
        for had in ("the number a caregiver had before that", "the number a caregiver had before"):
            set_mobile(session, cipher, mother, TOLD[had], by=mother, countries=("US",), now=NOW)
        remove_mobile(session, cipher, mother, by=mother, now=NOW)
        set_mobile(session, cipher, mother, TOLD["a caregiver's own number"], by=mother, countries=("US",), now=NOW)
        session.add(Coverage(patient_id=child.id, insurance_id=TOLD["the insurance card"]))
        text = f"The mam\u00e1 of this child says: {', '.join(TOLD.values())}. Is it eczema?"
        return clinic.econsult(session, now=NOW, question=text, details=DETAILS).public_id


def test_a_specialist_reads_none_of_it_in_lists_and_cases(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, number: str
) -> None:
    with runtime.database.writing() as session:
        proof = {"Authorization": f"Bearer {make_token(session, clinic.derm, NOW)}"}
    derm = browser_of(clinic.derm)
    foreign = derm.application.test_client()
    read = {path: derm.get(path).text for path in ("/worklist", f"/consults/{number}")}
    read |= {path: foreign.get(path, headers=proof).text for path in ("/api/v1/worklist", f"/api/v1/consults/{number}")}
    assert [(path, name) for path, text in read.items() for name, word in TOLD.items() if word in text] == []
    assert "says:" in read[f"/consults/{number}"]
    assert "mam\u00e1 of this child" in read[f"/consults/{number}"], "what somebody is called by is no name"


@pytest.mark.usefixtures("number")
def test_papers_are_covered_by_the_same_list(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.reading() as session:
        child = session.get_one(Patient, clinic.child.id)
        told, known = on_file(session, [child])[child.id], identifiers_of(session, child.id)
    assert [*known.names, *known.nicknames] == told.names + told.nicknames
    international = {"505-555-0123", "505-555-0124", "505-555-0125", "505-555-0149"}
    assert {*TOLD.values()} - {
        *known.phones,
        *known.emails,
        *known.numbers,
        *known.names,
        *known.nicknames,
    } == international
    assert {f"+1{number.replace('-', '')}" for number in international} <= {*known.phones}
