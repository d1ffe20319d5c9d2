"""Sentences that specialists write again and again, as data: `/name` and Tab bring one, Tab leads to what is open.

What is to be filled in stands between ⟨ and ⟩; an answer that still holds one is not signed (`check_complete`). The
words are drafts until a clinician has signed them off, as those of the templates.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib.resources import files

from econsult.advice.reading import cards_for

EVERY = "every"
"""The sentences for all specialties."""
FIELDS = ("impression", "step", "watch_for", "family_summary", "family_summary_es", "references")
NAME = re.compile("[a-z][a-z0-9-]{1,23}")
LONGEST = 1000
OWN, PROGRAM = "own", "program"
"""Who keeps a sentence that is not of the house."""


@dataclass(frozen=True)
class Snippet:
    """One sentence: the name that brings it, the field that it is meant for, and its words."""

    name: str
    field: str
    text: str
    origin: str = ""

    def __post_init__(self) -> None:
        is_known = NAME.fullmatch(self.name) and self.field in FIELDS
        if not (is_known and is_whole(self.text) and 1 <= len(self.text) <= LONGEST):
            raise ValueError(f"The snippet {self.name} has a wrong name, field or text.")


def is_whole(text: str) -> bool:
    """Whether each place that is to be filled in begins, ends, and says what belongs there."""
    return re.fullmatch("[^⟨⟩]*(⟨[^⟨⟩]+⟩[^⟨⟩]*)*", text) is not None


def snippets_for(specialty: str | None) -> tuple[Snippet, ...]:
    """Those of a specialty, and after them those for all."""
    known = _known()
    return (known.get(specialty, ()) if specialty else ()) + known[EVERY]


@functools.cache
def _known() -> dict[str, tuple[Snippet, ...]]:
    read = json.loads((files("econsult.advice") / "snippets.json").read_text(encoding="utf-8"))
    return {name: (*(Snippet(**row) for row in rows), *_reading(name)) for name, rows in read.items()}


def _reading(specialty: str) -> tuple[Snippet, ...]:
    """What a family of this specialty may read on, as references."""
    return tuple(Snippet(card.name, "references", card.reference) for card in cards_for(specialty))
