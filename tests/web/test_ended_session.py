"""A session that ended takes no words along: its form leads to the sign-in page and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from econsult.consults.records import Consult
from econsult.people.passwords import hash_password
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, make_link
from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

PASSWORD = "correct horse battery"
SAID = {"since": "days", "story": "It itches at night.", "question": "What is this red spot on the elbow?"}
NUMBER = "0123456789abcdef"


@pytest.fixture
def place(runtime: Runtime, clinic: Clinic) -> str:
    """The page of the mother's story."""
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).password_hash = hash_password(PASSWORD)
        draft = clinic.family_draft(
            session, now=datetime.now(UTC), details={"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
        )
        return f"/family/ask/{draft.public_id}/story"


def _end_sessions(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        session.execute(delete(SignInSession))


def _heard(browser: FlaskClient) -> str:
    cookie = browser.get_cookie("__Host-heard")
    return cookie.value if cookie is not None else ""


def test_a_posted_form_leads_to_the_sign_in_page_and_back(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, place: str
) -> None:
    mother = browser_of(clinic.mother)
    token = token_from(mother.get(place).text)
    _end_sessions(runtime)
    answer = mother.post(place, data={"csrf_token": token, "kept": NUMBER, **SAID})
    assert (answer.status_code, answer.location) == (303, "/sign-in?ended=1")
    assert _heard(mother) == f"no-{NUMBER}"
    assert "Su sesión terminó" in mother.get(answer.location, headers={"Accept-Language": "es"}).text
    answer = post(mother, "/sign-in", {"email": "mother@clinic.test", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, place)
    assert mother.get_cookie("__Host-next") is None


def test_a_one_time_link_leads_back_too(browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, place: str) -> None:
    mother = browser_of(clinic.mother)
    _end_sessions(runtime)
    assert mother.post(place, data=SAID).location == "/sign-in?ended=1"
    with runtime.database.writing() as session:
        token = make_link(session, clinic.mother, datetime.now(UTC))
    assert post(mother, f"/sign-in/link/{token}", {}).location == place


def test_a_page_asked_for_with_an_old_session_says_that_it_ended(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, visitor: FlaskClient, place: str
) -> None:
    mother = browser_of(clinic.mother)
    _end_sessions(runtime)
    assert mother.get(place).location == "/sign-in?ended=1"
    assert visitor.get(place).location == "/sign-in"
    assert "session ended" not in visitor.get("/sign-in").text


def test_a_script_that_saves_by_itself_is_told(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, place: str
) -> None:
    mother = browser_of(clinic.mother)
    _end_sessions(runtime)
    answer = mother.post(place, data={"verb": "save", **SAID}, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.get_json()["problem"].startswith("Your session ended.")


def test_who_is_signed_in_still_needs_the_proof(browser_of: BrowserOf, clinic: Clinic, place: str) -> None:
    mother = browser_of(clinic.mother)
    refused = mother.post(place, data={"csrf_token": "0" * 64, "kept": NUMBER, **SAID})
    assert refused.status_code == 400
    assert _heard(mother) == f"no-{NUMBER}"


@pytest.mark.parametrize("path", ["/language", "/sign-in"])
def test_so_does_a_visitor_where_something_would_change(visitor: FlaskClient, path: str) -> None:
    assert visitor.post(path, data={"lang": "es"}).status_code == 400


def test_signing_out_twice_is_no_error(browser_of: BrowserOf, runtime: Runtime, clinic: Clinic) -> None:
    mother = browser_of(clinic.mother)
    _end_sessions(runtime)
    assert mother.post("/sign-out").location == "/sign-in"


def test_the_story_saves_itself_half_written(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, place: str
) -> None:
    mother = browser_of(clinic.mother)
    fields = {"verb": "save", "story": "It itches", "question": "W" * 400}
    answer = post(mother, place, fields, form_at=place)
    assert answer.get_json()["saved"] is True
    with runtime.database.reading() as session:
        draft = session.query(Consult).one()
        assert (draft.details["story"], draft.question) == ("It itches", "W" * 300)


@pytest.mark.parametrize(("question", "status"), [(SAID["question"], 303), ("", 422)])
def test_a_form_that_its_page_answered_was_heard(
    browser_of: BrowserOf, clinic: Clinic, place: str, question: str, status: int
) -> None:
    mother = browser_of(clinic.mother)
    answer = post(mother, place, {**SAID, "question": question, "kept": NUMBER}, form_at=place)
    assert answer.status_code == status
    heard = mother.get_cookie("__Host-heard")
    assert heard is not None
    assert heard.value == NUMBER
    assert not heard.http_only


def test_a_form_that_an_error_page_answered_was_refused(browser_of: BrowserOf, clinic: Clinic, place: str) -> None:
    mother = browser_of(clinic.mother)
    assert post(mother, f"/family/ask/{'0' * 32}/story", {**SAID, "kept": NUMBER}, form_at=place).status_code == 404
    assert _heard(mother) == f"no-{NUMBER}"
