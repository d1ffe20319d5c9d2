"""Buttons that do nothing any more: the rule that says no, a press of one's own before, and what cannot be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from econsult.consults import ending, holding, passing, requests, second
from econsult.consults.presence import Presence
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion
from econsult.people.persons import Person
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

SAID = "A visit is better, I think"
NOWHERE = "What you wrote went nowhere."


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> str:
    """The address of a case that the dermatologist holds."""
    with runtime.database.writing() as session:
        return f"/consults/{clinic.claimed(session, now=datetime.now(UTC)).public_id}"


def press(browser: FlaskClient, address: str, **fields: str) -> tuple[int, str]:
    answer = post(browser, address, fields)
    return answer.status_code, answer.location or answer.text


def change(runtime: Runtime, act: Any, person: Person, *values: object, **more: object) -> None:
    with runtime.database.writing() as session:
        act(session, session.scalars(select(Consult)).one(), person, *values, now=datetime.now(UTC), **more)


def test_whoever_stands_in_too_late_gets_their_words_and_learns_nothing(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        for person in (clinic.coordinator, clinic.pcp):
            session.add(TimeOff(person_id=person.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(9)))
        asked, sent = clinic.family_question(session, now=now), clinic.econsult(session, now=now)
        requests.withdraw(session, asked, clinic.mother, "", now=now)
        requests.withdraw(session, sent, clinic.pcp, "", now=now)
    director, desk = browser_of(clinic.director), "/coordination/desk"
    for address, fields in (
        (f"{desk}/{sent.public_id}", {"person": clinic.derm.public_id, "had": "", "reason": SAID}),
        (f"{desk}/{asked.public_id}/decline", {"words": SAID}),
    ):
        status, page = press(director, address, **fields)
        assert (status in (403, 409), SAID in page, "You cannot open this request any more." in page) == (True,) * 3
        assert not any(each.number in page for each in (asked, sent))
    # Nor does the desk look at a case by being told of it, or lose what it had written to send it on.
    desk_page = press(browser_of(clinic.coordinator), f"{desk}/{asked.public_id}/send-on", question=SAID)
    assert (desk_page[0], SAID in desk_page[1]) == (403, True)
    with runtime.database.reading() as session:
        assert session.scalars(select(Presence)).all() == []
    status, page = press(browser_of(clinic.pcp), f"/consults/{sent.public_id}/close", version="0", close_reason=SAID)
    assert (status, SAID in page, "stands like this now: Taken back" in page) == (409, True, True)


def test_all_that_was_written_to_send_a_question_on_is_given_back_and_no_codes(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        asked = clinic.family_question(session, now=datetime.now(UTC))
        requests.withdraw(session, asked, clinic.mother, "", now=datetime.now(UTC))
    answers = {"dermatology.new_drug": "ibuprofen", "dermatology.size": "2.5", "dermatology.lesion_type": "plaque"}
    form = {"specialty": "dermatology", "asked": "dermatology", "question": SAID, "thinks": "eczema", **answers}
    form |= {"question_type": "diagnosis", "shown_for": "dermatology", "lacking": "follows", "tried": "hydrocortisone"}
    form |= {"background": "none", "why_safe": "seen", "examined_by": "me", "examined_at": "2026-11-29T10:00"}
    lines = ("eczema", "hydrocortisone", "none", "seen", "me", "New drugs within 8 weeks: ibuprofen")
    desk, card = f"/coordination/desk/{asked.public_id}", f"/coordination/{asked.public_id}"
    for person, address, fields in (
        (clinic.coordinator, f"{desk}/send-on", form),
        (clinic.pcp, f"/consults/{asked.public_id}/send-on", form),
        (clinic.coordinator, f"{card}/close", {"version": "0", "close_reason": SAID}),
    ):
        status, page = press(browser_of(person), address, **fields)
        left = page.split('id="left"')[1].split("</textarea>")[0]
        assert (status in (403, 404, 409), SAID in left, "plaque" in left) == (True, True, False), address
        if fields is form:
            assert (set(lines) - set(left.splitlines()), ": 2.5 mm" in left, "T10" in left) == (set(), True, False)


def test_why_steps_are_declined_is_given_back_where_the_answer_was_closed(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=datetime.now(UTC) - timedelta(hours=1))
        consult.acknowledged_at = datetime.now(UTC)
        ending.end(session, consult, clinic.coordinator, "close", reason="", now=datetime.now(UTC))
        steps = session.scalars(select(Recommendation.public_id)).all()
    declined = {f"why-{step}": f"{SAID} {number}" for number, step in enumerate(steps)}
    address = f"/consults/{consult.public_id}/acknowledge"
    answer = post(browser_of(clinic.pcp), address, {"decline": list(steps), "version": "1", **declined})
    assert answer.status_code == 409
    assert len(steps) > 0
    assert all(why in answer.text for why in declined.values())


def test_a_rule_that_says_no_is_not_called_too_late(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.derm2.id, languages="fr"))
        session.execute(update(Consult).values(requester_id=clinic.nurse.id))
    status, page = press(browser_of(clinic.derm2), f"{held}/take-over", reason=SAID)
    assert (status, SAID in page, "This was not done" in page, 'id="lost_reason"' in page) == (403, True, False, False)
    assert "You do not answer in this family&#39;s language." in page
    nurse = browser_of(clinic.nurse)
    assert press(nurse, f"{held}/urgency", urgency="same_day")[0] == 303
    status, page = press(nurse, f"{held}/urgency", urgency="routine", reason=SAID)
    assert (status, "only a clinician makes a request less urgent." in page, "derm has this" in page) == (
        403,
        True,
        False,
    )


def test_a_reply_to_a_colleague_that_comes_too_late_is_given_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    change(runtime, second.ask_second, clinic.derm, "A nerve?", specialty="dermatology", wanted=clinic.derm2)
    with runtime.database.writing() as session:
        consult, side = session.scalars(select(Consult)).one(), session.scalars(select(SideQuestion)).one()
        second.take_second(session, consult, side, clinic.derm2, now=datetime.now(UTC))
        second.give_back(session, consult, side, clinic.derm2, now=datetime.now(UTC))
        side.wanted_id, side.holder_id = None, clinic.neuro.id
    derm2 = browser_of(clinic.derm2)
    status, page = press(derm2, f"{held}/second/reply", second_reply=SAID)
    assert (status, SAID in page, "question any more." in page) == (403, True, True)
    with runtime.database.writing() as session:
        second.take_back(session, session.merge(consult), session.merge(side), clinic.derm, now=datetime.now(UTC))
    status, page = press(derm2, f"{held}/second/reply", second_reply=SAID)
    assert (status, SAID in page, "what it was about has ended, or was taken back." in page) == (404, True, True)


def test_a_second_press_of_ones_own_reads_that_it_is_done(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    derm = browser_of(clinic.derm)
    for reason in ("", "Not mine\r\nat all"):
        for _ in range(2):
            assert press(derm, f"{held}/release", reason=reason) == (303, "/worklist?said=released")
        change(runtime, holding.claim, clinic.derm, lease=LEASE)
    for _ in range(2):
        assert press(derm, f"{held}/decline", reason=SAID) == (303, "/worklist?said=declined")
    # Other words of the same person did not arrive, and another person's press did nothing.
    for browser, reason in ((derm, "Otherwise"), (browser_of(clinic.derm2), SAID)):
        page = press(browser, f"{held}/decline", reason=reason)
        assert (page[0], NOWHERE in page[1], reason in page[1]) == (404, True, True)


def test_a_page_that_cannot_be_shown_says_why_and_keeps_the_words(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    derm = browser_of(clinic.derm)
    assert press(derm, f"{held}/messages", lane="clinicians", text="Hm")[0] == 303
    change(runtime, passing.take_over, clinic.derm2, "Away", lease=LEASE)
    status, page = press(derm, f"{held}/release", reason="")
    assert (status, "derm2 has this request now." in page, NOWHERE in page, 'id="left"' in page) == (
        403,
        True,
        False,
        False,
    )
    with runtime.database.writing() as session:
        session.execute(text("UPDATE message SET text = 'x'"))
    status, page = press(browser_of(clinic.pcp), f"{held}/close", version="0", close_reason=SAID)
    assert (status, SAID in page, "A part of it was damaged where we keep it." in page) == (500, True, True)
    with runtime.database.writing() as session:
        session.execute(text("ALTER TABLE presence RENAME TO gone"))
    assert press(derm, f"{held}/release", reason=SAID)[0] == 503
