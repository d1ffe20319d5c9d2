"""The fields of what whoever asks wishes of an answer, shows of before, and is told of before."""

from __future__ import annotations

from econsult.consults.earlier import MOST
from econsult.consults.lifecycle import Status
from econsult.consults.wanted_items import MOST_SHOWN
from econsult.consults.wishes import PassedOver
from web.api.described import COUNT, FLAG, INSTANT, MAYBE_INSTANT, MAYBE_TEXT, PERSON, closed, listed, optional, text

WISHES_IN = {"named_specialist": optional(text(32)), "may_convert": FLAG, "earlier": listed(text(32), MOST)}
NAMED = closed(
    ("person", "first_until", "passed_over"),
    person=PERSON,
    first_until=MAYBE_INSTANT,
    passed_over=optional(text(16, *PassedOver)),
)
ALIKE = closed(
    ("id", "number", "status", "submitted_at"),
    id=MAYBE_TEXT,
    number=MAYBE_TEXT,
    status=text(16, *Status),
    submitted_at=INSTANT,
)
EARLIER = closed(
    ("id", "number", "specialty", "status", "submitted_at", "question", "answer", "signed_at"),
    id=MAYBE_TEXT,
    number=text(),
    specialty=MAYBE_TEXT,
    status=text(16, *Status),
    submitted_at=INSTANT,
    question=text(),
    answer={"type": ["object", "null"]},
    signed_at=MAYBE_INSTANT,
)
LIKELY = closed(
    ("of", "items"), of=COUNT, items=listed(closed(("item", "asked"), item=text(64), asked=COUNT), MOST_SHOWN)
)
WISHED = {
    "named_specialist": optional(NAMED),
    "may_convert": FLAG,
    "possible_duplicates": listed(ALIKE, 1000),
    "earlier": listed(EARLIER, MOST),
    "likely_asked": optional(LIKELY),
}
