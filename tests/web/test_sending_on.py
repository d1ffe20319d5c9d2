"""A family's question is sent on with the duties of a new request: alike ones, the checklist, why something lacks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.attachments import MediaKind
from econsult.consults.earlier import attached_to
from econsult.consults.records import Consult
from econsult.consults.requests import SubmitForm
from econsult.consults.wanted_items import CAME_BACK, WantedItem
from tests.personas import FAMILY_QUESTION, TARGETS, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.filing import file_received
from tests.web.looking import english_left, overflow, violations
from tests.web.test_clinic_templates import ANSWERS, ASKED, WHY_ASKED, lacking_on
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
QUESTION = "Is this eczema or a fungus, and which cream?"
ON: dict[str, Any] = {"specialty": "dermatology", "question_type": "diagnosis", "question": QUESTION}
WORDS = {"thinks": "Eczema", "tried": "Petrolatum for two weeks", "background": "Asthma in the family"}
ALIKE = "This specialty was asked about this child within 14 days."


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_question(session, now=NOW)


def about(runtime: Runtime, clinic: Clinic, **details: Any) -> str:
    """The page of a family's question with these answers."""
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=NOW, details={"red_flags": [], **details})
        sent = requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOW, targets=TARGETS)
        return f"/consults/{sent.public_id}"


def chosen(page: str, name: str) -> str:
    """What is chosen in a list of the form."""
    options = page.partition(f'<select id="{name}"')[2].partition("</select>")[0]
    return "".join(re.findall(r'<option value="(\w*)" selected>', options))


def state_of(runtime: Runtime, asked: Consult) -> Consult:
    with runtime.database.reading() as session:
        return session.scalars(select(Consult).where(Consult.id == asked.id)).one()


@pytest.mark.parametrize(
    ("details", "specialty"),
    [
        ({"body_site": "elbow"}, "dermatology"),
        ({"body_site": "not_skin", "core.by_family_topic": "neurology"}, "neurology"),
        ({"body_site": "not_skin", "core.by_family_topic": "other"}, ""),
        ({"body_site": "not_skin"}, ""),
        ({"body_site": "genitals", "contact": {"way": "call_back", "phone": "505 555 0100"}}, ""),
    ],
)
def test_the_specialty_follows_from_what_the_family_chose_and_says_so(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, details: dict[str, Any], specialty: str
) -> None:
    page = pcp.get(about(runtime, clinic, **details)).text
    assert (chosen(page, "specialty"), chosen(page, "question_type")) == (specialty, "")
    assert ("It follows from what the family chose." in page) is bool(specialty)
    assert (f'name="{specialty}.' in page, "Not answered on the checklist:" in page) == (bool(specialty),) * 2
    assert ('name="body_site"' in page) is (details["body_site"] == "not_skin")


def test_the_familys_sentence_is_shown_as_theirs_until_the_clinic_writes_its_own(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.child).language = "es"
    path = f"/consults/{asked.public_id}"
    page = pcp.get(path).text
    assert "family\u2019s words (Spanish)." in page
    assert re.search(rf'<textarea id="question"[^>]* lang="es">\s*{re.escape(FAMILY_QUESTION)}</textarea>', page)
    own = post(pcp, f"{path}/send-on", {**ON, "verb": "show"}).text
    assert ("family\u2019s words (" in own, f"{len(QUESTION)} of 300 letters" in own) == (False, True)
    emptied = post(pcp, f"{path}/send-on", {**ON, "question": ""})
    assert (emptied.status_code, 'rows="3" maxlength="300"' in emptied.text) == (422, True)
    assert re.search(r'<textarea id="question"[^>]*>\s*</textarea>', emptied.text)
    for text in ("Too short, this", "x" * 301):
        wrong = post(pcp, f"{path}/send-on", {**ON, "question": text, "shown_for": "dermatology", "lacking": "follows"})
        assert (wrong.status_code, '<a href="#question">' in wrong.text) == (422, True)
    assert state_of(runtime, asked).kind == "family_question"


