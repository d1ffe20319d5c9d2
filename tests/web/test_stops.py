"""Families that were sent to emergency care: the clinic and the coordinator see them first, and call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import requests
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.errors import EmergencyError
from econsult.people.persons import Person
from econsult.stops import stops_for
from tests.personas import QUESTION, TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.times import moment
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
TITLE = "Sent to emergency: call now"
UNSAFE_TITLE = "Sent to emergency: read each line, then act now"
"""One of them must not be called at home."""


def stop(
    runtime: Runtime,
    clinic: Clinic,
    asker: Person,
    times: int = 1,
    *,
    flags: Sequence[str] = ("seizure",),
    at: datetime = NOW,
) -> int:
    """Somebody asks with danger signs and is stopped, so many times; the id of the last stop."""
    kind = "family_question" if asker == clinic.mother else "econsult"
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        form = RequestForm(kind=kind, details={"red_flags": list(flags)})
        draft = requests.create(session, asker, clinic.child, form, now=NOW)
    for _ in range(times):
        with pytest.raises(EmergencyError), runtime.database.writing() as session:
            requests.submit(session, session.merge(draft), asker, SubmitForm(), now=at, targets=TARGETS)
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


def test_no_sign_of_a_child_is_hidden_by_a_later_one(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    first = NOW - timedelta(hours=13)
    stop(runtime, clinic, clinic.mother, flags=("poisoning",), at=first)
    stop(runtime, clinic, clinic.mother, flags=("unsafe", "self_harm"), at=NOW - timedelta(hours=1))
    last = stop(runtime, clinic, clinic.mother, flags=("severe_pain", "unsafe"))
    for person, path in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        page = browser_of(person).get(path).text
        card = page[page.index(UNSAFE_TITLE) : page.index(f"/stops/{last}/called")]
        signs = (
            "Very strong or sudden pain",
            "Somebody hurts the child",
            "Thoughts of hurting themselves",
            "Swallowed poison",
        )
        assert [card.count(f"<b>{sign}") for sign in signs] == [1] * 4
        places = [card.index(sign) for sign in signs]
        assert places == sorted(places)
        with browser_of(person).application.test_request_context("/?lang=en"):
            assert f"Waiting for a call since {moment(first)}" in card


def test_a_stop_that_came_while_somebody_called_stays(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    seen = stop(runtime, clinic, clinic.mother, flags=("poisoning",))
    stop(runtime, clinic, clinic.mother, flags=("unsafe",))
    pcp = browser_of(clinic.pcp)
    post(pcp, f"/stops/{seen}/called", {})
    page = pcp.get("/clinic").text
    assert UNSAFE_TITLE in page
    assert "Swallowed poison" not in page[page.index(UNSAFE_TITLE) : page.index("/called")]


def test_others_neither_see_nor_answer_a_stop(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    last = stop(runtime, clinic, clinic.mother)
    assert TITLE not in browser_of(clinic.other_pcp).get("/clinic").text
    for person, status in ((clinic.other_pcp, 404), (clinic.derm, 403), (clinic.mother, 403), (clinic.nurse, 403)):
        assert post(browser_of(person), f"/stops/{last}/called", {}).status_code == status


def test_a_clinician_who_was_stopped_is_nobody_to_call(runtime: Runtime, clinic: Clinic) -> None:
    stop(runtime, clinic, clinic.pcp)
    with runtime.database.writing() as session:
        assert stops_for(session, clinic.pcp, now=NOW) == []


def sent_after(runtime: Runtime, clinic: Clinic, at: datetime) -> Consult:
    """The mother asks anew with "none of these", and it goes."""
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=at)
        return requests.submit(session, draft, clinic.mother, SubmitForm(), now=at, targets=TARGETS)


@pytest.mark.parametrize(("hours", "is_told"), [(1, True), (49, False)])
def test_a_question_that_comes_soon_after_a_stop_says_so_and_is_of_the_same_day(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, hours: int, is_told: bool
) -> None:
    stop(runtime, clinic, clinic.mother, flags=("breathing", "unsafe"), at=NOW - timedelta(hours=hours))
    sent = sent_after(runtime, clinic, NOW)
    assert (sent.urgency, sent.urgency_rank) == (("same_day", 1) if is_told else ("routine", 2))
    words = "Stopped for a danger sign"
    for person, path in ((clinic.pcp, "/clinic"), (clinic.coordinator, f"/coordination/{sent.public_id}")):
        assert (words in browser_of(person).get(path).text) == is_told
    page = browser_of(clinic.pcp).get(f"/consults/{sent.public_id}").text
    assert ("Then sent as “none of these”" in page) == is_told
    assert words not in browser_of(clinic.mother).get(f"/family/questions/{sent.public_id}").text
    form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
    with runtime.database.writing() as session:
        asked = session.merge(sent)
        requests.send_on(session, asked, clinic.pcp, form, now=NOW, targets=TARGETS)
    page = browser_of(clinic.derm).get(f"/consults/{sent.public_id}").text
    assert bool(re.search(rf"{words} shortly before \([^)]+\): Hard time breathing", page)) == is_told
    assert "you are not safe" not in page


def test_the_same_child_stopped_after_the_question_changes_nothing(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    sent = sent_after(runtime, clinic, NOW)
    stop(runtime, clinic, clinic.mother, at=NOW + timedelta(minutes=10))
    assert "shortly before" not in browser_of(clinic.pcp).get(f"/consults/{sent.public_id}").text


def test_words_of_danger_ask_the_family_at_once_and_stand_before_the_clinic(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    sent = sent_after(runtime, clinic, NOW)
    mother, path = browser_of(clinic.mother), f"/family/questions/{sent.public_id}"
    assert 'id="now"' not in mother.get(path).text
    said = post(mother, f"{path}/messages", {"text": "Ahora no puede respirar y tiene los labios azules"})
    assert said.status_code == 303
    page = mother.get(path).text
    block = page[page.index('id="now"') : page.index("</section>", page.index('id="now"'))]
    assert all(f'href="tel:{number}"' in block for number in ("911", "988", "+18002221222"))
    assert "labios azules" in page
    for person, start in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        page = browser_of(person).get(start).text
        assert (
            page.index("Words of danger: read and call now")
            < page.index("Hard time breathing")
            < page.index(sent.number)
        )
    with runtime.database.reading() as session:
        last = session.query(RedFlagStop).one().id
    post(browser_of(clinic.pcp), f"/stops/{last}/called", {})
    assert "Words of danger" not in browser_of(clinic.coordinator).get("/coordination").text
