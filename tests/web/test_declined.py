"""A declined request waits for the clinic, which tells the family or asks again. The family reads no reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import declining, threads
from econsult.consults.records import Consult
from tests.personas import QUESTION, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
REASON = "Question too vague for us"
WAITS = "Declined: tell the family"
SHOWN = {"body_site": "face", "face_policy": "face_is_finding", "face_consent": True}


@pytest.fixture
def declined(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        claimed = clinic.claimed(session, now=NOW)
        claimed.details = {**claimed.details, **SHOWN}
        return declining.decline(session, claimed, clinic.derm, REASON, now=NOW)


def test_the_family_reads_no_reason(browser_of: BrowserOf, clinic: Clinic, declined: Consult) -> None:
    mother = browser_of(clinic.mother)
    for path in ("/family/questions", "/api/v1/consults"):
        page = mother.get(f"{path}/{declined.public_id}")
        assert (page.status_code, REASON in page.text) == (200, False)


def test_it_waits_for_the_clinic_until_the_family_is_told(
    browser_of: BrowserOf, clinic: Clinic, declined: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), f"/consults/{declined.public_id}"
    assert WAITS in pcp.get("/clinic").text
    assert REASON in pcp.get(path).text
    assert post(pcp, f"{path}/informed", {"version": "0", "method": "phone"}).location == f"{path}?said=told"
    assert (WAITS in pcp.get("/clinic").text, declined.number in pcp.get("/clinic?view=done").text) == (False, True)


def test_asking_again_keeps_the_words_and_the_child(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, declined: Consult
) -> None:
    pcp = browser_of(clinic.pcp)
    place = post(pcp, f"/consults/{declined.public_id}/ask-again", {}).location
    page = pcp.get(place).text
    assert (QUESTION in page, clinic.child.name in page, place.startswith("/clinic/requests/")) == (True, True, True)
    # A yes to the face was one to other pictures, and may have been taken back since.
    faces = re.findall(r'name="face_(?:policy|consent)" value="(\w+)"( checked)?', page)
    assert faces == [("mask_all", " checked"), ("keep_region", ""), ("face_is_finding", ""), ("yes", "")]
    for person, status in ((clinic.other_pcp, 404), (clinic.derm, 403), (clinic.mother, 403)):
        assert post(browser_of(person), f"/consults/{declined.public_id}/ask-again", {}).status_code == status
    with runtime.database.writing() as session:
        still_open = clinic.econsult(session, now=NOW)
    assert post(pcp, f"/consults/{still_open.public_id}/ask-again", {}).status_code == 409


def test_the_desk_sees_it_and_tells_the_family_where_the_clinic_does_not(
    browser_of: BrowserOf, clinic: Clinic, declined: Consult
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/coordination/{declined.public_id}"
    board = desk.get("/coordination").text
    assert (declined.number in board, "The family has not been told yet" in board) == (True, True)
    card = desk.get(path).text
    assert ("We could not answer this question here" in card, "Show the phone number" in card, REASON in card) == (
        True,
        True,
        False,
    )
    assert post(desk, f"{path}/informed", {"version": "0", "method": "phone"}).status_code == 303
    assert "Every family has been told" in desk.get("/coordination").text


@pytest.mark.parametrize("is_ours", [False, True])
def test_what_the_family_had_asked_is_still_answered_on_the_pages(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, is_ours: bool
) -> None:
    """The clinic writes to the family of what was declined, or what it took back, while that waits for a word."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text="¿Puede ir a la escuela?", now=NOW)
        if not is_ours:
            declining.decline(session, consult, clinic.derm, REASON, now=NOW)
    pcp, mother, path = browser_of(clinic.pcp), browser_of(clinic.mother), f"/consults/{consult.public_id}"
    if is_ours:
        # Whoever takes it back is led to what waits.
        assert post(pcp, f"{path}/withdraw", {"reason": REASON}).location == f"{path}?lane=family&said=withdrawn"
    shown, told = pcp.get(f"{path}?lane=family").text, mother.get(f"/family/questions/{consult.public_id}").text
    assert 'name="text"' in shown
    assert ("Recibimos su mensaje" in told, 'name="text"' in told) == (True, False)
    words = {"lane": "family", "text": "Sí, puede ir.", "confirmed": "yes"}
    assert post(pcp, f"{path}/messages", words).status_code == 303
    assert 'name="text"' not in pcp.get(f"{path}?lane=family").text
    assert post(pcp, f"{path}/messages", {**words, "text": "Y esto"}).status_code == 409
    told = mother.get(f"/family/questions/{consult.public_id}").text
    assert ("Sí, puede ir." in told, "Recibimos su mensaje" in told) == (True, False)