def test_a_clinic_says_why_it_sends_on_less_urgent_and_nothing_is_lost(
    runtime: Runtime, pcp: FlaskClient, asked: Consult
) -> None:
    path = f"/consults/{asked.public_id}"
    assert 'name="why_less"' not in pcp.get(path).text, "nothing is less than routine"
    with runtime.database.writing() as session:
        found = session.get_one(Consult, asked.id)
        found.urgency, found.urgency_rank = "same_day", 1
    told = {**ON, **WORDS, "urgency": "routine", "shown_for": "dermatology", "lacking": "follows"}
    refused = post(pcp, f"{path}/send-on", told)
    assert (refused.status_code, '<a href="#why_less">Say why it is less urgent now</a>' in refused.text) == (422, True)
    assert WORDS["tried"] in refused.text
    assert post(pcp, f"{path}/send-on", {**told, "why_less": "Seen here today, and well"}).status_code == 303
    assert state_of(runtime, asked).urgency == "routine"


def test_the_page_shows_what_a_specialty_asks_and_keeps_nothing_of_it(
    runtime: Runtime, pcp: FlaskClient, asked: Consult
) -> None:
    path = f"/consults/{asked.public_id}/send-on"
    told = {**ON, "specialty": "neurology", "asked": ["core"], "core.weight": "16", **WORDS, "lacking": "follows"}
    shown = post(pcp, path, {**told, "verb": "show"})
    assert (shown.status_code, 'role="alert"' in shown.text) == (200, False)
    assert ('name="neurology.event"' in shown.text, 'name="shown_for" value="neurology"' in shown.text) == (True, True)
    assert "Weight" not in " ".join(lacking_on(shown.text))
    assert ('value="16"' in shown.text, chosen(shown.text, "lacking")) == (True, "follows")
    assert "It follows from what the family chose." not in shown.text
    bad = post(pcp, path, {**told, "core.weight": "much", "verb": "show"})
    assert '<a href="#core.weight">Weight: Write a number' in bad.text
    kept = state_of(runtime, asked)
    assert (kept.kind, kept.specialty, "core.weight" in kept.details) == ("family_question", None, False)


