"""The shapes of what becomes of the advice, as bodies are checked and answers published."""

from __future__ import annotations

from typing import Any

from econsult.advice.following import LONGEST_WHY
from econsult.consults.contents import KINDS, OWNERS
from econsult.consults.outcomes import AT_CLOSING, CODES, Side
from econsult.consults.recommendations import BY_ANSWER, STEPS, StepState
from econsult.consults.records import Urgency
from econsult.consults.sides import SideState
from econsult.consults.threads import LONGEST_MESSAGE
from econsult.people.persons import SPECIALTIES
from web.api.described import COUNT, FLAG, INSTANT, MAYBE_INSTANT, PERSON, closed, listed, optional, text

ACKNOWLEDGE_IN = closed(
    version=COUNT,
    accept=FLAG,
    decline=listed(closed(("step", "reason"), step=text(32), reason=text(LONGEST_WHY))),
    opens_held=FLAG,
)
STEP_IN = closed(("verb",), verb=text(16, *sorted({verb for _, verb in STEPS} - BY_ANSWER)), reason=text(LONGEST_WHY))
STEP = closed(
    ("id", "text", "owner", "state", "due_at"),
    id=text(),
    version=COUNT,
    position=COUNT,
    text=text(2000),
    owner=text(16, *OWNERS),
    kind=text(16, *KINDS),
    state=text(16, *StepState),
    state_at=INSTANT,
    due_at=INSTANT,
    is_overdue=FLAG,
    reason=text(LONGEST_WHY),
    history=listed(closed(event=text(16), at=INSTANT), 1000),
)
RESULTS_IN = closed((), steps=listed(text(32)), words=text(LONGEST_MESSAGE), urgency=text(16, *Urgency))
STEP_NAMED = closed(("id", "text"), id=text(), text=text(2000))
AWAITED = closed(
    ("steps", "to", "urgency", "files"),
    steps=listed(STEP_NAMED),
    to=PERSON,
    urgency=text(16, *Urgency),
    files=listed(text(), 1000),
)
ANEW = closed(
    ("is_results", "by", "at", "words", "steps"),
    is_results=FLAG,
    by=optional(PERSON),
    at=INSTANT,
    words=text(),
    steps=listed(STEP_NAMED),
)
OUTCOME_IN = closed((), **{name: text(16, *codes) for name, codes in CODES.items()})
CLOSE_OUT_IN = closed((), **{name: text(16, *CODES[name]) for name in AT_CLOSING})
CLOSE_IN = closed((), reason=text(), version=COUNT, told_who=text(120), told_at=text(40), **CLOSE_OUT_IN["properties"])
OUTCOME = closed(
    ("side", "at"),
    side=text(8, *Side),
    at=INSTANT,
    is_close=FLAG,
    is_relayed=FLAG,
    **{name: optional(text(16, *codes)) for name, codes in CODES.items()},
)
SECOND_IN = closed(
    ("verb",),
    verb=text(16, "ask", "take", "reply", "give_back", "take_back", "give"),
    specialty=text(32, *SPECIALTIES),
    person=text(64),
    text=text(LONGEST_MESSAGE),
)
SIDE = closed(
    ("id", "state", "specialty", "due_at"),
    id=text(),
    state=text(16, *SideState),
    specialty=text(32),
    asked_by=PERSON,
    holder=optional(PERSON),
    opened_at=INSTANT,
    due_at=INSTANT,
    ended_at=MAYBE_INSTANT,
)
ADVICE_ANSWERS: dict[str, dict[str, Any]] = {
    "Steps": closed(("items",), items=listed(STEP)),
    "Results": closed(("awaited", "anew"), awaited=optional(AWAITED), anew=optional(ANEW)),
    "Outcomes": closed(("items",), items=listed(OUTCOME, 1000)),
    "Seconds": closed(("items",), items=listed(SIDE, 1000)),
}
