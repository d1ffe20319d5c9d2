"""The shapes of what becomes of the advice, as bodies are checked and answers published."""

from __future__ import annotations

from typing import Any

from econsult.advice.following import LONGEST_WHY
from econsult.consults.contents import KINDS, OWNERS
from econsult.consults.recommendations import STEPS, StepState
from web.api.schemas import COUNT, FLAG, INSTANT, closed, listed, text

ACKNOWLEDGE_IN = closed(
    accept=FLAG, decline=listed(closed(("step", "reason"), step=text(32), reason=text(LONGEST_WHY)))
)
STEP_IN = closed(("verb",), verb=text(16, *sorted({verb for _, verb in STEPS} - {"replace"})), reason=text(LONGEST_WHY))
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
ADVICE_ANSWERS: dict[str, dict[str, Any]] = {"Steps": closed(("items",), items=listed(STEP))}
