"""The coordinator's list: who has not heard, the call, the telephone number that is shown only when asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.access import consult_for
from econsult.consults import answers
from econsult.consults.records import Consult
from econsult.consults.tries import write_try
from econsult.home_safety import HomeForm, say
from econsult.notices import Notice, NoticeKind
from econsult.people.onfile import set_contact
from econsult.people.patients import Patient
from econsult.trail import AuditEvent
from imaging import as_text
from tests.personas import ANSWER, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.showing.letter import letter_of
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


@pytest.fixture
def coordinator(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        return clinic.answered(session, now=NOW)


def test_the_board_counts_the_families_who_wait(coordinator: FlaskClient, answered: Consult) -> None:
    page = coordinator.get("/coordination").text
    assert ("1 call to make" in page, answered.number in page) == (True, True)
    assert "family told" in page


def test_an_empty_board_says_so(coordinator: FlaskClient, clinic: Clinic) -> None:
    assert "Every family has been told" in coordinator.get("/coordination").text


def test_the_card_says_what_to_tell_and_hides_the_number(coordinator: FlaskClient, answered: Consult) -> None:
    page = coordinator.get(f"/coordination/{answered.public_id}").text
    assert str(ANSWER["family_summary"]) in page
    assert ("505-555-0177" in page, "lane=clinicians" in page, '<img src="/media' in page) == (False, False, False)


def test_showing_the_number_is_written_down(
    runtime: Runtime, coordinator: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    page = post(coordinator, f"/coordination/{answered.public_id}/phone", {})
    assert "505-555-0177" in page.text
    with runtime.database.reading() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.action == "reveal_phone")).one()
    assert (row.person_id, row.entity_id) == (clinic.coordinator.id, clinic.child.public_id)


def test_a_family_that_heard_moves_on_and_is_closed(
    runtime: Runtime, coordinator: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    path = f"/coordination/{answered.public_id}"
    page = post(coordinator, f"{path}/informed", {"version": "1", "teach_back": "on"})
    assert (page.status_code, "Choose how the family heard it" in page.text) == (422, True)
    fields = {"version": "1", "method": "visit", "teach_back": "on"}
    assert post(coordinator, f"{path}/informed", fields).location == f"{path}?said=informed"
    assert "Every family has been told" in coordinator.get("/coordination").text
    unread = post(coordinator, f"{path}/close", {"version": "1"})
    assert (unread.status_code, "Ask it to read first" in unread.text) == (422, True)
    assert "Write the name of who was told at the clinic" in unread.text
    assert "Say when the clinic was told" in unread.text
    proof = {"told_who": "the nurse", "told_at": "2099-01-01T08:00", "close_reason": "x"}
    thin = post(coordinator, f"{path}/close", {"version": "1", **proof})
    assert thin.status_code == 422
    assert all(words in thin.text for words in ("This time has not come yet", "in three words or more", "the nurse"))
    with runtime.database.writing() as session:
        answers.acknowledge(session, session.get_one(Consult, answered.id), clinic.pcp, now=NOW)
    assert post(coordinator, f"{path}/close", {"version": "1"}).location == "/coordination?said=closed"
    with runtime.database.reading() as session:
        assert session.get_one(Consult, answered.id).status == "closed"
        details = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "inform")).all()
    assert details == ["visit/teach_back"]


def test_who_does_not_reach_a_family_writes_that_down(
    runtime: Runtime, coordinator: FlaskClient, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    card, case = f"/coordination/{answered.public_id}", f"/consults/{answered.public_id}"
    pcp = browser_of(clinic.pcp)
    for browser, path in ((coordinator, card), (pcp, case)):
        refused = post(browser, f"{path}/tried", {"tried": "asleep"})
        assert (refused.status_code, "Say what came of it" in refused.text) == (422, True)
    for browser, path, result in ((coordinator, card, "no_answer"), (pcp, case, "wrong_number")):
        form = re.search(rf'action="{path}/tried".*?name="once" value="([0-9a-f]+)"', browser.get(path).text, re.DOTALL)
        assert form is not None, "pressed twice on a slow network it is one try"
        for _ in range(2):
            sent = post(browser, f"{path}/tried", {"tried": result, "once": form[1]})
            assert sent.location == f"{path}?said=not_reached"
    for browser, path in ((coordinator, card), (pcp, case)):
        page = browser.get(path).text
        assert all(words in page for words in ("Tried 2 times", clinic.coordinator.name, clinic.pcp.name)), path
        assert page.index(f"Nobody answered · {clinic.coordinator.name}") < page.index(
            f"Wrong number · {clinic.pcp.name}"
        )
    # It is still to be told, by the same clock.
    board = coordinator.get("/coordination").text
    assert ("1 call to make" in board, "Tried 2 times: Wrong number" in board) == (True, True)
    assert "Tried 2" not in browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}").text
    assert post(coordinator, f"{card}/informed", {"version": "1", "method": "phone"}).status_code == 303
    assert post(coordinator, f"{card}/tried", {"tried": "no_answer"}).status_code == 409
    assert "Tried 2" not in coordinator.get("/coordination").text
    with runtime.database.reading() as session:
        rows = session.execute(
            select(AuditEvent.person_id, AuditEvent.detail).where(AuditEvent.action == "tell_tried")
        ).all()
    assert rows == [(clinic.coordinator.id, "no_answer"), (clinic.pcp.id, "wrong_number")]


def test_a_number_that_does_not_reach_the_family_is_its_clinics_to_mend(
    runtime: Runtime, coordinator: FlaskClient, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, case = browser_of(clinic.pcp), f"/consults/{answered.public_id}"
    assert "does not reach the family" not in pcp.get("/clinic").text
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, answered.id)
        for minutes, result in ((1, "no_answer"), (2, "left_message"), (3, "wrong_number")):
            write_try(session, consult, clinic.coordinator, result, now=NOW + timedelta(minutes=minutes))
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.NUMBER_WRONG)
        assert session.scalars(told).all() == [clinic.pcp.id]
    board = coordinator.get("/coordination").text
    assert board.index("No contact") < board.index(answered.number) < board.index("Told, still open")
    assert ("Every family has been told." in board, "called three times or more" in board) == (False, True)
    home = pcp.get("/clinic").text
    assert all(words in home for words in ("does not reach the family", clinic.child.name, f"{case}/letter.pdf"))
    for page in (pcp.get(case).text, coordinator.get(f"/coordination/{answered.public_id}").text):
        assert "The number on file does not reach this family." in page
    letter = coordinator.get(f"{case}/letter.pdf")
    assert (letter.status_code, letter.data[:5]) == (200, b"%PDF-")
    assert letter.headers["Content-Disposition"] == f'attachment; filename="econsult-{answered.number}-letter.pdf"'
    with runtime.database.writing() as session:
        set_contact(session, clinic.child, "505-555-0188", "", clinic.pcp, now=NOW + timedelta(minutes=4))
    assert "does not reach the family" not in pcp.get("/clinic").text


def test_no_letter_goes_to_a_home_that_is_not_safe_or_has_heard(
    runtime: Runtime, coordinator: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    letter = f"/consults/{answered.public_id}/letter.pdf"
    with runtime.database.writing() as session:
        write_try(session, session.get_one(Consult, answered.id), clinic.pcp, "wrong_number", now=NOW)
        say(session, session.get_one(Patient, clinic.child.id), HomeForm(is_safe=False, words=""), clinic.pcp, now=NOW)
    card = coordinator.get(f"/coordination/{answered.public_id}").text
    assert ("No letter: it could put somebody in danger" in card, letter in card) == (True, False)
    assert coordinator.get(letter).status_code == 403


def test_a_letter_says_nothing_of_the_answer_in_the_familys_language(
    runtime: Runtime, shell: Flask, clinic: Clinic, answered: Consult
) -> None:
    with runtime.database.writing() as session, shell.test_request_context():
        loaded = consult_for(session, clinic.coordinator, answered.public_id, now=NOW)
        loaded.patient.language = "es"
        told = as_text(letter_of(session, clinic.coordinator, loaded, NOW))
    assert ("llame a su clínica" in told, "505-555-0100" in told, clinic.child.name in told) == (True,) * 3
    secrets = (ANSWER["impression"], ANSWER["family_summary"], answered.question, "dermat")
    assert not any(str(words) in told for words in secrets)


def test_closing_early_needs_a_reason(coordinator: FlaskClient, answered: Consult) -> None:
    page = post(coordinator, f"/coordination/{answered.public_id}/close", {"version": "1"})
    assert (page.status_code, "before the family heard" in page.text) == (422, True)


def test_coordinators_write_to_their_lanes_only(
    coordinator: FlaskClient, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    path = f"/consults/{answered.public_id}/messages"
    answer = post(coordinator, path, {"lane": "coordination", "text": "No answer at 10:00"})
    assert answer.location == f"/coordination/{answered.public_id}?lane=coordination&said=sent"
    assert "No answer at 10:00" in coordinator.get(f"/coordination/{answered.public_id}").text
    assert "No answer at 10:00" in browser_of(clinic.pcp).get(f"/consults/{answered.public_id}?lane=coordination").text
    assert "No answer at 10:00" not in browser_of(clinic.derm).get(f"/consults/{answered.public_id}").text
    assert post(coordinator, path, {"lane": "clinicians", "text": "x"}).status_code == 403
    empty = post(coordinator, path, {"lane": "coordination", "text": " "})
    assert (empty.status_code, "Write what you want to say" in empty.text) == (422, True)


def test_others_stay_outside(browser_of: BrowserOf, clinic: Clinic, answered: Consult) -> None:
    for person in (clinic.pcp, clinic.derm, clinic.mother, clinic.director):
        assert browser_of(person).get("/coordination").status_code == 403
        assert browser_of(person).get(f"/coordination/{answered.public_id}").status_code == 403
        assert post(browser_of(person), f"/coordination/{answered.public_id}/phone", {}).status_code == 403
    assert browser_of(clinic.coordinator).get(f"/coordination/{'0' * 32}").status_code == 404


def test_a_draft_answer_is_not_told(runtime: Runtime, coordinator: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=NOW)
    page = coordinator.get(f"/coordination/{held.public_id}").text
    assert ("Being answered" in page, "What to tell the family" in page) == (True, False)
