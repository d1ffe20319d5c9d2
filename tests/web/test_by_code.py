"""A family without an account reads its answer with a code: the pages of the device, of the clinic and of the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults import answers, holding
from econsult.consults.adopting import adopt
from econsult.consults.by_code import CODES, TRIES, ReadingCode, code_of
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from tests.econsult.test_by_code import other_than
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, english_left, look_at
from tests.web.test_invited import go_in, send
from workers.runtime import Runtime

SUMMARY = str(ANSWER["family_summary"])


def answer_it(runtime: Runtime, clinic: Clinic, number: str) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
        adopt(session, consult, clinic.pcp, None, now=now)
        holding.claim(session, consult, clinic.pcp, now=now, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=now)


def code_for(runtime: Runtime) -> str:
    with runtime.database.reading() as session:
        newest = session.scalars(select(ReadingCode).order_by(ReadingCode.id.desc())).first()
    assert newest is not None
    return code_of(newest, runtime.secret_key)


@pytest.fixture
def sent(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> str:
    """The address of a question that this device brought and that is answered."""
    number, _seen = send(go_in(runtime, clinic, visitor))
    assert visitor.get(f"/invited/questions/{number}/answer").status_code == 404
    answer_it(runtime, clinic, number)
    return f"/invited/questions/{number}"


def test_the_answer_opens_with_the_code_and_everybody_can_see_that_it_did(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, sent: str, browser_of: BrowserOf
) -> None:
    assert f"{sent}/answer" in visitor.get("/invited").text
    locked = visitor.get(f"{sent}/answer?lang=en").text
    assert "Read your answer" in locked
    assert "505-555-0100" in locked
    assert SUMMARY not in locked
    assert 'name="code"' not in locked
    asked = post(visitor, f"{sent}/code", {"way": "email"})
    assert (asked.status_code, asked.location) == (303, f"{sent}/answer#code")
    code = code_for(runtime)
    wrong = post(visitor, f"{sent}/answer", {"code": other_than(code)})
    assert (wrong.status_code, SUMMARY in wrong.text) == (422, False)
    assert "Este no es el código que enviamos" in wrong.text
    assert post(visitor, f"{sent}/answer", {"code": ""}).status_code == 422
    assert post(visitor, f"{sent}/answer", {"code": code}).location == f"{sent}/answer"
    page = visitor.get(f"{sent}/answer")
    assert SUMMARY in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert [word for word in (*clinic.child.name.split(), "2022", "note.pdf") if word in page.text] == []
    case = browser_of(clinic.pcp).get(f"/consults/{sent.rsplit('/', 1)[1]}").text
    assert "read it with a code sent to the phone or e-mail on file" in case
    log = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen?lang=en").text
    assert "Read the answer with a code sent to your phone or e-mail" in log


def test_too_many_tries_and_too_many_codes_end_it_in_words(runtime: Runtime, visitor: FlaskClient, sent: str) -> None:
    post(visitor, f"{sent}/code", {"way": "email"})
    wrong = other_than(code_for(runtime))
    said = [post(visitor, f"{sent}/answer", {"code": wrong}).text for _ in range(TRIES)]
    assert ["Este código ya no sirve" in page for page in said] == [*[False] * (TRIES - 1), True]
    assert post(visitor, f"{sent}/code", {"way": "pigeon"}).status_code == 422
    for _ in range(CODES - 1):
        assert post(visitor, f"{sent}/code", {"way": "email"}).status_code == 303
    last = post(visitor, f"{sent}/code", {"way": "email"})
    assert (last.status_code, "Se pidieron demasiados códigos" in last.text) == (429, True)


def test_another_session_of_the_same_device_starts_anew(runtime: Runtime, visitor: FlaskClient, sent: str) -> None:
    post(visitor, f"{sent}/code", {"way": "email"})
    assert post(visitor, f"{sent}/answer", {"code": code_for(runtime)}).status_code == 303
    with runtime.database.writing() as session:
        # As after signing out and coming back: the row of the session is another one.
        session.execute(update(ReadingCode).values(browser_hash="0" * 64))
    assert SUMMARY not in visitor.get(f"{sent}/answer").text


def test_the_words_are_the_same_whether_or_not_a_contact_is_on_file(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, sent: str
) -> None:
    pages = []
    for phone in ("", "505-555-0197"):
        with runtime.database.writing() as session:
            child = session.get_one(Patient, clinic.child.id)
            child.phone, child.created_at = phone, datetime.now(UTC) - timedelta(days=9)
        post(visitor, f"{sent}/code", {"way": "email"})
        pages.append(visitor.get(f"{sent}/answer?lang=en").text)
    assert pages[0] == pages[1]


def test_staff_write_the_contact_down_and_read_from_when_it_counts(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}"
    contact = {"phone": "505-555-0197", "email": "ana@example.test", "phone_again": "+1 505 555 0197"}
    mistyped = post(desk, f"{path}/contact", {**contact, "email_again": "anna@example.test"})
    assert (mistyped.status_code, "the two are not the same" in mistyped.text) == (422, True)
    saved = post(desk, f"{path}/contact", {**contact, "email_again": "Ana@example.test"})
    assert saved.location == f"{path}?said=saved"
    page = desk.get(path).text
    assert 'value="ana@example.test"' in page
    assert "What is new here gets codes from" in page
    wrong = post(desk, f"{path}/contact", {"phone": "12", "email": "no address", "phone_again": "12"})
    assert (wrong.status_code, 'value="no address"' in wrong.text) == (422, True)
    wrong = post(desk, f"{path}/contact", {"phone": "", "email": "no address"})
    assert "Write the whole address" in wrong.text
    # What stands there already is not asked twice.
    kept = {"phone": "505-555-0197", "email": "ana@example.test"}
    assert post(desk, f"{path}/contact", kept).status_code == 303
    other = browser_of(clinic.other_pcp)
    assert post(other, f"{path}/contact", {"phone": "", "email": ""}).status_code == 404
    with runtime.database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).phone == "505-555-0197"


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_the_pages_in_a_real_browser(
    runtime: Runtime, sent: str, enter: Enter, devices: Devices, address: str, language: str, width: int
) -> None:
    with runtime.database.reading() as session:
        device = session.scalars(select(Person).where(Person.role == Role.INVITED)).one()
    page = devices.desktop(viewport={"width": width, "height": 844})
    heard = complaints(page)
    enter(page, device).goto(f"{address}/invited?lang={language}")
    page.locator(f'a[href="{sent}/answer"]').click()
    look_at(page, "by-code-locked", language)
    page.locator("main form button").click()
    page.locator("input#code").fill("12")
    page.locator("main form button").first.click()
    look_at(page, "by-code-wrong", language)
    page.locator("input#code").fill(code_for(runtime))
    page.locator("main form button").first.click()
    page.get_by_text(SUMMARY).wait_for()
    # The answer is written in the family's language, as its doctor wrote it.
    look_at(page, "by-code-open", language, english_left(page))
    assert heard == []
