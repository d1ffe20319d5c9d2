"""A case that is taken out of somebody's hands while they write: who has it, their words, and what they may do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select

from econsult.consults import holding, passing, requests
from econsult.consults.records import Consult
from econsult.consults.threads import Message
from econsult.people.persons import Person
from econsult.rosters.shifts import TimeOff
from tests.personas import LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import overflow, violations
from workers.runtime import Runtime

WORDS = {
    "impression": "Nummular eczema, not ringworm",
    "rec_text": "Emollient twice a day",
    "rec_owner": "family",
    "rec_due": "",
}
JSON = {"Accept": "application/json"}


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> str:
    """The address of a case that the dermatologist holds."""
    with runtime.database.writing() as session:
        return f"/consults/{clinic.claimed(session, now=datetime.now(UTC)).public_id}"


def take_over(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult)).one()
        passing.take_over(session, consult, clinic.derm2, "Away", now=datetime.now(UTC), lease=LEASE)


def script(browser: FlaskClient, path: str) -> Any:
    return browser.post(f"{path}/answer", data={**_proof(browser), **WORDS, "saves": "0"}, headers=JSON)


def _proof(browser: FlaskClient) -> dict[str, str]:
    text = browser.get("/nowhere").text
    return {"csrf_token": text.split('name="csrf_token" value="')[1][:64]}


def test_whoever_lost_it_reads_who_has_it_and_leaves_the_words_as_a_note(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    derm = browser_of(clinic.derm)
    take_over(runtime, clinic)
    told = script(derm, held)
    assert (told.status_code, told.json["ended"]) == (403, True)
    assert told.json["problem"].startswith("derm2 has this request now.")
    for verb in ("save", "sign", "sign_next"):
        page = post(derm, f"{held}/answer", {**WORDS, "saves": "0", "verb": verb})
        assert page.status_code == 403
        for words in (
            "derm2 has this request now.",
            WORDS["impression"],
            WORDS["rec_text"],
            "Send it as a note to derm2",
        ):
            assert words in page.text
    long = post(derm, f"{held}/answer/leave", {"text": "x" * 5001})
    assert (long.status_code, "x" * 5001 in long.text) == (422, True)
    note = post(derm, f"{held}/answer/leave", {"text": WORDS["impression"]})
    assert note.location == f"{held}?said=left"
    with runtime.database.reading() as session:
        message = session.scalars(select(Message)).one()
        assert (message.author_id, message.audience, message.text) == (
            clinic.derm.id,
            "clinicians",
            WORDS["impression"],
        )
    assert WORDS["impression"] in browser_of(clinic.derm2).get(f"{held}?lane=clinicians").text


def test_nobody_else_leaves_a_note(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str) -> None:
    colleague = clinic.more(runtime.database, 1)[0]
    assert "as a note" not in post(browser_of(colleague), f"{held}/answer", {**WORDS, "verb": "save"}).text
    assert post(browser_of(colleague), f"{held}/answer/leave", {"text": "Hm"}).status_code == 403
    with runtime.database.reading() as session:
        assert session.scalars(select(Message)).all() == []


def test_back_in_the_pool_it_can_be_taken_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    with runtime.database.writing() as session:
        holding.release(session, session.scalars(select(Consult)).one(), clinic.derm, "", now=datetime.now(UTC))
    page = post(browser_of(clinic.derm), f"{held}/answer", {**WORDS, "verb": "save"})
    assert page.status_code == 403
    assert "Nobody holds this request any more." in page.text
    assert f'action="{held}/claim"' in page.text
    assert WORDS["impression"] in page.text


def test_who_may_not_see_it_any_more_gets_their_words_and_nothing_else(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult)).one()
        passing.reroute(session, consult, clinic.derm, "neurology", "A nerve", now=datetime.now(UTC))
        number = consult.number
    derm = browser_of(clinic.derm)
    assert script(derm, held).status_code == 404
    page = post(derm, f"{held}/answer", {**WORDS, "verb": "sign"})
    assert page.status_code == 404
    assert WORDS["impression"] in page.text
    assert number not in page.text


REASON = "A visit is better"
PRESSES = ("decline", "release", "reroute", "messages", "take-over")


def _press(browser: FlaskClient, held: str, what: str) -> Any:
    fields = {"reason": REASON, "text": REASON, "specialty": "neurology"}
    return post(
        browser, f"{held}/{what}", {name: fields[name] for name in fields if (what == "messages") == (name == "text")}
    )


def test_a_button_that_is_pressed_too_late_says_why_and_gives_the_words_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    """It said that the account does not allow it, or that there is no such page; what somebody had typed was gone."""
    derm, derm2, pcp = (browser_of(person) for person in (clinic.derm, clinic.derm2, clinic.pcp))
    take_over(runtime, clinic)
    for what in PRESSES[:2] + PRESSES[3:4]:
        late = _press(derm, held, what)
        assert (late.status_code, REASON in late.text) == (403, True), what
        assert "This was not done: derm2 has this request now." in late.text
        assert "Send it as a note to derm2" in late.text
    assert _press(derm2, held, "decline").status_code == 303
    for what in PRESSES[1:]:
        late = _press(derm2, held, what)
        assert (late.status_code, REASON in late.text) == (404, True), what
    late = _press(pcp, held, "withdraw")
    assert (late.status_code, REASON in late.text) == (409, True)
    assert "This was not done. The request stands like this now: Declined." in late.text
    assert "as a note" not in late.text
    assert "Esto no se hizo." in pcp.post(f"{held}/withdraw?lang=es", data={**_proof(pcp), "reason": REASON}).text
    nobody = _press(derm, "/consults/" + "0" * 20, "decline")
    assert (nobody.status_code, REASON in nobody.text) == (404, True)


def test_the_desk_reads_what_came_of_a_question_and_keeps_the_words_for_its_family(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    now, words = datetime.now(UTC), "Llame al hospital de la ciudad"
    with runtime.database.writing() as session:
        session.add(TimeOff(person_id=clinic.pcp.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(9)))
        session.flush()
        path = f"/coordination/desk/{clinic.family_question(session, now=now).public_id}"
        ended = clinic.econsult(session, now=now)
        requests.withdraw(session, ended, clinic.nurse, "", now=now)
    one, two = browser_of(clinic.coordinator), browser_of(clinic.coordinator)
    assert post(one, f"{path}/decline", {"words": "Hoy nadie puede"}).status_code == 303
    late = post(two, f"{path}/decline", {"words": words})
    assert (late.status_code, words in late.text) == (403, True)
    assert "This was not done. The request stands like this now: Declined." in late.text
    given = post(
        two, f"/coordination/desk/{ended.public_id}", {"person": clinic.derm.public_id, "had": "", "reason": words}
    )
    assert (given.status_code, words in given.text) == (409, True)


def test_a_save_that_comes_twice_is_no_other_window(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: str
) -> None:
    derm = browser_of(clinic.derm)
    for _ in range(2):
        told = script(derm, held)
        assert (told.status_code, told.json["saves"]) == (200, 1)


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("en", 1440), ("es", 390)], 1))
def test_in_a_real_browser_nothing_typed_is_lost(
    devices: Devices, runtime: Runtime, clinic: Clinic, enter: Enter, address: str, held: str, language: str, width: int
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.derm.id).language = language
    page = enter(devices.desktop(viewport={"width": width, "height": 900}), clinic.derm)
    page.goto(address + held)
    take_over(runtime, clinic)
    page.locator("#impression").press_sequentially(WORDS["impression"])
    expect(page.locator("[data-saved]")).to_contain_text("derm2")
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("derm2")
    assert WORDS["impression"] in page.locator("#left").input_value()
    assert violations(page) == []
    assert overflow(page) == 0
    # Who goes away and comes back in this tab finds the words as well.
    page.goto(address + held)
    expect(page.locator("#left_over")).to_have_value(WORDS["impression"])
    assert violations(page) == []
    page.locator("[data-leftover] button").click()
    expect(page.locator("#left_over")).to_be_hidden()
    page.reload()
    expect(page.locator("#left_over")).to_be_hidden()
