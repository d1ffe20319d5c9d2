"""The young on the pages: the account that the clinic opens, a question that stays between the two, who goes on."""

from __future__ import annotations

import io
import os
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults import answers, holding
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.people.consent import Consent
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from econsult.people.signin import make_token
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, english_left, look_at
from workers.runtime import Runtime

STORY = {
    "since": "days",
    "symptoms": ["itch"],
    "story": "It itches.",
    "question": "What is it, and what do I do today?",
}


def send(browser: FlaskClient, child: Patient, sees: str | None) -> str:
    """Ask about oneself as the pages do; returns the id of the question."""
    ask = post(browser, f"/family/children/{child.public_id}/ask", {}).location.rsplit("/", 1)[0]
    number = ask.rsplit("/", 1)[1]
    post(browser, f"{ask}/emergency", {"emergency": "no"})
    post(browser, f"{ask}/where", {"site": "elbow"})
    photo = {"photo:far": (io.BytesIO(os.urandom(2000)), "IMG_1.jpg")}
    post(browser, "/uploads/simple", {"consult_id": number, "next": f"{ask}/photos", **photo})
    post(browser, f"{ask}/story", STORY)
    page = browser.get(f"{ask}/check?lang=en").text
    assert "Yes, I agree. This is about me." in page
    assert "who care for you" in page
    answer = post(browser, f"{ask}/check", {"agree": "yes", **({"sees": sees} if sees else {})})
    assert answer.location == f"/family/questions/{number}/sent", answer.text
    return number


def answer_it(runtime: Runtime, clinic: Clinic, number: str) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
        holding.claim(session, consult, clinic.pcp, now=now, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=now)


def test_the_clinic_opens_the_account_once_it_has_seen_the_young_person(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    clinics, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}"
    form = {
        "youth_email": "own@example.test",
        "youth_email_again": "own@example.test",
        "youth_language": "es",
        "is_seen": "yes",
    }
    assert "The young person" not in clinics.get(path).text
    refused = post(clinics, f"{path}/youth", form)
    assert (refused.status_code, "no account of their own at this age" in refused.text) == (422, True)
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = f"{datetime.now(UTC).year - 16}-01-01"
    refused = post(
        clinics,
        f"{path}/youth",
        {**form, "youth_email": "mother@clinic.test", "youth_email_again": "mother@clinic.test"},
    )
    assert (refused.status_code, "theirs alone" in refused.text) == (422, True)
    refused = post(clinics, f"{path}/youth", {"youth_email": "own@example.test"})
    assert (refused.status_code, "Tick it once you have seen them" in refused.text) == (422, True)
    assert 'value="own@example.test"' in refused.text
    assert post(clinics, f"{path}/youth", form).location == f"{path}?said=account_opened"
    assert "own@example.test" in clinics.get(path).text
    # Their mailbox is theirs alone also where the family's contact is written down later, however it is typed.
    familys = {"phone": "505-555-0177", "phone_again": "505-555-0177", "email": "OWN@example.test\u200b"}
    refused = post(clinics, f"{path}/contact", familys | {"email_again": familys["email"]})
    assert (refused.status_code, "The young person signs in with this address" in refused.text) == (422, True)
    # The desk sees nobody in person; the clinic of another child does not know this one.
    assert post(browser_of(clinic.coordinator), f"{path}/youth", form).status_code == 403
    assert post(browser_of(clinic.other_pcp), f"{path}/youth", form).status_code == 404
    with runtime.database.reading() as session:
        young = session.scalars(select(Person).where(Person.role == Role.YOUTH)).one()
    own = browser_of(young)
    assert "Sus preguntas" in own.get("/family").text
    assert own.get("/account").status_code == 200
    assert post(clinics, f"{path}/youth/end", {}).location == f"{path}?said=account_closed"
    assert own.get("/family").location.startswith("/sign-in")


