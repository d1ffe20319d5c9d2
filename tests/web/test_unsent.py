"""What was written as the session ended comes along over the sign-in without scripts, for that person alone."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from econsult.people.passwords import hash_password
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, close_session, make_link
from econsult.people.unsent import LONGEST, MOST, Unsent, sweep_unsent
from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from web.shell.unsent import is_kept, is_words
from workers.runtime import Runtime

CHILD = {"name": "Joaquín Ángel Begay", "birth_date": "2019-03-04", "sex": "male", "language": "en", "mrn": "RM-7777"}
PAGE, HIDDEN = (
    "/account/unsent",
    re.compile('<input type="hidden" name="([^"]*)"(?: autocomplete="off")? value="([^"]*)"'),
)
PASSWORD = "correct horse battery"


def end_all(runtime: Runtime) -> None:
    """Nobody was active for weeks."""
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(days=30)))


@pytest.fixture
def nurse(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> FlaskClient:
    """Who was typing the details of a child when her session ended; the form is sent, and refused."""
    with runtime.database.writing() as session:
        for person in (clinic.nurse, clinic.mother):
            session.get_one(Person, person.id).password_hash = hash_password(PASSWORD)
    browser = browser_of(clinic.nurse)
    token = token_from(browser.get("/clinic/children/new").text)
    end_all(runtime)
    answer = browser.post("/clinic/children/new", data={"csrf_token": token, **CHILD})
    assert (answer.status_code, answer.location) == (303, "/sign-in?ended=1")
    return browser


def come_in(browser: FlaskClient, person: Person) -> str:
    return post(browser, "/sign-in", {"email": person.email, "password": PASSWORD}).location


def kept(runtime: Runtime) -> list[Unsent]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Unsent)))


def test_a_child_that_was_being_registered_is_registered_after_signing_in(
    runtime: Runtime, clinic: Clinic, nurse: FlaskClient
) -> None:
    assert "/children/new" not in nurse.get("/sign-in?ended=1").text
    assert come_in(nurse, clinic.nurse) == PAGE
    page = nurse.get(PAGE).text
    assert "Joaquín Ángel Begay" in page
    fields = MultiDict([(name, unescape(value)) for name, value in HIDDEN.findall(page)])
    sent = nurse.post(f"{PAGE}/send", data=fields)
    # The browser sends the very same body to where it was meant for.
    assert (sent.status_code, sent.location) == (307, "/clinic/children/new")
    assert nurse.post(sent.location, data=fields).status_code == 303
    with runtime.database.reading() as session:
        assert "Joaquín Ángel Begay" in {child.name for child in session.scalars(select(Patient))}
    assert nurse.get(PAGE).status_code == 303, "It is offered once."


def test_a_link_from_a_letter_leads_there_as_well(runtime: Runtime, clinic: Clinic, nurse: FlaskClient) -> None:
    with runtime.database.writing() as session:
        token = make_link(session, clinic.nurse, datetime.now(UTC))
    assert post(nurse, f"/sign-in/link/{token}", {}).location == PAGE


def test_nobody_else_in_this_browser_sees_the_words_or_the_page(
    runtime: Runtime, clinic: Clinic, nurse: FlaskClient
) -> None:
    assert come_in(nurse, clinic.mother) == "/family"
    assert nurse.get(PAGE).status_code == 303
    assert nurse.post(f"{PAGE}/send", data={"csrf_token": token_from(nurse.get("/account").text)}).location == "/family"
    post(nurse, f"{PAGE}/drop", {})
    assert len(kept(runtime)) == 1, "What is another's is not thrown away either."


def test_what_is_not_wanted_is_thrown_away(runtime: Runtime, clinic: Clinic, nurse: FlaskClient) -> None:
    come_in(nurse, clinic.nurse)
    assert post(nurse, f"{PAGE}/drop", {}).location == "/clinic"
    assert kept(runtime) == []


def test_signing_out_leaves_nothing_to_the_next(clinic: Clinic, nurse: FlaskClient) -> None:
    come_in(nurse, clinic.nurse)
    post(nurse, "/sign-out", {})
    assert come_in(nurse, clinic.nurse) == "/clinic"


def test_it_rests_sealed_for_a_day_and_only_the_newest(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    browser = browser_of(clinic.nurse)
    end_all(runtime)
    for number in range(MOST + 2):
        browser.post("/clinic/children/new", data={"name": f"Child {number}"})
    for refused in ({"name": "x" * LONGEST}, {"verb": "take", "seen": "1"}, {"password": "a secret of mine"}):
        browser.post("/clinic/children/new", data=refused)
    browser.post("/clinic/children/new", data={"name": "", "photo": (io.BytesIO(b"x"), "Joaquin.jpg")})
    found = kept(runtime)
    assert [row.content["fields"] for row in found] == [[["name", f"Child {number}"]] for number in range(2, MOST + 2)]
    with runtime.database.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT content FROM unsent").scalars().all()
        assert not any("Child" in text for text in raw)
        assert sweep_unsent(session, datetime.now(UTC)) == 0
    with runtime.database.writing() as session:
        assert sweep_unsent(session, datetime.now(UTC) + timedelta(hours=25)) == MOST


def test_whose_session_was_ended_by_somebody_has_it_kept_for_nobody(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    browser = browser_of(clinic.nurse)
    with runtime.database.writing() as session:
        for row in session.scalars(select(SignInSession)):
            close_session(session, row.id)
    assert browser.post("/clinic/children/new", data=CHILD).location == "/sign-in?ended=1"
    assert kept(runtime) == []


def test_a_no_to_the_danger_signs_is_good_for_twelve_hours(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.nurse.id).password_hash = hash_password(PASSWORD)
    browser = browser_of(clinic.nurse)
    end_all(runtime)
    browser.post(
        f"/clinic/phone/{clinic.child.public_id}", data={"no_signs": "1", "story": "Since Monday, on the elbow"}
    )
    assert come_in(browser, clinic.nurse) == PAGE
    young = browser.get(PAGE).text
    assert "no_signs" in young
    with runtime.database.writing() as session:
        session.execute(update(Unsent).values(at=datetime.now(UTC) - timedelta(hours=13)))
    # Neither from the page of now nor from one that was open all the time.
    old = browser.get(PAGE).text
    assert ("no_signs" in old, "Since Monday, on the elbow" in old) == (False, True)
    fields = MultiDict([(name, unescape(value)) for name, value in HIDDEN.findall(young)])
    assert browser.post(f"{PAGE}/send", data=fields).location == PAGE
    fields = MultiDict([(name, unescape(value)) for name, value in HIDDEN.findall(old)])
    assert browser.post(f"{PAGE}/send", data=fields).status_code == 307


def test_no_code_of_a_choice_is_shown(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).password_hash = hash_password(PASSWORD)
    browser = browser_of(clinic.mother)
    end_all(runtime)
    browser.post("/account/zone", data={"zone": "elbow", "way": "call_back"})
    come_in(browser, clinic.mother)
    page = browser.get(PAGE).text
    assert "Lo que marcó y eligió está guardado." in page
    assert 'class="quote"' not in page


def test_no_secret_of_a_form_rests_or_is_shown(runtime: Runtime, clinic: Clinic, nurse: FlaskClient) -> None:
    token = token_from(nurse.get("/sign-in").text)
    browser_fields = {"name": "Luz Begay", "factor_password": PASSWORD, "factor_code": "123456"}
    nurse.post(f"/families/{clinic.child.public_id}/details", data={"csrf_token": token, **browser_fields})
    fields = kept(runtime)[-1].content["fields"]
    assert fields == [["name", "Luz Begay"]]
    come_in(nurse, clinic.nurse)
    assert PASSWORD not in nurse.get(PAGE).text


def test_every_field_of_a_secret_is_known_as_one() -> None:
    secret = re.compile(r'type="password"|one-time-code|(?:current|new)-password')
    marked = re.compile(r'<input[^>]*?\sname="(\w+)"[^>]*>|\bfield\("(\w+)"[^}]*\}\}')
    pages = (page.read_text(encoding="utf-8") for page in Path("web/templates").rglob("*.html"))
    found = {one[1] or one[2] for page in pages for one in marked.finditer(page) if secret.search(one[0])}
    assert {"password", "old", "new", "new_again", "code", "factor_password", "factor_code"} <= found
    assert not [name for name in found if is_kept(name)]
    # A tick for a better picture, which is no secret, has a name of its own.
    assert is_kept("again")


def test_one_small_word_in_a_field_for_words_is_no_code() -> None:
    field = re.compile(r'<textarea[^>]*?\sname="([\w-]+)"|\bfield\("(\w+)"[^}]*rows=[1-9]|\bbox\("(\w+)"')
    line = re.compile(r'<input(?![^>]*\stype=)[^>]*?\sname="([\w-]+)"[^>]*maxlength="[1-9]\d\d"')
    pages = [page.read_text(encoding="utf-8") for page in Path("web/templates").rglob("*.html")]
    found = {one for page in pages for each in field.findall(page) for one in each if one}
    found |= {one for page in pages for one in line.findall(page)}
    assert {"thinks", "why_safe", "examined_by", "bar-paper", "impression", "story"} <= found
    assert sorted(name for name in found if not is_words(name, "eczema")) == ["place", "words"]
    assert not [each for each in ("plaque", "2026-11-29T10:00", "2.5") if is_words("dermatology.other", each)]
