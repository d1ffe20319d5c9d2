"""The day on which a young person is grown up: what the desk does, and what the caregiver reads before and after."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.birthdays import AgeTask, watch_ages
from econsult.consults.attachments import MediaKind, renditions_of
from econsult.consults.records import Consult
from econsult.people.ages import birthday, local_day
from econsult.people.caregivers import ProxyGrant
from econsult.people.patients import Patient
from econsult.people.signin import make_token
from econsult.queue.quiet import Quiet
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

BYTES = b"a picture of a rash" * 40


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    """A question that the mother asked while her child was under age."""
    with runtime.database.writing() as session:
        return clinic.family_question(session, now=datetime.now(UTC) - timedelta(minutes=5))


@pytest.fixture
def picture(runtime: Runtime, clinic: Clinic, consult: Consult) -> str:
    """The address of a photo's copy."""
    made = Made("thumb", "image/jpeg", BYTES, 10, 10)
    file = file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, [made], datetime.now(UTC))
    with runtime.database.reading() as session:
        return f"/media/{renditions_of(session, [file.id])[file.id][0].public_id}"


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


def turn_eighteen(runtime: Runtime, clinic: Clinic, *, in_days: int = 0) -> date:
    """Let the child come of age so many days from now; returns the day."""
    with runtime.database.writing() as session:
        day = local_day(session, datetime.now(UTC)) + timedelta(days=in_days)
        # Nobody is eighteen on a 29 February: then it was the day before.
        born = date(day.year - 18, day.month, min(day.day, 28) if day.month == 2 else day.day)
        session.get_one(Patient, clinic.child.id).birth_date_text = born.isoformat()
        watch_ages(session, datetime.now(UTC), Quiet(starts=0, ends=0))
    return birthday(born, 18)


def places(clinic: Clinic, consult: Consult, picture: str) -> list[str]:
    question = f"/family/questions/{consult.public_id}"
    return [question, f"{question}/files", f"/family/children/{clinic.child.public_id}/seen", picture]


