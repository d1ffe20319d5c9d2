"""Who may say that a voice is kept, what is written down of it, and who can take it back."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, edit, withdraw
from econsult.consults.voice import TEXT_VERSION, TEXTS, VoiceChoice, VoiceConsent, choose_voice, is_voice_kept
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.caregivers import caregiver_link
from econsult.people.patients import link_caregiver
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

LATER = NOON + timedelta(minutes=5)
OWN = VoiceChoice(True, "parent", "electronic", "es")
TOLD = VoiceChoice(True, "guardian", "verbal", "en")
NO = VoiceChoice(is_given=False)


def rows(session, consult: Consult) -> list[VoiceConsent]:
    query = select(VoiceConsent).where(VoiceConsent.consult_id == consult.id).order_by(VoiceConsent.id)
    return list(session.scalars(query))


def test_nobody_was_asked_is_a_no(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        assert not is_voice_kept(session, consult.id)
        choose_voice(session, consult, clinic.pcp, NO, now=LATER)
        assert rows(session, consult) == []


def test_a_yes_says_who_when_how_and_which_text_in_which_language(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_draft(session)
        choose_voice(session, consult, clinic.mother, OWN, now=LATER)
        choose_voice(session, consult, clinic.mother, OWN, now=LATER + timedelta(hours=1))
        (row,) = rows(session, consult)
        assert (row.is_given, row.given_by, row.method, row.language) == (True, "parent", "electronic", "es")
        assert (row.recorded_by_id, row.at, row.text_version) == (clinic.mother.id, LATER, TEXT_VERSION)
        assert row.text_hash == hashlib.sha256(TEXTS["es"].encode()).hexdigest()
        assert is_voice_kept(session, consult.id)
    with database.reading() as session:
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "consent_voice"))
        assert (event.person_id, event.detail) == (clinic.mother.id, f"parent/electronic/es/{TEXT_VERSION}")


def test_a_no_after_a_yes_is_a_row_of_its_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        choose_voice(session, consult, clinic.mother, OWN, now=NOON)
        choose_voice(session, consult, clinic.mother, NO, now=LATER)
        assert [row.is_given for row in rows(session, consult)] == [True, False]
        assert not is_voice_kept(session, consult.id)
    with database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "withdraw_voice")).one().at == LATER


def test_each_text_has_the_same_promises_in_both_languages() -> None:
    assert set(TEXTS) == {"en", "es"}
    assert len(set(TEXTS.values())) == 2


def test_nobody_can_claim_a_familys_own_yes(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        for clinician in (clinic.pcp, clinic.nurse, clinic.coordinator):
            with pytest.raises(InvalidError) as refused:
                choose_voice(session, consult, clinician, OWN, now=LATER)
            assert list(refused.value.fields) == ["voice_consent.method"]
        for other in (clinic.derm, clinic.neuro, clinic.director, clinic.admin):
            with pytest.raises(ForbiddenError):
                choose_voice(session, consult, other, TOLD, now=LATER)
        with pytest.raises(ForbiddenError):
            choose_voice(session, consult, clinic.stranger, OWN, now=LATER)
        assert rows(session, consult) == []


@pytest.mark.parametrize(
    "claimed", [TOLD, VoiceChoice(True, "parent", "paper", "es"), VoiceChoice(True, "youth", "electronic", "es")]
)
def test_a_caregiver_speaks_for_themselves_alone(database: Database, clinic: Clinic, claimed: VoiceChoice) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        with pytest.raises(InvalidError):
            choose_voice(session, consult, clinic.mother, claimed, now=LATER)
        assert rows(session, consult) == []


def test_who_has_no_authority_cannot_say_yes_but_can_say_no(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        choose_voice(session, consult, clinic.mother, OWN, now=NOON)
        aunt = session.get_one(Person, clinic.stranger.id)
        link_caregiver(session, clinic.child, aunt, "other", NOON, has_authority=False)
        choose_voice(session, consult, aunt, NO, now=LATER)
        assert not is_voice_kept(session, consult.id)
        with pytest.raises(ForbiddenError):
            choose_voice(session, consult, aunt, OWN, now=LATER)
        link = caregiver_link(session, clinic.child.id, clinic.mother.id, LATER)
        assert link is not None
        link.ends_at = LATER
        with pytest.raises(ForbiddenError):
            choose_voice(session, consult, clinic.mother, OWN, now=LATER + timedelta(seconds=1))


def test_a_case_that_has_ended_takes_a_no_and_no_yes(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        choose_voice(session, consult, clinic.mother, OWN, now=NOON)
        withdraw(session, consult, clinic.mother, "", now=NOON)
        choose_voice(session, consult, clinic.mother, NO, now=LATER)
        assert not is_voice_kept(session, consult.id)
        with pytest.raises(ImpossibleVerbError):
            choose_voice(session, consult, clinic.mother, OWN, now=LATER)


def test_a_draft_carries_the_answer_and_a_form_that_says_nothing_changes_nothing(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.draft(session, voice=TOLD)
        edit(session, consult, clinic.pcp, RequestForm(question="Is this croup, and can she go to school?"), now=LATER)
        assert is_voice_kept(session, consult.id)
        edit(session, consult, clinic.pcp, RequestForm(voice=NO), now=LATER)
        assert not is_voice_kept(session, consult.id)


@pytest.mark.parametrize("wrong", [{"by": "aunt"}, {"method": "sms"}, {"language": "fr"}, {"by": ""}])
def test_values_that_nobody_knows_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        VoiceChoice(**{"is_given": True, "by": "parent", "method": "verbal", "language": "en", **wrong})  # type: ignore[arg-type]
    assert list(refused.value.fields) == [f"voice_consent.{next(iter(wrong))}"]
