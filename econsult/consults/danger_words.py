"""Words in a free text that may tell of danger, in English and Spanish: fixed lists, kept as data.

They are a hint only. What they find is asked about and looked at by a person; what they do not find means nothing, and
nobody is told that a text is harmless. They know no negation: "no seizure" is found as well, for one hint too many
costs a question and one too few may cost a child. Only the plain "no fever" is known of a child with weak defenses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from econsult.consults import danger_english as english
from econsult.consults import danger_known as known
from econsult.consults import danger_organs as organs
from econsult.consults import danger_organs_spanish as organos
from econsult.consults import danger_spanish as spanish
from econsult.consults.danger_fever import without_denied

INFANT_FEVER, WEAK_FEVER = "young_infant_fever", "weak_defenses_fever"
YOUNG_MONTHS, GROWN_MONTHS = 3, 12
"""Below the first any fever is a sign. From the second on "three weeks" is how long something lasts."""
_UNTIL_MONTHS = {"infant_spasms": 3 * GROWN_MONTHS}
"""Of older children such words tell of tics, of play and of sleep; seizures have words of their own at any age."""
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
        (r"\b(he|she|it) ?s\b", r"\1 is"),
        (r"\bthey ?re\b", "they are"),
        (r"\bgonna\b", "going to"),
        (r"\balot\b", "a lot"),
        (r"\bnon stop\b", "nonstop"),
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
    in_english, in_spanish = _tongues()
    found = [
        code for code, sign in in_english.signs.items() if _is_in(told, sign) or _is_in(heard, in_spanish.signs[code])
    ]
    if _is_in(told, in_english.fever) or _is_in(heard, in_spanish.fever):
        found += [INFANT_FEVER] * _is_newborn(told, heard, months)
    named = [_plain(text) for text in about if text]
    named_heard = [fold(text) for text in named]
    undenied = [_plain(without_denied(text)) for text in texts if text]
    for code, sign in in_english.now.items():
        now = undenied if code == WEAK_FEVER else told
        is_now = _is_in(now, sign) or _is_in(map(fold, now), in_spanish.now[code])
        has = _is_in(told + named, in_english.has[code]) or _is_in(heard + named_heard, in_spanish.has[code])
        found += [code] * (is_now and has and _is_of_age(code, months))
    return tuple(found)


def fold(text: str) -> str:
    """Spanish as it sounds: what is often written one for the other becomes the same, and doubled letters one."""
    for written, sound in _SOUNDS:
        text = text.replace(written, sound)
    return re.sub(r"([^\W\d])\1+", r"\1", text)


def _is_of_age(code: str, months: int | None) -> bool:
    return months is None or months < _UNTIL_MONTHS.get(code, months + 1)


def _is_newborn(told: Iterable[str], heard: Iterable[str], months: int | None) -> bool:
    if months is not None and months < YOUNG_MONTHS:
        return True
    in_english, in_spanish = _tongues()
    if _is_in(told, in_english.newborn) or _is_in(heard, in_spanish.newborn):
        return True
    is_grown = months is not None and months >= GROWN_MONTHS
    return not is_grown and (_is_in(told, in_english.perhaps) or _is_in(heard, in_spanish.perhaps))


def _is_in(texts: Iterable[str], pattern: re.Pattern[str]) -> bool:
    return any(map(pattern.search, texts))


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


@dataclass(frozen=True)
class _Tongue:
    """What is looked for in one language; `has` an illness that makes a sign of what is `now`, by the sign."""

    signs: Mapping[str, re.Pattern[str]]
    fever: re.Pattern[str]
    newborn: re.Pattern[str]
    perhaps: re.Pattern[str]
    has: Mapping[str, re.Pattern[str]]
    now: Mapping[str, re.Pattern[str]]


@cache
def _tongues() -> tuple[_Tongue, _Tongue]:
    """English, and Spanish as it sounds. Not as the module is loaded: that takes longer than most processes look."""
    return (
        _Tongue(
            signs={code: _compiled(patterns) for code, patterns in english.PATTERNS.items()},
            fever=_compiled(english.FEVER),
            newborn=_compiled(english.NEWBORN),
            perhaps=_compiled(english.NEWBORN_MAYBE),
            has={code: _compiled(sign.has) for code, sign in {**known.ENGLISH, **organs.ENGLISH}.items()},
            now={code: _compiled(sign.now) for code, sign in {**known.ENGLISH, **organs.ENGLISH}.items()},
        ),
        _Tongue(
            signs={code: _compiled(spanish.PATTERNS[code], _folded) for code in english.PATTERNS},
            fever=_compiled(spanish.FEVER, _folded),
            newborn=_compiled(spanish.NEWBORN, _folded),
            perhaps=_compiled(spanish.NEWBORN_MAYBE, _folded),
            has={code: _compiled(sign.has, _folded) for code, sign in {**known.SPANISH, **organos.SPANISH}.items()},
            now={code: _compiled(sign.now, _folded) for code, sign in {**known.SPANISH, **organos.SPANISH}.items()},
        ),
    )
