"""What the meters beside the texts for a family say, and what is not there in its language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from econsult.consults.plainness import GOAL, grade
from econsult.consults.spoken import language_of, told_in
from web.words.language import gettext
from web.words.terms import language_named

HARD = 9
"""From this grade on a summary is called hard."""
HARDEST = 12
"""No more is told apart: a school has no higher grade."""
PARTS = {
    "family_summary": _l("the summary"),
    "recommendations": _l("the steps of the family"),
    "watch_for": _l("when to call"),
    "reason": _l("why it was corrected"),
}


@dataclass(frozen=True)
class Meter:
    """The grade, which a bar of at most 12 shows, and the words beside it."""

    grade: int
    words: str


def meter_of(text: str, language: str, *, is_only: bool = False) -> Meter | None:
    """How hard a text is to read, by the formula of the language that it is in; None for one that is too short.

    `is_only`: it should be in `language`, and the words say where it is not.
    """
    spoken = language_of(text) or language
    found = grade(text, spoken)
    if found is None:
        return None
    told = gettext("Grade %(grade)s.", grade=found if found <= HARDEST else f"{HARDEST}+")
    if is_only and spoken != language:
        told = f"{gettext('This is not in %(language)s.', language=language_named(language))} {told}"
    if found <= GOAL:
        return Meter(found, f"{told} {gettext('Easy to read')}")
    advice = (
        gettext("Hard to read: say it shorter") if found >= HARD else gettext("A little hard: shorter sentences help")
    )
    return Meter(found, f"{told} {advice}")


def lacking_words(content: Mapping[str, Any], language: str) -> str:
    """What of an answer the family cannot read in its language, and what comes of that; empty where nothing lacks."""
    lacking = told_in(content, language).lacking
    if not lacking:
        return ""
    return gettext(
        "Not in %(language)s: %(parts)s. The family reads that it should call, and the coordinator tells it by an "
        "interpreter.",
        language=language_named(language),
        parts=", ".join(str(PARTS[name]) for name in lacking),
    )


def spanish_of(content: Mapping[str, Any], language: str) -> dict[str, object]:
    """What a form for an answer shows of its Spanish: `meter_es`, and `lacking` in words."""
    spanish = meter_of(str(content.get("family_summary_es") or ""), "es", is_only=True)
    return {"meter_es": spanish, "lacking": lacking_words(content, language)}
