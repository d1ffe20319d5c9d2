"""The grade of a text is within one of the published formula on texts whose syllables were counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsult.consults.plainness import grade, syllables_of

HERE = Path(__file__).parent
# Syllables are parted by a point, so that whoever doubts a count can count again; `|` ends a sentence.
ENGLISH, SPANISH = ((HERE / f"counted_{language}.txt").read_text("utf-8").splitlines() for language in ("en", "es"))


def counted(text: str) -> tuple[str, int, int, int]:
    """The plain text, and its words, sentences and syllables as they were counted by hand."""
    plain = text.replace("·", "").replace("| ", "")
    words = text.replace("|", "").split()
    return plain, len(words), text.count("|") + 1, sum(word.count("·") + 1 for word in words)


@pytest.mark.parametrize("text", ENGLISH)
def test_an_english_text_is_within_one_grade_of_the_formula_by_hand(text: str) -> None:
    plain, words, sentences, syllables = counted(text)
    by_hand = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    found = grade(plain, "en")
    assert found is not None
    assert abs(found - max(1.0, by_hand)) <= 1


@pytest.mark.parametrize("text", SPANISH)
def test_a_spanish_text_is_within_one_grade_of_the_formula_by_hand(text: str) -> None:
    plain, words, sentences, syllables = counted(text)
    by_hand = -20.5 * sentences / words + 4.9 * syllables / words - 3.407
    found = grade(plain, "es")
    assert found is not None
    assert abs(found - max(1.0, by_hand)) <= 1


def test_hardly_a_word_is_counted_wrong() -> None:
    for language, texts in (("en", ENGLISH), ("es", SPANISH)):
        words = [word.strip(".,:") for text in texts for word in text.replace("|", "").split()]
        wrong = {word for word in words if syllables_of(word.replace("·", ""), language) != word.count("·") + 1}
        assert len(wrong) <= len(words) * 0.03, wrong


@pytest.mark.parametrize(
    ("word", "language", "syllables"),
    [("7", "en", 2), ("2.5", "en", 3), ("24", "en", 3), ("7", "es", 2), ("16", "es", 4), ("24", "es", 4),
     ("1000", "en", 8), ("over-the-counter", "en", 5), ("isn\u2019t", "en", 2), ("ag\u00fcita", "es", 3),
     ("y", "es", 1), ("\u00d1o\u00f1o", "es", 2)],
)  # fmt: skip
def test_numbers_and_odd_words_are_counted_as_they_are_said(word: str, language: str, syllables: int) -> None:
    assert syllables_of(word, language) == syllables


def test_vowels_that_meet_are_parted_where_they_are_said_apart() -> None:
    """Counted by hand: those that a first rule had one too many or too few, with their like that it had right."""
    english = """1 guess friend 2 senior junior client patient union lion poem fuel cruel equal question trying
        playing needles ninety safety maybe homework language tissue ruined onion million special diet
        3 opinion familiar pneumonia period serious created creating museum nutrient scientist usual champion theater
        suicide guardian infectious religion
        4 anxiety society variety ingredient experience material bacteria associate influenza immediate"""
    spanish = """2 agua huir ruido muela 3 construir prohibir ahora incluir construye cuidado farmacia
        4 zanahoria ahumado prohibido vehículo almohada energía neumonía"""
    for language, told in (("en", english), ("es", spanish)):
        count, wrong = 0, []
        for word in told.split():
            count = int(word) if word.isdigit() else count
            wrong += [word] if not word.isdigit() and syllables_of(word, language) != count else []
        assert wrong == []


@pytest.mark.parametrize(
    "text", ["", "Call us.", "\u4f60\u597d", "...", "1 2 3", "Use it every day, twice, with care."]
)
def test_a_short_text_has_no_grade(text: str) -> None:
    assert grade(text, "en") is None


def test_abbreviations_and_decimals_end_no_sentence_and_lists_do() -> None:
    whole = "Dr. Chen wants you to use 2.5 ml of the white cream on both of her arms each night"
    parts = "Use the cream at night\n- Call us if it gets worse at home\n- Send us a new photo in a week"
    assert grade(whole + ".", "en") == grade(whole.replace("Dr. ", "Dr "), "en")
    assert (grade(parts, "en") or 99) < (grade(parts.replace("\n- ", " "), "en") or 0)


@pytest.mark.parametrize("language", ["fr", "", "zh"])
def test_another_language_has_no_grade(language: str) -> None:
    assert grade(ENGLISH[0], language) is None


def test_any_text_is_read_in_time() -> None:
    for text in (
        "a" * 10_000,
        "." * 10_000,
        "ai" * 5_000,
        "a. " * 3_000,
        "\u00fc" * 10_000,
        "9" * 10_000,
        "- \n" * 3_000,
    ):
        grade(text, "en")
        grade(text, "es")
