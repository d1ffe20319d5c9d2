"""The clinic's pages: start page, reading an answer, acknowledging, telling, closing, taking back, registering."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, threads
from econsult.consults.attachments import MediaKind
from econsult.consults.records import Consult, Urgency
from econsult.consults.threads import Audience, Message
from econsult.consults.urgency import change_urgency
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_received
from web.shell.desk import PLACES
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
CLOSED = {"changed": "yes", "referral": "avoided", "otherwise": "without", "seen": "no"}
ASKED_FOR = "The specialist asks you for this"
CHILD = {"name": "Nuevo Prueba", "birth_date": "2020-02-29", "sex": "male", "language": "es"}


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.answered(session, now=NOW)


def test_the_start_page_lists_what_waits_and_our_children(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    with runtime.database.writing() as session:
        question, sent = clinic.family_question(session, now=NOW), clinic.econsult(session, now=NOW)
        own = clinic.draft(session, now=NOW)
    page = pcp.get("/clinic").text
    places = [page.index(consult.number) for consult in (answered, question, sent, own)]
    assert places == sorted(places)
    assert ("Luz Prueba" in page, "Sam Sample" in page) == (True, False)


def test_another_clinic_sees_none_of_it(browser_of: BrowserOf, clinic: Clinic, answered: Consult) -> None:
    page = browser_of(clinic.other_pcp).get("/clinic").text
    assert (answered.number in page, "Luz" in page) == (False, False)
    for person in (clinic.derm, clinic.mother, clinic.coordinator, clinic.director):
        assert browser_of(person).get("/clinic").status_code == 403


def test_the_answer_is_read_and_acknowledged_with_one_button(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    page = pcp.get(f"/consults/{answered.public_id}").text
    for words in (ANSWER["impression"], ANSWER["watch_for"], ANSWER["family_summary"], "I have read this"):
        assert str(words) in page
    assert post(pcp, f"/consults/{answered.public_id}/acknowledge", {"version": "1"}).status_code == 303
    with runtime.database.reading() as session:
        consult = session.get_one(Consult, answered.id)
    assert (consult.acknowledged_at is None, consult.released_at is None) == (False, False)
    assert "I have read this" not in pcp.get(f"/consults/{answered.public_id}").text


def test_a_clinic_is_not_asked_whether_it_read_its_own_answer(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
        holding.claim(session, question, clinic.pcp, now=NOW, lease=LEASE)
        answers.save_draft(session, question, clinic.pcp, ANSWER, now=NOW, lease=LEASE)
        answers.sign(session, question, clinic.pcp, now=NOW)
    page = pcp.get(f"/consults/{question.public_id}").text
    assert (str(ANSWER["impression"]) in page, "I have read this" in page) == (True, False)
    # What a specialist answered comes first: somebody must read it.
    home = pcp.get("/clinic").text
    assert home.index(answered.number) < home.index(question.number)


@pytest.mark.parametrize("verb", ["acknowledge", "informed", "close", "withdraw", "send-on"])
def test_who_has_no_right_to_a_verb_is_refused(
    browser_of: BrowserOf, clinic: Clinic, answered: Consult, verb: str
) -> None:
    path, fields = f"/consults/{answered.public_id}/{verb}", {"method": "phone"}
    for person, status in ((clinic.other_pcp, 404), (clinic.derm, 403), (clinic.mother, 403), (clinic.admin, 403)):
        refused = post(browser_of(person), path, fields).status_code
        assert refused == status or (verb == "send-on" and refused == 404)


def test_telling_the_family_stops_their_clock(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    path = f"/consults/{answered.public_id}/informed"
    page = post(pcp, path, {"method": "opened"})
    assert (page.status_code, "Choose how the family heard it" in page.text) == (422, True)
    assert post(pcp, path, {"version": "1", "method": "phone", "teach_back": "on"}).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, answered.id).informed_method == "phone"
    assert "told by phone" in pcp.get(f"/consults/{answered.public_id}").text


def test_closing_before_the_family_heard_needs_a_reason(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic, answered: Consult
) -> None:
    path = f"/consults/{answered.public_id}/close"
    case = pcp.get(f"/consults/{answered.public_id}").text.partition("Without this answer the child would have")[2]
    # Three taps close without it: what nobody taps is not said, not even as "not known".
    assert ("checked" in case.partition("</fieldset>")[0], "<button" in case.partition("</fieldset>")[0]) == (
        False,
    ) * 2
    assert "Gone without any care" in case.partition("</fieldset>")[0]
    page = post(pcp, path, {"version": "1", "close_reason": "", **CLOSED})
    assert (page.status_code, "before the family heard" in page.text) == (422, True)
    closed = post(pcp, path, {"version": "1", "close_reason": "Family moved away", **CLOSED})
    assert closed.location == "/clinic?said=closed"
    assert answered.number in pcp.get("/clinic?view=done").text
    assert answered.number not in pcp.get("/clinic").text


def test_a_request_is_taken_back_once(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        asked = clinic.econsult(session, now=NOW)
    path = f"/consults/{asked.public_id}/withdraw"
    assert post(pcp, path, {"reason": "Solved"}).location == "/clinic?said=withdrawn"
    assert post(pcp, path, {"reason": "Solved"}).location == "/clinic?said=withdrawn", "it was pressed twice"
    assert post(pcp, path, {"reason": "Moved away"}).status_code == 409


def test_a_registered_child_is_asked_about_at_once(pcp: FlaskClient, clinic: Clinic) -> None:
    place = post(pcp, "/clinic/children/new", {**CHILD, "nickname": "Nenito"}).location
    assert place.startswith("/clinic/requests/")
    page = pcp.get(place).text
    assert ("Nuevo Prueba" in page, "The child is registered" in page) == (True, True)
    found = post(pcp, "/clinic/find", {"find": "nenito"}).text
    assert "Nuevo Prueba" in found, "by what it is called at home"


def test_a_double_click_registers_one_child(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    fields = {**CHILD, "once": "0123456789abcdef"}
    first, again = (post(pcp, "/clinic/children/new", fields).location for _ in range(2))
    assert (first, "/clinic/requests/" in first) == (again, True)
    with runtime.database.reading() as session:
        assert session.query(Patient).count() == 3
    drafts = {post(pcp, "/clinic/ask", {"child": clinic.child.public_id, "once": "f" * 16}).location for _ in range(2)}
    assert len(drafts) == 1
    assert 'name="once"' in pcp.get("/clinic/children/new").text


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": "  nuevo PRUÉBA"}, {"name": "Other", "birth_date": "2021-01-01", "mrn": "mr 7"}],
)
def test_a_child_whom_the_clinic_has_is_offered(pcp: FlaskClient, changes: dict[str, str]) -> None:
    post(pcp, "/clinic/children/new", {**CHILD, "mrn": "MR-7"})
    refused = post(pcp, "/clinic/children/new", {**CHILD, **changes})
    assert (refused.status_code, "Is it this child?" in refused.text) == (409, True)
    offered = re.findall(r'name="child" value="(\w+)"', refused.text)
    assert post(pcp, "/clinic/ask", {"child": offered[0]}).status_code == 303
    assert post(pcp, "/clinic/children/new", {**CHILD, **changes, "is_another": "on"}).status_code == 303


def test_a_message_that_is_sent_twice_is_said_once(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    path, fields = f"/consults/{answered.public_id}/messages", {"lane": "clinicians", "once": "a" * 16}
    places = [post(pcp, path, {**fields, "text": text}).location for text in ("Thanks", "Thanks", "One more")]
    assert (len(set(places)), 'name="once"' in pcp.get(places[0]).text) == (1, True)
    mother, question = browser_of(clinic.mother), f"/family/questions/{answered.public_id}/messages"
    for _ in range(2):
        assert post(mother, question, {"text": "Gracias", "once": "b" * 16}).status_code == 303
    with runtime.database.reading() as session:
        said = [message.text for message in session.query(Message).order_by(Message.id)]
    assert said == ["Thanks", "One more", "Gracias"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Write the child&#39;s name"),
        ({"birth_date": "30/05/2021"}, "Write the date as 2021-05-30"),
        ({"birth_date": "1990-01-01"}, "under 21 years"),
        ({"birth_date": ""}, "Write the birth date"),
        ({"name": "\u202eana"}, "This holds a sign that cannot be seen: type it again by hand"),
        ({"phone": "505 555 0100\x07"}, "This holds a sign that cannot be seen: type it again by hand"),
        ({"mrn": "MR\x00 7"}, "This holds a sign that cannot be seen: type it again by hand"),
    ],
)
def test_a_wrong_registration_says_what_is_wrong(pcp: FlaskClient, changes: dict[str, str], words: str) -> None:
    page = post(pcp, "/clinic/children/new", {**CHILD, **changes})
    assert (page.status_code, words in page.text) == (422, True)


def test_a_telepresenter_sees_only_own_sessions(browser_of: BrowserOf, clinic: Clinic, answered: Consult) -> None:
    nurse = browser_of(clinic.nurse)
    assert answered.number not in nurse.get("/clinic").text
    assert post(nurse, "/clinic/children/new", CHILD).status_code == 303
    assert "Nuevo Prueba" in nurse.get("/clinic/ask").text


def test_a_start_page_sends_people_to_their_own_list_and_tells_others_whom_to_ask(
    browser_of: BrowserOf, clinic: Clinic
) -> None:
    for person, home in ((clinic.pcp, "/clinic"), (clinic.derm, "/worklist"), (clinic.mother, "/family")):
        assert browser_of(person).get("/start").location == home
    for person, role in ((clinic.admin, Role.ADMIN), (clinic.director, Role.DIRECTOR)):
        page = browser_of(person).get("/start").text.partition("<main")[2]
        assert all(f'<a href="{address}"><b>' in page for address, _words in PLACES[role])


@pytest.mark.parametrize(("days", "words"), [(12, "12 days"), (50, "7 weeks"), (100, "3 months"), (800, "2 years")])
def test_newborns_are_told_in_days_and_weeks(pcp: FlaskClient, days: int, words: str) -> None:
    born = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    post(pcp, "/clinic/children/new", {**CHILD, "birth_date": born})
    assert words in pcp.get("/clinic").text


def test_a_draft_is_drawn_as_something_to_write_and_not_as_done(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        clinic.draft(session, now=datetime.now(UTC))
    page = browser_of(clinic.pcp).get("/clinic?view=drafts").text
    chip = page[page.index('class="sla') :].partition("</span>")[0]
    assert ("#pen" in chip, "#check" in chip) == (True, False)


def _asked(
    session: Session, clinic: Clinic, urgency: str = "routine", items: tuple[str, ...] = ("Weight today",)
) -> Consult:
    """A request about which the specialist asks the clinic for something."""
    consult = clinic.econsult(session, now=NOW)
    holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
    if urgency == "urgent":
        change_urgency(session, consult, clinic.derm, Urgency.URGENT, "", now=NOW)
    lane = Audience.CLINICIANS
    threads.request_info(session, consult, clinic.derm, text="How heavy?", items=items, audience=lane, now=NOW)
    return consult


@pytest.mark.parametrize(("urgency", "items"), [("routine", ("Weight today",)), ("routine", ()), ("urgent", ())])
def test_what_a_specialist_asks_of_the_clinic_comes_first_and_counts(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic, urgency: str, items: tuple[str, ...]
) -> None:
    with runtime.database.writing() as session:
        answered, sent = clinic.answered(session, now=NOW), clinic.econsult(session, now=NOW)
        asked = _asked(session, clinic, urgency, items)
    page = pcp.get("/clinic").text
    assert page.index("Needs you") < page.index(asked.number) < page.index(answered.number) < page.index(sent.number)
    assert (page.count(asked.number), _badge(page)) == (1, "1")
    case = pcp.get(f"/consults/{asked.public_id}").text
    assert re.search(r'aria-current="page">[^<]*<svg.*?</svg> Clinicians', case)
    assert all(words in case for words in (ASKED_FOR, "How heavy?", *items, 'name="photo:close"'))
    assert ASKED_FOR not in browser_of(clinic.derm).get(f"/consults/{asked.public_id}?lane=clinicians").text
    assert 'aria-current="page"' in (page := pcp.get(f"/consults/{asked.public_id}?lane=answer").text)
    assert ASKED_FOR not in page
    assert (
        post(pcp, f"/consults/{asked.public_id}/messages", {"lane": "clinicians", "text": "12 kg"}).status_code == 303
    )
    page = pcp.get("/clinic").text
    assert ("Needs you" in page, _badge(page), asked.number in page) == (False, "", True)
    assert ASKED_FOR not in pcp.get(f"/consults/{asked.public_id}?lane=clinicians").text


def test_the_telepresenter_who_asked_reads_what_is_asked_on_both_lists(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        asked = _asked(session, clinic)
        asked.requester_id = clinic.nurse.id
        threads.post(session, asked, clinic.derm, Audience.CLINICIANS, text="Not for her", now=NOW)
    nurse = browser_of(clinic.nurse)
    for place in ("/clinic", "/clinic?view=asked", f"/consults/{asked.public_id}?lane=clinicians"):
        page = nurse.get(place).text
        assert ("How heavy?" in page, "Weight today" in page, "Not for her" in page) == (True, True, False)


def test_what_is_asked_of_a_family_or_said_by_others_is_not_the_clinics_to_give(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        of_family = clinic.claimed(session, now=NOW)
        holder, lane = session.get_one(Person, of_family.holder_id), Audience.FAMILY
        threads.request_info(session, of_family, holder, text="A photo", items=["Photo"], audience=lane, now=NOW)
        asked = _asked(session, clinic)
        desk = clinic.coordinator
        threads.post(session, asked, desk, Audience.COORDINATION, text="A remark", now=NOW)
    page = pcp.get("/clinic").text
    assert (
        page.index("Needs you")
        < page.index(asked.number)
        < page.index("With specialists")
        < page.index(of_family.number)
    )
    assert (_badge(page), "Paused: needs you" in page, "Paused: needs family" in page) == ("1", True, True)


def test_a_file_from_the_clinic_is_what_was_asked_for(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        asked = _asked(session, clinic, "urgent")
    assert _badge(pcp.get("/clinic").text) == "1"
    file_received(runtime, asked, clinic.nurse, MediaKind.PHOTO, NOW + timedelta(minutes=1))
    assert _badge(pcp.get("/clinic").text) == ""


def _badge(page: str) -> str:
    """The number beside the clinic's entry of the navigation."""
    found = re.search(r'aria-current="page">Clinic(?: <span class="count">(\d+)</span>)?</a>', page)
    assert found is not None
    return found[1] or ""
