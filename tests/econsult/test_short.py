"""Texts of every kind, language and channel: short enough for one message, and nothing about anybody in them."""

from __future__ import annotations

import re

import pytest

from econsult.consults.contents import Disposition
from econsult.family_notices import said_to
from econsult.notices import LEADS_TO, SUBJECTS, TEXTS, Notice, NoticeKind, letter
from econsult.people.persons import LANGUAGES, SPECIALTIES
from econsult.reach.deliveries import Channel
from econsult.reach.short import ALPHABET, CODES, DOUBLE, SHORT, code_text, parts, short_text
from tests.personas import ANSWER, FAMILY_QUESTION, QUESTION

STAFF, FAMILY = False, True
LONGEST_BASE = "https://" + "m" * 37
EVERYTHING = [
    (kind, language, channel, reader)
    for kind in NoticeKind
    for language in LANGUAGES
    for channel in Channel
    for reader in (STAFF, FAMILY)
]
HEALTH = [
    "rash",
    "mancha",
    "fever",
    "fiebre",
    "skin",
    "piel",
    "asthma",
    "asma",
    "seizure",
    "heart",
    "brain",
    "eczema",
    "photo",
    "foto",
    "diagnos",
    "cream",
    "crema",
    "dermat",
    "neuro",
    "cardi",
    "genet",
    "kidney",
    "allerg",
    "alergi",
    "test",
    "result",
    "dose",
    "medic",
]
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
]


def said(kind: NoticeKind, language: str, channel: Channel, reader: bool) -> str:
    """What leaves the house."""
    if channel == Channel.SMS:
        return short_text(kind, language, LONGEST_BASE, is_family=reader)
    return "\n".join(letter(Notice(kind=kind, language=language), LONGEST_BASE, is_family=reader))


@pytest.mark.parametrize(("kind", "language", "channel", "reader"), EVERYTHING)
def test_what_is_said_is_about_nobody(kind: NoticeKind, language: str, channel: Channel, reader: bool) -> None:
    text = said(kind, language, channel, reader)
    words = text.replace(LONGEST_BASE, "").casefold()
    told = [*SPECIALTIES, *HEALTH, *MONTHS, *(each.value for each in Disposition)]
    told += [word for word in f"{QUESTION} {FAMILY_QUESTION} {ANSWER['impression']}".split() if len(word) > 7]
    assert [word for word in told if re.search(rf"\b{re.escape(word.casefold())}", words)] == []
    assert not re.search(r"[0-9]", words), "a date, an age or a number of a case"
    # The same for everybody: no page of a child, a case or a person.
    pages = {"/"} if channel == Channel.SMS else {LEADS_TO.get(kind, "/")}
    assert re.findall(r"https?://\S*", text) == [f"{LONGEST_BASE}{page}" for page in pages]
    assert pages <= {"/", "/account#h-sessions"}
    assert "%" not in text
    assert "{" not in text


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", [STAFF, FAMILY])
def test_a_text_is_one_message(kind: NoticeKind, language: str, reader: bool) -> None:
    text = short_text(kind, language, LONGEST_BASE, is_family=reader)
    assert set(text) <= ALPHABET
    assert len(text) <= 160
    assert parts(text) == 1


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_an_unknown_language_is_answered_in_english_and_never_in_nothing(kind: NoticeKind) -> None:
    for reader in (STAFF, FAMILY):
        foreign, english, spanish = (
            short_text(kind, code, "https://c.test", is_family=reader) for code in ("fr", "en", "es")
        )
        assert foreign == english != spanish
        told = letter(Notice(kind=kind, language="fr"), "https://c.test", is_family=reader)[1]
        assert told.startswith(said_to(kind, is_family=reader)["en"])


def test_no_cover_is_told_of_full_hands_as_well() -> None:
    said = [TEXTS[NoticeKind.NO_COVER]["en"], TEXTS[NoticeKind.NO_COVER]["es"], SHORT["es"][NoticeKind.NO_COVER]]
    assert ["can take a request" in said[0], *("puede tomar una solicitud" in each for each in said[1:])] == [True] * 3
    assert not any("on duty" in each or each.startswith("Nadie") for each in said)


def test_every_language_has_its_short_words_and_its_code() -> None:
    assert set(SHORT) == set(SUBJECTS) - {"en"}
    assert set(CODES) == set(SUBJECTS)
    for language in (*SUBJECTS, "fr"):
        text = code_text("012345", language)
        assert text.startswith("012345 ")
        assert parts(text) == 1
        assert set(text) <= ALPHABET


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("ñ¿é" * 53, 1),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("", 1),
    ],
)
def test_messages_are_counted_as_networks_count_them(text: str, count: int) -> None:
    assert parts(text) == count


def test_the_alphabet_is_that_of_gsm() -> None:
    assert len(ALPHABET) == 127
    assert len(DOUBLE) == 10
    assert ALPHABET.isdisjoint("áíóúÁ")
