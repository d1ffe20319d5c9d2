"""A family without an account: invited by the clinic, it sends from one browser and learns nothing of the child."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.attachments import Attachment, MediaKind, renditions_of
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.people.consent import consent_for
from econsult.people.invitations import TRIES, Invitation, invite, token_of
from econsult.people.patients import Patient
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.web.browsing import SESSION, post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

BORN = "2022-01-15"
ME = {"relation": "mother", "birth_date": BORN}
STORY = {"since": "days", "symptoms": ["itch"], "story": "Le pica.", "question": "¿Qué es y qué hago en casa hoy?"}
PHONE = "505-555-0197"
PICTURE = Made("thumb", "image/jpeg", b"a picture", 10, 10)


@pytest.fixture
def child(runtime: Runtime, clinic: Clinic) -> Patient:
    """The child with everything on file that a device must not learn."""
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.phone, child.mrn = PHONE, "MRN-4711"
    return child


def link(runtime: Runtime, clinic: Clinic) -> str:
    with runtime.database.writing() as session:
        now = datetime.now(UTC)
        made = invite(session, clinic.pcp, clinic.child, "es", secret_key=runtime.secret_key, now=now)
        token = token_of(made, runtime.secret_key)
    return f"/invitation/{token}"


def go_in(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> FlaskClient:
    assert post(visitor, link(runtime, clinic), ME).location == "/invited"
    return visitor


def draft_of(visitor: FlaskClient) -> str:
    return post(visitor, "/invited/ask", {}).location.rsplit("/", 1)[0]


def send(visitor: FlaskClient) -> tuple[str, list[str]]:
    """Ask a question with a photo; returns its id and every page that the device was shown on the way."""
    ask = draft_of(visitor)
    number = ask.rsplit("/", 1)[1]
    seen = [visitor.get(f"{ask}/emergency").text]
    post(visitor, f"{ask}/emergency", {"emergency": "no"})
    seen.append(visitor.get(f"{ask}/where").text)
    post(visitor, f"{ask}/where", {"site": "elbow"})
    photo = {"photo:far": (io.BytesIO(os.urandom(2000)), "IMG_1.jpg")}
    came = post(visitor, "/uploads/simple", {"consult_id": number, "next": f"{ask}/photos", **photo})
    assert came.location.endswith("sent=1")
    seen.append(visitor.get(f"{ask}/photos").text)
    post(visitor, f"{ask}/story", STORY)
    seen += [visitor.get(f"{ask}/{page}").text for page in ("story", "check")]
    answer = post(visitor, f"{ask}/check", {"agree": "yes"})
    assert answer.location == f"/invited?sent={number}"
    seen += [visitor.get(answer.location).text, visitor.get("/invited").text]
    return number, [*seen, visitor.get(f"/family/questions/{number}/files").text]


def test_a_family_without_an_account_sends_and_sees_how_far_it_is(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    number, _seen = send(go_in(runtime, clinic, visitor))
    page = visitor.get("/invited?lang=en").text
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
        consent = consent_for(session, consult.id)
    assert consult.number in page
    assert "Sent. A doctor will look soon." in page
    assert consult.awaits_adoption
    assert consent is not None
    assert consent.given_by == "parent"


def test_no_page_of_a_device_tells_anything_of_the_child(
    runtime: Runtime, clinic: Clinic, child: Patient, visitor: FlaskClient
) -> None:
    with runtime.database.writing() as session:
        other = clinic.answered(session, now=datetime.now(UTC))
    path = link(runtime, clinic)
    pages = [visitor.get(path).text, post(visitor, path, {**ME, "birth_date": "2022-02-15"}).text]
    assert post(visitor, path, ME).location == "/invited"
    _number, seen = send(visitor)
    ask = draft_of(visitor)
    post(visitor, f"{ask}/emergency", {"emergency": "no"})
    post(visitor, f"{ask}/where", {"site": "private_area"})
    pages += [*seen, visitor.get(f"{ask}/private").text]
    told = (*child.name.split(), BORN, PHONE, "MRN-4711", child.alias, other.number, other.public_id, "Girl")
    for page in pages:
        assert [word for word in (*told, child.public_id, "mother@clinic.test") if word in page] == []


def test_a_device_opens_no_picture_no_question_of_others_and_no_page_of_accounts(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    number, _seen = send(go_in(runtime, clinic, visitor))
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
        sender = session.get_one(Person, consult.requester_id)
    made = file_ready(runtime, consult, sender, MediaKind.PHOTO, [PICTURE], now, view="close")
    with runtime.database.reading() as session:
        copy = renditions_of(session, [made.id])[made.id][0].public_id
    for path in (f"/media/{copy}", f"/media/papers/{made.public_id}", "/account", "/start", "/family", "/clinic"):
        assert visitor.get(path).status_code == 403, path
    for path in (f"/consults/{number}", "/patients", f"/attachments/{made.public_id}/report", "/worklist"):
        assert visitor.get(f"/api/v1{path}").status_code == 403, path
    assert copy not in visitor.get(f"/family/questions/{number}/files").text
    with runtime.database.writing() as session:
        upload = session.scalars(select(Upload)).one()
        upload.attachment_id = made.id
    told = visitor.get(f"/uploads/{upload.public_id}").json["attachment"]
    assert (told["id"], told["state"], told["thumb_url"]) == (made.public_id, "ready", None)


def test_a_wrong_photo_can_be_taken_back_before_sending(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    ask = draft_of(go_in(runtime, clinic, visitor))
    post(visitor, f"{ask}/emergency", {"emergency": "no"})
    post(visitor, f"{ask}/where", {"site": "elbow"})
    photo = {"photo:far": (io.BytesIO(b"x" * 50), "IMG_1.jpg")}
    post(visitor, "/uploads/simple", {"consult_id": ask.rsplit("/", 1)[1], "next": "/invited", **photo})
    with runtime.database.reading() as session:
        sent = session.scalars(select(Attachment)).one()
    assert post(visitor, f"{ask}/photos/{sent.public_id}/remove", {}).location == f"{ask}/photos"
    with runtime.database.reading() as session:
        assert session.get_one(Attachment, sent.id).is_withdrawn


def test_looking_opens_nothing_and_another_browser_comes_too_late(
    runtime: Runtime, shell: Flask, clinic: Clinic, visitor: FlaskClient
) -> None:
    path, scanner = link(runtime, clinic), shell.test_client()
    assert [scanner.get(path).status_code for _ in range(3)] == [200] * 3
    assert "Su clínica le invita" in shell.test_client().get(path).text, "in the language of the invitation"
    assert post(visitor, path, ME).location == "/invited"
    late = post(scanner, f"{path}?lang=en", ME)
    assert (late.status_code, "This link was opened on another device" in late.text) == (403, True)
    assert scanner.get_cookie(SESSION) is None
    post(visitor, "/sign-out", {})
    assert visitor.get("/invited").status_code == 303
    assert post(visitor, path, ME).location == "/invited", "the same browser comes back"


def test_taking_back_closes_the_device_with_its_next_request(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, browser_of: BrowserOf
) -> None:
    number, _seen = send(go_in(runtime, clinic, visitor))
    doctor, place = browser_of(clinic.pcp), f"/invitations/{clinic.child.public_id}"
    with runtime.database.reading() as session:
        made = session.scalars(select(Invitation)).one()
    assert post(doctor, f"{place}/{made.public_id}/revoke", {}).status_code == 303
    for path in ("/invited", f"/family/questions/{number}/files", "/uploads"):
        assert visitor.get(path).status_code in {303, 401}, path
    page = visitor.get("/sign-in?ended=1&lang=en").text
    assert "Did you come by an invitation?" in page
    assert "Your session ended" not in page, "it has no account to sign in with"
    with runtime.database.reading() as session:
        kept = session.scalars(select(Consult).where(Consult.public_id == number)).one()
    assert doctor.get(f"/consults/{kept.public_id}").status_code == 200, "what was sent stays with the clinic"


def test_wrong_birth_dates_are_said_and_then_closed(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    path = f"{link(runtime, clinic)}?lang=en"
    for _ in range(TRIES - 1):
        page = post(visitor, path, {**ME, "birth_date": "2021-01-15"})
        assert (page.status_code, "This is not the birth date" in page.text) == (422, True)
    assert post(visitor, path, {**ME, "birth_date": "2021-01-15"}).status_code == 429
    closed = post(visitor, path, ME)
    assert (closed.status_code, "Please wait 15 minutes" in closed.text) == (429, True)


@pytest.mark.parametrize("given", [{}, {"relation": "mother"}, {"birth_date": BORN}, {**ME, "relation": "king"}])
def test_what_is_missing_is_named_and_costs_no_try(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, given: dict[str, str]
) -> None:
    path = link(runtime, clinic)
    assert post(visitor, path, given).status_code == 422
    with runtime.database.reading() as session:
        assert session.scalars(select(Invitation.wrong_tries)).one() == 0


def test_an_unknown_link_is_gone(visitor: FlaskClient, clinic: Clinic) -> None:
    page = visitor.get("/invitation/nothing?lang=en")
    assert (page.status_code, "This link no longer works" in page.text) == (410, True)
    assert post(visitor, "/invitation/nothing", ME).status_code == 410


def test_an_emergency_stops_a_device_as_it_stops_a_family(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, browser_of: BrowserOf
) -> None:
    ask = draft_of(go_in(runtime, clinic, visitor))
    answer = post(visitor, f"{ask}/emergency", {"emergency": "yes", "flags": "breathing"})
    assert answer.location == f"{ask}/call-911"
    assert "911" in visitor.get(answer.location).text
    assert clinic.child.name in browser_of(clinic.pcp).get("/clinic").text, "the clinic is told to call"


def test_a_private_place_takes_no_photo_from_a_device(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    ask = draft_of(go_in(runtime, clinic, visitor))
    post(visitor, f"{ask}/emergency", {"emergency": "no"})
    post(visitor, f"{ask}/where", {"site": "private_area"})
    photo = {"photo:far": (io.BytesIO(b"x" * 50), "IMG_1.jpg")}
    came = post(visitor, "/uploads/simple", {"consult_id": ask.rsplit("/", 1)[1], "next": "/invited", **photo})
    assert "problem=not_allowed" in came.location
