"""The shapes of what is written as an answer, and as its correction."""

from __future__ import annotations

from econsult.consults.contents import CONFIDENCES, KINDS, OWNERS, SPANISH_HOW, Disposition
from web.api.described import COUNT, FLAG, closed, listed, optional, text

RECOMMENDATION = closed(
    ("text",),
    text=text(2000),
    owner=optional(text(16, *OWNERS)),
    due_at=optional(text(40)),
    kind=optional(text(16, *KINDS)),
    text_es=text(2000),
)
ANSWER_IN = closed(
    impression=text(10_000),
    confidence=optional(text(16, *CONFIDENCES)),
    recommendations=listed({"type": ["string", "object"], **{k: v for k, v in RECOMMENDATION.items() if k != "type"}}),
    watch_for={"type": ["string", "array"], "maxLength": 10_000, "items": text(2000), "maxItems": 50},
    disposition=optional(text(24, *Disposition)),
    family_summary=text(10_000),
    family_summary_es=text(10_000),
    watch_for_es={"type": ["string", "array"], "maxLength": 10_000, "items": text(2000), "maxItems": 50},
    photo_days=optional(COUNT),
    spanish_how=optional(text(16, *SPANISH_HOW)),
    spanish_by=text(200),
    references={"type": ["string", "array"], "maxLength": 10_000, "items": text(2000), "maxItems": 50},
    saves=COUNT,
)
CORRECT_IN = closed(
    ("reason",),
    **{name: kind for name, kind in ANSWER_IN["properties"].items() if name != "saves"},
    reason=text(1000),
    reason_es=text(1000),
    version=COUNT,
    confirm_emergency=FLAG,
)
SIGN_IN = closed(confirm_emergency=FLAG)
