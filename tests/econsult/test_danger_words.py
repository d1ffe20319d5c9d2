"""Words that may tell of danger: found in both languages, never taken for an all-clear, told to a person at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from econsult.consults import requests, threads
from econsult.consults.danger_words import LISTS, words_of_danger
from econsult.consults.hinting import ASKED_FOR, asked_now
from econsult.consults.records import RedFlagStop
from econsult.consults.redflags import UNIVERSAL
from econsult.consults.requests import SubmitForm
from econsult.consults.threads import Audience
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.stops import stops_for
from tests.personas import NOON, TARGETS, Clinic

BLUE = "Ahora no puede respirar y tiene los labios azules"
# Written by hand, as mothers write: at least one of each sign in each language.
FOUND = [
    ("breathing", BLUE),
    ("breathing", "She can't breathe!!"),
    ("breathing", "his lips are turning blue"),
    ("breathing", "le cuesta mucho respirar"),
    ("breathing", "se está ahogando"),
    ("unresponsive", "I can not wake him up"),
    ("unresponsive", "No despierta desde la mañana"),
    ("unresponsive", "se desmayó en la escuela"),
    ("seizure", "He had a seizure today"),
    ("seizure", "tuvo una convulsión"),
    ("anaphylaxis", "Her face is swelling"),
    ("anaphylaxis", "tiene la cara hinchada"),
    ("non_blanching_rash", "purple spots on her legs"),
    ("non_blanching_rash", "Le salieron manchas moradas"),
    ("young_infant_fever", "my newborn has a fever"),
    ("young_infant_fever", "Mi recién nacida tiene fiebre"),
    ("stiff_neck", "STIFF NECK and headache"),
    ("stiff_neck", "tiene el cuello tieso"),
    ("bilious_or_bloody_vomit", "she is throwing up blood"),
    ("bilious_or_bloody_vomit", "vomita verde"),
    ("dehydration", "no wet diapers since last night"),
    ("dehydration", "no ha orinado en todo el día"),
    ("severe_pain", "terrible pain in the belly"),
    ("severe_pain", "un dolor muy fuerte"),
    ("injury", "he hit his head on the floor"),
    ("injury", "se golpeó la cabeza"),
    ("poisoning", "She swallowed a battery"),
    ("poisoning", "Se tragó unas pastillas"),
    ("self_harm", "she says she wants to die"),
    ("self_harm", "dice que quiere morirse"),
    ("unsafe", "my husband hits me"),
    ("unsafe", "su papá le pega"),
    # One hint too many costs a question.
    ("seizure", "No seizure so far"),
    ("seizure", "no ha tenido convulsiones"),
]


@pytest.mark.parametrize(("code", "text"), FOUND, ids=str)
def test_words_of_danger_are_found_in_both_languages(code: str, text: str) -> None:
    assert code in words_of_danger(text)


def test_every_sign_has_its_words() -> None:
    assert set(LISTS) == set(UNIVERSAL)
    assert {code for code, _ in FOUND} == set(UNIVERSAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It itches at night",
        "Le pica de noche",
        "A faint red rash on the elbow",
        "¿Qué crema le pongo?",
        "Thank you!",
    ],
)
def test_plain_words_are_no_hint(text: str) -> None:
    assert words_of_danger(text) == ()


def test_a_message_of_danger_goes_and_is_told_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        asked = clinic.family_question(session)
        threads.post(session, asked, clinic.mother, Audience.FAMILY, text="Gracias", now=NOON)
        assert asked_now(session, asked, NOON) == ()
        sent = threads.post(session, asked, clinic.mother, Audience.FAMILY, text=BLUE, now=NOON)
        assert sent.text == BLUE
        hint = session.scalars(select(RedFlagStop)).one()
        assert (hint.is_hint, hint.is_attested, hint.codes) == (True, False, "breathing")
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.DANGER_WORDS)
        assert session.scalars(told).all() == [clinic.pcp.id]
        assert [each.stop.id for each in stops_for(session, clinic.coordinator, now=NOON)] == [hint.id]
        assert asked_now(session, asked, NOON) == ("breathing",)
        assert asked_now(session, asked, NOON + ASKED_FOR) == ()


def test_a_story_of_danger_is_sent_as_one_of_the_same_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        details = {"body_site": "elbow", "story": "Tiene la cara hinchada"}
        draft = clinic.family_draft(session, details=details)
        sent = requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert (sent.status, sent.urgency) == ("submitted", "same_day")


def test_what_staff_write_is_no_hint_unless_a_family_told_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        asked = clinic.family_question(session)
        threads.post(session, asked, clinic.pcp, Audience.FAMILY, text="Any seizure?", now=NOON)
        assert session.scalars(select(RedFlagStop)).all() == []
        threads.post(
            session, asked, clinic.coordinator, Audience.FAMILY, text="A seizure now", now=NOON, is_relayed=True
        )
        assert len(session.scalars(select(RedFlagStop)).all()) == 1
