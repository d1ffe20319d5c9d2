"""In which language an answer speaks to its family, and what of it the family cannot read in its own.

A text's language is guessed from its small words, so that English that stands in the place of Spanish is noticed. No
text is ever translated here: Spanish is what a named person has written or checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from econsult.consults.own_steps import is_own

SPANISH = "es"
_WORD = re.compile(r"[a-z]+")
_SMALL = {
    "en": frozenset(
        _WORD.findall(
            "the a an and or of to in on at for with your you his her is are was be it this that if use do not no from "
            "by as will may can call us we our child skin day days week weeks times twice once each when before after "
            "two three one give put keep wash see clinic doctor cream morning night every he she they has have"
        )
    ),
    "es": frozenset(
        _WORD.findall(
            "el la los las un una unos unas y o de del al a en con por para su sus usted es son fue ser esta este esto "
            "si no que se lo le les nos ni cada cuando antes hasta dos tres veces vez sin como muy use ponga llame "
            "lave piel crema clinica doctora dia dias semana semanas noche hijo hija nino nina tiene hay pero tambien "
            "mas durante despues solo todo toda haga vaya lleve"
        )
    ),
}
_MARKS = re.compile("[\u00f1\u00bf\u00a1\u00e1\u00e9\u00ed\u00f3\u00fa]")
_PLAIN = str.maketrans("\u00e1\u00e9\u00ed\u00f3\u00fa\u00fc\u00f1", "aeiouun")
LEAD = 1.5
"""How many times as many small words of one language than of the other make a text its."""


def language_of(text: str) -> str:
    """ "en" or "es"; empty where the text is too short, or too much of both, to tell."""
    told = text.casefold()
    words = _WORD.findall(told.translate(_PLAIN))
    english = sum(word in _SMALL["en"] for word in words)
    spanish = sum(word in _SMALL["es"] for word in words) + len(_MARKS.findall(told))
    if spanish > english * LEAD:
        return SPANISH
    return "en" if english > spanish * LEAD else ""


@dataclass(frozen=True)
class Spoken:
    """One text and the language that it is in."""

    text: str
    language: str


@dataclass(frozen=True)
class Told:
    """What an answer says to its family: each text in the family's language where it is there in it.

    `is_in_spanish` says that somebody must answer for Spanish, in whichever box it stands; `checked` is who does, as
    `how` and name, empty where nothing is in Spanish.
    """

    summary: Spoken
    watch_for: Spoken
    reason: Spoken
    steps: tuple[Spoken, ...]
    lacking: tuple[str, ...]
    is_in_spanish: bool = False
    checked: tuple[str, str] = ("", "")


def told_in(content: Mapping[str, Any], language: str) -> Told:
    """The answer for a family of this language; `lacking` names what is not there in it.

    `content` may hold the `reason` of a correction too, which is kept beside an answer and not in it.
    """
    first = str(content.get("family_summary") or "")
    # What is too short to tell is in the language of the summary; and that, in doubt, in none but English, unless
    # somebody answers for its Spanish: whoever cannot read it would be told that it is in their own language.
    in_doubt = SPANISH if language == SPANISH and content.get("spanish_how") else "en"
    usual = language_of(first) or language_of(str(content.get("watch_for") or "")) or in_doubt

    def spoken(text: object, beside: object) -> Spoken:
        if language == SPANISH and str(beside or "").strip():
            # What stands in the place of Spanish and is not is labelled, and missing, like any other.
            return Spoken(str(beside), language_of(str(beside)) or SPANISH)
        return Spoken(str(text or ""), language_of(str(text or "")) or usual)

    summary = spoken(first, content.get("family_summary_es"))
    watch_for = spoken(content.get("watch_for"), content.get("watch_for_es"))
    reason = spoken(content.get("reason"), content.get("reason_es"))
    plan = content.get("recommendations") or ()
    steps = tuple(spoken(step.get("text"), step.get("text_es")) for step in plan)
    own = [said for step, said in zip(plan, steps, strict=True) if step.get("owner") == "family"]
    parts = {"family_summary": [summary], "recommendations": own, "watch_for": [watch_for], "reason": [reason]}
    lacking = tuple(
        name for name, said in parts.items() if any(each.text.strip() and each.language != language for each in said)
    )
    read = [each for said in parts.values() for each in said if each.text.strip() and not is_own(each.text)]
    is_spanish = has_spanish(content) or (language == SPANISH and any(each.language == SPANISH for each in read))
    checked = (str(content.get("spanish_how") or ""), str(content.get("spanish_by") or "")) if is_spanish else ("", "")
    return Told(summary, watch_for, reason, steps, lacking, is_spanish, checked)


def has_spanish(content: Mapping[str, Any]) -> bool:
    """Whether anything is written in Spanish beside the first text."""
    steps = content.get("recommendations") or ()
    names = ("family_summary_es", "watch_for_es", "reason_es")
    texts = (*(content.get(name) for name in names), *(step.get("text_es") for step in steps))
    return any(str(text or "").strip() for text in texts)
