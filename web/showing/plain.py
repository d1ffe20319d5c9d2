"""A signed answer in the order of a family: what it means and what to do first, the doctors' own words last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from econsult.consults.answers import Answer
from econsult.consults.contents import Disposition
from econsult.people.patients import Patient
from web.words import terms
from web.words.families import VISIT_AGREED, WHAT_NOW

URGENT = frozenset({"emergency_now"})


@dataclass(frozen=True)
class Plain:
    """A signed and released answer, whole, sorted into what a family does and what the doctors wrote and do.

    `language` is the one that the family reads, in which doctors are asked to write to it.
    """

    language: str
    summary: str
    at_home: list[str]
    by_team: list[str]
    watch_for: list[str]
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
    correction: str = ""
    """Why the version before was corrected, in the doctor's words."""

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
    advice = content.get("recommendations") or []
    return Plain(
        language=patient.language,
        summary=content.get("family_summary") or "",
        at_home=[each["text"] for each in advice if each["owner"] == "family"],
        by_team=[each["text"] for each in advice if each["owner"] != "family"],
        watch_for=[line.strip(" -•") for line in (content.get("watch_for") or "").splitlines() if line.strip(" -•")],
        impression=content.get("impression") or "",
        confidence=str(terms.CONFIDENCES.get(content.get("confidence") or "", "")),
        next_step=str(terms.DISPOSITIONS[Disposition(answer.disposition)]) if answer.disposition else "",
        references=content.get("references") or "",
        is_urgent=answer.disposition in URGENT,
        disposition=answer.disposition or "",
        signed_at=signed_at,
        is_agreed=is_agreed,
        corrects=answer.corrects,
        correction=answer.reason or "",
    )
