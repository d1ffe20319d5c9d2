"""What will be late, as a page shows it: capped in its count, and fifty at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from econsult.consults.orders import read_cursor
from econsult.consults.worklist import COUNT_CAP, PAGE
from econsult.cursors import no_such_page, pack
from econsult.queue.forecast import Forecast, Risk


@dataclass(frozen=True)
class Late:
    """One page of what will be late, how many there are in words, and where it goes on."""

    risks: Sequence[Risk]
    count: str
    next_cursor: str | None


def late_page(outlook: Forecast, cursor: str | None, limit: int = PAGE) -> Late:
    """The risks that come after the cursor, in the order of the forecast: by urgency, and what runs out first."""
    rest = outlook.risks
    if cursor:
        part, place = read_cursor(cursor)
        if part:
            raise no_such_page()
        rest = [risk for risk in rest if _place(risk) > place]
    shown, more = rest[:limit], len(rest) > limit
    return Late(shown, _count(outlook), _cursor(shown[-1]) if more else None)


def capped(number: int) -> str:
    """A number as a page says it, which stops counting at the cap."""
    return f"{COUNT_CAP}+" if number > COUNT_CAP else str(number)


def _count(outlook: Forecast) -> str:
    number = len(outlook.risks)
    return f"{number}+" if outlook.is_part and number <= COUNT_CAP else capped(number)


def _place(risk: Risk) -> tuple[int, datetime, int]:
    return risk.consult.urgency_rank, risk.due_at, risk.consult.id


def _cursor(risk: Risk) -> str:
    rank, due_at, number = _place(risk)
    return pack(rank, due_at.isoformat(), number, 0)
