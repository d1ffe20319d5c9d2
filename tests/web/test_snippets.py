"""Ready sentences on the page of an answer: by keys alone, from the list, and never signed half done."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from econsult.advice.own_snippets import SnippetForm, keep
from econsult.consults import answers, holding
from tests.house.tree import ROOT
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime


def _held(runtime: Runtime, clinic: Clinic) -> str:
    now = datetime.now(UTC) - timedelta(minutes=1)
    with runtime.database.writing() as session:
        consult = holding.claim(session, clinic.econsult(session, now=now), clinic.derm, now=now, lease=LEASE)
        return f"/consults/{consult.public_id}"


@pytest.mark.wide
def test_keys_alone_bring_a_sentence_and_lead_through_its_places(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices
) -> None:
    path = _held(runtime, clinic)
    page = enter(devices.desktop(viewport={"width": 1440, "height": 900}), clinic.derm)
    heard = complaints(page)
    page.goto(f"{address}{path}")
    keys, first, second = page.keyboard, page.locator("#rec1"), page.locator("#rec2")
    first.focus()
    # Three letters are enough where no other name begins so; "/st" may be anything.
    keys.type("/ste")
    keys.press("Tab")
    # Where it is the request tells already.
    for words in ("Triamcinolone 0.1 %", "5"):
        keys.type(words)
        keys.press("Tab")
    done = "Triamcinolone 0.1 % ointment on the elbow, a thin layer twice a day for 5 days, then stop."
    expect(first).to_have_value(done)
    # With nothing left to fill in, Tab goes on as everywhere; backwards it always does.
    expect(page.locator("#own1")).to_be_focused()
    keys.press("Shift+Tab")
    expect(first).to_be_focused()
    # A step is seen whole, and Enter goes on to the next one.
    assert first.evaluate("box => box.scrollHeight - box.clientHeight") <= 1
    keys.press("Enter")
    expect(second).to_be_focused()
    for written in ("see /nothing", "2 /em"):
        second.fill(written)
        keys.press("Tab")
        expect(second).to_have_value(written)
    second.fill("see /nothing")
    page.locator("[data-snippets] summary").click()
    page.locator('[data-snippet="worse"] [data-put]').click()
    expect(second).to_have_value("see /nothing It gets worse, new fever, or you are worried.")
    look_at(page, "snippets", "en")
    # Nothing of the list stands outside of its frame.
    assert page.evaluate("document.documentElement.scrollHeight") == 900
    assert heard == []


def test_a_place_that_is_left_open_is_named_when_the_answer_is_signed(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    derm, path = browser_of(clinic.derm), _held(runtime, clinic)
    page = derm.get(path).text
    assert ("Ready sentences" in page, 'data-snippet="steroid"' in page) == (True, True)
    texts = {name: text for name, text in ANSWER.items() if isinstance(text, str)}
    signed = {**texts, "watch_for": "Fever for ⟨3⟩ days", "saves": "0", "verb": "sign"}
    refused = post(derm, f"{path}/answer", signed)
    assert (refused.status_code, "Fill in what stands between" in refused.text) == (422, True)


def test_what_the_request_tells_is_filled_in_and_nothing_else(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    told = {"core.weight": 16.5, "core.onset": "weeks", "body_site": ["elbow", "knee"]}
    with runtime.database.writing() as session:
        sent = clinic.econsult(session, now=now)
        sent.details = {**sent.details, **told}
        consult = holding.claim(session, sent, clinic.derm, now=now, lease=LEASE)
        content = {**ANSWER, "disposition": "new_photo", "photo_days": 5}
        answers.save_draft(session, consult, clinic.derm, content, now=now, lease=LEASE)
        for name, text in (("mine", "For ⟨time so far⟩ now, ⟨Specialty⟩."), ("place", "Visit at ⟨where⟩.")):
            keep(session, clinic.derm, SnippetForm(name, "step", text), now=now)
    page = html.unescape(browser_of(clinic.derm).get(f"/consults/{sent.public_id}").text)
    lines = dict(re.findall(r'data-snippet="([^"]+)".*?data-words[^>]*>([^<]*)<', page, re.DOTALL))
    assert "the cream on the elbow and the knee two times a day for ⟨7⟩ days" in lines["eczema-family"]
    assert "la crema en el codo y la rodilla dos veces" in lines["eccema-familia"]
    assert "for a weight of 16.5 kg at 4 years: ⟨dose⟩" in lines["by-weight"]
    assert "New photo in 5 days" in lines["photo-again"]
    assert (lines["mine"], lines["place"]) == ("For 1 to 6 weeks now, dermatology.", "Visit at ⟨where⟩.")


SENTENCE = {"name": "/Rest", "field": "step", "text": "Rest for ⟨2⟩ days", "specialty": ""}


@pytest.mark.wide
def test_sentences_are_added_changed_and_removed_on_their_page_and_brought_into_answers(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    derm, director, path = browser_of(clinic.derm), browser_of(clinic.director), _held(runtime, clinic)
    assert 'href="/sentences"' in derm.get(path).text
    assert post(derm, "/sentences", SENTENCE).location == "/sentences?said=saved"
    assert post(director, "/sentences", {**SENTENCE, "name": "calm", "text": "Stay calm"}).status_code == 303
    box = derm.get(path).text.partition("data-snippets")[2].partition("</details>")[0]
    assert 'data-snippet="rest"' in box
    assert re.findall(r'class="tag">([^<]+)<', box) == ["Your own", "The program\u2019s"]
    assert 'data-snippet="calm"' in derm.get(path).text
    page = derm.get("/sentences").text
    (kept,) = set(re.findall(r"/sentences/(\w{32})/remove", page))
    assert "Stay calm" in page
    for other in (clinic.derm2, clinic.director):
        assert post(browser_of(other), f"/sentences/{kept}/remove", {}).status_code == 404
        assert post(browser_of(other), "/sentences", {**SENTENCE, "id": kept}).status_code == 404
    assert "Rest for" not in browser_of(clinic.derm2).get("/sentences").text
    refused = post(derm, "/sentences", {**SENTENCE, "id": kept, "text": f"As for {clinic.child.name}"})
    assert (refused.status_code, "The name of a child stands in it" in refused.text) == (422, True)
    assert f"As for {clinic.child.name}</textarea>" in refused.text
    assert f'href="#text{kept}"' in refused.text
    assert post(derm, "/sentences", {**SENTENCE, "id": kept, "text": "Rest for ⟨3⟩ days"}).status_code == 303
    assert "Rest for ⟨3⟩ days" in derm.get(path).text
    assert post(derm, f"/sentences/{kept}/remove", {}).location == "/sentences?said=sentence_gone"
    assert 'data-snippet="rest"' not in derm.get(path).text


@pytest.mark.wide
@pytest.mark.parametrize(("language", "size"), spread([("en", (1440, 900)), ("es", (390, 844))], 1))
def test_the_page_of_sentences_is_whole(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices, language: str, size: tuple[int, int]
) -> None:
    with runtime.database.writing() as session:
        keep(
            session,
            clinic.derm,
            SnippetForm("rest", "family_summary", "Rest at home for ⟨2⟩ days."),
            now=datetime.now(UTC),
        )
    page = enter(devices.desktop(viewport={"width": size[0], "height": size[1]}), clinic.derm)
    heard = complaints(page)
    page.goto(f"{address}/sentences?lang={language}")
    page.locator("details summary").first.click()
    look_at(page, "sentences", language)
    assert heard == []


def test_no_box_of_sentences_scrolls_that_keys_cannot_reach(clinic: Clinic, browser_of: BrowserOf) -> None:
    """Beside an answer the list is a box that scrolls, with a button for each line; on its own page it is not."""
    styles = (ROOT / "web/static/staff.css").read_text()
    scrolls = re.findall(r"([^{}]*snips[^{}]*)\{[^{}]*overflow[^{}]*\}", styles)
    assert [rule.strip() for rule in scrolls] == ["details.snips dl"]
    page = browser_of(clinic.derm).get("/sentences").text
    assert ('class="card stack snips"' in page, '<details class="snips"' in page) == (True, False)
