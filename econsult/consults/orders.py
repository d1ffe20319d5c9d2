"""The orders that lists of consults come in, and the cursors that say how far somebody has read in one."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_

from econsult.consults.records import Consult
from econsult.cursors import no_such_page, pack, unpack
from econsult.database import Instant

FAR = datetime(9999, 1, 1, tzinfo=UTC)


class Order(StrEnum):
    """By urgency and deadline; by how long a family has waited for a reply; by number, either way."""

    URGENCY = "urgency"
    WAIT = "wait"
    OLDEST = "oldest"
    NEWEST = "newest"


def keys_of(order: Order) -> tuple[Any, Any, Any]:
    """The three columns that the order may need: rank, instant, number."""
    instant = Consult.family_waits_since.label("due_at") if order == Order.WAIT else Consult.due_at
    return Consult.urgency_rank, instant, Consult.id


def sorting(order: Order, rank: Any, instant: Any, number: Any) -> tuple[Any, ...]:
    """What to sort by, over these columns, of the table or of what was put together from it."""
    match order:
        case Order.NEWEST:
            return (number.desc(),)
        case Order.OLDEST:
            return (number.asc(),)
        case Order.WAIT:
            return instant.asc(), number.asc()
        case _:
            return rank.asc(), instant.asc(), number.asc()


def after(order: Order, place: tuple[int, datetime, int]) -> ColumnElement[bool]:
    """The condition of coming after this place in the order."""
    rank, instant, number = literal(place[0]), literal(place[1], Instant), literal(place[2])
    match order:
        case Order.NEWEST:
            return Consult.id < number
        case Order.OLDEST:
            return Consult.id > number
        case Order.WAIT:
            return tuple_(Consult.family_waits_since, Consult.id) > tuple_(instant, number)
        case _:
            return tuple_(Consult.urgency_rank, Consult.due_at, Consult.id) > tuple_(rank, instant, number)


def place_in(order: Order, consult: Consult) -> tuple[int, datetime, int]:
    """By what the consult stands where it does, in an order by instants."""
    if order == Order.WAIT:
        return 0, consult.family_waits_since or FAR, consult.id
    return consult.urgency_rank, consult.due_at or FAR, consult.id


def make_cursor(order: Order, consult: Consult, part: int, mark: int = 0) -> str:
    """The place of this consult in the order, within one part of a list; `mark` is the newest line of the ledger when
    the page was read, 0 where nobody asks what moved since.
    """
    instant = consult.family_waits_since if order == Order.WAIT else consult.due_at
    return pack(consult.urgency_rank, (instant or FAR).isoformat(), consult.id, part, *([mark] if mark else []))


def mark_of(cursor: str) -> int:
    """The newest line of the ledger when the page before was read; 0 where its cursor names none."""
    values = unpack(cursor)
    mark = values[4] if len(values) > 4 else 0
    return mark if type(mark) is int and 0 < mark < 2**31 else 0


def read_cursor(cursor: str) -> tuple[int, tuple[int, datetime, int]]:
    """The part of the list and the place in it. Raises InvalidError for a cursor that was never given out."""
    try:
        rank, instant, number, part = unpack(cursor)[:4]
        for whole in (rank, number, part):
            int(whole).to_bytes(8, "big", signed=True)
        return int(part), (int(rank), datetime.fromisoformat(instant).astimezone(UTC), int(number))
    except (ValueError, TypeError, OverflowError):
        raise no_such_page() from None
