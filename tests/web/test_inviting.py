"""The clinic invites a family, prints the sheet, sees how it stands, and says whose a question is that came of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.jobs import Job, JobKind
from econsult.people.consent import ConsentGiven
from econsult.people.invitations import Invitation
from econsult.people.persons import Person
from econsult.reach.mobiles import stop_number
from tests.personas import TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.texting import browser, texting_app
from workers.runtime import Runtime

FORM = RequestForm(
    question="¿Qué le salió a mi hija en el codo esta semana?",
    details={"body_site": "elbow", "red_flags": []},
    consent=ConsentGiven("parent", "electronic", "es"),
)


@pytest.fixture
def doctor(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def place(clinic: Clinic) -> str:
    return f"/invitations/{clinic.child.public_id}"


@pytest.fixture
def arrived(runtime: Runtime, clinic: Clinic, guest: Person) -> Consult:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        draft = requests.create(session, guest, clinic.child, FORM, now=now)
        return requests.submit(session, draft, guest, SubmitForm(), now=now, targets=TARGETS)


def test_the_sheet_has_the_link_and_its_picture_and_not_the_child(
    doctor: FlaskClient, clinic: Clinic, place: str, visitor: FlaskClient
) -> None:
    sheet = post(doctor, place, {"language": "es"}).location
    page = doctor.get(sheet).text
    address = re.search(r"https?://[^<]+(/invitation/[\w-]{43})<", page)
    assert address is not None
    assert "<svg" in page
    family = page[page.index("<article") : page.index("</article>")]
    assert "Envíe fotos a su clínica" in family
    assert all(word not in family for word in (*clinic.child.name.split(), "2022"))
    assert visitor.get(address[1]).status_code == 200


def test_a_letter_goes_where_the_clinic_says(runtime: Runtime, doctor: FlaskClient, place: str) -> None:
    mistyped = post(doctor, place, {"language": "en", "sent_to": "ana@example.test", "sent_to_again": "a@example.test"})
    assert (mistyped.status_code, "the two are not the same" in mistyped.text) == (422, True)
    given = {"language": "en", "sent_to": "ana@example.test", "sent_to_again": "ana@example.test"}
    assert post(doctor, place, given).status_code == 303
    with runtime.database.reading() as session:
        assert JobKind.INVITE in session.scalars(select(Job.kind)).all()
    assert "ana@example.test" not in doctor.get(place).text


def test_a_text_goes_to_the_number_that_the_family_says(
    runtime: Runtime, clinic: Clinic, place: str, doctor: FlaskClient
) -> None:
    texting = browser(texting_app(runtime), runtime, clinic.pcp)
    assert "E-mail or cell phone of the family" in texting.get(place).text
    assert "cell phone" not in doctor.get(place).text
    given = {"language": "es", "sent_to": "(505) 555-0188", "sent_to_again": "505 5550188"}
    assert post(texting, place, given).status_code == 303
    with runtime.database.writing() as session:
        made = session.scalars(select(Invitation)).one()
        assert made.sent_to == "+15055550188"
        assert session.scalars(select(Job.subject_id).where(Job.kind == JobKind.INVITE)).all() == [made.id]
    page = texting.get(place).text
    assert ("Sent by text message" in page, "0188" in page) == (True, False)
    with runtime.database.writing() as session:
        session.get_one(Invitation, made.id).refused_at = datetime.now(UTC)
        stop_number(session, runtime.database.cipher, "+15055550143", datetime.now(UTC))
    assert "It could not be delivered." in texting.get(place).text
    for number, words in (
        ("505 555 0143", "This phone answered STOP"),
        ("+44 20 7946 0958", "We send text messages to phones of these countries only"),
        ("900-555-0142", "takes no text messages"),
        ("505", "Write an e-mail address or a telephone number"),
    ):
        refused = post(texting, place, {"language": "es", "sent_to": number, "sent_to_again": number})
        assert (refused.status_code, words in refused.text, number in refused.text) == (422, True, True), number
    refused = post(doctor, place, {"language": "es", "sent_to": "505 555 0142", "sent_to_again": "505 555 0142"})
    assert (refused.status_code, "Your program sends no text messages" in refused.text) == (422, True)


@pytest.mark.parametrize(
    "given", [{}, {"language": "xx"}, {"language": "es", "sent_to": "no address", "sent_to_again": "no address"}]
)
def test_a_faulty_form_is_named_and_invites_nobody(
    runtime: Runtime, doctor: FlaskClient, place: str, given: dict[str, str]
) -> None:
    page = post(doctor, place, given)
    assert (page.status_code, given.get("sent_to", "") in page.text) == (422, True)
    with runtime.database.reading() as session:
        assert session.scalars(select(Invitation.id)).all() == []


def test_the_list_tells_how_each_stands(doctor: FlaskClient, clinic: Clinic, place: str, visitor: FlaskClient) -> None:
    sheet = post(doctor, place, {"language": "es"}).location
    assert "Not opened yet" in doctor.get(f"{place}?lang=en").text
    link = re.search(r"/invitation/[\w-]{43}", doctor.get(sheet).text)
    assert link is not None
    post(visitor, link[0], {"relation": "mother", "birth_date": "2022-01-15"})
    assert "by somebody who says: mother" in doctor.get(place).text
    assert doctor.get(sheet).location == place, "what is opened is printed no more"
    post(doctor, f"{sheet.partition('?')[0]}/revoke", {})
    assert "Taken back" in doctor.get(place).text


@pytest.mark.parametrize(("name", "status"), [("nurse", 404), ("coordinator", 200), ("other_pcp", 404)])
def test_who_knows_the_family_invites_it(
    browser_of: BrowserOf, clinic: Clinic, place: str, name: str, status: int
) -> None:
    browser = browser_of(getattr(clinic, name))
    assert browser.get(place).status_code == status
    assert post(browser, place, {"language": "es"}).status_code == (303 if status == 200 else 404)


def test_an_invitation_of_another_child_is_not_there(
    doctor: FlaskClient, browser_of: BrowserOf, clinic: Clinic, place: str
) -> None:
    number = post(doctor, place, {"language": "es"}).location.rpartition("/")[2].partition("?")[0]
    desk = browser_of(clinic.coordinator)
    assert desk.get(f"/invitations/{clinic.other_child.public_id}/{number}").status_code == 404
    assert post(desk, f"/invitations/{clinic.other_child.public_id}/{number}/revoke", {}).status_code == 404


def test_what_came_by_invitation_is_marked_until_somebody_says_whose_it_is(
    doctor: FlaskClient, clinic: Clinic, arrived: Consult
) -> None:
    case = f"/consults/{arrived.public_id}"
    assert "By invitation, not confirmed" in doctor.get("/clinic?lang=en").text
    assert "This came by invitation, without an account." in doctor.get(case).text
    post(doctor, f"{case}/claim", {})
    assert post(doctor, f"{case}/answer", {"verb": "sign", "impression": "x"}).status_code == 403
    assert post(doctor, f"{case}/adopt", {}).status_code == 422
    assert post(doctor, f"{case}/adopt", {"sender": "nobody"}).status_code == 422
    done = post(doctor, f"{case}/adopt", {"sender": clinic.mother.public_id})
    assert done.location == f"{case}?said=adopted"
    page = doctor.get(done.location).text
    assert "This came by invitation" not in page
    assert "By invitation, not confirmed" not in doctor.get("/clinic").text
    assert post(doctor, f"{case}/adopt", {"sender": "known"}).status_code == 409
