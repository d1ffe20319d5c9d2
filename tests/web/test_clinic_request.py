"""Asking a specialist: the draft, what is missing, red flags with attestation, consent, sending."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.clocks import clocks_of
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import withdraw
from econsult.people.consent import Consent
from tests.personas import QUESTION, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
EXAMINED = {"examined_by": "Dr. Hale", "examined_at": f"{datetime.now(ZoneInfo('America/Denver')):%Y-%m-%dT%H:%M}"}
SENT_ON: dict[str, Any] = {"shown_for": "dermatology", "lacking": "not_today"}
"""What the page of a family's question says besides, where its checklist was shown and is not answered."""
FIELDS: dict[str, Any] = {
    "specialty": "dermatology",
    "lacking": "not_today",
    "question": QUESTION,
    "question_type": "diagnosis",
    "urgency": "same_day",
    "thinks": "Eczema",
    "tried": "",
    "background": "",
    "body_site": "elbow",
    "consent_by": "parent",
    "no_signs": "1",
    "consent_method": "verbal",
    "consent_language": "es",
}


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def path(pcp: FlaskClient, clinic: Clinic) -> str:
    """The page of a new, empty draft."""
    answer = post(pcp, "/clinic/ask", {"child": clinic.child.public_id})
    assert answer.status_code == 303
    return str(answer.location)


def consult_at(runtime: Runtime, path: str) -> Consult:
    with runtime.database.reading() as session:
        query = select(Consult).where(Consult.public_id == path.rpartition("/")[2])
        return session.scalars(query).one()


def test_an_empty_draft_names_the_child_to_us_and_not_to_the_specialist(
    pcp: FlaskClient, clinic: Clinic, path: str
) -> None:
    page = pcp.get(path).text
    assert clinic.child.name in page
    assert clinic.child.name not in page.partition('class="peek"')[2]
    assert "Ready to send: 0 of 7" in page
    assert f'data-consult="{path.rpartition("/")[2]}"' in page


def test_a_strange_child_cannot_be_chosen(pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic) -> None:
    assert post(pcp, "/clinic/ask", {"child": clinic.other_child.public_id}).status_code == 404
    assert post(pcp, "/clinic/ask", {}).status_code == 404
    assert post(browser_of(clinic.derm), "/clinic/ask", {"child": clinic.child.public_id}).status_code == 403


