"""The case page: who sees what, lanes, asking for information, giving back and declining."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import holding, requests
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.clocks import clocks_of
from econsult.consults.preparing import end_without_copies
from econsult.consults.records import Consult
from econsult.consults.requests import SubmitForm
from econsult.consults.threads import Message
from econsult.people.persons import Person
from econsult.rosters.shifts import TimeOff
from tests.personas import FAMILY_QUESTION, LEASE, QUESTION, TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready, file_received
from tests.web.test_clinic_request import SENT_ON
from workers.copies import Made
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


def made(name: str, media_type: str = "image/jpeg") -> Made:
    return Made(name, media_type, b"bytes", 2, 2)


@pytest.fixture
def derm(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.derm)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(
            session, now=NOW, details={"thinks": "Eczema", "body_site": "elbow", "weight_kg": "16.4"}
        )


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic, asked: Consult) -> Consult:
    with runtime.database.writing() as session:
        return holding.claim(session, session.get_one(Consult, asked.id), clinic.derm, now=NOW, lease=LEASE)


def test_a_specialist_of_the_pool_sees_the_case_without_a_name(
    derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    page = derm.get(f"/consults/{asked.public_id}").text
    assert "Girl, 4 years" in page
    assert clinic.child.alias.removeprefix("Child ") in page
    assert ("Eczema" in page, "Elbow" in page, "Weight kg" in page) == (True, True, True)
    assert (clinic.child.name in page, 'id="answer"' in page, "lane=family" in page) == (False, False, False)


def test_the_clinic_sees_the_name(browser_of: BrowserOf, clinic: Clinic, asked: Consult) -> None:
    page = browser_of(clinic.pcp).get(f"/consults/{asked.public_id}").text
    assert clinic.child.name in page
    assert "Take this request back" in page


def test_strangers_get_404_and_other_roles_403(browser_of: BrowserOf, clinic: Clinic, asked: Consult) -> None:
    for person in (clinic.neuro, clinic.other_pcp, clinic.nurse):
        assert browser_of(person).get(f"/consults/{asked.public_id}").status_code == 404
    for person in (clinic.mother, clinic.stranger, clinic.director, clinic.admin):
        assert browser_of(person).get(f"/consults/{asked.public_id}").status_code == 403
    assert browser_of(clinic.derm).get(f"/consults/{'0' * 32}").status_code == 404


def test_a_coordinator_is_led_to_the_page_of_coordinators(
    browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    coordinator = browser_of(clinic.coordinator)
    assert coordinator.get(f"/consults/{asked.public_id}").location == f"/coordination/{asked.public_id}"
    assert coordinator.get(f"/coordination/{asked.public_id}").status_code == 200


def test_a_visitor_is_asked_to_sign_in(visitor: FlaskClient, asked: Consult) -> None:
    assert visitor.get(f"/consults/{asked.public_id}").location == "/sign-in"


def test_the_holder_writes_and_others_read_who_has_it(
    derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    assert 'id="answer"' in derm.get(f"/consults/{held.public_id}").text
    page = browser_of(clinic.derm2).get(f"/consults/{held.public_id}").text
    assert f"{clinic.derm.name} has it" in page
    assert 'id="answer"' not in page


def test_every_file_says_how_it_is(runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    photo = [made("thumb"), made("view")]
    file_ready(runtime, asked, clinic.pcp, MediaKind.PHOTO, photo, NOW)
    file_ready(runtime, asked, clinic.pcp, MediaKind.LAB_DOCUMENT, [made("thumb"), made("page-1"), made("page-2")], NOW)
    file_ready(runtime, asked, clinic.pcp, MediaKind.VIDEO, [made("poster"), made("play", "video/mp4")], NOW)
    waiting = file_received(runtime, asked, clinic.pcp, MediaKind.PHOTO, NOW)
    broken = file_received(runtime, asked, clinic.pcp, MediaKind.PHOTO, NOW)
    with runtime.database.writing() as session:
        found = session.get_one(Attachment, broken.id)
        end_without_copies(session, found, AttachmentState.REJECTED, reason="damaged", now=NOW)
    page = derm.get(f"/consults/{asked.public_id}?sheet=2").text
    assert page.count("<figure") == 6
    assert "page 2 of 2" in page
    assert ("<video controls" in page, "Received, waits to be prepared" in page) == (True, True)
    assert ("The file could not be opened" in page, "We could" in page, "Please send" in page) == (True, False, False)
    assert page.index('data-sheet="2">') > 0
    assert waiting.public_id not in page


def test_the_holder_writes_to_the_clinic(
    runtime: Runtime, derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    answer = post(derm, f"/consults/{held.public_id}/messages", {"lane": "clinicians", "text": "How long?"})
    assert answer.location == f"/consults/{held.public_id}?lane=clinicians&said=sent"
    assert "How long?" in browser_of(clinic.pcp).get(f"/consults/{held.public_id}?lane=clinicians").text


def test_asking_the_family_stops_the_clock_in_their_language(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.child).language = "es"
    fields = {"lane": "family", "verb": "ask", "items": ["close_photo", "nonsense"], "text": ""}
    shown, at = post(derm, f"/consults/{held.public_id}/messages", fields), f"/consults/{held.public_id}/messages"
    seen = shown.text.partition('id="preview"')[2].partition("<form")[0]
    assert (shown.status_code, 'lang="es"' in seen, "Por favor, responda abajo antes del" in seen) == (
        200,
        True,
        True,
    )
    assert seen.count("Una foto de cerca, nítida, con luz de día") == 1
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held.id).status == "claimed"
        assert session.scalars(select(Message)).all() == []
    assert post(derm, at, {**fields, "confirmed": "yes"}).location.endswith("said=asked")
    with runtime.database.reading() as session:
        message = session.scalars(select(Message)).one()
        clock = clocks_of(session, held.id)[0]
    assert message.items == {"items": ["Una foto de cerca, nítida, con luz de día"]}
    assert message.text == "Una foto de cerca, nítida, con luz de día"
    assert (clock.state, clock.paused_reason) == ("paused", "needs_family")
    # What was forgotten joins it, in the lane that was asked alone, and is shown first as well.
    here = f"/consults/{held.public_id}"
    offers = ["Add to what you asked for" in derm.get(f"{here}?lane={lane}").text for lane in ("family", "clinicians")]
    assert offers == [True, False]
    more = {"lane": "family", "verb": "ask", "items": ["weight"], "text": ""}
    assert post(derm, at, more).status_code == 200
    assert post(derm, at, {**more, "confirmed": "yes"}).location.endswith("said=asked")
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Message)).one().lines) == 2
    long = post(derm, at, {**more, "items": [], "text": "x" * 201, "confirmed": "yes"})
    assert (long.status_code, "at most 200 letters a line" in long.text) == (422, True)


def test_an_empty_message_is_refused_in_words(derm: FlaskClient, held: Consult) -> None:
    page = post(derm, f"/consults/{held.public_id}/messages", {"lane": "family", "text": " "})
    assert page.status_code == 422
    assert "Write what you want to say" in page.text


def test_nobody_writes_to_a_lane_that_is_not_theirs(
    derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    path = f"/consults/{held.public_id}/messages"
    assert post(derm, path, {"lane": "coordination", "text": "x"}).status_code == 403
    assert post(browser_of(clinic.derm2), path, {"lane": "family", "text": "x"}).status_code == 403
    assert post(browser_of(clinic.neuro), path, {"lane": "family", "text": "x"}).status_code == 404


def test_giving_back_returns_it_to_the_pool(
    derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    assert post(browser_of(clinic.derm2), f"/consults/{held.public_id}/release", {}).status_code == 403
    assert post(derm, f"/consults/{held.public_id}/release", {}).location == "/worklist?said=released"
    assert held.number in browser_of(clinic.derm2).get("/worklist").text


def test_declining_needs_a_reason_that_the_clinic_reads(
    derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    page = post(derm, f"/consults/{held.public_id}/decline", {"reason": " "})
    assert (page.status_code, "Say why" in page.text) == (422, True)
    assert post(derm, f"/consults/{held.public_id}/decline", {"reason": "Needs a visit"}).status_code == 303
    told = browser_of(clinic.pcp).get(f"/consults/{held.public_id}").text
    assert ("Needs a visit" in told, "Declined" in told) == (True, True)


def test_a_draft_leads_to_its_form(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW)
    assert browser_of(clinic.pcp).get(f"/consults/{draft.public_id}").location == f"/clinic/requests/{draft.public_id}"


def test_the_familys_words_stay_when_the_clinic_asks_its_own_question(
    runtime: Runtime, browser_of: BrowserOf, derm: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    fields = {"specialty": "dermatology", "question_type": "diagnosis", "question": "Is this eczema or a fungus?"}
    fields |= SENT_ON
    pcp, path = browser_of(clinic.pcp), f"/consults/{question.public_id}"
    assert post(pcp, f"{path}/send-on", fields).location == "/clinic?said=sent_on"
    page = derm.get(path).text
    assert ("Is this eczema or a fungus?" in page, FAMILY_QUESTION in page) == (True, True)
    assert clinic.mother.name not in page


def test_sending_on_names_what_is_missing(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    path = f"/consults/{question.public_id}/send-on"
    page = post(browser_of(clinic.pcp), path, {"question": "short", "question_type": "diagnosis"})
    assert (page.status_code, page.text.count('<a href="#specialty">Choose a specialty</a>')) == (422, 1)
    # The summary stands in the form that was refused.
    assert page.text.index('/send-on"') < page.text.index('<a href="#specialty">')
    fields = {"question": "short", "question_type": "diagnosis", "specialty": "dermatology"}
    page = post(browser_of(clinic.pcp), path, fields)
    assert (page.status_code, "at least 20 letters" in page.text) == (422, True)
    assert post(browser_of(clinic.other_pcp), path, fields).status_code == 404
    assert post(browser_of(clinic.derm), path, fields).status_code == 403


def test_a_young_infant_with_a_fever_is_not_sent_on(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
        session.merge(clinic.child).birth_date_text = (NOW - timedelta(days=40)).date().isoformat()
        session.merge(question).details = {**question.details, "symptoms": ["fever"]}
    fields = {"question": QUESTION, "question_type": "diagnosis", "specialty": "dermatology"}
    page = post(browser_of(clinic.pcp), f"/consults/{question.public_id}/send-on", fields)
    assert (page.status_code, "send the child to the ER" in page.text) == (422, True)


def test_a_sign_that_the_clinic_finds_stops_the_sending_on_until_a_clinician_answers_for_it(
    runtime: Runtime, browser_of: BrowserOf, derm: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    pcp, path = browser_of(clinic.pcp), f"/consults/{question.public_id}"
    assert "A seizure" in pcp.get(path).text
    fields = {"question": QUESTION, "question_type": "diagnosis", "specialty": "neurology", "red_flags": ["seizure"]}
    fields |= {"shown_for": "neurology", "lacking": "unknown"}
    page = post(pcp, f"{path}/send-on", fields)
    assert (page.status_code, "send the child to the ER" in page.text) == (422, True)
    assert 'value="seizure" checked' in page.text
    # Taken off the list again, the sign still waits for a clinician's word.
    unticked = {**fields, "red_flags": []}
    assert post(pcp, f"{path}/send-on", unticked).status_code == 422
    lacks = post(pcp, f"{path}/send-on", {**fields, "examined_by": "Dr. Test", "why_safe": "It is over"})
    assert (lacks.status_code, "Say when the child was examined" in lacks.text) == (422, True)
    assert 'value="Dr. Test"' in lacks.text
    at = datetime.now(ZoneInfo("America/Denver")) - timedelta(hours=1)
    word = {"examined_by": "Dr. Test", "examined_at": f"{at:%Y-%m-%dT%H:%M}", "why_safe": "Seizure ended, normal exam"}
    assert post(pcp, f"{path}/send-on", {**fields, **word}).location == "/clinic?said=sent_on"
    read = browser_of(clinic.neuro).get(path).text
    assert ("Danger sign: A seizure" in read, "Seizure ended, normal exam" in read) == (True, True)


def test_an_attested_danger_sign_is_seen_before_the_story(
    runtime: Runtime, derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    attested = {"examined_by": "Dr. Test", "at": NOW.isoformat(), "why": "Seizure ended yesterday, normal exam"}
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, details={"red_flags": ["seizure"]})
        form = SubmitForm(red_flag_attestation=attested)
        consult = requests.submit(session, draft, clinic.pcp, form, now=NOW, targets=TARGETS)
    page = derm.get(f"/consults/{consult.public_id}").text
    assert page.index("Danger sign: A seizure") < page.index("Seizure ended yesterday") < page.index(QUESTION[:20])
    local = NOW.astimezone(ZoneInfo("America/Denver"))
    assert f"Examined by Dr. Test, {local:%B} {local.day}, {local:%Y, %H:%M %Z}. Not of this program" in page
    assert f"Written by {clinic.pcp.name}." in page
    for person, path in ((clinic.derm, "/worklist"), (clinic.pcp, "/clinic")):
        assert "Danger sign, examined" in browser_of(person).get(path).text


def test_a_face_or_a_voice_opens_with_the_case_and_is_no_broken_picture_before(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    file = file_ready(runtime, asked, clinic.pcp, MediaKind.VIDEO, [made("poster"), made("play", "video/mp4")], NOW)
    with runtime.database.writing() as session:
        session.get_one(Attachment, file.id).is_restricted = True
    derm, path = browser_of(clinic.derm), f"/consults/{asked.public_id}"
    assert "/media/" not in derm.get("/worklist").text
    page = derm.get(f"{path}?lang=en").text
    assert ("It opens for whoever takes the case." in page, "/media/" in page) == (True, False)
    post(derm, f"{path}/claim", {})
    page = derm.get(f"{path}?lang=en").text
    assert ("It opens for whoever takes the case." in page, page.count("<video")) == (False, 1)
    assert "/media/" in browser_of(clinic.pcp).get(path).text


def test_a_family_without_an_account_is_asked_through_its_clinic(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).is_active = False
    fields = {"lane": "family", "verb": "ask", "items": ["close_photo"], "text": "By <daylight>"}
    page = post(derm, f"/consults/{held.public_id}/messages", fields)
    assert (page.status_code, "Nobody of this family has an account here" in page.text) == (422, True)
    assert "By &lt;daylight&gt;</textarea>" in page.text
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held.id).status == "claimed"


def test_a_test_is_marked_for_everybody_who_opens_it(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        trial = clinic.econsult(session, now=NOW, is_test=True)
    for person in (clinic.pcp, clinic.derm):
        assert "This is a test." in browser_of(person).get(f"/consults/{trial.public_id}").text
    assert "Esto es solo una prueba." in browser_of(clinic.mother).get(f"/family/questions/{trial.public_id}").text


def test_nothing_goes_to_the_family_that_was_not_shown_as_it_reads_it(
    runtime: Runtime, derm: FlaskClient, held: Consult
) -> None:
    path, fields = f"/consults/{held.public_id}/messages", {"lane": "family", "text": "Stop the <cream> today."}
    shown = post(derm, path, fields)
    assert (shown.status_code, "The family reads this" in shown.text) == (200, True)
    # The child's family reads English; who writes in Spanish is told so.
    views = [derm.get(f"/consults/{held.public_id}?lane={lane}&lang=es").text for lane in ("family", "clinicians")]
    assert ["La familia lee en inglés" in view for view in views] == [True, False]
    assert "La familia lee" not in derm.get(f"/consults/{held.public_id}?lane=family&lang=en").text
    assert shown.text.count("Stop the &lt;cream&gt; today.") >= 2
    with runtime.database.reading() as session:
        assert session.scalars(select(Message)).all() == []
    sent = post(derm, path, {**fields, "confirmed": "yes"})
    assert sent.location.endswith("lane=family&said=sent")
    with runtime.database.reading() as session:
        assert [message.text for message in session.scalars(select(Message))] == ["Stop the <cream> today."]
    # The other lanes stay one press.
    assert post(derm, path, {"lane": "clinicians", "text": "Which dose?"}).status_code == 303


def test_a_specialist_is_told_before_asking_that_nobody_of_the_clinic_is_there(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult
) -> None:
    address, words = f"/consults/{held.public_id}?lane=", "Nobody of this clinic is there now."
    assert words not in derm.get(f"{address}clinicians").text
    with runtime.database.writing() as session:
        session.add(TimeOff(person_id=clinic.pcp.id, starts_at=NOW, ends_at=NOW + timedelta(days=2)))
    asks = derm.get(f"{address}clinicians").text
    told = asks[asks.index(words) :].partition("<fieldset>")[0]
    assert [word in told for word in ("Somebody is back:", "within a minute", 'href="?lane=family"')] == [True] * 3
    assert words not in derm.get(f"{address}family").text
