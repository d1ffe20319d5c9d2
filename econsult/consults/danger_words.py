"""Words in a free text that may tell of danger, in English and Spanish: fixed lists, kept as data.

They are a hint only. What they find is asked about and looked at by a person; what they do not find means nothing, and
nobody is told that a text is harmless. They know no negation: "no seizure" is found as well, for one hint too many
costs a question and one too few may cost a child.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from econsult.consults import danger_english as english
from econsult.consults import danger_known as known
from econsult.consults import danger_spanish as spanish

INFANT_FEVER = "young_infant_fever"
YOUNG_MONTHS, GROWN_MONTHS = 3, 12
"""Below the first any fever is a sign. From the second on "three weeks" is how long something lasts."""
_LONGEST = 20_000
_LETTERS = re.compile(r"(?<!\\)[a-z\u00f1]+")
_GAP, _WIDE_GAP = r" (?:\w+ ){0,3}", r" (?:\w+ ){0,6}"
_FULL_FORMS = tuple(
    (re.compile(pattern), full)
    for pattern, full in (
        (r"\bwon ?t\b", "will not"),
        (r"\bcan ?t\b|\bcannot\b", "can not"),
        (r"\bain ?t\b", "is not"),
        (r"\b(is|are|was|were|do|does|did|has|have|had|could|would|should)n ?t\b", r"\1 not"),
        (r"\bgonna\b", "going to"),
        (r"\bcouldn\b|\bcudnt\b", "could not"),
    )
)  # fmt: skip
_SOUNDS = (
    ("ch", "\u010d"),
    ("h", ""),
    ("qu", "k"),
    ("q", "k"),
    ("ce", "se"),
    ("ci", "si"),
    ("c", "k"),
    ("z", "s"),
    ("x", "s"),
    ("ge", "je"),
    ("gi", "ji"),
    ("v", "b"),
    ("w", "u"),
    ("ll", "y"),
    ("nb", "mb"),
    ("np", "mp"),
)


def words_of_danger(*texts: str, months: int | None = None, about: Iterable[str] = ()) -> tuple[str, ...]:
    """The signs that words in these texts may tell of. None found says nothing about the child.

    `months` is the child's age by its record, where that is known: of a young baby any fever is a sign. `about` is what
    else is known of the child, as a specialty or another text, in which an illness may be named.
    """
    told = [_plain(text) for text in texts if text]
    heard = [fold(text) for text in told]
    found = [
        code
        for code in english.PATTERNS
        if any(map(_ENGLISH[code].search, told)) or any(map(_SPANISH[code].search, heard))
    ]
    if any(map(_FEVER.search, told)) or any(map(_FIEBRE.search, heard)):
        found += [INFANT_FEVER] * _is_newborn(told, heard, months)
    named = [_plain(text) for text in about if text]
    named_heard = [fold(text) for text in named]
    for code in known.ENGLISH:
        is_now = any(map(_NOW[code].search, told)) or any(map(_AHORA[code].search, heard))
        has = any(map(_HAS[code].search, told + named)) or any(map(_TIENE[code].search, heard + named_heard))
        found += [code] * (is_now and has)
    return tuple(found)


def fold(text: str) -> str:
    """Spanish as it sounds: what is often written one for the other becomes the same, and doubled letters one."""
    for written, sound in _SOUNDS:
        text = text.replace(written, sound)
    return re.sub(r"([^\W\d])\1+", r"\1", text)


def _is_newborn(told: Iterable[str], heard: Iterable[str], months: int | None) -> bool:
    if months is not None and months < YOUNG_MONTHS:
        return True
    if any(map(_NEWBORN.search, told)) or any(map(_NACIDO.search, heard)):
        return True
    is_grown = months is not None and months >= GROWN_MONTHS
    return not is_grown and (any(map(_PERHAPS.search, told)) or any(map(_QUIZAS.search, heard)))


def _plain(text: str) -> str:
    """Small letters without marks, contractions spelled out, and blanks for all other signs."""
    parts = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    words = " ".join(re.sub(r"[\W_]+", " ", re.sub(r"(?<=\w)n['\u2019\u00b4`](?=t\b)", "n", bare)).split())
    for pattern, full in _FULL_FORMS:
        words = pattern.sub(full, words)
    return words


def _compiled(patterns: Iterable[str], spelling: Callable[[re.Match[str]], str] | None = None) -> re.Pattern[str]:
    """The patterns as one, over whole words; `spelling` is how the letters in them are spelled for the comparison."""
    spelled = (_LETTERS.sub(spelling, each) if spelling else each for each in patterns)
    gaps = (each.replace("~~", _WIDE_GAP).replace("~", _GAP) for each in spelled)
    return re.compile(r"\b(?:" + "|".join(gaps) + r")\b")


def _folded(letters: re.Match[str]) -> str:
    """A run of letters in a pattern as it sounds; how a last C sounds is open where any letter may follow."""
    run, is_open = (
        letters[0].replace("\u00f1", "n"),
        letters.string[letters.end() : letters.end() + 1] in ("\\", "[", "("),
    )
    return fold(run[:-1]) + "[ks]" if is_open and run.endswith("c") else fold(run)


_ENGLISH = {code: _compiled(patterns) for code, patterns in english.PATTERNS.items()}
_SPANISH = {code: _compiled(spanish.PATTERNS[code], _folded) for code in english.PATTERNS}
_FEVER, _FIEBRE = _compiled(english.FEVER), _compiled(spanish.FEVER, _folded)
_NEWBORN, _NACIDO = _compiled(english.NEWBORN), _compiled(spanish.NEWBORN, _folded)
_PERHAPS, _QUIZAS = _compiled(english.NEWBORN_MAYBE), _compiled(spanish.NEWBORN_MAYBE, _folded)
_HAS = {code: _compiled(sign.has) for code, sign in known.ENGLISH.items()}
_TIENE = {code: _compiled(sign.has, _folded) for code, sign in known.SPANISH.items()}
_NOW = {code: _compiled(sign.now) for code, sign in known.ENGLISH.items()}
_AHORA = {code: _compiled(sign.now, _folded) for code, sign in known.SPANISH.items()}
