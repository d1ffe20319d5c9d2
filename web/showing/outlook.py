"""What will be late, as a page shows it: capped in its count, and fifty at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from econsult.consults.orders import read_cursor
from econsult.consults.worklist import COUNT_CAP, PAGE
from econsult.cursors import no_such_page, pack, unpack
from econsult.queue.forecast import Forecast, Risk

MOST_SEEN = 250
"""So many requests of the pages before are remembered in an address; a longer way goes on from the last one shown."""
PLACE = 4
"""So many values of a cursor say where its page begins; those after them are the requests that were shown."""


@dataclass(frozen=True)
class Late:
    """One page of what will be late, how many there are in words, and where it goes on."""

    risks: Sequence[Risk]
    count: str
    next_cursor: str | None


def late_page(outlook: Forecast, cursor: str | None, limit: int = PAGE) -> Late:
    """The risks that come after the cursor, in the order of the forecast: by urgency, and what runs out first.

    On top of a further page stands what came in front of it since: not all of it is told by the ledger, for somebody's
    plan may have changed, and so the cursor names what was shown. Where too much came to be named, some of what was
    shown comes once more, and nothing is left out.
    """
    ahead, seen = outlook.risks, set[int]()
    if cursor:
        part, place = read_cursor(cursor)
        if part:
            raise no_such_page()
        seen = _seen(cursor)
        ahead = [risk for risk in ahead if (risk.consult.id not in seen if seen else _place(risk) > place)]
    shown = ahead[:limit]
    following = _cursor(shown[-1], seen, shown, is_first=not cursor) if len(ahead) > limit else None
    return Late(shown, _count(outlook), following)


def capped(number: int) -> str:
    """A number as a page says it, which stops counting at the cap."""
    return f"{COUNT_CAP}+" if number > COUNT_CAP else str(number)


def _count(outlook: Forecast) -> str:
    number = len(outlook.risks)
    return f"{number}+" if outlook.is_part and number <= COUNT_CAP else capped(number)


def _place(risk: Risk) -> tuple[int, datetime, int]:
    return risk.consult.urgency_rank, risk.due_at, risk.consult.id


def _cursor(last: Risk, seen: Iterable[int], shown: Iterable[Risk], *, is_first: bool) -> str:
    rank, due_at, number = _place(last)
    known = {*seen, *(risk.consult.id for risk in shown)} if seen or is_first else set()
    return pack(rank, due_at.isoformat(), number, 0, *(sorted(known) if len(known) <= MOST_SEEN else ()))


def _seen(cursor: str) -> set[int]:
    """The requests that the pages before have shown; none where these were too many."""
    return {number for number in unpack(cursor)[PLACE:] if type(number) is int}
