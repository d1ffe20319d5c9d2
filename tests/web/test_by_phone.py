"""What is told by telephone: a family's question and a doctor's request, entered by staff, then as any other."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select
from werkzeug.test import TestResponse

from econsult.consults.asked import TOPIC
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import SubmitForm, submit
from econsult.errors import InvalidError
from econsult.linking import Authority, Newcomer, add_caregiver, bar
from econsult.notices import Notice
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.reach.mobiles import set_mobile
from tests.personas import FAMILY_QUESTION, TARGETS, Clinic
from tests.services.browser import Devices
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, overflow, violations
from tests.web.test_clinic_request import FIELDS, SENT_ON
from workers.runtime import Runtime

CALL: dict[str, Any] = {
    "who": "family",
    "caller_name": "Abuela Rosa",
    "caller_phone": "505-555-0199",
    "no_signs": "1",
    "question": FAMILY_QUESTION,
    "story": "Since Monday, on the elbow",
    "core.by_family_course": "worse",
    "core.by_family_medications": "None",
    "core.by_family_allergies": "None",
    "consent_by": "parent",
    "consent_method": "verbal",
    "consent_language": "es",
}


def _sent(runtime: Runtime) -> list[Consult]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Consult).order_by(Consult.id)))


@pytest.mark.parametrize("who", ["coordinator", "pcp", "nurse"])
def test_a_familys_question_is_written_down_and_goes_to_its_clinic(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, who: str
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.child).registered_by_id = clinic.nurse.id
    staff, path = browser_of(getattr(clinic, who)), f"/clinic/phone/{clinic.child.public_id}"
    assert clinic.child.name in post(staff, "/clinic/phone", {"find": clinic.child.name.split()[0]}).text
    assert post(staff, path, CALL).status_code == 303
    (consult,) = _sent(runtime)
    assert (consult.kind, consult.source, consult.status) == ("family_question", "phone", "submitted")
    assert consult.details["caller"] == {"who": "family", "name": "Abuela Rosa", "phone": "505-555-0199"}
    assert consult.details["core.by_family_course"] == "worse"
    pcp = browser_of(clinic.pcp)
    case = pcp.get(f"/consults/{consult.public_id}").text
    assert "The family asks, by telephone" in case
    assert "Abuela Rosa, 505-555-0199" in case
    # The family reads its question as any other.
    theirs = browser_of(clinic.mother).get(f"/family/questions/{consult.public_id}").text
    assert "Recibimos su pregunta" in theirs
    # Sent on, no specialist learns who called.
    on = {"specialty": "dermatology", "question_type": "diagnosis", "question": FIELDS["question"], **SENT_ON}
    assert post(pcp, f"/consults/{consult.public_id}/send-on", on).status_code == 303
    text = browser_of(clinic.derm).get(f"/consults/{consult.public_id}").text
    assert FAMILY_QUESTION in text
    assert "Rosa" not in text
    assert "0199" not in text


def test_of_somebody_grown_up_only_their_own_yes_is_written_down(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    """On the clinic's telephone form and on its own request."""
    born = datetime.now(UTC).date().replace(day=1)
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = born.replace(year=born.year - 19).isoformat()
    pcp, path = browser_of(clinic.pcp), f"/clinic/phone/{clinic.child.public_id}"
    offered = pcp.get(path).text.split('name="consent_by"')[1].split("</select>")[0]
    assert ("The young person" in offered, "Parent" in offered) == (True, False)
    refused = post(pcp, path, CALL)
    assert (refused.status_code, "They are grown up: ask them" in refused.text) == (422, True)
    assert CALL["question"] in refused.text
    assert _sent(runtime) == []
    assert post(pcp, path, {**CALL, "consent_by": "youth"}).status_code == 303
    (call,) = _sent(runtime)
    taken = {"consent_by": "parent", "consent_method": "verbal"}
    refused = post(pcp, f"/consults/{call.public_id}/consent/withdraw", taken)
    assert (refused.status_code, "They are grown up: ask them" in refused.text) == (422, True)
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=datetime.now(UTC), consent=None).public_id
    path = f"/clinic/requests/{draft}"
    refused = post(pcp, path, {**FIELDS, "consent_by": "parent", "consent_method": "verbal", "verb": "send"})
    assert (refused.status_code, "They are grown up: ask them" in refused.text) == (422, True)
    assert FIELDS["question"] in pcp.get(path).text


