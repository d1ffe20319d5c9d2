"""What the clinic's request page asks from the templates, and what becomes of the answers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import APIResponse, Page, Route, expect
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.attachments import MediaKind
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.templates.loading import DATA, KEPT, load_library
from tests.personas import QUESTION, TARGETS, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf, Enter
from tests.web.filing import file_received
from tests.web.looking import complaints, english_left, overflow, violations
from tests.web.test_clinic_request import EXAMINED
from web.showing.asking import note_of_signs
from web.showing.facts import FormNote
from web.words.language import speaking
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ASKED = {"asked": ["core", "dermatology"]}
ANSWERS: dict[str, Any] = {
    "core.weight": "16,4", "core.onset": "weeks", "core.fever": "no", "core.history": "none", "core.allergies": "none",
    "core.medications": "Cetirizine for Luz Prueba", "core.exam": "Well", "dermatology.number": "few",
    "dermatology.itch": "7", "dermatology.pain": "no", "dermatology.spreading": "yes", "dermatology.private_area": "no",
    "dermatology.mucosal_sores": "no", "dermatology.blisters": "none", "dermatology.blanching": "none_red",
    "dermatology.new_drug": "none", "dermatology.topicals": "none", "dermatology.lesion_type": ["papule", "scale"],
    "dermatology.photo_mid:not-done": "yes", "dermatology.photo_overview:not-done": "yes",
    "core.growth.0.date": "2025-03", "core.growth.0.height": "98", "core.growth.2.weight": "15.1",
}  # fmt: skip
WHY_ASKED = "Say why you send it without what is not answered"
FIELDS: dict[str, Any] = {
    "specialty": "dermatology", "question": QUESTION, "question_type": "diagnosis", "urgency": "routine",
    "thinks": "Eczema", "tried": "Petrolatum", "body_site": "elbow", "consent_by": "parent", "no_signs": "1",
    "consent_method": "verbal",
    "consent_language": "es",
}  # fmt: skip


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def path(pcp: FlaskClient, clinic: Clinic) -> str:
    return str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)


def consult_at(runtime: Runtime, path: str) -> Consult:
    with runtime.database.reading() as session:
        return session.scalars(select(Consult).where(Consult.public_id == path.rpartition("/")[2])).one()


def lacking_on(page: str) -> list[str]:
    """What the page tells beside its button that the specialist will ask for."""
    return re.findall(r"<li>(.*?)</li>", page.partition("data-lacking")[2].partition("</ul>")[0])


def test_the_page_asks_the_items_of_the_specialty_once_one_is_chosen(pcp: FlaskClient, path: str) -> None:
    page = pcp.get(path).text
    assert "dermatology.itch" not in page
    # What nobody has signed says so before anything is ticked in it, and a form that is folded up does too.
    assert "Draft list of danger signs: it needs" in page.partition('id="red_flags"')[0]
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    page = pcp.get(path).text
    assert 'name="dermatology.itch"' in page
    assert 'name="core.weight"' in page
    assert "Draft form: it needs" in page
    assert [">Draft<" in each.partition("</summary>")[0] for each in page.split("data-part=")[1:]] == [True, True]
    assert "Only if: “Also involved” Nails" in page
    assert "Not answered on the checklist:" in page
    assert 'name="neurology.event"' not in page


def test_what_a_clinician_has_signed_is_no_draft_and_its_spanish_waits_for_a_reviewer(
    runtime: Runtime, shell: Flask, tmp_path: Path
) -> None:
    core = json.loads((DATA / "core-clinic.json").read_text())
    signed = {"url": "urn:econsult:signed-by", "valueString": "Dr. A. Ruiz"}
    core |= {"version": "1.1.0", "status": "active", "extension": [*core["extension"], signed]}
    (tmp_path / "core.json").write_text(json.dumps(core))
    notes = []
    with runtime.database.reading() as session, shell.test_request_context():
        session.info[KEPT] = load_library(tmp_path)
        for code in ("en", "es"):
            with speaking(code):
                notes.append(note_of_signs(session))
    assert notes == [None, FormNote(is_draft=False, is_translation_draft=True)]


def test_answers_are_kept_as_the_templates_mean_them(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    assert post(pcp, path, {**FIELDS, **ASKED, **ANSWERS, "verb": "save"}).status_code == 303
    details = consult_at(runtime, path).details
    assert (details["core.weight"], details["dermatology.itch"], details["dermatology.pain"]) == (16.4, 7, False)
    assert details["dermatology.lesion_type"] == ["papule", "scale"]
    assert details["dermatology.photo_mid"] == "not_done"
    assert details["core.growth"] == [{"date": "2025-03", "height": 98}, {"weight": 15.1}]
    page = pcp.get(path).text
    assert 'value="16.4"' in page
    assert "Cetirizine for [name]" in page.partition('class="peek"')[2]
    post(pcp, path, {"specialty": "dermatology", **ASKED, "verb": "save"})
    assert "core.weight" not in consult_at(runtime, path).details


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("core.weight", "much", "Weight: Write a number from 0.3 to 300"),
        ("core.weight", "9" * 400, "Weight: Write a number from 0.3 to 300"),
        ("core.weight", "1e3", "Weight: Write a number from 0.3 to 300"),
        ("dermatology.itch", "11", "Itch, 0 to 10: Write a whole number from 0 to 10"),
        ("core.growth.1.date", "yesterday", "Date, row 2: Write a date such as"),
        ("core.growth.0.height", "900", "Height, row 1: Write a number from 20 to 230"),
    ],
)
def test_a_wrong_answer_is_named_and_the_others_are_saved(
    runtime: Runtime, pcp: FlaskClient, path: str, field: str, value: str, words: str
) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    page = post(pcp, path, {**FIELDS, **ASKED, "dermatology.pain": "no", field: value, "verb": "save"})
    table = ".".join(field.split(".")[:2])
    assert (page.status_code, f'<a href="#{field}">{words}' in page.text) == (422, True)
    assert re.search(rf'<input id="{field}"[^>]* aria-describedby="[^"]*{field}-error" aria-invalid="true">', page.text)
    assert page.text.count('aria-invalid="true"') == 1
    details = consult_at(runtime, path).details
    assert details["dermatology.pain"] is False
    assert table not in details
    # What saves itself learns which field it was, and what is still missing of the others, as after any other save.
    saving = {**FIELDS, **ASKED, "dermatology.pain": "no", field: value, "csrf_token": token_from(page.text)}
    told = pcp.post(path, data=saving, headers={"Accept": "application/json"})
    heard = told.get_json()
    assert (told.status_code, list(heard["errors"]), heard["problem"]) == (422, [field], heard["errors"][field])
    assert heard["problem"].startswith(words)
    assert (heard["missing"], heard["counts"]["dermatology"]) == (lacking_on(page.text), "1 of 13")


def test_a_condition_that_is_not_met_takes_its_answer_back(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {"specialty": "cardiology", "verb": "save"})
    heart = {"asked": ["core", "cardiology"], "specialty": "cardiology", "cardiology.ecg:not-done": "yes"}
    post(pcp, path, {**heart, "cardiology.reason": ["syncope"], "verb": "save"})
    assert consult_at(runtime, path).details["cardiology.ecg"] == "not_done"
    post(pcp, path, {**heart, "cardiology.reason": ["murmur"], "verb": "save"})
    assert "cardiology.ecg" not in consult_at(runtime, path).details


@pytest.mark.parametrize(
    ("lacking", "reason"),
    spread(
        [
            ({"lacking": "unknown", "lacking_words": "Ask the school"}, "Not known here. Ask the school"),
            ({"lacking_words": "The family was on the road"}, "The family was on the road"),
            ({"lacking": "follows"}, "It will follow"),
        ],
        1,
    ),
)
def test_the_page_tells_what_is_missing_and_sends_with_the_reason(
    runtime: Runtime,
    pcp: FlaskClient,
    browser_of: BrowserOf,
    clinic: Clinic,
    path: str,
    lacking: dict[str, str],
    reason: str,
) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    fields = {**FIELDS, **ASKED, **ANSWERS, "dermatology.itch": "", "tried": "", **lacking}
    post(pcp, path, {**fields, "verb": "save"})
    missing = "What was tried, and how it went", "Itch, 0 to 10", "Photo: close-up with a ruler or coin"
    assert lacking_on(pcp.get(path).text) == [*missing]
    # What was refused before the templates is refused now, whatever the reason.
    assert post(pcp, path, {**fields, "question_type": "", "verb": "send"}).status_code == 422
    # And without one it is asked for, at its field and in the summary; what can be seen of none is none.
    for none in ({}, {"lacking": "none"}, {"lacking_words": " \u2060 "}):
        silent = {**fields, "lacking": "", "lacking_words": "", **none, "verb": "send"}
        refused = post(pcp, path, silent)
        assert (refused.status_code, refused.text.count(WHY_ASKED)) == (422, 2)
        assert consult_at(runtime, path).status == "draft"
    assert "?said=request_sent" in post(pcp, path, {**fields, "verb": "send"}).location
    assert consult_at(runtime, path).override_reason == reason
    shown = browser_of(clinic.derm).get(f"/consults/{path.rpartition('/')[2]}").text
    assert "".join(f"<li>{words}</li>" for words in missing) in shown
    assert reason in shown


def test_a_photo_of_the_view_answers_its_item(runtime: Runtime, pcp: FlaskClient, clinic: Clinic, path: str) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    fields = {**FIELDS, **ASKED, **ANSWERS}
    assert "Photo: close-up with a ruler or coin" in lacking_on(pcp.get(path).text)
    file_received(runtime, consult_at(runtime, path), clinic.pcp, MediaKind.PHOTO, NOW, view="close")
    assert "Photo: close-up with a ruler or coin" not in lacking_on(pcp.get(path).text)
    assert "?said=request_sent" in post(pcp, path, {**fields, "verb": "send"}).location
    assert consult_at(runtime, path).details["answered_under"]["dermatology-clinic"] == "1.0.0"


def test_an_answer_that_is_a_danger_sign_stops_the_page_too(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    fields = {**FIELDS, **ASKED, **ANSWERS, "dermatology.blanching": "no", "lacking": "follows", "verb": "send"}
    assert post(pcp, path, fields).status_code == 409
    attested = {**EXAMINED, "why_safe": "Old scratch marks, examined"}
    assert "?said=request_sent" in post(pcp, path, {**fields, **attested}).location
    with runtime.database.reading() as session:
        codes = [stop.codes for stop in session.scalars(select(RedFlagStop).order_by(RedFlagStop.id))]
    assert codes == ["non_blanching_rash"] * 2


def test_sending_leaves_the_answers_of_another_specialty_behind(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    post(pcp, path, {**FIELDS, **ASKED, **ANSWERS, "specialty": "neurology", "verb": "save"})
    assert consult_at(runtime, path).details["dermatology.itch"] == 7
    nerves = {"specialty": "neurology", "asked": ["core", "neurology"], "lacking": "unknown", "verb": "send"}
    post(pcp, path, {**FIELDS, **nerves})
    sent = consult_at(runtime, path)
    assert (sent.status, "dermatology.itch" in sent.details) == ("submitted", False)


def test_a_sending_that_fails_keeps_what_another_specialty_was_answered(
    runtime: Runtime, pcp: FlaskClient, path: str
) -> None:
    post(pcp, path, {"specialty": "dermatology", "verb": "save"})
    post(pcp, path, {**FIELDS, **ASKED, **ANSWERS, "specialty": "neurology", "verb": "save"})
    nerves = {"specialty": "neurology", "asked": ["core", "neurology"], "question_type": "", "verb": "send"}
    assert post(pcp, path, {**FIELDS, **nerves}).status_code == 422
    assert consult_at(runtime, path).details["dermatology.itch"] == 7


def test_an_answer_to_what_the_page_did_not_ask_stays_as_it_is(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    others = {"core.by_family_medications": "Vitamin", "neurology.head": "normal", "core.weight": 16.4}
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, specialty="neurology", details=others)
    path = f"/clinic/requests/{draft.public_id}"
    post(pcp, path, {"specialty": "neurology", "asked": ["core", "neurology", "moon"], "verb": "save"})
    kept = consult_at(runtime, path).details
    assert "core.weight" not in kept
    assert (kept["core.by_family_medications"], kept["neurology.head"]) == ("Vitamin", "normal")


def test_more_than_a_request_can_hold_is_said_and_stays_in_its_fields(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, details={"other": ["x" * 5000] * 13})
    path = f"/clinic/requests/{draft.public_id}"
    fields = {**FIELDS, **ASKED, **ANSWERS, "core.exam": "Well. " * 300, "thinks": "Psoriasis", "verb": "save"}
    page = post(pcp, path, fields)
    assert (page.status_code, "This is more than one request can hold." in page.text) == (422, True)
    for kept in ("Well. Well.", 'value="16.4"', 'value="papule" checked', 'value="98"'):
        assert kept in page.text
    assert consult_at(runtime, path).details["thinks"] == "Psoriasis"


def test_what_an_answer_opens_is_counted_with_the_others(pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {"specialty": "cardiology", "verb": "save"})
    told = []
    for reason in ("murmur", "syncope"):
        heart = {"asked": ["core", "cardiology"], "specialty": "cardiology", "cardiology.reason": [reason]}
        post(pcp, path, {**heart, "verb": "save"})
        told.append(re.findall(r"data-counted>(\d+) of (\d+)<", pcp.get(path).text)[1])
    (there, asked), (still_there, then_asked) = told
    assert (there, still_there, int(then_asked)) == ("1", "1", int(asked) + 1)


def test_the_specialist_reads_the_answers_in_words_of_the_own_language(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    details = {"core.weight": 16.4, "dermatology.blisters": "few", "dermatology.photo_mid": "not_done"}
    details |= {"core.medications": "Cetirizine for Luz Prueba", "core.growth": [{"date": "2025-03", "height": 98}]}
    details |= {"dermatology.bleeding": "dripping"}
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW)
        reason = SubmitForm("Not known")
        requests.edit(
            session, draft, clinic.pcp, RequestForm(details={**details, "dermatology.bleeding": True}), now=NOW
        )
        sent = requests.submit(session, draft, clinic.pcp, reason, now=NOW, targets=TARGETS)
        sent.details = {**sent.details, **details}
    page = browser_of(clinic.derm).get(f"/consults/{sent.public_id}?lang=es").text
    for words in (
        "16.4 kg",
        "Pocas, intactas",
        "No se hizo",
        "Cetirizine for [nombre]",
        "Fecha 2025-03, Estatura 98 cm",
    ):
        assert f"<dd>{words}</dd>" in page
    assert "¿Ampollas o piel que se pela?" in page
    assert "dripping" in page
    assert "Traducción en borrador" in page
    assert "dermatology." not in page


@pytest.mark.wide
@pytest.mark.parametrize(("width", "language"), spread([(390, "es"), (1440, "en")], 1))
def test_the_script_shows_the_items_of_another_specialty_and_of_an_answer(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, width: int, language: str
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, specialty=None)
    page: Page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)
    enter(page, clinic.pcp).goto(f"{address}/clinic/requests/{draft.public_id}?lang={language}")
    page.locator("input[name=specialty][value=cardiology]").check(force=True)
    ecg = page.locator("[id='cardiology.ecg']")
    expect(page.locator("[id='cardiology.reason']")).to_be_visible()
    expect(ecg).to_be_hidden()
    page.locator("input[name='cardiology.reason'][value=syncope]").check()
    expect(ecg).to_be_visible()
    expect(ecg.locator("[data-only-if]")).to_be_hidden()
    box = page.locator("[data-lacking]")
    before = box.inner_text()
    page.locator("[id='cardiology.vitals'] ").fill("HR 90")
    page.locator("[id='cardiology.murmur']").focus()
    expect(box).not_to_have_text(before)
    assert (violations(page), overflow(page), heard) == ([], 0, [])
    if language == "es":
        assert english_left(page) == set()


@pytest.fixture
def draft_path(runtime: Runtime, clinic: Clinic) -> str:
    """Where a draft to dermatology is written."""
    with runtime.database.writing() as session:
        return f"/clinic/requests/{clinic.draft(session, now=NOW, specialty='dermatology').public_id}"


@pytest.fixture
def written(devices: Devices, enter: Enter, address: str, clinic: Clinic, draft_path: str) -> Page:
    """Its page at the doctor's desk."""
    page = enter(devices.desktop(), clinic.pcp)
    page.goto(f"{address}{draft_path}?lang=en")
    return page


