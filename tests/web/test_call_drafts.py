"""A telephone call that is written down saves itself, and is offered again to its writer; nobody else finds it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from econsult.consults.records import Consult
from econsult.people.call_drafts import LONGEST, CallDraft
from econsult.people.patients import Patient
from econsult.trail import AuditEvent
from tests.personas import FAMILY_QUESTION, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, overflow, violations
from tests.web.test_by_phone import CALL
from workers.runtime import Runtime

OFFER = "You wrote down a call about this child"


@pytest.fixture
def path(clinic: Clinic) -> str:
    return f"/clinic/phone/{clinic.child.public_id}"


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


def _save(browser: FlaskClient, path: str, fields: dict[str, Any], saves: int = 0) -> TestResponse:
    """As the form's script does."""
    told = {"csrf_token": token_from(browser.get("/nowhere").text), "verb": "save", "saves": saves, **fields}
    return browser.post(path, data=told, headers={"Accept": "application/json"})


def _drafts(runtime: Runtime) -> list[CallDraft]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(CallDraft)))


def _hidden(page: str) -> dict[str, list[str]]:
    """What the button "Go on" sends."""
    form = page.partition('<form method="post">')[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    return {name: values for name, values in found.items() if name != "csrf_token"}


def test_what_was_typed_is_offered_again_and_ends_when_it_is_sent(
    desk: FlaskClient, path: str, runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    assert OFFER not in desk.get(path).text
    told = {**CALL, "core.by_family_course": "worse", "question": f'{FAMILY_QUESTION} Is "it" <b>bad</b>?'}
    assert _save(desk, path, {**told, "story": "Since"}).json["saves"] == 1  # type: ignore[index]
    assert _save(desk, path, told, 1).json["saves"] == 2  # type: ignore[index]
    offer = desk.get(path).text
    # The signs of an older call are ticked for nobody who has not said that it is the same one.
    assert (OFFER in offer, 'id="red_flags"' in offer) == (True, False)
    assert "A call not sent yet" in desk.get("/clinic/phone").text
    opened = post(desk, path, {**_hidden(offer), "verb": "open"})
    assert opened.status_code == 200
    assert "Since Monday, on the elbow" in opened.text
    assert "Is &#34;it&#34; &lt;b&gt;bad&lt;/b&gt;?" in opened.text
    assert re.search('name="no_signs" value="1" checked', opened.text)
    assert re.search('name="core.by_family_course" value="worse" checked', opened.text)
    assert 'name="saves" autocomplete="off" value="2"' in opened.text
    # A colleague, and the clinic, have a form of their own.
    other = browser_of(clinic.pcp)
    assert OFFER not in other.get(path).text
    assert "A call not sent yet" not in other.get("/clinic/phone").text
    assert post(desk, path, {**told, "saves": "2"}).status_code == 303
    assert _drafts(runtime) == []
    assert OFFER not in desk.get(path).text
    # A save that comes after it was sent makes no draft of it.
    assert _save(desk, path, told, 2).status_code == 409
    assert _drafts(runtime) == []


def test_it_is_thrown_away_by_a_button(desk: FlaskClient, path: str, runtime: Runtime) -> None:
    _save(desk, path, CALL)
    _save(desk, path, {**CALL, "story": "Newer words"}, 1)
    # What the page that offers it has not seen stays.
    assert post(desk, path, {"verb": "drop", "saves": "1"}).status_code == 303
    assert len(_drafts(runtime)) == 1
    dropped = post(desk, path, {"verb": "drop", "saves": "2"})
    assert (dropped.status_code, dropped.location, _drafts(runtime)) == (303, path, [])
    assert 'id="red_flags"' in desk.get(path).text


def test_a_second_window_is_told_and_can_still_send(desk: FlaskClient, path: str, runtime: Runtime) -> None:
    _save(desk, path, CALL)
    refused = _save(desk, path, {**CALL, "story": "Of the other window"})
    assert refused.status_code == 409
    assert "in another window" in refused.json["problem"]  # type: ignore[index]
    assert post(desk, path, {**CALL, "story": "Of the other window", "saves": "0"}).status_code == 303
    # The first window's words are still there.
    (draft,) = _drafts(runtime)
    assert ("story", CALL["story"]) in draft.fields
    assert _save(desk, path, {"story": "a" * LONGEST}, 1).status_code == 422


def test_a_doctors_request_that_goes_on_elsewhere_ends_it(desk: FlaskClient, path: str, runtime: Runtime) -> None:
    called = {"caller_name": "Dr. Ruiz", "red_flags": "seizure"}
    _save(desk, path, called)
    assert post(desk, path, {**called, "go": "clinic", "saves": "1"}).status_code == 303
    assert _drafts(runtime) == []


def test_a_stopped_call_that_is_opened_again_is_the_same_call(desk: FlaskClient, path: str, runtime: Runtime) -> None:
    told = {**CALL, "red_flags": ["breathing", "seizure"]}
    _save(desk, path, told)
    stopped = post(desk, path, {**told, "saves": "1"})
    assert stopped.status_code == 409
    assert 'name="saves" autocomplete="off" value="2"' in stopped.text
    kept = _hidden(desk.get(path).text)
    assert kept["red_flags"] == ["breathing", "seizure"]
    assert post(desk, path, kept).status_code == 409
    with runtime.database.reading() as session:
        (consult,) = session.scalars(select(Consult))
        assert kept["stopped"] == [consult.public_id]


def test_an_unsafe_home_leaves_no_trace_for_the_family(
    desk: FlaskClient, path: str, runtime: Runtime, mother: FlaskClient, clinic: Clinic
) -> None:
    places = ("/family", f"/family/children/{clinic.child.public_id}/seen")
    desk.get(path)
    before = [re.sub(r"[0-9a-f]{64}", "", mother.get(place).text) for place in places]
    with runtime.database.reading() as session:
        rows = len(session.scalars(select(AuditEvent).where(AuditEvent.person_id == clinic.coordinator.id)).all())
    told = {"red_flags": "unsafe", "safe_way": "The school nurse", "story": "He hits us", "caller_name": "Ana"}
    for number in range(3):
        assert _save(desk, path, {**told, "story": f"He hits us {number}"}, number).status_code == 200
    with runtime.database.reading() as session:
        mine = select(AuditEvent).where(AuditEvent.person_id == clinic.coordinator.id)
        assert len(session.scalars(mine).all()) == rows
    after = [re.sub(r"[0-9a-f]{64}", "", mother.get(place).text) for place in places]
    assert before == after
    assert (mother.get(path).status_code, _save(mother, path, told).status_code) == (403, 403)


def test_nobody_saves_about_a_child_whom_they_may_not_know(
    desk: FlaskClient, path: str, runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    stranger = _save(browser_of(clinic.other_pcp), path, CALL)
    assert (stranger.status_code, stranger.json["ended"]) == (404, True)  # type: ignore[index]
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).erased_at = clinic.child.created_at
    gone = _save(desk, path, CALL)
    assert (gone.status_code, gone.json["ended"], _drafts(runtime)) == (410, True, [])  # type: ignore[index]


@pytest.mark.wide
@pytest.mark.parametrize("lang", spread(["es", "en"], 1))
def test_in_a_browser_a_call_goes_on_after_its_page_is_gone(
    devices: Devices, enter: Enter, clinic: Clinic, address: str, path: str, lang: str
) -> None:
    page = enter(devices.desktop() if lang == "en" else devices.phone(), clinic.coordinator)
    heard = complaints(page)
    page.goto(f"{address}{path}?lang={lang}")
    page.get_by_label(re.compile("None of these|Ninguna de estas")).check()
    page.fill("#story", "Since Monday, on the elbow")
    expect(page.locator("[data-saved]")).to_contain_text(re.compile("Draft saved|Borrador guardado"))
    page.fill("#story", "Since Monday, on the elbow and the knee")
    expect(page.locator('[name="saves"]')).to_have_value("2")
    page.close()
    page = enter(devices.desktop() if lang == "en" else devices.phone(), clinic.coordinator)
    page.goto(f"{address}{path}?lang={lang}")
    assert (violations(page), overflow(page)) == ([], 0)
    # A letter that is typed before the page's scripts are there is saved with the next one.
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Go on with what you wrote|Seguir con lo que escribió")).click()
    expect(page.locator("#story")).to_have_value("Since Monday, on the elbow and the knee")
    expect(page.get_by_label(re.compile("None of these|Ninguna de estas"))).to_be_checked()
    page.locator("#story").press_sequentially("!")
    expect(page.locator('[name="saves"]')).to_have_value("3")
    assert (violations(page), overflow(page), heard) == ([], 0, [])
    page.goto(f"{address}{path}")
    page.get_by_role("button", name=re.compile("Throw it away|Descartarla")).click()
    expect(page.locator("#story")).to_have_value("")


def _age(runtime: Runtime, hours: int) -> None:
    with runtime.database.writing() as session:
        session.execute(update(CallDraft).values(saved_at=datetime.now(UTC) - timedelta(hours=hours)))


def test_a_no_to_the_danger_signs_of_long_ago_is_asked_again(desk: FlaskClient, path: str, runtime: Runtime) -> None:
    ticked, again = 'name="no_signs" value="1" checked', "They answered too long ago."
    _save(desk, path, CALL)
    _age(runtime, 11)
    opened = post(desk, path, {**_hidden(desk.get(path).text), "verb": "open"}).text
    assert (ticked in opened, again in opened) == (True, False)
    _age(runtime, 13)
    # Another word saved since makes the answer no younger.
    assert _save(desk, path, {**CALL, "story": "Since Monday and worse"}, 1).json["saves"] == 2  # type: ignore[index]
    offer = _hidden(desk.get(path).text)
    # Of a page that was open all the time it is not taken either, and nothing else of it is lost.
    sent = post(desk, path, {**CALL, "story": "Since Monday and worse", "saves": "2"})
    assert (sent.status_code, ticked in sent.text, again in sent.text) == (422, False, True)
    assert "Since Monday and worse" in sent.text
    opened = post(desk, path, {**offer, "verb": "open"}).text
    assert (ticked in opened, again in opened) == (False, True)
    # What they say now counts.
    assert post(desk, path, {**CALL, "saves": "3"}).status_code == 303
    with runtime.database.reading() as session:
        asked = session.scalars(select(Consult)).one().details["red_flags_at"]
    assert datetime.now(UTC) - datetime.fromisoformat(asked) < timedelta(minutes=5)