def test_the_danger_signs_come_first_and_a_sign_stops_the_call(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    page = desk.get(path).text
    assert page.index('id="red_flags"') < page.index('id="who"') < page.index('id="question"')
    unasked = post(desk, path, {name: value for name, value in CALL.items() if name != "no_signs"})
    assert unasked.status_code == 422
    assert "Ask about the danger signs first" in unasked.text
    assert "Since Monday, on the elbow" in unasked.text
    assert _sent(runtime) == []
    stopped = post(desk, path, {**CALL, "red_flags": "breathing"})
    assert stopped.status_code == 409
    assert "Tell the family to call 911" in stopped.text
    (consult,) = _sent(runtime)
    assert consult.status == "draft"
    with runtime.database.reading() as session:
        stop = session.scalars(select(RedFlagStop)).one()
    assert (stop.codes, stop.is_attested) == ("breathing", False)
    assert "505-555-0199" in stopped.text
    # It waits for no other answer, and for nobody's name.
    at_once = post(desk, path, {"red_flags": "seizure"})
    assert (at_once.status_code, "Tell the family to call 911" in at_once.text) == (409, True)
    for number in ("tel:911", "1-800-222-1222", "tel:988"):
        assert number in at_once.text
    with runtime.database.reading() as session:
        assert [each.codes for each in session.scalars(select(RedFlagStop).order_by(RedFlagStop.id))][-1] == "seizure"
    # A doctor's request has the signs ticked that were said.
    called = {"go": "clinic", "caller_name": "Dr. Ruiz", "red_flags": "seizure"}
    form = desk.get(str(post(desk, path, called).location)).text
    assert 'value="seizure" data-check="6" checked' in form


@pytest.mark.parametrize("left_out", ["who", "caller_name", "question", "consent_by"])
def test_what_is_missing_is_said_and_nothing_is_lost(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, left_out: str
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    page = post(desk, path, {name: value for name, value in CALL.items() if name != left_out})
    assert page.status_code == 422
    assert f'href="#{left_out}"' in page.text
    assert "Since Monday, on the elbow" in page.text
    assert _sent(runtime) == []


def test_a_doctors_request_goes_on_on_the_form_of_requests(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    called = {"go": "clinic", "caller_name": "Dr. Ana Ruiz", "caller_phone": "505-555-0177"}
    form = str(post(desk, path, called).location)
    assert form.startswith("/clinic/requests/")
    page = desk.get(form).text
    assert "Dr. Ana Ruiz, 505-555-0177" in page
    # The desk sends no files, and sees none.
    assert "data-upload" not in page
    sent = post(desk, form, {**FIELDS, "urgency": "routine", "no_signs": "1", "verb": "send"})
    assert sent.status_code == 303, sent.text
    (consult,) = _sent(runtime)
    assert (consult.kind, consult.source, consult.status) == ("econsult", "phone", "submitted")
    card = f"/coordination/{consult.public_id}"
    assert desk.get(f"/consults/{consult.public_id}").location == card
    assert "Dr. Ana Ruiz" in desk.get(card).text
    derm = browser_of(clinic.derm).get(f"/consults/{consult.public_id}").text
    assert "Ana Ruiz" not in derm
    assert FIELDS["question"] in derm


def test_a_draft_of_a_call_is_thrown_away_to_the_board(browser_of: BrowserOf, clinic: Clinic) -> None:
    desk = browser_of(clinic.coordinator)
    form = str(
        post(desk, f"/clinic/phone/{clinic.child.public_id}", {"go": "clinic", "caller_name": "Dr. Ruiz"}).location
    )
    assert post(desk, f"{form}/discard", {}).location == "/coordination?said=withdrawn"


def test_what_the_call_is_about_is_asked_with_the_familys_own_form_of_it(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    """The same items, kept under the same version, and read by the clinic; answers to another form are not dropped."""
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    page = desk.get(path).text
    for subject in ("dermatology", "neurology", "asthma"):
        assert f'data-about="{subject}"' in page
    assert "photo" not in page.partition('data-about="dermatology"')[2].partition("</details>")[0]
    asthma = {"asthma.by_family_nights": "few", "asthma.by_family_controller": "Orange inhaler"}
    unsaid = post(desk, path, {**CALL, **asthma, "body_site": "not_skin"})
    assert (unsaid.status_code, "You answered “Breathing and cough”" in unsaid.text) == (422, True)
    assert f'href="#{TOPIC}"' in unsaid.text
    assert re.search('value="few"[^>]* checked', unsaid.text)
    assert re.search('name="core.by_family_course" value="worse" checked', unsaid.text)
    assert "Orange inhaler" in unsaid.text
    assert _sent(runtime) == []
    assert post(desk, path, {**CALL, **asthma, "body_site": "not_skin", TOPIC: "asthma"}).status_code == 303
    (consult,) = _sent(runtime)
    assert asthma.items() <= consult.details.items()
    assert {"core-family", "asthma-family"} <= consult.details["answered_under"].keys()
    assert "Orange inhaler" in browser_of(clinic.pcp).get(f"/consults/{consult.public_id}").text


def test_a_place_on_the_skin_leads_to_the_questions_about_the_skin(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    skin = {"dermatology.by_family_new_drug": "yes", "dermatology.by_family_new_drug_name": "Amoxicillin"}
    unsaid = post(desk, path, {**CALL, **skin})
    assert (unsaid.status_code, 'href="#body_site"' in unsaid.text, "Amoxicillin" in unsaid.text) == (422, True, True)
    assert post(desk, path, {**CALL, **skin, "body_site": "elbow"}).status_code == 303
    (consult,) = _sent(runtime)
    assert consult.details["dermatology.by_family_new_drug_name"] == "Amoxicillin"


@pytest.mark.wide
def test_in_a_browser_only_the_questions_that_fit_are_in_sight(
    devices: Devices, enter: Enter, clinic: Clinic, address: str
) -> None:
    page = enter(devices.desktop(), clinic.coordinator)
    heard = complaints(page)
    page.goto(f"{address}/clinic/phone/{clinic.child.public_id}?lang=en")
    about = page.locator("[data-about]")
    expect(about.locator("visible=true")).to_have_count(0)
    page.select_option("#body_site", "elbow")
    expect(page.locator("[data-about=dermatology][open]")).to_be_visible()
    page.select_option("#body_site", "not_skin")
    page.check(f'input[name="{TOPIC}"][value=neurology]')
    part = page.locator("[data-about=neurology][open]")
    expect(part).to_be_visible()
    expect(page.locator("[data-about=dermatology]")).to_be_hidden()
    during = part.get_by_text("How long does it last?")
    expect(during).to_be_hidden()
    part.locator('input[name="neurology.by_family_is_episodic"][value=yes]').check()
    expect(during).to_be_visible()
    assert (violations(page), overflow(page), heard) == ([], 0, [])


@pytest.mark.parametrize("months", [0, 2, 10, 60])
def test_the_signs_are_those_of_the_familys_own_page_at_every_age(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, months: int
) -> None:
    born = datetime.now(UTC).date() - timedelta(days=round(months * 30.5) + 3)
    with runtime.database.writing() as session:
        session.merge(clinic.child).birth_date_text = born.isoformat()
    mother = browser_of(clinic.mother)
    own = mother.get(str(post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location)).text
    told = browser_of(clinic.coordinator).get(f"/clinic/phone/{clinic.child.public_id}?lang=es").text
    asked = re.findall(r'name="flags" value="(\w+)"', own)
    read_out = re.findall(r'name="red_flags" value="(\w+)"', told)
    assert (asked == read_out, len(asked) > 25) == (True, True)
    assert ("newborn_blisters" in asked) is (months == 0)
    assert "O en la piel:" in told


def test_a_stopped_request_says_so_and_takes_a_sign_back_only_with_a_reason(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    pcp = browser_of(clinic.pcp)
    called = {"go": "clinic", "caller_name": "Dr. Ruiz", "red_flags": "seizure"}
    form = str(post(pcp, f"/clinic/phone/{clinic.child.public_id}", called).location)
    whole = {**FIELDS, "urgency": "routine", "verb": "send"}

    def press(**said: str) -> TestResponse:
        seen = re.search(r'name="seen"[^>]* value="([^"]*)"', pcp.get(form).text)
        return post(pcp, form, {**whole, "seen": unescape(seen[1]) if seen else "", **said})

    assert press(red_flags="seizure").status_code == 409
    again = press(no_signs="1")
    assert (again.status_code, "This request was stopped for: A seizure." in again.text) == (409, True)
    back = {"taken_back": "mistake", "why_safe": "I touched the wrong line"}
    assert press(red_flags="seizure", **back).status_code == 409
    assert press(no_signs="1", **back).status_code == 303
    (consult,) = _sent(runtime)
    assert consult.status == "submitted"


def _of_age(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = f"{datetime.now(UTC).year - 16}-01-01"


@pytest.mark.parametrize("own", [{"who": "youth", "consent_by": "guardian"}, {"consent_by": "youth"}])
def test_what_the_young_ask_by_telephone_stays_with_them_and_the_clinic(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, mother: FlaskClient, own: dict[str, str]
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    # A small child has nobody to keep it from.
    assert not {'name="shared"', 'name="who" value="youth"'} & set(
        re.findall(r'name="\w+"(?: value="youth")?', desk.get(path).text)
    )
    _of_age(runtime, clinic)
    page = desk.get(path).text
    assert "no parent or caregiver sees it or hears of it" in page
    assert 'name="shared" value="1">' in page
    assert 'name="who" value="youth"' in page
    assert post(desk, path, {**CALL, **own}).status_code == 303
    (consult,) = _sent(runtime)
    assert (consult.status, consult.confidential) == ("submitted", "clinic")
    here = f"/family/questions/{consult.public_id}"
    assert mother.get(here).status_code == 404
    with runtime.database.reading() as session:
        assert session.scalars(select(Notice).where(Notice.person_id == clinic.mother.id)).all() == []
    # There is no account that could open it: the clinic does, once they say so.
    pcp = browser_of(clinic.pcp)
    assert "talk about this with the young person alone" in pcp.get(f"/consults/{consult.public_id}").text
    assert post(pcp, f"/consults/{consult.public_id}/confidential", {"sees": "shared"}).status_code == 303
    assert mother.get(here).status_code == 200


def test_what_they_share_and_what_a_parent_asks_is_the_familys(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, mother: FlaskClient, youth: Person
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    missing = post(desk, path, {**CALL, "who": "youth", "shared": "1", "question": ""})
    assert (missing.status_code, 'name="shared" value="1" checked' in missing.text) == (422, True)
    assert post(desk, path, {**CALL, "who": "youth", "shared": "1"}).status_code == 303
    assert post(desk, path, CALL).status_code == 303
    assert post(desk, path, {**CALL, "who": "youth", "caller_name": "Lucia"}).status_code == 303
    shared, asked, kept = _sent(runtime)
    found = [mother.get(f"/family/questions/{each.public_id}").status_code for each in (shared, asked, kept)]
    assert found == [200, 200, 404]
    # They have an account: only they open it.
    assert browser_of(youth).get(f"/family/questions/{kept.public_id}").status_code == 200
    assert (
        post(browser_of(clinic.pcp), f"/consults/{kept.public_id}/confidential", {"sees": "shared"}).status_code == 403
    )
    # A danger sign stops the call, and whoever calls back knows that they said it alone.
    assert post(desk, path, {"red_flags": "seizure", "who": "youth"}).status_code == 409
    stopped = _sent(runtime)[-1]
    assert (stopped.status, stopped.confidential) == ("draft", "youth")
    assert "The young person told us this alone." in browser_of(clinic.pcp).get("/clinic").text


@pytest.mark.parametrize(
    "caller",
    [{"caller_name": "LUIS  vega"}, {"caller_name": "A friend", "caller_phone": "+1 (505) 555-0157"}, {"go": "clinic"}],
)
def test_nothing_is_asked_for_whom_a_court_keeps_away(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, caller: dict[str, str]
) -> None:
    _keep_away(runtime, clinic)
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    assert "A court keeps away: Luís Vega" in desk.get(path).text
    told = {**CALL, "caller_name": "Luis Vega", **caller}
    refused = post(desk, path, told)
    assert (refused.status_code, 'href="#caller_name"' in refused.text) == (422, True)
    assert "A court keeps who calls from this child: we take no request from them" in refused.text
    assert ("Since Monday, on the elbow" in refused.text, _sent(runtime)) == (True, [])
    # A child in danger is in danger whoever says so, and whoever calls back reads of the order first.
    assert post(desk, path, {**told, "red_flags": "seizure"}).status_code == 409
    for person, home in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        calls = browser_of(person).get(home).text.partition('aria-labelledby="h-calls"')[2].partition("</section>")[0]
        if calls:
            assert "A court keeps away: Luís Vega" in calls
            assert calls.index("A court keeps away") < calls.index('href="tel:') if 'href="tel:' in calls else True
    assert 'aria-labelledby="h-calls"' in browser_of(clinic.pcp).get("/clinic").text
    # Anybody else is heard as ever.
    assert post(desk, path, CALL).status_code == 303


def test_a_program_sends_nothing_for_whom_a_court_keeps_away(clinic: Clinic, runtime: Runtime) -> None:
    _keep_away(runtime, clinic)
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        changed = {"source": "phone", "details": {"red_flags": [], "caller": {"who": "family", "name": "Luis Vega"}}}
        draft = clinic.draft(session, now=now, **changed)
        with pytest.raises(InvalidError) as wrong:
            submit(session, draft, clinic.pcp, SubmitForm("The family leaves today"), now=now, targets=TARGETS)
    assert wrong.value.fields["details.caller"] == "barred"


def _keep_away(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        child, cipher, now = session.get_one(Patient, clinic.child.id), runtime.database.cipher, datetime.now(UTC)
        who = Newcomer("father@example.test", "Luís Vega", "es", Authority("father", True))
        father, _is_new = add_caregiver(session, cipher, child, who, clinic.pcp, now=now)
        set_mobile(session, cipher, father, "505-555-0157", by=father, countries=["US"], now=now)
        bar(session, child, father.public_id, "Order 12-345", clinic.pcp, now=now, reaches={})


def test_a_stop_that_is_pressed_twice_is_one_draft_and_one_stop(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"

    def stops() -> list[tuple[int, str]]:
        with runtime.database.reading() as session:
            query = select(RedFlagStop).order_by(RedFlagStop.id)
            return [(stop.consult_id, stop.codes) for stop in session.scalars(query)]

    twice = {**CALL, "red_flags": "breathing", "once": "0123456789abcdef"}
    pages = [post(desk, path, twice) for _ in range(2)]
    assert [page.status_code for page in pages] == [409, 409]
    (consult,) = _sent(runtime)
    assert stops() == [(consult.id, "breathing")]
    # The page that came back knows its call: more of it, and another sign, go to the same draft.
    number = re.search(r'name="stopped" value="(\w+)"', pages[1].text)
    assert number
    assert number[1] == consult.public_id
    more = {**CALL, "red_flags": ["breathing", "seizure"], "caller_name": "Tia Ana", "stopped": number[1]}
    assert post(desk, path, more).status_code == 409
    (same,) = _sent(runtime)
    assert same.details["caller"]["name"] == "Tia Ana"
    assert len(stops()) == 2
    # Ticked by mistake: that is another request, which its clinic reads with the stop.
    assert post(desk, path, {**CALL, "stopped": number[1]}).status_code == 303
    assert [each.status for each in _sent(runtime)] == ["draft", "submitted"]
    # Nobody goes on with what is not theirs.
    other = post(browser_of(clinic.pcp), path, {"red_flags": "seizure", "stopped": number[1]})
    assert (other.status_code, len(_sent(runtime))) == (409, 3)


def test_what_a_doctor_said_before_the_emergency_is_there_afterwards(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    called = {"go": "clinic", "caller_name": "Dr. Ana Ruiz", "caller_phone": "505-555-0177", "red_flags": "seizure"}
    form = str(post(desk, path, called).location)
    stopped = post(desk, form, {**FIELDS, "urgency": "routine", "red_flags": "seizure", "verb": "send"})
    assert stopped.status_code == 409
    for page in (stopped.text, desk.get(form).text):
        assert "Dr. Ana Ruiz, 505-555-0177" in page
        assert re.search('value="seizure"[^>]* checked', page)
    # Whoever gave no name is stopped all the same, and goes on to the doctor's form with all that was said.
    again = post(desk, path, {"go": "clinic", "red_flags": "breathing", "caller_phone": "505-555-0177"})
    assert again.status_code == 409
    assert 'value="505-555-0177"' in again.text
    assert re.search('value="breathing"[^>]* checked', again.text)
