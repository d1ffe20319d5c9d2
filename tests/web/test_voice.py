"""The pages on which a family or its clinic says whether the sound of videos stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from markupsafe import escape

from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.records import Consult
from econsult.consults.voice import TEXTS, VoiceChoice, choose_voice, voice_consent_of
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime


@pytest.fixture
def draft(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_draft(session, now=datetime.now(UTC))


def answer_of(runtime: Runtime, consult: Consult) -> tuple[bool, str, str, str] | None:
    with runtime.database.reading() as session:
        row = voice_consent_of(session, consult.id)
        return (row.is_given, row.given_by, row.method, row.language) if row else None


def test_the_video_step_asks_for_the_sound_and_it_is_off(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, draft: Consult
) -> None:
    mother = browser_of(clinic.mother)
    address = f"/family/ask/{draft.public_id}/photos"
    page = mother.get(address).text
    assert TEXTS["es"] in page
    assert 'name="voice" value="silent" checked' in page
    assert "Le quitamos el sonido" in page
    done = post(mother, f"/family/questions/{draft.public_id}/voice", {"voice": "heard"})
    assert (done.status_code, done.location) == (303, f"{address}#sound")
    assert answer_of(runtime, draft) == (True, "parent", "electronic", "es")
    page = mother.get(address).text
    assert 'name="voice" value="heard" checked' in page
    assert "El sonido se queda" in page
    post(mother, f"/family/questions/{draft.public_id}/voice", {"voice": "silent"})
    assert answer_of(runtime, draft) == (False, "parent", "electronic", "es")


def test_a_form_without_a_choice_is_a_no(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, draft: Consult
) -> None:
    assert post(browser_of(clinic.mother), f"/family/questions/{draft.public_id}/voice", {}).status_code == 303
    assert answer_of(runtime, draft) is None


def test_strangers_and_staff_cannot_answer_for_the_family(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, draft: Consult
) -> None:
    path = f"/family/questions/{draft.public_id}/voice"
    assert post(browser_of(clinic.stranger), path, {"voice": "heard"}).status_code == 404
    for person in (clinic.pcp, clinic.derm, clinic.coordinator):
        assert post(browser_of(person), path, {"voice": "heard"}).status_code in {403, 404}
    assert answer_of(runtime, draft) is None


def test_after_the_end_the_family_can_still_take_its_yes_back(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_question(session, now=datetime.now(UTC))
        yes = VoiceChoice(True, "parent", "electronic", "es")
        choose_voice(session, consult, clinic.mother, yes, now=datetime.now(UTC))
        consult.status = "closed"
    mother, at = browser_of(clinic.mother), f"/family/questions/{consult.public_id}"
    assert 'name="voice" value="heard" checked' in mother.get(at).text
    assert post(mother, f"{at}/voice", {"voice": "silent"}).location == f"{at}#sound"
    assert answer_of(runtime, consult) == (False, "parent", "electronic", "es")
    assert 'name="voice"' not in mother.get(at).text


def test_the_clinics_request_writes_down_whose_yes_it_was(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.draft(session, now=datetime.now(UTC))
    pcp, at = browser_of(clinic.pcp), f"/clinic/requests/{consult.public_id}"
    assert all(escape(text) in pcp.get(at).text for text in TEXTS.values())
    kept = {"question": consult.question, "specialty": "dermatology", "question_type": "diagnosis"}
    refused = post(pcp, at, {**kept, "voice": "yes", "verb": "send"})
    assert refused.status_code == 422
    assert "Say who agreed to the sound and how" in refused.text
    assert answer_of(runtime, consult) is None
    told = {**kept, "voice": "yes", "voice_by": "guardian", "voice_method": "verbal", "voice_language": "es"}
    for _ in range(2):
        assert post(pcp, at, {**told, "verb": "save"}).status_code == 303
    assert answer_of(runtime, consult) == (True, "guardian", "verbal", "es")
    assert 'name="voice" value="yes" checked' in pcp.get(at).text
    assert post(pcp, at, {**told, "voice_method": "electronic"}).status_code == 303
    assert answer_of(runtime, consult) == (True, "guardian", "verbal", "es"), "only the family says it on a screen"
    post(pcp, at, {**kept, "verb": "save"})
    assert answer_of(runtime, consult) == (False, "", "", "en")


@pytest.fixture
def film(runtime: Runtime, clinic: Clinic) -> tuple[Consult, Attachment]:
    """A sent request with a video whose sound is kept."""
    moment = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=moment, voice=VoiceChoice(True, "parent", "paper", "en"))
    copies = [Made("poster", "image/jpeg", b"x", 4, 3), Made("play", "video/mp4", b"x", 4, 3)]
    file = file_ready(runtime, consult, clinic.pcp, MediaKind.VIDEO, copies, moment)
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.report, mine.blob_key, mine.is_restricted = {"has_sound": True}, "originals/x", True
    return consult, file


def test_the_clinic_takes_the_sound_out_of_a_case_that_was_sent(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, film: tuple[Consult, Attachment]
) -> None:
    consult, file = film
    pcp = browser_of(clinic.pcp)
    assert "The sound is kept" in pcp.get(f"/consults/{consult.public_id}").text
    assert "The family agreed to that." in pcp.get(f"/reviews/{file.public_id}").text
    assert post(browser_of(clinic.derm), f"/reviews/{file.public_id}/silence", {}).status_code in {403, 404}
    assert post(browser_of(clinic.other_pcp), f"/reviews/{file.public_id}/silence", {}).status_code == 404
    assert post(pcp, f"/reviews/{file.public_id}/silence", {}).status_code == 303
    assert (answer_of(runtime, consult) or (True,))[0] is False
    with runtime.database.reading() as session:
        assert session.get_one(Attachment, file.id).state == "received"
