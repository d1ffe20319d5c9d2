"""Ready sentences in words: for which part of an answer each is meant, and how hard one for a family is to read."""

from __future__ import annotations

from typing import Protocol

from flask_babel import lazy_gettext as _l

from web.words.plain import meter_of

SNIPPET_FIELDS = {
    "impression": _l("Likely diagnosis"),
    "step": _l("Plan"),
    "watch_for": _l("Call the same day if"),
    "family_summary": _l("Plain summary for the family"),
    "family_summary_es": _l("Plain summary in Spanish"),
    "references": _l("References"),
}


class Sentence(Protocol):
    """A sentence, whoever keeps it."""

    @property
    def field(self) -> str: ...
    @property
    def text(self) -> str: ...


FAMILYS = {"family_summary": "en", "family_summary_es": "es"}


def grade_words(sentence: Sentence) -> str:
    """The reading grade of a sentence for families, in words; empty for the others, and for what is too short."""
    found = meter_of(sentence.text, FAMILYS[sentence.field]) if sentence.field in FAMILYS else None
    return found.words if found else ""