def _write_older(page: Page, path: str) -> None:
    """Write what is saved at once, and wait until that save begins."""
    with page.expect_request(f"**{path}*"):
        page.locator("#thinks").fill("Older")
        page.locator("#tried").focus()


@pytest.mark.wide
def test_a_save_that_is_slow_undoes_no_newer_one(runtime: Runtime, written: Page, draft_path: str) -> None:
    page, path = written, draft_path
    slow: list[Route] = []
    page.route(f"**{path}*", lambda route: slow.append(route) if not slow else route.continue_())
    _write_older(page, path)
    page.locator("#thinks").fill("Newer")
    page.locator("#tried").focus()
    # Whatever would overtake the slow one has the time for it.
    page.wait_for_timeout(500)
    with page.expect_response(lambda answer: "Newer" in (answer.request.post_data or "")):
        slow[0].continue_()
    assert consult_at(runtime, path).details["thinks"] == "Newer"


@pytest.mark.wide
def test_a_specialty_that_is_chosen_while_a_save_is_on_its_way_is_asked_about(written: Page, draft_path: str) -> None:
    """What is asked for once the older save was heard still tells of the old one, and comes last."""
    page, path = written, draft_path
    saves: list[Route] = []
    asks: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            saves.append(route)
        elif asks:
            route.continue_()
        else:
            asks.append((route, route.fetch()))

    page.route(f"**{path}*", hold)
    _write_older(page, path)
    page.locator("input[name=specialty][value=neurology]").check(force=True)
    saves[0].continue_()
    while len(saves) < 2 or not asks:
        page.wait_for_timeout(20)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        saves[1].continue_()
    old, told = asks[0]
    old.fulfill(response=told)
    expect(page.locator("[id='neurology.event']")).to_be_visible()


