"""Taking over, passing on, changing the urgency and opening again, from the case page; and seeing who else looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from econsult.consults import holding
from econsult.consults.handover import Handover
from econsult.consults.records import RANKS, Consult, Urgency
from econsult.rosters.shifts import TimeOff
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Consult:
    """An eConsult that the dermatologist holds."""
    with runtime.database.writing() as session:
        return holding.claim(
            session, clinic.econsult(session, now=NOW), clinic.derm, now=datetime.now(UTC), lease=LEASE
        )


def _now(runtime: Runtime, consult: Consult) -> Consult:
    with runtime.database.reading() as session:
        return session.get_one(Consult, consult.id)


def test_a_colleague_takes_over_and_says_why(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    colleague = browser_of(clinic.derm2)
    assert "Take over from derm" in colleague.get(f"/consults/{held.public_id}").text
    refused = post(colleague, f"/consults/{held.public_id}/take-over", {"reason": " "})
    assert (refused.status_code, "Say why" in refused.text) == (422, True)
    assert post(colleague, f"/consults/{held.public_id}/take-over", {"reason": "ill"}).status_code == 303
    assert _now(runtime, held).holder_id == clinic.derm2.id
    with runtime.database.reading() as session:
        assert [row.reason for row in session.scalars(select(Handover))] == ["ill"]


def test_who_comes_second_is_led_to_the_page_that_says_who_has_it(
    browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    second = browser_of(clinic.derm2)
    answer = post(second, f"/consults/{held.public_id}/claim", {})
    assert answer.location.endswith("said=taken")
    assert "derm has it" in second.get(answer.location).text


def test_two_who_look_see_each_other(browser_of: BrowserOf, clinic: Clinic, held: Consult) -> None:
    browser_of(clinic.derm2).get(f"/consults/{held.public_id}")
    assert "Also looking: derm2" in browser_of(clinic.derm).get(f"/consults/{held.public_id}").text


def test_another_specialty_gets_it_and_the_promise_stays(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    fields = {"specialty": "neurology", "reason": "seizures first"}
    assert post(browser_of(clinic.derm), f"/consults/{held.public_id}/reroute", fields).status_code == 303
    passed = _now(runtime, held)
    assert (passed.specialty, passed.status, passed.due_at) == ("neurology", "submitted", held.due_at)


def test_the_clinic_raises_the_urgency(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult) -> None:
    pcp = browser_of(clinic.pcp)
    assert post(pcp, f"/consults/{held.public_id}/urgency", {"urgency": "same_day"}).status_code == 303
    assert _now(runtime, held).due_at == NOW + timedelta(hours=4)
    lowered = post(pcp, f"/consults/{held.public_id}/urgency", {"urgency": "routine"})
    assert (lowered.status_code, "Say why" in lowered.text) == (422, True)


def test_who_is_no_clinician_is_offered_no_less_urgency(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        row = session.get_one(Consult, held.id)
        row.requester_id, row.urgency, row.urgency_rank = clinic.nurse.id, "same_day", RANKS[Urgency.SAME_DAY]
    pages = [browser_of(person).get(f"/consults/{held.public_id}").text for person in (clinic.nurse, clinic.pcp)]
    lists = [page.partition('id="to_urgency"')[2].partition("</select>")[0] for page in pages]
    assert [[f'value="{each}"' in list_ for each in RANKS] for list_ in lists] == [[True, True, False], [True] * 3]
    assert "Only a clinician makes it less urgent." in pages[0]


def test_the_clinic_opens_an_answered_case_again(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
    pcp = browser_of(clinic.pcp)
    assert "Ask again in the same case" in pcp.get(f"/consults/{answered.public_id}").text
    assert post(pcp, f"/consults/{answered.public_id}/reopen", {"reason": "It came back"}).status_code == 303
    assert _now(runtime, answered).status == "submitted"


def test_what_nobody_can_promise_now_is_offered_again_as_the_next_best(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
        answered.requester_id, answered.urgency, answered.urgency_rank = clinic.nurse.id, "urgent", 0
        away = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=9)}
        session.add_all(TimeOff(person_id=each.id, **away) for each in (clinic.derm, clinic.derm2))
    page = browser_of(clinic.nurse).get(f"/consults/{answered.public_id}").text
    offered = page.partition('id="again_urgency"')[2].partition("</select>")[0]
    assert ('value="same_day" selected' in offered, 'value="routine"' in offered) == (True, False)


def test_words_on_the_telephone_count_as_the_familys_own(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    asking = {"lane": "family", "verb": "ask", "items": "close_photo", "again": ["2", "x", "999"], "confirmed": "yes"}
    assert post(browser_of(clinic.derm), f"/consults/{held.public_id}/messages", asking).status_code == 303
    assert _now(runtime, held).status == "needs_info"
    pcp = browser_of(clinic.pcp)
    page = pcp.get(f"/consults/{held.public_id}?lane=family").text
    assert "The family said this on the telephone" in page
    assert "A better picture of file 2" in page
    said = {"lane": "family", "text": "They have no camera", "relayed": "yes", "confirmed": "yes"}
    assert post(pcp, f"/consults/{held.public_id}/messages", said).status_code == 303
    assert _now(runtime, held).status == "claimed"
