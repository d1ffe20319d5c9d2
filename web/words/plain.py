"""What the meter beside a plain summary says."""

from __future__ import annotations

from dataclasses import dataclass

from econsult.consults.plainness import GOAL, grade
from web.words.language import gettext

HARD = 9
"""From this grade on a summary is called hard."""
HARDEST = 12
"""No more is told apart: a school has no higher grade."""


@dataclass(frozen=True)
class Meter:
    """The grade, which a bar of at most 12 shows, and the words beside it."""

    grade: int
    words: str


def meter_of(text: str, language: str) -> Meter | None:
    """How hard a summary is to read; None for one that is too short or in a language without a formula."""
    found = grade(text, language)
    if found is None:
        return None
    told = gettext("Grade %(grade)s.", grade=found if found <= HARDEST else f"{HARDEST}+")
    if found <= GOAL:
        return Meter(found, f"{told} {gettext('Easy to read')}")
    advice = (
        gettext("Hard to read: say it shorter") if found >= HARD else gettext("A little hard: shorter sentences help")
    )
    return Meter(found, f"{told} {advice}")