def test_an_answered_checklist_is_sent_with_one_press_and_no_reason(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    for view in ("far", "close"):
        file_received(runtime, asked, clinic.mother, MediaKind.PHOTO, NOW, view=view)
    path = f"/consults/{asked.public_id}"
    whole = {**ON, **WORDS, **ASKED, **ANSWERS, "shown_for": "dermatology"}
    assert post(pcp, f"{path}/send-on", whole).location == "/clinic?said=sent_on"
    sent = state_of(runtime, asked)
    assert (sent.kind, sent.override_reason, sent.question) == ("econsult", None, QUESTION)
    held = [sent.details[name] for name in ("core.weight", "dermatology.itch", "tried", "body_site")]
    assert held == [16.4, 7, WORDS["tried"], "elbow"]
    page = browser_of(clinic.derm).get(path).text
    assert ("Not answered (" in page, WORDS["background"] in page) == (False, True)
    # Pressed twice, it is sent once, and whoever pressed reads that it was.
    assert post(pcp, f"{path}/send-on", whole).location == "/clinic?said=sent_on"
    assert state_of(runtime, asked).version == sent.version


@pytest.mark.parametrize(
    "silent",
    [
        {"shown_for": "dermatology"},
        {"shown_for": "dermatology", "lacking": "none", "lacking_words": " \u2060 "},
        # A reason that was given to another specialty's list is none for this one.
        {"shown_for": "neurology", "lacking": "follows"},
        {"lacking": "follows"},
    ],
)
def test_without_a_reason_an_unanswered_checklist_is_not_sent_on(
    runtime: Runtime, pcp: FlaskClient, asked: Consult, silent: dict[str, str]
) -> None:
    refused = post(pcp, f"/consults/{asked.public_id}/send-on", {**ON, **WORDS, **silent})
    assert (refused.status_code, refused.text.count(WHY_ASKED)) == (422, 2)
    assert 'name="shown_for" value="dermatology"' in refused.text
    assert state_of(runtime, asked).kind == "family_question"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_specialist_reads_why_beside_what_is_not_answered(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic, asked: Consult, language: str
) -> None:
    path, name = f"/consults/{asked.public_id}", "Luz Prueba"
    said = {"shown_for": "dermatology", "lacking_words": f"Grandma of {name} was on the telephone"}
    refused = post(pcp, f"{path}/send-on?lang={language}", {**ON, "shown_for": "dermatology"}).text
    assert {"en": WHY_ASKED, "es": "Diga por qué lo envía sin lo que falta responder"}[language] in refused
    assert post(pcp, f"{path}/send-on", {**ON, **said}).status_code == 303
    page = browser_of(clinic.derm).get(path).text
    box = page[page.index("Not answered (") :].partition("</details>")[0]
    assert "Reason: Grandma of [name] was on the telephone" in box
    assert "was on the telephone" not in browser_of(clinic.mother).get(f"/family/questions/{asked.public_id}").text


@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_what_asks_the_same_is_shown_before_it_is_sent_on(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult, language: str
) -> None:
    with runtime.database.writing() as session:
        other = clinic.econsult(session, now=datetime.now(UTC))
        clinic.econsult(session, now=NOW, specialty="cardiology")
    for view in ("far", "close"):
        file_received(runtime, asked, clinic.mother, MediaKind.PHOTO, NOW, view=view)
    path = f"/consults/{asked.public_id}"
    page = pcp.get(f"{path}?lang={language}").text
    box = page.partition('id="alike"')[2].partition("</ul>")[0]
    assert re.findall(r'href="(/consults/\w+)"', box) == [f"/consults/{other.public_id}"]
    assert {"en": ALIKE, "es": "se preguntó a esta especialidad"}[language] in box
    # Whoever chose the specialty without a look at its list is shown this once; then it goes all the same.
    whole = {**ON, **WORDS, **ASKED, **ANSWERS}
    stopped = post(pcp, f"{path}/send-on", whole)
    assert (stopped.status_code, 'href="#alike"' in stopped.text) == (422, True)
    assert state_of(runtime, asked).kind == "family_question"
    assert post(pcp, f"{path}/send-on", {**whole, "shown_for": "dermatology"}).status_code == 303


@pytest.mark.parametrize(("days", "is_told"), [(13, True), (15, False)])
def test_an_ended_one_is_told_of_for_fourteen_days_and_none_of_another_child(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult, days: int, is_told: bool
) -> None:
    """Another child of another clinic is told of nowhere, whatever its specialty."""
    with runtime.database.writing() as session:
        clinic.answered(session, now=datetime.now(UTC) - timedelta(days=days)).status = "closed"
        theirs = requests.create(
            session,
            clinic.other_pcp,
            clinic.other_child,
            requests.RequestForm(specialty="dermatology", question=QUESTION),
            now=NOW,
        )
        theirs.status, theirs.submitted_at = "submitted", NOW
    page = pcp.get(f"/consults/{asked.public_id}").text
    assert (ALIKE in page) is is_told
    assert theirs.number not in page


def test_what_specialists_asked_for_before_is_counted_by_type(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        for _ in range(3):
            old = clinic.econsult(session, now=NOW - timedelta(days=40))
            row = {"program_id": old.program_id, "consult_id": old.id, "at": NOW, "specialty": "dermatology"}
            for item in (CAME_BACK, "core.weight"):
                session.add(WantedItem(**row, question_type="diagnosis", item=item))
    path = f"/consults/{asked.public_id}/send-on"
    counted = post(pcp, path, {**ON, "verb": "show"}).text
    assert "Of the last 3 such requests that came back for more" in counted
    assert re.search(r"<li>Weight[^<]*: 3 of 3</li>", counted)
    for changed in ({"question_type": "treatment"}, {"specialty": "neurology"}):
        page = post(pcp, path, {**ON, **changed, "verb": "show"}).text
        assert "Too few such requests came back for more to count" in page


def test_earlier_requests_go_along_and_those_of_others_never(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        old = clinic.answered(session, now=NOW - timedelta(days=60))
    path = f"/consults/{asked.public_id}"
    assert f'name="earlier" value="{old.public_id}"' in pcp.get(path).text
    said = {**ON, "shown_for": "dermatology", "lacking": "follows", "earlier_asked": "yes"}
    refused = post(pcp, f"{path}/send-on", {**said, "earlier": "0" * 32})
    assert (refused.status_code, '<a href="#earlier">' in refused.text) == (422, True)
    assert state_of(runtime, asked).kind == "family_question"
    assert post(pcp, f"{path}/send-on", {**said, "earlier": old.public_id}).status_code == 303
    with runtime.database.reading() as session:
        sent = session.scalars(select(Consult).where(Consult.id == asked.id)).one()
        assert [each.id for each in attached_to(session, sent)] == [old.id]


def test_a_place_is_the_clinics_to_name_only_where_the_family_named_none(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    said = {**ON, "shown_for": "dermatology", "lacking": "follows", "body_site": "knee"}
    other = about(runtime, clinic, body_site="not_skin")
    assert post(pcp, f"/consults/{asked.public_id}/send-on", said).status_code == 303
    assert post(pcp, f"{other}/send-on", said).status_code == 303
    with runtime.database.reading() as session:
        sites = [each.details["body_site"] for each in session.scalars(select(Consult).order_by(Consult.id))]
    assert sites == ["elbow", "knee"]


@pytest.mark.parametrize("verb", ["show", ""])
def test_nobody_else_is_shown_a_form_or_sends_it(
    browser_of: BrowserOf, clinic: Clinic, asked: Consult, verb: str
) -> None:
    path, said = f"/consults/{asked.public_id}/send-on", {**ON, "verb": verb, "shown_for": "dermatology"}
    statuses = [
        post(browser_of(each), path, said).status_code for each in (clinic.other_pcp, clinic.derm, clinic.nurse)
    ]
    assert statuses == [404, 403, 403]


def opened(page: Page, place: str) -> Page:
    """The page of the question with the form open, and what is missing in it."""
    page.goto(place)
    page.locator("details", has=page.locator("[data-send-on]")).last.locator("> summary").click()
    return page


@pytest.mark.wide
def test_the_list_follows_each_choice_in_a_browser(
    runtime: Runtime, devices: Devices, enter: Enter, address: str, clinic: Clinic, asked: Consult
) -> None:
    page = opened(enter(devices.desktop(), clinic.pcp), f"{address}/consults/{asked.public_id}")
    form, why, lacking = page.locator("[data-send-on]"), page.locator("[data-why]"), page.locator("[data-lacking] li")
    expect(page.locator("[data-by-hand]")).to_have_count(0)
    expect(lacking).to_have_count(22)
    page.fill("#lacking_words", "The rest follows tomorrow")
    page.select_option("#specialty", "neurology")
    expect(form.locator("[data-part=neurology]")).to_be_attached()
    expect(form.locator("[data-part=dermatology]")).to_have_count(0)
    expect(page.locator("#lacking_words")).to_have_value("The rest follows tomorrow")
    page.select_option("#specialty", "dermatology")
    page.select_option("#question_type", "diagnosis")
    expect(form.locator("[data-part=dermatology]")).to_be_attached()
    for name, words in WORDS.items():
        page.fill(f"#{name}", words)
    page.locator("[name='dermatology.pain'][value=no]").check(force=True)
    expect(lacking).to_have_count(19)
    expect(form.locator("[data-part=dermatology] [data-counted]")).to_have_text("1 of 13")
    expect(why).to_be_visible()
    page.fill("#question", QUESTION)
    expect(page.locator("[data-familys]")).to_be_hidden()
    expect(page.locator("#question-n")).to_have_text(f"{len(QUESTION)} of 300 letters")
    assert violations(page) == []
    page.locator("[data-send]").click()
    page.wait_for_url("**said=sent_on")
    assert state_of(runtime, asked).override_reason == "The rest follows tomorrow"


@pytest.mark.wide
def test_a_list_that_did_not_come_lets_nothing_go_unseen(
    runtime: Runtime, devices: Devices, enter: Enter, address: str, clinic: Clinic, asked: Consult
) -> None:
    page = opened(enter(devices.phone(), clinic.pcp), f"{address}/consults/{asked.public_id}?lang=es")
    assert (violations(page), overflow(page), english_left(page)) == ([], 0, set())

    def lose(route: Route) -> None:
        is_look = "verb=show" in (route.request.post_data or "")
        route.abort() if is_look else route.continue_()

    page.route("**/send-on", lose)
    page.select_option("#lacking", "follows")
    page.fill("#question", QUESTION)
    with page.expect_event("requestfailed"):
        page.select_option("#specialty", "neurology")
    page.select_option("#question_type", "diagnosis")
    page.locator("[data-send]").click()
    expect(page.locator("#lacking-error")).to_be_visible()
    expect(page.locator("[name=shown_for]")).to_have_value("neurology")
    assert state_of(runtime, asked).kind == "family_question"
