"""Taking a request that a rule keeps from somebody: the page says which rule, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from econsult.consults.answers import signed_answer
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person
from econsult.rosters.limits import Limits
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_answering import FIELDS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=NOW)


@pytest.mark.parametrize("page", ["/consults/{}/claim", "/worklist/next"])
@pytest.mark.parametrize(("language", "words"), [("en", "Your hands are full"), ("es", "Ya tiene todas")])
def test_full_hands_are_told_so_and_the_request_stays_free(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult, page: str, language: str, words: str
) -> None:
    with runtime.database.writing() as session:
        clinic.claimed(session, now=NOW)
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        session.get_one(Person, clinic.derm.id).language = language
    browser = browser_of(clinic.derm)
    answer = post(browser, page.format(asked.public_id), {})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert words in page
    # No tick beside a no.
    toast = page[page.index('<div class="toast"') :]
    assert "#alert" in toast[: toast.index("</div>")]
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).holder_id is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"states": "NV"}, "where you have no licence"),
        ({"languages": "es"}, "do not answer in this family"),
    ],
)
def test_who_may_not_take_this_one_is_told_why(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult, limits: dict[str, str], words: str
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Organization, asked.organization_id).state = "CA"
        session.get_one(Patient, asked.patient_id).language = "en"
        session.add(Limits(person_id=clinic.derm.id, **limits))
    browser = browser_of(clinic.derm)
    answer = post(browser, f"/consults/{asked.public_id}/claim", {})
    assert answer.status_code == 303
    assert words in browser.get(answer.location).text


def test_an_answer_is_signed_although_the_next_request_cannot_be_taken(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        first, second = clinic.claimed(session, now=NOW), clinic.claimed(session, now=NOW)
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
    browser = browser_of(clinic.derm)
    answer = post(browser, f"/consults/{first.public_id}/answer", {**FIELDS, "verb": "sign_next"})
    assert (answer.status_code, answer.location) == (303, "/worklist?said=signed")
    with runtime.database.reading() as session:
        assert signed_answer(session, first.id) is not None
        assert session.get_one(Consult, asked.id).holder_id is None
        assert session.get_one(Consult, second.id).holder_id == clinic.derm.id


def test_a_request_that_is_chosen_before_the_next_one_is_written_down(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        later = clinic.econsult(session, now=NOW + timedelta(minutes=5))
    assert post(browser_of(clinic.derm), f"/consults/{later.public_id}/claim", {}).status_code == 303
    with runtime.database.reading() as session:
        claim = session.scalars(select(AuditEvent).where(AuditEvent.action == "claim")).one()
        assert (claim.consult_id, claim.detail) == (later.id, "out_of_turn")
