"""Writing an answer: drafts that save themselves, both texts after a stale save, the signature, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from econsult.consults import answers, holding
from econsult.consults.answers import Answer, draft_of, signed_answer
from econsult.consults.plainness import GOAL
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.versions import versions_of
from econsult.people.patients import Patient
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
FIELDS: dict[str, Any] = {
    "impression": "Atopic dermatitis",
    "confidence": "sure",
    "rec_text": ["Cream twice a day", "", "Call the family"],
    "rec_owner": ["family", "pcp", "coordinator"],
    "rec_due": ["", "", "2026-12-01"],
    "disposition": "advice_only",
    "watch_for": "Fever",
    "family_summary": "This looks like eczema.",
    "references": "",
    "saves": "0",
}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def derm(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.derm)


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


def draft(runtime: Runtime, consult: Consult) -> Answer | None:
    with runtime.database.reading() as session:
        return draft_of(session, consult.id)


def test_the_form_becomes_the_draft(runtime: Runtime, derm: FlaskClient, held: Consult) -> None:
    answer = post(derm, f"/consults/{held.public_id}/answer", {**FIELDS, "verb": "save"})
    assert answer.location == f"/consults/{held.public_id}?said=saved"
    saved = draft(runtime, held)
    assert saved is not None
    assert saved.content["recommendations"] == [
        {"text": "Cream twice a day", "owner": "family", "due_at": None},
        {"text": "Call the family", "owner": "coordinator", "due_at": "2026-12-01"},
    ]
    page = derm.get(f"/consults/{held.public_id}").text
    assert 'name="saves" value="1"' in page
    assert ">Call the family</textarea>" in page
    assert "Draft saved" in page


def test_a_script_saves_and_hears_the_count(derm: FlaskClient, held: Consult) -> None:
    path = f"/consults/{held.public_id}/answer"
    page = derm.get(f"/consults/{held.public_id}").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    first = derm.post(path, data={**FIELDS, "csrf_token": token}, headers=SCRIPT).get_json()
    again = derm.post(path, data={**FIELDS, "csrf_token": token, "saves": first["saves"]}, headers=SCRIPT)
    assert (first["saves"], again.get_json()["saves"]) == (1, 2)
    other = {**FIELDS, "impression": "Scabies"}
    stale = derm.post(path, data={**other, "csrf_token": token, "saves": "1"}, headers=SCRIPT)
    assert (stale.status_code, "both texts" in stale.get_json()["problem"]) == (409, True)


@pytest.mark.parametrize("seen", ["0", "1"])
def test_a_stale_save_keeps_both_texts(runtime: Runtime, derm: FlaskClient, held: Consult, seen: str) -> None:
    path = f"/consults/{held.public_id}/answer"
    post(derm, path, FIELDS)
    post(derm, path, {**FIELDS, "saves": "1", "impression": "Scabies of the other window"})
    page = post(derm, path, {**FIELDS, "saves": seen, "impression": "My own words"})
    assert page.status_code == 409
    assert ("Scabies of the other window" in page.text, "My own words" in page.text) == (True, True)
    saved = draft(runtime, held)
    assert saved is not None
    assert saved.content["impression"] == "Scabies of the other window"
    assert post(derm, path, {**FIELDS, "saves": "2", "impression": "My own words"}).status_code == 303


def test_signing_tells_the_clinic_and_takes_the_next(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        following = clinic.econsult(session, now=NOW)
    answer = post(derm, f"/consults/{held.public_id}/answer", {**FIELDS, "verb": "sign_next"})
    assert answer.location == f"/consults/{following.public_id}?said=signed&was={held.number}"
    assert f"{held.number} signed. Now {following.number}." in derm.get(answer.location).text
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held.id).status == "answered"
        assert session.get_one(Consult, following.id).holder_id == clinic.derm.id
    page = derm.get(f"/consults/{held.public_id}").text
    assert f"Signed by {clinic.derm.name}" in page


@pytest.mark.parametrize(("disposition", "verb"), [("advice_only", "sign"), ("new_photo", "sign_next")])
def test_a_signature_whose_page_got_lost_is_told_as_done(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult, disposition: str, verb: str
) -> None:
    path, fields = f"/consults/{held.public_id}/answer", {**FIELDS, "disposition": disposition, "verb": verb}
    post(derm, path, fields)
    with runtime.database.writing() as session:
        free = clinic.econsult(session, now=NOW)
    again = post(derm, path, fields)
    assert (again.status_code, again.location) == (303, "/worklist?said=signed")
    other = post(derm, path, {**fields, "impression": "Scabies"})
    assert (other.status_code, "What you wrote is not saved" in other.text) == (409, True)
    with runtime.database.reading() as session:
        assert session.get_one(Consult, free.id).holder_id is None
        assert len(versions_of(session, held.id)) == 1


def test_signing_alone_goes_back_to_the_queue(derm: FlaskClient, held: Consult) -> None:
    answer = post(derm, f"/consults/{held.public_id}/answer", {**FIELDS, "verb": "sign"})
    assert answer.location == "/worklist?said=signed"


def test_an_emergency_is_said_to_be_told_now(derm: FlaskClient, held: Consult) -> None:
    fields = {**FIELDS, "disposition": "emergency_now", "verb": "sign"}
    refused = post(derm, f"/consults/{held.public_id}/answer", fields)
    assert (refused.status_code, 'href="#confirm_emergency"' in refused.text) == (422, True)
    fields |= {"saves": "1", "confirm_emergency": "yes"}
    answer = post(derm, f"/consults/{held.public_id}/answer", fields)
    assert answer.location == "/worklist?said=signed_now"
    assert "are told now" in derm.get(answer.location).text


def test_an_unfinished_answer_is_saved_and_not_signed(runtime: Runtime, derm: FlaskClient, held: Consult) -> None:
    fields = {**FIELDS, "family_summary": "", "disposition": "nonsense", "verb": "sign"}
    page = post(derm, f"/consults/{held.public_id}/answer", fields)
    assert page.status_code == 422
    assert '<a href="#family_summary">Write the plain summary for the family</a>' in page.text
    assert '<a href="#disposition">Choose what happens next</a>' in page.text
    saved = draft(runtime, held)
    assert saved is not None
    assert saved.content["impression"] == "Atopic dermatitis"
    assert f'name="saves" value="{saved.saves}"' in page.text


def test_a_text_that_is_too_long_is_refused(runtime: Runtime, derm: FlaskClient, held: Consult) -> None:
    page = post(derm, f"/consults/{held.public_id}/answer", {**FIELDS, "impression": "x" * 10_001})
    assert (page.status_code, "10000 letters" in page.text.replace(",", "")) == (422, True)
    assert draft(runtime, held) is None


def test_nobody_answers_what_another_holds(browser_of: BrowserOf, clinic: Clinic, held: Consult) -> None:
    path = f"/consults/{held.public_id}/answer"
    for person, status in (
        (clinic.derm2, 403),
        (clinic.pcp, 403),
        (clinic.neuro, 404),
        (clinic.other_pcp, 404),
        (clinic.mother, 403),
        (clinic.coordinator, 403),
    ):
        assert post(browser_of(person), path, FIELDS).status_code == status


def test_no_one_but_the_holder_reads_a_draft(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, held.id)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOW, lease=LEASE)
    for person in (clinic.pcp, clinic.derm2):
        assert str(ANSWER["family_summary"]) not in browser_of(person).get(f"/consults/{held.public_id}").text
    assert str(ANSWER["family_summary"]) in browser_of(clinic.derm).get(f"/consults/{held.public_id}").text


def test_the_clinic_answers_a_familys_question_itself(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    pcp, path = browser_of(clinic.pcp), f"/consults/{question.public_id}"
    assert "Answer it myself" in pcp.get(path).text
    assert post(pcp, f"{path}/claim", {}).status_code == 303
    page = pcp.get(path).text
    assert ("as soon as you sign" in page, 'value="sign_next"' in page) == (True, False)
    assert post(pcp, f"{path}/answer", {**FIELDS, "verb": "sign"}).location == f"{path}?said=signed_to_family"
    with runtime.database.reading() as session:
        assert signed_answer(session, question.id) is not None
        assert session.get_one(Consult, question.id).released_at is not None


def test_a_lapsed_claim_is_told_before_signing(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        holding.lapse_claims(session, datetime.now(UTC) + timedelta(hours=5))
    answer = post(derm, f"/consults/{held.public_id}/answer", {**FIELDS, "verb": "sign"})
    assert answer.status_code in {403, 409}
    assert draft(runtime, held) is None


SUMMARY = "Use the white cream on both arms. Call us if it gets red or hot."
TOO_HARD = "Persistent inflammation necessitates continuation of medication, and careful reevaluation of dermatitis."


def test_a_script_hears_how_hard_the_summary_is(derm: FlaskClient, held: Consult) -> None:
    saves, told = 0, []
    for summary in (SUMMARY, TOO_HARD, "Call us."):
        fields = {**FIELDS, "family_summary": summary, "verb": "save", "saves": saves}
        fields["csrf_token"] = token_from(derm.get("/nowhere").text)
        heard = derm.post(f"/consults/{held.public_id}/answer", data=fields, headers=SCRIPT).json
        saves = heard["saves"]
        told.append(heard["meter"])
    easy, hard, short = told
    assert (easy["words"], short) == (f"Grade {easy['grade']}. Easy to read", None)
    assert (easy["grade"] <= GOAL, hard["words"]) == (True, "Grade 12+. Hard to read: say it shorter")


def test_the_page_shows_the_grade_of_a_draft_and_of_what_was_refused(derm: FlaskClient, held: Consult) -> None:
    path = f"/consults/{held.public_id}"
    assert "data-meter hidden" in derm.get(path).text
    post(derm, f"{path}/answer", {**FIELDS, "family_summary": SUMMARY, "verb": "save"})
    shown = derm.get(path).text
    assert ("Easy to read" in shown, "data-meter hidden" in shown) == (True, False)
    wrong = {**FIELDS, "saves": 1, "impression": "", "family_summary": TOO_HARD, "verb": "sign"}
    refused = post(derm, f"{path}/answer", wrong)
    assert (refused.status_code, "Hard to read: say it shorter" in refused.text) == (422, True)


def test_a_signature_is_taken_back_by_its_form_without_a_script(
    runtime: Runtime, derm: FlaskClient, held: Consult
) -> None:
    at = f"/consults/{held.public_id}"
    signed = post(derm, f"{at}/answer", {**FIELDS, "verb": "sign"})
    page = derm.get(signed.location).text
    assert (f'action="{at}/answer/undo"' in page, "Nobody is told before" in page) == (True, True)
    back = post(derm, f"{at}/answer/undo", {})
    assert back.location == f"{at}?said=undone"
    page = derm.get(back.location).text
    assert ("Nobody was told" in page, "Cream twice a day" in page, "answer/undo" in page) == (True, True, False)
    assert draft(runtime, held) is not None


def test_what_the_clinic_has_opened_is_not_taken_back_and_the_page_says_so(
    runtime: Runtime, derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    at = f"/consults/{held.public_id}"
    post(derm, f"{at}/answer", {**FIELDS, "verb": "sign"})
    assert "Atopic dermatitis" in browser_of(clinic.pcp).get(at).text
    refused = post(derm, f"{at}/answer/undo", {})
    assert "people know of the answer" in derm.get(refused.location).text
    assert draft(runtime, held) is None


def test_an_emergency_offers_no_way_back(derm: FlaskClient, held: Consult) -> None:
    fields = {**FIELDS, "disposition": "emergency_now", "confirm_emergency": "yes", "verb": "sign"}
    signed = post(derm, f"/consults/{held.public_id}/answer", fields)
    assert "answer/undo" not in derm.get(signed.location).text


def test_spanish_beside_the_english_is_named_measured_and_missed(
    runtime: Runtime, derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = "es"
    at = f"/consults/{held.public_id}"
    page = derm.get(at).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    hard = "Multifactorial inflammation of the skin necessitates the corticosteroid application on the extremities."
    fields = {**FIELDS, "family_summary": hard, "family_summary_es": hard, "csrf_token": token}
    told = derm.post(f"{at}/answer", data=fields, headers=SCRIPT).get_json()
    assert told["meter"]["grade"] > 12
    assert told["meter_es"]["words"].startswith("This is not in Spanish.")
    assert "Not in Spanish: the summary, the steps of the family" in told["lacking"]
    with runtime.database.writing() as session:
        session.merge(clinic.derm).language = "es"
    told = derm.post(f"{at}/answer", data={**fields, "saves": "1"}, headers=SCRIPT).get_json()
    assert told["lacking"].startswith("No está en español: ")
    with runtime.database.writing() as session:
        session.merge(clinic.derm).language = "en"
    spanish = "Esto parece eccema. Use la crema dos veces al día por una semana."
    # In whichever box it stands.
    for saves, name in enumerate(("family_summary", "family_summary_es"), 2):
        fields = {**FIELDS, name: spanish, "saves": str(saves), "verb": "sign"}
        assert "Say who wrote or checked the Spanish" in post(derm, f"{at}/answer", fields).text
    fields |= {"spanish_how": "reviewed", "spanish_by": "Ana Ruiz", "saves": "4"}
    assert post(derm, f"{at}/answer", fields).status_code == 303
    post(browser_of(clinic.pcp), f"{at}/acknowledge", {"version": "1"})
    read = browser_of(clinic.mother).get(f"/family/questions/{held.public_id}/answer").text
    shown = [f'<p class="lead verbatim" data-say>{spanish}' in read, "Español revisado por Ana Ruiz" in read]
    assert [*shown, '<p data-say lang="en">Cream twice a day' in read, "solo en inglés" in read] == [True] * 4
    desk = browser_of(clinic.coordinator)
    assert "To tell by an interpreter" in desk.get("/coordination").text
    card = f"/coordination/{held.public_id}"
    assert "Tell this by an interpreter." in desk.get(card).text
    assert browser_of(clinic.pcp).get(f"/consults/{held.public_id}").text.count("Tell this by an interpreter.") == 1
    post(desk, f"{card}/informed", {"version": "1", "method": "phone"})
    assert "To tell by an interpreter" not in desk.get("/coordination").text


def test_a_draft_is_shown_as_the_family_will_read_it_and_to_nobody_else(
    runtime: Runtime, derm: FlaskClient, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = "es"
    at = f"/consults/{held.public_id}/answer"
    fields = {**FIELDS, "disposition": "new_photo", "photo_days": "10", "verb": "preview"}
    assert post(derm, at, fields).location == f"{at}/preview"
    page = derm.get(f"{at}/preview").text
    shown = (
        "En pocas palabras",
        "This looks like eczema.",
        "Env\u00ede una foto nueva",
        "solo en ingl\u00e9s",
        "Not in Spanish",
    )
    assert [words in page for words in shown] == [True] * len(shown)
    assert page.count("Fecha límite: ") == 2
    assert browser_of(clinic.derm2).get(f"{at}/preview").status_code == 403
    post(derm, at, {**FIELDS, "disposition": "new_photo", "photo_days": "10", "saves": "1", "verb": "sign"})
    with runtime.database.reading() as session:
        photo = steps_of(session, held.id)[-1]
        days = (photo.due_at - datetime.now(UTC)) / timedelta(days=1)
        assert (photo.owner, photo.kind, 10 < days < 11.1) == ("family", "photo", True)
