"""How the demo's stories are written down: a request, its files, and what happened to it, hours before the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from econsult.consults.spoken import SPANISH, language_of

SENT_BEFORE = frozenset({"ask", "sign", "decline", "withdraw", "stop"})
"""After these steps nothing can be attached any more, so the files of such a case are sent while it is told."""

PARTS = ("owner", "text", "kind", "due_hours")
"""Of a recommendation, in this order; the last ones may be left out."""


@dataclass(frozen=True)
class Media:
    """One drawn file: `kind` photo, video or lab; `what` a scene, film or panel; `extra` a fault, seconds or pages."""

    kind: str
    what: str
    tone: int = 3
    extra: str = ""
    view: str = ""


@dataclass(frozen=True)
class Step:
    """One thing that somebody did `hours` before the start; the rest is what they said."""

    verb: str
    hours: float
    who: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    lane: str = "clinicians"
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One consult. `details` are the answers of the request's template."""

    key: str
    child: str
    by: str
    hours: float
    question: str
    steps: tuple[Step, ...]
    specialty: str | None = None
    question_type: str | None = None
    urgency: str = "routine"
    details: Mapping[str, Any] = field(default_factory=dict)
    media: tuple[Media, ...] = ()
    later: tuple[Step, ...] = ()
    """What happens once the workers have prepared every file, at that moment; `hours` say nothing there."""

    @property
    def is_family_question(self) -> bool:
        return self.by.startswith("parent")

    @property
    def needs_files_at_once(self) -> bool:
        return any(step.verb in SENT_BEFORE for step in self.steps)


def answer(
    impression: str,
    summary: str,
    *advice: tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, float],
    disposition: str = "advice_only",
    confidence: str = "likely",
    watch_for: str = "",
    references: str = "",
) -> dict[str, Any]:
    """The fields of an answer; `advice` are owner, text, kind and by how many hours before the start it is due."""
    return {
        "impression": impression,
        "family_summary": summary,
        "recommendations": [dict(zip(PARTS, each, strict=False)) for each in advice],
        "disposition": disposition,
        "confidence": confidence,
        "watch_for": watch_for,
        "references": references,
        **({"spanish_how": "written"} if language_of(summary) == SPANISH else {}),
    }
