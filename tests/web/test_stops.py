"""Families that were sent to emergency care: the clinic and the coordinator see them first, and call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import requests
from econsult.consults.records import RedFlagStop
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.errors import EmergencyError
from econsult.people.persons import Person
from econsult.stops import stops_for
from tests.personas import TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
TITLE = "Sent to emergency: call now"


def stop(runtime: Runtime, clinic: Clinic, asker: Person, times: int = 1) -> int:
    """Somebody asks with a seizure and is stopped, so many times; the id of the last stop."""
    kind = "family_question" if asker == clinic.mother else "econsult"
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        form = RequestForm(kind=kind, details={"red_flags": ["seizure"]})
        draft = requests.create(session, asker, clinic.child, form, now=NOW)
    for _ in range(times):
        with pytest.raises(EmergencyError), runtime.database.writing() as session:
            requests.submit(session, session.merge(draft), asker, SubmitForm(), now=NOW, targets=TARGETS)
    with runtime.database.reading() as session:
        return session.query(RedFlagStop).count()


def test_a_stopped_family_stands_first_until_somebody_called(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        clinic.answered(session, now=NOW)
    last = stop(runtime, clinic, clinic.mother, times=2)
    pcp, coordinator = browser_of(clinic.pcp), browser_of(clinic.coordinator)
    for browser, path, then in ((pcp, "/clinic", "Answers to read"), (coordinator, "/coordination", "Family not told")):
        page = browser.get(path).text
        assert page.index(TITLE) < page.index("A seizure") < page.index("tel:505-555-0177") < page.index(then)
        assert page.count("/called") == 1
    assert post(pcp, f"/stops/{last}/called", {}).location == "/clinic?said=called"
    assert (TITLE in pcp.get("/clinic").text, TITLE in coordinator.get("/coordination").text) == (False, False)
    with runtime.database.reading() as session:
        assert {stop.dealt_with_by_id for stop in session.query(RedFlagStop)} == {clinic.pcp.id}
    assert post(pcp, f"/stops/{last}/called", {}).status_code == 404


def test_a_child_with_several_stopped_drafts_is_called_once(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    stop(runtime, clinic, clinic.mother)
    last = stop(runtime, clinic, clinic.mother)
    pcp = browser_of(clinic.pcp)
    assert pcp.get("/clinic").text.count("/called") == 1
    post(pcp, f"/stops/{last}/called", {})
    assert TITLE not in pcp.get("/clinic").text


def test_others_neither_see_nor_answer_a_stop(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    last = stop(runtime, clinic, clinic.mother)
    assert TITLE not in browser_of(clinic.other_pcp).get("/clinic").text
    for person, status in ((clinic.other_pcp, 404), (clinic.derm, 403), (clinic.mother, 403), (clinic.nurse, 403)):
        assert post(browser_of(person), f"/stops/{last}/called", {}).status_code == status


def test_a_clinician_who_was_stopped_is_nobody_to_call(runtime: Runtime, clinic: Clinic) -> None:
    stop(runtime, clinic, clinic.pcp)
    with runtime.database.writing() as session:
        assert stops_for(session, clinic.pcp, now=NOW) == []
