"""Correcting a signed answer on its page: who hears what, what stays readable, and nothing lost when it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from econsult.consults import answers, reopening, telling
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from tests.personas import ANSWER, TARGETS, Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
SCRIPT = {"Accept": "application/json"}
WHY = "The cream is for one week, not for two."
FIELDS: dict[str, Any] = {
    "impression": "Contact dermatitis",
    "rec_text": ["Cream for one week"],
    "rec_owner": ["family"],
    "rec_due": [""],
    "disposition": "advice_only",
    "family_summary": "This is from a plant. Use the cream for one week.",
    "reason": WHY,
    "version": "1",
}


@pytest.fixture
def told(runtime: Runtime, clinic: Clinic) -> Consult:
    """Answered, read by the clinic, heard by the family, and its seconds over."""
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOW)
        return consult


def test_the_correction_is_read_by_all_and_the_version_before_is_marked(
    browser_of: BrowserOf, clinic: Clinic, told: Consult
) -> None:
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}"
    assert f'href="{at}/correct"' in derm.get(at).text
    assert str(ANSWER["family_summary"]) in derm.get(f"{at}/correct").text
    signed = post(derm, f"{at}/correct", FIELDS)
    assert signed.location == f"{at}?said=corrected"
    assert 'answer/undo"' in derm.get(signed.location).text
    # The page that answers the form may get lost: it comes once more.
    assert post(derm, f"{at}/correct", FIELDS).location == signed.location
    assert post(derm, f"{at}/correct", {**FIELDS, "reason": "Another reason"}).status_code == 409
    pcp = browser_of(clinic.pcp)
    page = pcp.get(at).text
    assert [text in page for text in (WHY, "version 1 does not hold any more", "Have you read it?")] == [True] * 3
    assert ("Do not act on this" in page, str(ANSWER["impression"]) in page) == (True, True)
    assert "This version corrects version 1" in pcp.get(f"{at}/note.txt").text
    mother = browser_of(clinic.mother)
    page = mother.get(f"/family/questions/{told.public_id}/answer").text
    assert [text in page for text in ("Corregimos esta respuesta", WHY, "Esto es viejo", "Sí, entendí")] == [True] * 4
    assert page.index(FIELDS["family_summary"]) < page.index(str(ANSWER["family_summary"]))


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"reason": ""}, 422, "Say what was wrong"),
        ({"family_summary": ""}, 422, "Write the plain summary for the family"),
        ({"version": "2"}, 409, "corrected somewhere else"),
    ],
)
def test_what_is_refused_is_still_there(
    browser_of: BrowserOf, clinic: Clinic, told: Consult, change: dict[str, str], status: int, said: str
) -> None:
    page = post(browser_of(clinic.derm), f"/consults/{told.public_id}/correct", {**FIELDS, **change})
    assert (page.status_code, said in page.text, "Contact dermatitis" in page.text) == (status, True, True)


def test_nobody_else_is_offered_to_correct_it(browser_of: BrowserOf, clinic: Clinic, told: Consult) -> None:
    pcp: FlaskClient = browser_of(clinic.pcp)
    assert "Correct this answer" not in pcp.get(f"/consults/{told.public_id}").text
    assert pcp.get(f"/consults/{told.public_id}/correct").status_code == 403


def saved(derm: FlaskClient, at: str, **changes: str) -> TestResponse:
    """One save as the form's script sends it."""
    return derm.post(
        at, data={**FIELDS, "verb": "save", **changes, "csrf_token": token_from(derm.get(at).text)}, headers=SCRIPT
    )


