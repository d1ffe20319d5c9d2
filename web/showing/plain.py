"""A signed answer in the order of a family: what it means and what to do first, the doctors' own words last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from econsult.advice.reading import cards_in
from econsult.consults.answers import Answer
from econsult.consults.spoken import Spoken, told_in
from econsult.people.patients import Patient
from web.words import terms
from web.words.families import VISIT_AGREED, WHAT_NOW

URGENT = frozenset({"emergency_now"})


@dataclass(frozen=True)
class Plain:
    """A signed and released answer, whole, sorted into what a family does and what the doctors wrote and do.

    `language` is the one that the family reads; each text carries the one that it is in.
    """

    language: str
    summary: Spoken
    at_home: list[Spoken]
    by_team: list[Spoken]
    watch_for: list[Spoken]
    impression: str
    confidence: str
    next_step: str
    references: str
    is_urgent: bool
    disposition: str
    signed_at: datetime
    is_agreed: bool = False
    """Whether the clinic agreed beforehand to the visit that it leads to."""
    corrects: int | None = None
    correction: Spoken | None = None
    """Why the version before was corrected, in the doctor's words."""
    is_lacking: bool = False
    """Whether something of it is not there in the family's language."""
    spanish_by: str = ""
    """Who has checked its Spanish: a name."""
    is_own_spanish: bool = False
    """Whether whoever answered wrote the Spanish."""

    def reading(self, language: str) -> list[tuple[str, str]]:
        """The pages to read on that the references name, as titles and addresses in the reader's language."""
        return [(card.title(language), card.address(language)) for card in cards_in(self.references)]

    def what_now(self, *, is_youth: bool) -> str:
        """What comes next, beside what the family does itself, for whoever reads; empty where nothing does."""
        of_child, of_youth = VISIT_AGREED if self.is_agreed else WHAT_NOW.get(self.disposition, ("", ""))
        return str(of_youth if is_youth else of_child)


def plain_of(
    answer: Answer,
    signed_at: datetime,
    patient: Patient,
    content: Mapping[str, Any] | None = None,
    *,
    is_agreed: bool = False,
) -> Plain:
    """The answer sorted; `content` is what this reader may read of it, where that is not the whole."""
    content = answer.content if content is None else content
    told = told_in({**content, "reason": answer.why or None}, patient.language)
    advice = list(zip(content.get("recommendations") or [], told.steps, strict=True))
    return Plain(
        language=patient.language,
        summary=told.summary,
        at_home=[said for each, said in advice if each["owner"] == "family"],
        by_team=[said for each, said in advice if each["owner"] != "family"],
        watch_for=[
            Spoken(line.strip(" -•"), told.watch_for.language)
            for line in told.watch_for.text.splitlines()
            if line.strip(" -•")
        ],
        is_lacking=bool(told.lacking),
        spanish_by=told.checked[1] if told.checked[0] == "reviewed" else "",
        is_own_spanish=told.checked[0] == "written",
        impression=content.get("impression") or "",
        confidence=str(terms.CONFIDENCES.get(content.get("confidence") or "", "")),
        next_step=terms.next_step(content),
        references=content.get("references") or "",
        is_urgent=answer.disposition in URGENT,
        disposition=answer.disposition or "",
        signed_at=signed_at,
        is_agreed=is_agreed,
        corrects=answer.corrects,
        correction=told.reason if answer.corrects else None,
    )