def test_saving_keeps_what_is_there(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    assert post(pcp, path, {"question": "Short", "thinks": "Eczema", "verb": "save"}).location == f"{path}?said=saved"
    kept = consult_at(runtime, path)
    assert (kept.question, kept.details["thinks"], kept.status) == ("Short", "Eczema", "draft")
    assert "Ready to send: 1 of 7" in pcp.get(path).text


def test_what_was_chosen_can_be_taken_back(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {**FIELDS, "verb": "save"})
    kept = consult_at(runtime, path)
    assert (kept.details["body_site"], kept.question_type) == ("elbow", "diagnosis")
    post(pcp, path, {**FIELDS, "body_site": "", "question_type": "", "verb": "save"})
    kept = consult_at(runtime, path)
    assert ("body_site" in kept.details, kept.question_type) == (False, None)
    assert '<option value="elbow" selected>' not in pcp.get(path).text
    post(pcp, path, {**FIELDS, "verb": "save"})
    post(pcp, path, {"question": QUESTION, "verb": "save"})
    assert consult_at(runtime, path).details["body_site"] == "elbow"


def test_pressing_ask_again_goes_on_with_the_empty_draft(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, path: str
) -> None:
    asking = {"child": clinic.child.public_id}
    assert post(pcp, "/clinic/ask", asking).location == path
    post(pcp, path, {"thinks": "Eczema", "verb": "save"})
    another = post(pcp, "/clinic/ask", asking).location
    assert another != path
    post(pcp, str(another), {"red_flags": "breathing", "verb": "save"})
    assert post(pcp, "/clinic/ask", asking).location not in {path, another}


def test_nothing_ticked_is_no_answer_about_danger_signs(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    page = pcp.get(path).text
    assert page.index('name="no_signs"') < page.index('name="question"') < page.index('name="photo:far"')
    unasked = {name: value for name, value in FIELDS.items() if name != "no_signs"}
    refused = post(pcp, path, {**unasked, "verb": "send"})
    assert (refused.status_code, refused.text.count("Answer the danger signs: tick those")) == (422, 2)
    post(pcp, path, {**FIELDS, "verb": "save"})
    assert consult_at(runtime, path).details["red_flags"] == []
    post(pcp, path, {**FIELDS, "red_flags": "seizure", "verb": "save"})
    assert consult_at(runtime, path).details["red_flags"] == ["seizure"]
    # A form that does not say what it showed takes no sign away.
    post(pcp, path, {**unasked, "verb": "save"})
    assert consult_at(runtime, path).details["red_flags"] == ["seizure"]
    seen = html.unescape(re.findall(r'name="seen" autocomplete="off" value="([^"]*)"', pcp.get(path).text)[0])
    post(pcp, path, {**unasked, "seen": seen, "verb": "save"})
    assert "red_flags" not in consult_at(runtime, path).details


def test_an_answer_of_yesterday_is_asked_again(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    post(pcp, path, {**FIELDS, "verb": "save"})
    box = "data-no-signs checked"
    assert box in pcp.get(path).text
    with runtime.database.writing() as session:
        draft = session.merge(consult_at(runtime, path))
        draft.details = {**draft.details, "red_flags_at": (datetime.now(UTC) - timedelta(hours=13)).isoformat()}
    assert box not in pcp.get(path).text


def test_who_is_no_clinician_is_offered_no_word_about_a_sign(browser_of: BrowserOf, clinic: Clinic) -> None:
    nurse = browser_of(clinic.nurse)
    child = {"name": "Ana Example", "birth_date": "2020-01-01", "sex": "female", "language": "en"}
    post(nurse, "/clinic/children/new", child)
    listed = re.search(r'name="child" value="(\w+)"', nurse.get("/clinic/ask").text)
    assert listed is not None
    path = str(post(nurse, "/clinic/ask", {"child": listed[1]}).location)
    assert 'name="examined_by"' not in nurse.get(path).text
    said = {**FIELDS, **EXAMINED, "red_flags": "seizure", "why_safe": "Well now, and has been all day", "verb": "send"}
    refused = post(nurse, path, said)
    assert (refused.status_code, "Send the child to the ER now." in refused.text) == (409, True)
    for number in ("tel:911", "1-800-222-1222", "tel:988"):
        assert number in refused.text


def test_a_request_is_sent_with_its_clock(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    answer = post(pcp, path, {**FIELDS, "verb": "send"})
    assert answer.location == f"/consults/{path.rpartition('/')[2]}?said=request_sent"
    sent = consult_at(runtime, path)
    with runtime.database.reading() as session:
        clock = clocks_of(session, sent.id)[0]
    assert (sent.status, sent.urgency) == ("submitted", "same_day")
    assert clock.deadline_at - clock.started_at == timedelta(hours=4)
    assert pcp.get(path).location == f"/consults/{sent.public_id}"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"specialty": ""}, "specialty", "Choose a specialty"),
        ({"question": "Short"}, "question", "at least 20 letters"),
        ({"question_type": "nonsense"}, "question_type", "Choose what you want to know"),
        ({"consent_by": ""}, "consent_by", "Say who agreed and how"),
    ],
)
def test_what_is_missing_is_named_at_its_field(
    runtime: Runtime, pcp: FlaskClient, path: str, changes: dict[str, str], field: str, words: str
) -> None:
    page = post(pcp, path, {**FIELDS, **changes, "verb": "send"})
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert page.text.count(words) >= 2
    assert f'id="{field}"' in page.text
    assert consult_at(runtime, path).status == "draft"