def test_before_the_day_the_caregiver_reads_when_and_what_to_do(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    assert "you can no longer see or ask" not in mother.get("/family?lang=en").text
    day = turn_eighteen(runtime, clinic, in_days=40)
    page = mother.get("/family?lang=en").text
    assert f"From {day:%B} {day.day}, {day.year} you can no longer see or ask here for Luz." in page
    assert "Luz can allow you to go on, or a court can make you guardian." in page
    assert f"Desde el {day.day} de" in mother.get("/family?lang=es").text


def test_from_the_day_on_nothing_of_the_child_is_there(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult, picture: str
) -> None:
    assert [mother.get(place).status_code for place in places(clinic, consult, picture)] == [200] * 4
    with runtime.database.writing() as session:
        bearer = {"Authorization": f"Bearer {make_token(session, clinic.mother, datetime.now(UTC))}"}
    machine = mother.application.test_client()
    turn_eighteen(runtime, clinic)
    answers = [mother.get(place) for place in places(clinic, consult, picture)]
    assert [answer.status_code for answer in answers] == [404] * 4, "the very next request"
    asked = post(mother, f"/family/children/{clinic.child.public_id}/ask", {})
    told = post(mother, f"/family/questions/{consult.public_id}/messages", {"text": "¿Ya?"})
    assert (asked.status_code, told.status_code) == (404, 404)
    assert machine.get("/api/v1/patients", headers=bearer).json["items"] == []
    assert machine.get(f"/api/v1/consults/{consult.public_id}", headers=bearer).status_code == 404
    assert machine.get(picture, headers=bearer).status_code == 404
    for language, words in (("en", "is grown up now"), ("es", "ya es mayor de edad")):
        page = mother.get(f"/family?lang={language}").text
        assert words in page
        secrets = (clinic.child.name, "Luz", consult.number, clinic.child.alias)
        assert [word for text in (page, *(a.text for a in answers)) for word in secrets if word in text] == []
        assert [word for word in (clinic.child.public_id, consult.public_id) if word in page] == []


def test_who_has_another_child_keeps_that_one(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    turn_eighteen(runtime, clinic)
    assert "is grown up now" not in browser_of(clinic.stranger).get("/family?lang=en").text
    assert "No child is linked" not in mother.get("/family?lang=en").text


def test_the_desk_sees_the_task_and_does_it(runtime: Runtime, clinic: Clinic, desk: FlaskClient) -> None:
    assert "No birthday asks for anything." in desk.get("/coordination/ages?lang=en").text
    turn_eighteen(runtime, clinic, in_days=40)
    place = f"/coordination/ages/{clinic.child.public_id}"
    listed = desk.get("/coordination/ages?lang=en").text
    assert "The right of a caregiver ends soon" in listed
    assert place in listed
    page = desk.get(f"{place}?lang=en").text
    assert "Ask the young person whether somebody may go on" in page
    assert clinic.mother.name in page
    turn_eighteen(runtime, clinic)
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).ages_seen_at = None
        watch_ages(session, datetime.now(UTC), Quiet(starts=0, ends=0))
        task = session.scalars(select(AgeTask).where(AgeTask.done_at.is_(None))).one()
    assert "The young person is grown up" in desk.get(f"{place}?lang=en").text
    assert post(desk, f"{place}/done", {"task": str(task.id)}).status_code == 303
    assert "Nothing is to do now." in desk.get(f"{place}?lang=en").text
    for wrong in ({}, {"task": "x"}, {"task": "99999999999999999999"}):
        assert post(desk, f"{place}/done", wrong).status_code == 404


def test_the_young_persons_word_lets_in_and_its_end_shuts_at_once(
    runtime: Runtime, clinic: Clinic, desk: FlaskClient, mother: FlaskClient, consult: Consult, picture: str
) -> None:
    day = turn_eighteen(runtime, clinic)
    place = f"/coordination/ages/{clinic.child.public_id}"
    word = {"caregiver": clinic.mother.public_id, "basis": "youth", "paper": "Said at the visit", "starts": str(day)}
    assert mother.get(picture).status_code == 404
    assert post(desk, f"{place}/rights", word).status_code == 303
    assert [mother.get(where).status_code for where in places(clinic, consult, picture)] == [200] * 4
    assert mother.get(picture).data == BYTES
    page = desk.get(f"{place}?lang=en").text
    ends = re.search(rf"{place}/rights/\w+/end", page)
    assert ends is not None
    assert post(desk, ends[0], {}).status_code == 303
    assert [mother.get(where).status_code for where in places(clinic, consult, picture)] == [404] * 4
    assert "Said at the visit" in desk.get(f"{place}?lang=en").text, "what was on file stays readable"
    with runtime.database.reading() as session:
        acts = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("%_proxy"))))
    assert acts == ["grant_proxy", "end_proxy"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"caregiver": "0" * 32}, "caregiver"),
        ({"basis": "habit"}, "basis"),
        ({"paper": ""}, "paper"),
        ({"paper": "abc"}, "paper"),
        ({"starts": "soon"}, "starts"),
        ({"starts": ""}, "starts"),
        ({"ends": "2020-01-01"}, "ends"),
        ({"ends": "9999-99-99"}, "ends"),
    ],
)
def test_a_form_that_lacks_something_says_what_and_keeps_the_rest(
    runtime: Runtime, clinic: Clinic, desk: FlaskClient, change: dict[str, str], field: str
) -> None:
    turn_eighteen(runtime, clinic)
    place = f"/coordination/ages/{clinic.child.public_id}/rights"
    given = {"caregiver": clinic.mother.public_id, "basis": "guardianship", "paper": "Folder 12, second page"}
    answer = post(desk, place, {**given, "starts": "2026-01-02", "ends": "", **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "paper" in change or "Folder 12, second page" in answer.text
    with runtime.database.reading() as session:
        assert session.scalars(select(ProxyGrant)).all() == []


def test_nobody_else_reads_or_writes_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    turn_eighteen(runtime, clinic)
    place = f"/coordination/ages/{clinic.child.public_id}"
    for browser in (mother, browser_of(clinic.pcp), browser_of(clinic.derm), browser_of(clinic.director)):
        assert [browser.get(path).status_code for path in ("/coordination/ages", place)] == [403, 403]
        assert post(browser, f"{place}/rights", {}).status_code == 403
