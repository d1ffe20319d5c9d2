"""Lists of consults in one order: urgency, then the next deadline. Keyset pages, no counting of everything.

A list is put together from the slices of `views`, each cut to one page, so that a page costs the same however many
consults there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.ledger import ClockEvent
from econsult.consults.orders import Order, after, keys_of, make_cursor, mark_of, place_in, read_cursor, sorting
from econsult.consults.records import Consult, Kind
from econsult.consults.views import Filters, Shelf, Slice, View, shelf_of, slices_of
from econsult.cursors import no_such_page
from econsult.database import Instant
from econsult.people.persons import Person, Role

PAGE = 50
COUNT_CAP = 99
Place = tuple[int, datetime, int]
BY_NUMBER = {View.DONE: Order.NEWEST, View.DRAFTS: Order.OLDEST}
"""These are ordered by number: they have no promise to be ordered by. What is done comes newest first."""
MOVES = ("started", "carried", "resumed", "recomputed", "rerouted", "undone")
"""Lines of the ledger by which a consult may come sooner in a list, or come back to it."""
MOST_MOVED = 500
"""So many lines are looked at between two pages: of more than that the newest count."""


_NEWEST = select(func.max(ClockEvent.id))
_NOW = bindparam("now", type_=Instant())
_SINCE = (
    select(ClockEvent.consult_id)
    .where(ClockEvent.id > bindparam("mark"))
    .order_by(ClockEvent.id.desc())
    .limit(MOST_MOVED)
)
_MOVED = _SINCE.where(ClockEvent.kind.in_(MOVES))


@dataclass(frozen=True)
class Page:
    """Some consults, and the cursor of the next page where there is one.

    On top of a further page stand those that came before it since the page before was read: raised, sent back, or
    promised sooner, they would else be on no page that is still to come.
    """

    consults: list[Consult]
    next_cursor: str | None


def page(
    session: Session,
    person: Person,
    view: View,
    *,
    now: datetime,
    specialty: str | None = None,
    filters: Filters | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """One page of what this person may see in this view; rows are those that `access` would let them open."""
    wanted = filters or Filters(specialty=specialty or "")
    reading = _Reading(view, slices_of(shelf_of(session, person, now), view, now, wanted), wanted.conditions(), limit)
    return _read(session, reading, [Part(BY_NUMBER.get(view, Order.URGENCY))], cursor)


def families_first(
    session: Session,
    person: Person,
    view: View,
    *,
    now: datetime,
    filters: Filters | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """The same rows, but first those whose family has written and waits, longest wait first.

    In a clinic's answers, those that nobody there has read yet come before those that only wait for the family.
    """
    wanted = filters or Filters()
    reading = _Reading(view, slices_of(shelf_of(session, person, now), view, now, wanted), wanted.conditions(), limit)
    return _read(session, reading, _parts(person, view), cursor)


def count(session: Session, person: Person, view: View, *, now: datetime, filters: Filters | None = None) -> int:
    """How many rows the view has, at most one more than the cap, so that a page can say 99+.

    Test consults never count.
    """
    return _counts(session, shelf_of(session, person, now), (view,), now, filters or Filters())[view]


def count_all(session: Session, person: Person, views: Sequence[View], *, now: datetime) -> dict[View, int]:
    """The same of several views, which read once what the person's lists may hold."""
    return _counts(session, shelf_of(session, person, now), tuple(views), now, Filters())


def _counts(
    session: Session, shelf: Shelf, views: tuple[View, ...], now: datetime, filters: Filters
) -> dict[View, int]:
    """All in one statement: each costs half a millisecond besides what it does."""
    counting = _counting(shelf, views, filters)
    rows = session.execute(counting, {"now": now}) if counting is not None else ()
    # One row may be in several slices of a view.
    found = Counter(place for place, _number in {(place, number) for place, number in rows})
    return {view: min(found[place], COUNT_CAP + 1) for place, view in enumerate(views)}


@lru_cache(maxsize=256)
def _counting(shelf: Shelf, views: tuple[View, ...], filters: Filters) -> CompoundSelect[Any] | None:
    """Place in these views and number of each row; None where nothing can be in them.

    Kept for who looks again: to put some thirty slices together takes longer than to count them.
    """
    conditions = [*filters.conditions(), ~Consult.is_test]
    # In no order: what is counted need not be sorted first.
    parts = [
        select(literal(place).label("place"), Consult.id).where(part, *conditions).limit(COUNT_CAP + 1)
        for place, view in enumerate(views)
        for part in slices_of(shelf, view, _NOW, filters)
    ]
    return union_all(*(select(part.subquery()) for part in parts)) if parts else None


@dataclass(frozen=True)
class Part:
    """A part of a list that is shown whole before the next one begins."""

    order: Order
    conditions: tuple[Slice, ...] = ()


@dataclass(frozen=True)
class _Reading:
    view: View
    slices: list[Slice]
    conditions: list[Slice]
    limit: int


