"""Whoever gets another's letter and signs in reads nothing about the child, in pages and by the API."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from econsult.linking import Authority, Newcomer, add_caregiver
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime


@pytest.fixture
def reached(runtime: Runtime, clinic: Clinic) -> Person:
    who = Newcomer("anna@example.test", "Rosa Gil", "en", Authority("grandparent", True))
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        return add_caregiver(session, runtime.database.cipher, child, who, clinic.pcp, now=datetime.now(UTC))[0]


def told(page: str, clinic: Clinic) -> list[str]:
    child = clinic.child
    words = (*child.name.split(), child.public_id, child.birth_date_text, child.alias, clinic.home.name)
    return [word for word in words if word in page]


def test_a_stranger_reads_that_a_clinic_wrote_and_no_word_of_whom(
    runtime: Runtime, clinic: Clinic, reached: Person, browser_of: BrowserOf
) -> None:
    stranger, pcp = browser_of(reached), browser_of(clinic.pcp)
    with runtime.database.writing() as session:
        bearer = {"Authorization": f"Bearer {make_token(session, reached, datetime.now(UTC))}"}
    machine: FlaskClient = stranger.application.test_client()
    page = stranger.get("/family").text
    assert ("A clinic says that you care for a child" in page, told(page, clinic)) == (True, [])
    assert machine.get("/api/v1/patients", headers=bearer).json["items"] == []
    assert post(stranger, f"/family/children/{clinic.child.public_id}/ask", {}).status_code == 404
    refused = post(stranger, "/family/join", {"birth_date": ""})
    assert (refused.status_code, "Write the child&#39;s birth date" in refused.text) == (422, True)
    for _ in range(5):
        refused = post(stranger, "/family/join", {"birth_date": "2020-02-02"})
        assert (refused.status_code, told(refused.text, clinic)) == (422, [])
    page = stranger.get("/family").text
    assert ("wrong too many times" in page, "/family/join" in page, told(page, clinic)) == (True, False, [])
    assert post(stranger, "/family/join", {"birth_date": clinic.child.birth_date_text}).status_code == 422
    assert "Typed wrong birth dates: add them again" in pcp.get(f"/families/{clinic.child.public_id}/people").text


def test_who_is_meant_comes_in_with_the_birth_date(clinic: Clinic, reached: Person, browser_of: BrowserOf) -> None:
    gran = browser_of(reached)
    assert post(gran, "/family/join", {"birth_date": clinic.child.birth_date_text}).location == "/family"
    page = gran.get("/family").text
    assert ("Luz" in page, "/family/join" in page) == (True, False)
