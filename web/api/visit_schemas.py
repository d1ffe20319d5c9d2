"""The shapes of visits, as bodies are checked and answers published."""

from __future__ import annotations

from typing import Any

from econsult.consults.visits import (
    BRING,
    LONGEST_NOTE,
    LONGEST_PHONE,
    LONGEST_PLACE,
    WHY,
    Reply,
    VisitState,
)
from econsult.people.persons import LANGUAGES
from web.api.described import FLAG, INSTANT, MAYBE_INSTANT, MAYBE_TEXT, closed, listed, optional, text

ENDS = ("came", "missed", "off")
BOOK_IN = closed(
    ("place",),
    place=text(LONGEST_PLACE),
    starts_at=INSTANT,
    zone=text(64),
    phone=text(LONGEST_PHONE),
    note=text(LONGEST_NOTE),
    note_language=text(8, *LANGUAGES),
    bring=listed(text(16, *BRING), len(BRING)),
    instead_of=text(32),
)
SAY_IN = closed(("verb",), verb=text(8, *ENDS, *Reply), why=text(8, *WHY))
VISIT = closed(
    ("id", "step", "state", "starts_at"),
    id=text(),
    step=text(),
    state=text(8, *VisitState),
    starts_at=MAYBE_INSTANT,
    zone=text(64),
    is_over=FLAG,
    place=MAYBE_TEXT,
    phone=MAYBE_TEXT,
    note=MAYBE_TEXT,
    note_language=MAYBE_TEXT,
    bring=listed(text(16)),
    reply=optional(text(8, *Reply)),
    why=optional(text(8, *WHY)),
)
VISIT_ANSWERS: dict[str, dict[str, Any]] = {"Visits": closed(("items",), items=listed(VISIT, 1000))}