def _parts(person: Person, view: View) -> list[Part]:
    if view in BY_NUMBER:
        return [Part(BY_NUMBER[view])]
    quiet = Consult.family_waits_since.is_(None)
    # What the clinic answered itself need not be read by it.
    unread = and_(Consult.acknowledged_at.is_(None), Consult.kind != Kind.FAMILY_QUESTION)
    first = Part(Order.WAIT, (Consult.family_waits_since.is_not(None),))
    if view == View.ANSWERED and person.role in (Role.PCP, Role.TELEPRESENTER):
        return [first, Part(Order.URGENCY, (quiet, unread)), Part(Order.URGENCY, (quiet, ~unread))]
    return [first, Part(Order.URGENCY, (quiet,))]


def _read(session: Session, reading: _Reading, parts: list[Part], cursor: str | None) -> Page:
    """One page over the parts, from the place that the cursor names."""
    start, place = read_cursor(cursor) if cursor else (0, None)
    if not 0 <= start < len(parts):
        raise no_such_page()
    mark, rows = _rows(session, reading, parts, (start, place))
    following = None
    if len(rows) > reading.limit:
        index, last = rows[reading.limit - 1]
        following = make_cursor(parts[index].order, last, index, mark)
    came = _came_before(session, reading, parts[: start + 1], place, mark_of(cursor)) if cursor and place else []
    return Page([*came, *(consult for _, consult in rows[: reading.limit])], following)


def newest_line(session: Session) -> int:
    """The newest line of the ledger, by which a cursor says when its page was read; 0 where there is none."""
    return session.scalars(_NEWEST).one() or 0


def moved_since(session: Session, mark: int, *also: ColumnElement[bool]) -> set[int]:
    """The consults that a line after this one moved in a list, or `also` such a line; none for a mark of 0."""
    moved = _SINCE.where(or_(ClockEvent.kind.in_(MOVES), *also)) if also else _MOVED
    return set(session.scalars(moved, {"mark": mark})) if mark else set()


def _came_before(session: Session, reading: _Reading, parts: list[Part], place: Place, mark: int) -> list[Consult]:
    """What the ledger moved since that line, and what stands at or before the place now, the last of these parts."""
    numbers = moved_since(session, mark)
    if not numbers or reading.view in BY_NUMBER:
        return []
    found: dict[int, Consult] = {}
    for part in parts:
        reached = [~after(part.order, place)] if part is parts[-1] else []
        conditions = [*reading.conditions, *part.conditions, *reached, Consult.id.in_(numbers)]
        # Sorted here, and not by the database: by these few numbers it finds them, and reads no list to do it.
        here = [each for cut in reading.slices for each in session.scalars(select(Consult).where(cut, *conditions))]
        found |= {each.id: each for each in sorted(here, key=partial(place_in, part.order)) if each.id not in found}
    return list(found.values())[: reading.limit]


def _rows(
    session: Session, reading: _Reading, parts: list[Part], begin: tuple[int, Place | None]
) -> tuple[int, list[tuple[int, Consult]]]:
    """The newest line of the ledger, then part and consult of each row from a place on, one more than the page has."""
    start, place = begin
    if len(parts) == len(reading.slices) == 1:
        # The usual list: one index holds it in order, and one statement reads it.
        reached = [after(parts[0].order, place)] if place is not None else []
        query = select(Consult, _NEWEST.scalar_subquery()).where(
            reading.slices[0], *reading.conditions, *parts[0].conditions, *reached
        )
        ordered = sorting(parts[0].order, *keys_of(parts[0].order))
        found = session.execute(query.order_by(*ordered).limit(reading.limit + 1)).all()
        return (found[0][1] or 0 if found else 0), [(0, consult) for consult, _newest in found]
    # Read first: what moves while the rows are read counts for the next page.
    mark = newest_line(session)
    return mark, _rows_of_parts(session, reading, parts, (start, place))


def _rows_of_parts(
    session: Session, reading: _Reading, parts: list[Part], begin: tuple[int, Place | None]
) -> list[tuple[int, Consult]]:
    start, place = begin
    numbers: list[tuple[int, int]] = []
    for index in range(start, len(parts)):
        part, missing = parts[index], reading.limit + 1 - len(numbers)
        if missing <= 0:
            break
        reached = [after(part.order, place)] if place is not None and index == start else []
        conditions = [*reading.conditions, *part.conditions, *reached]
        numbers += [(index, number) for number in _numbers(session, part.order, reading.slices, conditions, missing)]
    wanted = [number for _, number in numbers]
    found = {consult.id: consult for consult in session.scalars(select(Consult).where(Consult.id.in_(wanted)))}
    return [(index, found[number]) for index, number in numbers if number in found]


def _numbers(session: Session, order: Order, slices: list[Slice], conditions: list[Slice], limit: int) -> list[int]:
    """The ids of the first rows over all slices, in this order."""
    if not slices:
        return []
    keys = keys_of(order)
    ordered = sorting(order, *keys)
    parts = [select(*keys).where(part, *conditions).order_by(*ordered).limit(limit) for part in slices]
    if len(parts) == 1:
        return [row.id for row in session.execute(parts[0])]
    whole = union_all(*(select(part.subquery()) for part in parts)).subquery()
    over_all = sorting(order, whole.c.urgency_rank, whole.c.due_at, whole.c.id)
    # One row may be in each of the slices.
    most = limit * len(parts)
    return list(dict.fromkeys(session.scalars(select(whole.c.id).order_by(*over_all).limit(most))))[:limit]
