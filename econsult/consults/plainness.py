"""How hard a plain summary is to read, as the school grade whose pupils can read it.

English by the formula of Flesch and Kincaid (1975), Spanish by that of Crawford (1984). Both count words, sentences and
syllables alone: a low grade makes no text true or kind, and no family is told its number.
"""

from __future__ import annotations

import re
import unicodedata

GOAL = 6
"""The grade that a summary for families should not exceed."""
LEAST_WORDS = 10
"""A shorter text has no grade: one long word would decide it."""
_SENTENCE = re.compile(
    r"(?<![.!?\u2026])[.!?\u2026]++[\"\u201d\u2019')\]]*(?:\s+|$)|\n\s*\n|\n\s*(?=[-\u2022*]|\d+[.)]\s)"
)
_SHORTENED = re.compile(r"\b(?:Dr|Dra|Mr|Mrs|Ms|Sr|Sra|St|vs|p\.ej|e\.g|i\.e|approx|aprox|No|Nr)\.", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+(?:[.,:/]\d+)*")
_UNDER_TWENTY = {"en": (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2),
                 "es": (2, 2, 1, 1, 2, 2, 1, 2, 2, 2, 1, 2, 2, 2, 3, 2, 4, 4, 4, 4)}  # fmt: skip
"""Syllables of the spoken numbers from zero."""
_ENGLISH_TENS = (0, 1, 2, 2, 2, 2, 2, 3, 2, 2)
_SPANISH_TENS = (0, 1, 2, 3, 3, 4, 3, 3, 3, 3)
_SILENT_E = re.compile(
    r"(?<=[aeiouy][lr])e$|(?<=[^aeiouylr])e$|(?<=[^aeiouy])e(?=(?:ly|ty|ment|ful|less|ness|teen|work)$)"
)
_ED = re.compile(r"(?<![td])(?<![^aeiouy]l)ed$")
_ES = re.compile(r"(?<![sxzcg])(?<![cs]h)(?<![^aeiouy]l)es$")
_MET = re.compile(
    # `radio` and `bacteria`, not the ends of `action`, `special`, `opinion`, `familiar`, `senior`, `marriage`.
    r"(?<![tscg])(?<!rr)i(?:um|a(?!rs?$))|(?<![iu]l)i(?=ars?$)|(?<=[tc])i(?=at)|"
    r"(?<![tscgxn])(?<!sh)(?<!ll)(?<!av)i(?=o(?!us))|(?<![tscgx])i(?=ous)|"
    # `client`, `audience` and `society`, not `patient`.
    r"(?<![tcn])i(?=en(?:ts?|c\w*)$)|i(?=et[yi])|"
    # `actual`, `fluent`, `fuel`, `poem`, `museum`, `video`, `trying`; not `guess`, `equal`, `language`, `persuade`.
    r"(?<!q)u(?:al|ou)|(?<=[^qgs])ua|(?<![qg])u(?=el|en[tcz])|o(?=e[mt])|e(?=ums?$)|eo(?!u)|[aeouy]ing$"
)
"""Vowels that meet without melting together."""
_ODD = {
    "aches": 1, "ammonia": 3, "apnea": 3, "area": 3, "baseline": 2, "brilliant": 2, "california": 4, "carefully": 3,
    "cereal": 3, "couldn't": 2, "create": 2, "created": 3, "creating": 3, "diabetes": 4,
    "diarrhea": 4, "didn't": 2, "diet": 2, "different": 2, "doesn't": 2, "element": 3, "every": 2, "everything": 3,
    "fluid": 2, "giant": 2, "hasn't": 2, "headaches": 2, "household": 2, "idea": 3, "isn't": 2, "lifetime": 2,
    "maybe": 2, "nausea": 3, "people": 2, "petroleum": 4, "pneumonia": 3, "quiet": 2, "reaction": 3,
    "recipe": 3, "ruin": 2, "ruined": 2, "science": 2,
    "scientist": 3,
    "shouldn't": 2, "someone": 2, "something": 2, "sometimes": 2, "somewhere": 2, "suicidal": 4, "suicide": 3,
    "theater": 3, "tired": 2, "virginia": 3, "wasn't": 2,
    "wouldn't": 2,
}  # fmt: skip
"""Words of advice that the rule below counts wrong."""


def grade(text: str, language: str) -> int | None:
    """The grade, from 1; None where the text is too short to have one, or not English or Spanish."""
    words = _WORD.findall(text)
    if len(words) < LEAST_WORDS or language not in {"en", "es"}:
        return None
    sentences = max(1, sum(1 for part in _SENTENCE.split(_SHORTENED.sub("x", text)) if _WORD.search(part)))
    syllables = sum(syllables_of(word, language) for word in words)
    if language == "es":
        found = -0.205 * (100 * sentences / len(words)) + 0.049 * (100 * syllables / len(words)) - 3.407
    else:
        found = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return max(1, round(found))


def syllables_of(word: str, language: str) -> int:
    """How many syllables a word or a number in figures has when it is said."""
    if word[0].isdigit():
        points = len(re.findall(r"[.,]", word)) * (2 if language == "es" else 1)
        return points + sum(_spoken(part, language) for part in re.findall(r"\d+", word))
    parts = re.split(r"-", word.casefold().replace("\u2019", "'"))
    return sum(max(1, _spanish(part) if language == "es" else _english(part)) for part in parts if part)


def _english(word: str) -> int:
    if (known := _ODD.get(word) or _ODD.get(word.removesuffix("s"))) is not None:
        return known
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word) if sign.isalpha())
    plain = _SILENT_E.sub("", _ES.sub("", _ED.sub("d", plain)))
    return len(re.findall(r"[aeiouy]+", plain)) + len(_MET.findall(plain)) + len(re.findall(r"[sth]m$", plain))


def _spanish(word: str) -> int:
    """Count the cores of syllables: two strong vowels part, and so does a weak one that carries the accent."""
    plain = re.sub(r"(?<=[gq])u(?=[ei\u00e9\u00ed])", "", word).replace("\u00fc", "u")
    plain = re.sub(r"y(?![aeiou\u00e1\u00e9\u00ed\u00f3\u00fa])", "i", plain)
    # A silent h between vowels parts them as it is said here (`ahumado`), and so does the u of `construir`.
    plain = re.sub(r"u(?=ir(?:se|l[aeo]s?)?$)", "u.", plain)
    plain = re.sub(r"(?<=[aeiou\u00e1\u00e9\u00ed\u00f3\u00fa])h", ".", plain).replace("h", "")
    cores = re.findall(r"[iu]?[aeo\u00e1\u00e9\u00f3][iu]?|[\u00ed\u00fa]|[iu]+", plain)
    return len(cores)


def _spoken(figures: str, language: str) -> int:
    """A number as it is read out, to a hundred; a larger one about two for each figure."""
    if len(figures) > 2:
        return 2 * len(figures)
    number = int(figures)
    if number < len(_UNDER_TWENTY[language]):
        return _UNDER_TWENTY[language][number]
    tens, ones = divmod(number, 10)
    if language == "es":
        return _SPANISH_TENS[tens] + (_UNDER_TWENTY["es"][ones] + (tens > 2) if ones else 0)
    return _ENGLISH_TENS[tens] + (_UNDER_TWENTY["en"][ones] if ones else 0)