def test_a_red_flag_stops_the_request_and_is_kept(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    page = post(pcp, path, {**FIELDS, "red_flags": ["seizure"], "verb": "send"})
    assert (page.status_code, "This may be an emergency" in page.text) == (409, True)
    for number in ("tel:911", "1-800-222-1222", "tel:988"):
        assert number in page.text
    with runtime.database.reading() as session:
        assert session.scalars(select(RedFlagStop)).one().is_attested is False
    assert consult_at(runtime, path).status == "draft"


def test_a_clinician_who_examined_the_child_may_go_on(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, path: str
) -> None:
    fields = {**FIELDS, "red_flags": ["seizure"], "verb": "send"}
    half = post(pcp, path, {**fields, "examined_by": "the mother on the phone", "why_safe": "ok"})
    assert half.status_code == 409
    for words in ("Write the name of the clinician", "Say when the child was examined", "Say in a few words"):
        assert words in half.text
    attested = {**EXAMINED, "why_safe": "Known absence seizures, well now"}
    assert post(pcp, path, {**fields, **attested}).status_code == 303
    with runtime.database.reading() as session:
        stops = session.scalars(select(RedFlagStop).order_by(RedFlagStop.id)).all()
    assert [stop.is_attested for stop in stops] == [False, True]


def test_a_draft_that_saves_itself_repeats_no_consent(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    for _ in range(3):
        post(pcp, path, {**FIELDS, "verb": "save"})
    post(pcp, path, {**FIELDS, "consent_method": "paper", "verb": "save"})
    with runtime.database.reading() as session:
        assert [row.method for row in session.scalars(select(Consent).order_by(Consent.id))] == ["verbal", "paper"]


def test_an_open_request_for_the_same_child_is_pointed_out(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, path: str
) -> None:
    post(pcp, path, {**FIELDS, "verb": "save"})
    assert "Nothing alike was asked within 14 days" in pcp.get(path).text
    with runtime.database.writing() as session:
        other = clinic.econsult(session, now=NOW)
    page = pcp.get(path).text
    assert "This specialty was asked about this child within 14 days." in page
    assert f"{other.number}</a>" in page.partition('id="alike"')[2].partition("</ul>")[0]
    with runtime.database.writing() as session:
        closed = [clinic.econsult(session, now=NOW) for _ in range(6)]
        for consult in closed:
            withdraw(session, consult, clinic.pcp, "Asked twice", now=NOW)
    page = pcp.get(path).text
    shown = re.findall(r'class="num tap">(C-\d+)<', page)
    assert (shown[0], len(shown)) == (other.number, 5)


def test_a_draft_is_the_teams_alone(browser_of: BrowserOf, clinic: Clinic, path: str) -> None:
    for person, status in ((clinic.other_pcp, 404), (clinic.derm, 403), (clinic.mother, 403), (clinic.nurse, 404)):
        assert browser_of(person).get(path).status_code == status
        assert post(browser_of(person), path, FIELDS).status_code == status


def test_a_draft_can_be_thrown_away(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    assert post(pcp, f"{path}/discard", {}).location == "/clinic?said=withdrawn"
    assert consult_at(runtime, path).status == "withdrawn"
    assert post(pcp, path, {**FIELDS, "verb": "send"}).status_code == 409


def test_a_private_area_stays_one_though_the_form_does_not_show_it(
    runtime: Runtime, pcp: FlaskClient, path: str
) -> None:
    with runtime.database.writing() as session:
        consult = session.merge(consult_at(runtime, path))
        consult.details, consult.is_private_site = {**consult.details, "body_site": "private_area"}, True
    post(pcp, path, {**FIELDS, "body_site": "", "verb": "save"})
    kept = consult_at(runtime, path)
    assert (kept.details["body_site"], kept.is_private_site) == ("private_area", True)
