"""Words that may tell of danger: found in both languages, never taken for an all-clear, told to a person at once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults import danger_english as english
from econsult.consults import danger_spanish as spanish
from econsult.consults import requests, threads
from econsult.consults.danger_words import INFANT_FEVER, WEAK_FEVER, words_of_danger
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
    ("weak_defenses_fever", "he has a port and a fever"),
    ("weak_defenses_fever", "Nació con VIH y hoy tiene 39 de fiebre"),
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


def _sentences(language: str) -> list[tuple[str, str]]:
    code, found = "", []
    for line in (Path(__file__).parent / f"danger_{language}.txt").read_text().splitlines():
        code, is_title = (line[2:], True) if line.startswith("# ") else (code, False)
        found += [] if is_title else [(code, line)]
    return found


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_sign_is_found_as_families_say_it(language: str) -> None:
    """Some four hundred sentences of each language, with what telephones misspell and the words of the country."""
    told = _sentences(language)
    assert set(Counter(code for code, _text in told).values()) & set(range(15)) == set()
    missed = [(code, text) for code, text in told if code not in words_of_danger(text)]
    assert missed == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_parents_write_in_a_hurry_is_found_and_what_is_plain_is_not(language: str) -> None:
    """What may tell of danger and what does not, as it is typed."""
    lines = (Path(__file__).parent / f"danger_typed_{language}.txt").read_text().splitlines()[1:]
    wrong = [line for line in lines if bool(words_of_danger(line[2:], months=60)) is not line.startswith("+ ")]
    assert wrong == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_everyday_sentences_are_seldom_a_hint(language: str) -> None:
    told = (Path(__file__).parent / f"honest_{language}.txt").read_text().splitlines()
    hints = [text for text in told if words_of_danger(text, months=60)]
    assert len(hints) * 20 <= len(told), hints


@pytest.mark.parametrize(
    "text",
    [
        "Mi hijo de 8 años brinca sin parar",
        "He has tics, twitches many times a day",
        "He startles at night, many times",
        "Le brinca el ojo a cada rato",
    ],
)
def test_spasms_of_babies_are_no_tics_of_a_schoolchild(text: str) -> None:
    assert (words_of_danger(text, months=96), words_of_danger(text, months=8)) == ((), ("infant_spasms",))


@pytest.mark.parametrize("text", ["his head drops over and over", "se le cae la cabeza una y otra vez"])
def test_a_head_that_drops_again_and_again_is_a_hint_at_any_age(text: str) -> None:
    assert words_of_danger(text, months=96) == ("seizure",)


@pytest.mark.parametrize(
    ("text", "months", "is_hint"),
    [
        ("Tiene fiebre de 39", 1, True),
        ("She feels hot and does not eat", 2, True),
        ("no fever", 0, True),
        ("Tiene fiebre de 39", 3, False),
        ("Lleva tres semanas con tos y calentura", 60, False),
        ("cough for three weeks, and a fever", 60, False),
        ("she is 6 weeks old and has a fever", None, True),
    ],
)
def test_a_fever_of_a_young_baby_is_known_by_the_record(text: str, months: int | None, is_hint: bool) -> None:
    assert ("young_infant_fever" in words_of_danger(text, months=months)) is is_hint


def test_a_long_text_costs_no_time() -> None:
    text, started = "no he is se le " * 2000, time.process_time()
    words_of_danger(text)
    assert time.process_time() - started < 2


def test_every_sign_has_its_words() -> None:
    elsewhere = {INFANT_FEVER, WEAK_FEVER}
    assert {*english.PATTERNS} | elsewhere == {*spanish.PATTERNS} | elsewhere == set(UNIVERSAL)
    assert {code for code, _ in FOUND} == set(UNIVERSAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It itches at night",
        "Le pica de noche",
        "A faint red rash on the elbow",
        "Dolor de estómago que dura todo el día. El dolor de panza dura dos horas",
        "Le duele el estómago y le dura dos horas",
        "Cólicos del estómago, ¿cuánto dura?",
        "Le duele la panza y hace popó dura",
        "Belly hurts, poop is hard",
        "Tummy ache and hard bowel movements",
        "The stomach bug hit hard",
        "He does not finish his sentences, speech delay",
        "No habla todavía y tiene tos",
        "Tomó 5 días la medicina",
        "She swallowed a little water and her gum. He swallowed a glass of milk",
        "Se tragó una semilla y un poco de agua",
        "La mamá sacude las sábanas por el polvo",
        "Shook up by the news, she shakes her rattle",
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


@pytest.mark.parametrize(
    "written",
    [
        {"story": "Tiene la cara hinchada"},
        {"neurology.by_family_event": "Her face is swelling"},
        {"core.by_family_illness": "Se le hinchó la cara"},
        {"other_system": {"notes": ["her lips are swollen"]}},
    ],
)
def test_words_of_danger_are_looked_for_in_every_answer(
    database: Database, clinic: Clinic, written: dict[str, Any]
) -> None:
    with database.writing() as session:
        details = {"body_site": "elbow", "caller": {"who": "family", "name": "no despierta"}, **written}
        draft = clinic.family_draft(session, details=details)
        sent = requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert (sent.status, sent.urgency) == ("submitted", "same_day")
        assert session.scalars(select(RedFlagStop.codes)).all() == ["anaphylaxis"]


def test_a_babys_fever_in_a_story_is_known_by_its_birth_date(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": "elbow", "story": "Tiene fiebre de 39 desde anoche"})
        session.merge(clinic.child).birth_date_text = "2026-01-20"
        sent = requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert sent.urgency == "same_day"


def test_what_staff_write_is_no_hint_unless_a_family_told_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        asked = clinic.family_question(session)
        threads.post(session, asked, clinic.pcp, Audience.FAMILY, text="Any seizure?", now=NOON)
        assert session.scalars(select(RedFlagStop)).all() == []
        threads.post(
            session, asked, clinic.coordinator, Audience.FAMILY, text="A seizure now", now=NOON, is_relayed=True
        )
        assert len(session.scalars(select(RedFlagStop)).all()) == 1