def test_a_private_question_is_nowhere_for_the_mother(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    pages = ("/family", f"/family/children/{clinic.child.public_id}/seen")
    seen = [mother.get(page).text for page in (*pages, *pages)][2:]
    own = browser_of(youth)
    number = send(own, clinic.child, None)
    answer_it(runtime, clinic, number)
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
    assert [mother.get(page).text for page in pages] == seen
    here = f"/family/questions/{number}"
    for path in (here, f"{here}/answer", f"{here}/answer/note.txt", f"{here}/files", f"{here}/photos"):
        assert mother.get(path).status_code == mother.get(path.replace(number, "0" * 32)).status_code == 404, path
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    api = {"headers": {"Authorization": f"Bearer {token}"}}
    machine = own.application.test_client()
    for path in (f"/consults/{number}", f"/consults/{number}/note.txt"):
        assert machine.get(f"/api/v1{path}", **api).status_code == 404
    assert consult.number not in machine.get("/api/v1/patients", **api).text
    # Its owner has all of it, and staff are told to say nothing.
    assert str(ANSWER["family_summary"]) in own.get(f"{here}/answer").text
    assert consult.number in own.get(f"{here}/answer/note.txt").text
    assert "talk about this with the young person alone" in browser_of(clinic.pcp).get(f"/consults/{number}").text
    card = browser_of(clinic.coordinator).get(f"/coordination/{number}").text
    assert "talk about this with the young person alone" in card
    assert "Let caregivers see it" not in browser_of(clinic.pcp).get(f"/consults/{number}").text
    assert post(browser_of(clinic.pcp), f"/consults/{number}/confidential", {"sees": "shared"}).status_code == 403
    assert post(own, f"{here}/private", {"sees": "shared"}).location == here
    assert mother.get(here).status_code == 200
    assert post(mother, f"{here}/private", {"sees": "private"}).status_code == 403
    assert post(own, f"{here}/private", {"sees": "private"}).location == here
    assert mother.get(here).status_code == 404


def test_a_shared_question_is_the_familys(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    number = send(browser_of(youth), clinic.child, "shared")
    assert mother.get(f"/family/questions/{number}").status_code == 200
    clinics = browser_of(clinic.pcp)
    assert "Keep it from caregivers" in clinics.get(f"/consults/{number}").text
    assert post(clinics, f"/consults/{number}/confidential", {}).location == f"/consults/{number}?said=kept"
    assert mother.get(f"/family/questions/{number}").status_code == 404
    assert post(clinics, f"/consults/{number}/confidential", {"sees": "shared"}).location.endswith("said=shown")
    assert mother.get(f"/family/questions/{number}").status_code == 200


def test_the_young_take_back_what_is_theirs_and_not_their_mothers_question(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    own, now = browser_of(youth), datetime.now(UTC)
    with runtime.database.writing() as session:
        here = f"/family/questions/{clinic.family_question(session, now=now).public_id}"

    def is_offered(given_by: str) -> bool:
        with runtime.database.writing() as session:
            session.execute(update(Consent).values(given_by=given_by))
        return "/consent/withdraw" in own.get(here).text

    # What they consented to themselves, as a clinic writes down, is theirs.
    assert is_offered("youth")
    mark = re.search(r'consent/withdraw.*?name="shown"[^>]*value="([^"]*)"', own.get(here).text, re.DOTALL)
    assert mark is not None
    form = {"shown": mark[1], "seal": "yes"}
    assert not is_offered("parent")
    assert post(own, f"{here}/cancel", {"sure": "yes"}).status_code == 403
    assert post(own, f"{here}/consent/withdraw", form).status_code == 403
    with runtime.database.writing() as session:
        assert session.scalars(select(Consult.status)).one() == Status.SUBMITTED
        session.get_one(Patient, clinic.child.id).birth_date_text = f"{now.year - 19}-01-31"
    assert post(own, f"{here}/consent/withdraw", form).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(Consult.status)).one() == Status.WITHDRAWN


def test_a_small_child_keeps_nothing_from_its_mother(clinic: Clinic, runtime: Runtime, browser_of: BrowserOf) -> None:
    with runtime.database.writing() as session:
        number = clinic.econsult(session, now=datetime.now(UTC)).public_id
    clinics = browser_of(clinic.pcp)
    assert "Keep it from caregivers" not in clinics.get(f"/consults/{number}").text
    assert post(clinics, f"/consults/{number}/confidential", {}).status_code == 403


def test_whoever_calls_after_a_danger_sign_knows_that_the_young_person_said_it_alone(
    clinic: Clinic, youth: Person, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    own = browser_of(youth)
    ask = post(own, f"/family/children/{clinic.child.public_id}/ask", {}).location.rsplit("/", 1)[0]
    post(own, f"{ask}/emergency", {"emergency": "yes", "flags": "self_harm"})
    for staff, page in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        shown = browser_of(staff).get(page).text
        assert "Thoughts of hurting themselves" in shown
        assert "The young person told us this alone." in shown
    assert "Thoughts of hurting themselves" not in mother.get("/family").text


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_their_pages_in_a_real_browser(
    runtime: Runtime,
    clinic: Clinic,
    youth: Person,
    enter: Enter,
    devices: Devices,
    browser_of: BrowserOf,
    address: str,
    language: str,
    width: int,
) -> None:
    number = send(browser_of(youth), clinic.child, None)
    with runtime.database.writing() as session:
        session.execute(update(Person).values(language=language))
    page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)
    names = {*clinic.child.name.split(), "mother"}
    enter(page, youth).goto(f"{address}/family?lang={language}")
    look_at(page, "youth-home", language, names | english_left(page))
    page.locator('a[href="/family/sharing"]').click()
    page.locator('button[value="allow"]').click()
    look_at(page, "youth-sharing", language, names)
    page.locator('button[value="end"]').click()
    page.locator('button[value="allow"]').wait_for()
    page.goto(f"{address}/family/questions/{number}")
    look_at(page, "youth-question", language, names | english_left(page))
    page.locator('button[name="sees"]').click()
    page.locator('button[value="private"]').wait_for()
    page.goto(f"{address}/account")
    look_at(page, "youth-account", language, names)
    enter(page, clinic.pcp).goto(f"{address}/families/{clinic.child.public_id}?lang={language}")
    look_at(page, "family-youth", language, names)
    assert heard == []