def test_it_saves_itself_and_another_window_sees_both_texts(
    browser_of: BrowserOf, clinic: Clinic, told: Consult
) -> None:
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}/correct"
    first = saved(derm, at, saves="0").get_json()
    assert (first["saves"], first["meter"]["grade"] < 7) == (1, True)
    page = derm.get(at).text
    assert [text in page for text in ("Contact dermatitis", WHY, 'name="saves" value="1"', "Draft saved")] == [True] * 4
    assert "Go on with the correction" in derm.get(f"/consults/{told.public_id}").text
    stale = saved(derm, at, saves="0", impression="Scabies")
    assert (stale.status_code, "both texts" in stale.get_json()["problem"]) == (409, True)
    both = post(derm, at, {**FIELDS, "verb": "sign", "saves": "0", "impression": "Scabies"})
    assert (both.status_code, "Scabies" in both.text, "Contact dermatitis" in both.text) == (409, True, True)
    assert "You, in another window" in both.text
    for person in (clinic.pcp, clinic.mother):
        reader = browser_of(person)
        assert "Contact dermatitis" not in reader.get(f"/consults/{told.public_id}").text
    assert post(derm, at, {**FIELDS, "verb": "sign", "saves": "1", "impression": "Scabies"}).status_code == 303
    late = saved(derm, at, saves="1", impression="The other window")
    assert late.status_code == 409
    shown = post(derm, at, {**FIELDS, "saves": "1", "impression": "The other window"}).text
    assert [text in shown for text in ("The other window", "Scabies", 'name="version" value="2"')] == [True] * 3


def test_it_is_thrown_away_only_when_one_says_so(browser_of: BrowserOf, clinic: Clinic, told: Consult) -> None:
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}/correct"
    assert post(derm, at, {**FIELDS, "verb": "save", "saves": "0"}).location == f"{at}?said=saved"
    gone = post(derm, at, {**FIELDS, "verb": "cancel", "saves": "1"})
    assert gone.location == f"/consults/{told.public_id}?said=correction_gone"
    page = derm.get(at).text
    assert ("Contact dermatitis" in page, str(ANSWER["impression"]) in page) == (False, True)
    back = post(derm, at, {**FIELDS, "verb": "save", "saves": "1"})
    assert (back.status_code, "thrown away in another window" in back.text, WHY in back.text) == (409, True, True)


def test_words_over_a_question_that_was_opened_again_are_given_back(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, told: Consult
) -> None:
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}/correct"
    token = token_from(derm.get(at).text)
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, told.id)
        reopening.reopen(session, consult, clinic.pcp, "Worse", now=datetime.now(UTC), targets=TARGETS)
    page = derm.post(at, data={**FIELDS, "verb": "save", "saves": "0", "csrf_token": token})
    assert (page.status_code, WHY in page.text, "Contact dermatitis" in page.text) == (409, True, True)
    told_so = derm.post(at, data={**FIELDS, "verb": "save", "saves": "0", "csrf_token": token}, headers=SCRIPT)
    assert (told_so.status_code, told_so.get_json()["ended"]) == (409, True)


def test_a_family_reads_in_its_language_why_it_was_corrected(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, told: Consult
) -> None:
    """In English alone it is marked as English, and somebody tells it by an interpreter."""
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = "es"
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}/correct"
    spanish = {"family_summary_es": "Use la crema una semana.", "watch_for_es": "Fiebre", "spanish_how": "written"}
    assert 'id="reason_es"' in derm.get(at).text
    fields = {**FIELDS, **spanish, "rec_text": [], "rec_owner": [], "rec_due": []}
    lacking = saved(derm, at, **{**fields, "saves": "0"}).get_json()["lacking"]
    assert "why it was corrected" in lacking
    why = "La crema es para una semana."
    kept = saved(derm, at, **{**fields, "saves": "1", "reason_es": why}).get_json()
    assert (kept["lacking"], why in derm.get(at).text) == ("", True)
    assert post(derm, at, {**fields, "saves": "2", "verb": "sign", "reason_es": why}).status_code == 303
    mother, desk, pcp = browser_of(clinic.mother), browser_of(clinic.coordinator), browser_of(clinic.pcp)
    page = mother.get(f"/family/questions/{told.public_id}/answer").text
    assert (f'lang="es">{why}' in page, WHY in page, "solo en inglés" in page) == (True, False, False)
    card, case = desk.get(f"/coordination/{told.public_id}").text, pcp.get(f"/consults/{told.public_id}").text
    assert (why in card, "Tell this by an interpreter" in card, WHY in case, why in case) == (True, False, True, True)
    # The next correction has another reason, and begins without words beside it.
    assert why not in derm.get(at).text.partition('id="reason_es"')[2].partition("</textarea>")[0]