@pytest.mark.wide
def test_changing_the_specialty_loses_nothing_that_was_typed(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, specialty="dermatology")
    page: Page = devices.desktop()
    enter(page, clinic.pcp).goto(f"{address}/clinic/requests/{draft.public_id}?lang=en")
    weight, itch = page.locator("[id='core.weight']"), page.locator("[id='dermatology.itch']")
    page.locator("[data-part=core] > summary").click()
    lacking, missing = page.locator("[data-lacking] li"), page.locator("[data-lacking] li").count()
    weight.fill("much")
    page.locator("[id='core.allergies']").fill("None")
    weight.focus()
    # What was saved beside it is missing no more; the field is marked, and what is said of it leads there.
    expect(lacking).to_have_count(missing - 1)
    expect(weight).to_have_attribute("aria-invalid", "true")
    expect(weight).to_have_accessible_description(re.compile("Weight: Write a number from 0.3 to 300"))
    page.locator("[data-part=core] > summary").click()
    page.locator("[data-saved] a").click()
    expect(weight).to_be_focused()
    assert (violations(page), overflow(page)) == ([], 0)
    weight.press_sequentially("!")
    expect(page.locator("[id='core.weight-error']")).to_have_count(0)
    weight.fill("much")
    itch.fill("eleven")
    page.locator("#lacking").select_option("follows")
    page.locator("input[name=specialty][value=neurology]").check(force=True)
    weight.focus()
    expect(page.locator("[id='neurology.event']")).to_be_visible()
    expect(itch).to_have_count(0)
    expect(weight).to_be_focused()
    expect(weight).to_have_value("much")
    expect(page.locator("#lacking")).to_have_value("follows")
    expect(page.locator("input[name='video:event']")).to_have_count(1)
    weight.fill("16")
    page.locator("input[name=specialty][value=dermatology]").check(force=True)
    expect(itch).to_have_value("eleven")
    itch.fill("7")
    page.locator("[id='dermatology.new_drug']").focus()
    expect(page.locator("[data-part=dermatology] [data-counted]")).to_have_text("1 of 13")
    page.reload()
    expect(itch).to_have_value("7")
    expect(weight).to_have_value("16")
