"""The fields of what whoever asks wishes of an answer."""

from __future__ import annotations

from econsult.consults.wishes import PassedOver
from web.api.described import FLAG, MAYBE_INSTANT, PERSON, closed, optional, text

WISHES_IN = {"named_specialist": optional(text(32)), "may_convert": FLAG}
NAMED = closed(
    ("person", "first_until", "passed_over"),
    person=PERSON,
    first_until=MAYBE_INSTANT,
    passed_over=optional(text(16, *PassedOver)),
)
