"""Lists of consults in one order: urgency, then the next deadline. Keyset pages, no counting of everything.

A list is put together from slices that an index holds in this very order (one for each pool and status that belong to
the view), each cut to one page, so that a page costs the same however many consults there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.orders import Order, after, keys_of, make_cursor, read_cursor, sorting
from econsult.consults.overdue import late, unanswered
from econsult.consults.records import Consult, Kind
from econsult.cursors import no_such_page
from econsult.people.persons import Person, Role, specialties_of

PAGE = 50
COUNT_CAP = 99
Slice = ColumnElement[bool]
Place = tuple[int, datetime, int]
_ANSWERED = Consult.status == Status.ANSWERED
UNTOLD = (and_(_ANSWERED, Consult.informed_at.is_(None)), and_(~_ANSWERED, Consult.unheard_version.is_not(None)))
"""Whose family has not heard an answer: of this cycle, or one that it can read from before."""


class View(StrEnum):
    DRAFTS = "drafts"
    POOL = "pool"
    MINE = "mine"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    UNTOLD = "untold"
    DECLINED = "declined"
    UNALLOCATED = "unallocated"
    DONE = "done"


BY_NUMBER = {View.DONE: Order.NEWEST, View.DRAFTS: Order.OLDEST}
"""These are ordered by number: they have no promise to be ordered by. What is done comes newest first."""


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a view to; an empty one narrows nothing."""

    specialty: str = ""
    status: str = ""
    language: str = ""
    is_informed: bool | None = None

    def conditions(self) -> list[Slice]:
        pairs = ((Consult.specialty, self.specialty), (Consult.status, self.status), (Consult.language, self.language))
        found: list[Slice] = [column == value for column, value in pairs if value]
        if self.is_informed is not None:
            found.append(Consult.informed_at.is_not(None) if self.is_informed else Consult.informed_at.is_(None))
        return found


@dataclass(frozen=True)
class Page:
    """Some consults, and the cursor of the next page where there is one."""

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
    reading = _Reading(view, _slices(session, person, view, now, wanted), wanted.conditions(), limit)
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
    reading = _Reading(view, _slices(session, person, view, now, wanted), wanted.conditions(), limit)
    return _read(session, reading, _parts(person, view), cursor)


def count(session: Session, person: Person, view: View, *, now: datetime, filters: Filters | None = None) -> int:
    """How many rows the view has, at most one more than the cap, so that a page can say 99+.

    Test consults never count.
    """
    wanted = filters or Filters()
    conditions = [*wanted.conditions(), ~Consult.is_test]
    found: set[int] = set()
    for part in _slices(session, person, view, now, wanted):
        # In no order: what is counted need not be sorted first.
        found |= set(session.scalars(select(Consult.id).where(part, *conditions).limit(COUNT_CAP + 1)))
    return min(len(found), COUNT_CAP + 1)


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
    rows = _rows(session, reading, parts, (start, place))
    following = None
    if len(rows) > reading.limit:
        index, last = rows[reading.limit - 1]
        following = make_cursor(parts[index].order, last, index)
    return Page([consult for _, consult in rows[: reading.limit]], following)


def _rows(
    session: Session, reading: _Reading, parts: list[Part], begin: tuple[int, Place | None]
) -> list[tuple[int, Consult]]:
    """Part and consult of each row from a place on, one more than the page has."""
    start, place = begin
    if len(parts) == len(reading.slices) == 1:
        # The usual list: one index holds it in order, and one statement reads it.
        reached = [after(parts[0].order, place)] if place is not None else []
        query = select(Consult).where(reading.slices[0], *reading.conditions, *parts[0].conditions, *reached)
        ordered = sorting(parts[0].order, *keys_of(parts[0].order))
        return [(0, consult) for consult in session.scalars(query.order_by(*ordered).limit(reading.limit + 1))]
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
    return list(dict.fromkeys(session.scalars(select(whole.c.id).order_by(*over_all).limit(limit * 2))))[:limit]


def _slices(session: Session, person: Person, view: View, now: datetime, filters: Filters) -> list[Slice]:
    """The parts of the view, each of which one index holds in order."""
    if view == View.DRAFTS:
        return [and_(_program(person), Consult.status == Status.DRAFT, Consult.requester_id == person.id)]
    match person.role:
        case Role.SPECIALIST:
            own = sorted(specialties_of(session, person))
            asked = [name for name in own if filters.specialty in ("", name)]
            return _specialists(person, view, now, asked, stands_in=_stands_in(session, person, own))
        case Role.PCP | Role.TELEPRESENTER:
            return _clinics(person, view, now)
        case Role.COORDINATOR:
            return _desks(person, view, now)
        case _:
            return []


def _stands_in(session: Session, person: Person, own: list[str]) -> list[Slice]:
    """What was offered to this person's specialties as a stand-in: mostly nothing, which an index knows at once."""
    offered = and_(_program(person), Consult.fallback_specialty.is_not(None), Consult.fallback_specialty.in_(own))
    return [offered] if session.scalars(select(Consult.id).where(offered).limit(1)).first() else []


def _specialists(person: Person, view: View, now: datetime, own: list[str], *, stands_in: list[Slice]) -> list[Slice]:
    held = and_(_program(person), Consult.holder_id == person.id)
    if view == View.MINE:
        waits = and_(Consult.status == Status.ANSWERED, Consult.clinic_waits_since.is_not(None))
        return [and_(held, or_(Consult.status.in_(OPEN), waits))]
    if view == View.DONE:
        return [and_(held, Consult.status.not_in((*OPEN, Status.DRAFT)))]
    if view in (View.ANSWERED, View.DECLINED):
        return [and_(held, _of_view(view))]
    found = [part for status in _statuses(view) for part in _pools(person, own, stands_in, status)]
    if view == View.OVERDUE:
        return [and_(part, Consult.due_at <= now) for part in found] + [and_(held, unanswered(now))]
    # What somebody asked about in another specialty is theirs to follow as well.
    return [*found, and_(held, Consult.status == Status.NEEDS_INFO)] if view == View.WAITING else found


def _pools(person: Person, own: list[str], stands_in: list[Slice], status: Status) -> list[Slice]:
    """The pool of each specialty, and what is offered to one that stands in."""
    shared = and_(_program(person), Consult.kind != Kind.FAMILY_QUESTION, Consult.status == status)
    return [and_(shared, Consult.specialty == name) for name in own] + [and_(shared, part) for part in stands_in]


def _clinics(person: Person, view: View, now: datetime) -> list[Slice]:
    """A clinic sees its children's; whoever presents a child elsewhere sees what they asked."""
    ours = Consult.requester_id == person.id
    if person.role == Role.PCP:
        ours = Consult.organization_id == person.organization_id
    ours = and_(_program(person), ours)
    is_question = Consult.kind == Kind.FAMILY_QUESTION
    match view:
        case View.POOL:
            return [and_(ours, Consult.status == Status.SUBMITTED, is_question)]
        case View.MINE:
            return [and_(ours, Consult.holder_id == person.id, Consult.status.in_(OPEN))]
        case View.WAITING:
            return [and_(ours, Consult.status == status, ~is_question) for status in sorted(OPEN)]
        case View.OVERDUE | View.UNTOLD:
            return [and_(ours, part) for part in (late(now) if view == View.OVERDUE else UNTOLD)]
        case View.DONE:
            # A draft that somebody threw away was never said to anybody else.
            was_sent = or_(Consult.submitted_at.is_not(None), Consult.requester_id == person.id)
            return [and_(ours, Consult.status.in_(ENDED), was_sent)]
        case _:
            return [and_(ours, _of_view(view))]


def _desks(person: Person, view: View, now: datetime) -> list[Slice]:
    ours = _program(person)
    closed = Consult.status.not_in((*OPEN, Status.DRAFT))
    of_views: dict[View, list[Slice]] = {
        View.UNALLOCATED: [Consult.is_unallocated.is_(True)],
        View.MINE: [],
        View.POOL: [and_(Consult.status == Status.SUBMITTED, Consult.kind != Kind.FAMILY_QUESTION)],
        View.OVERDUE: late(now),
        View.DONE: [and_(closed, Consult.submitted_at.is_not(None))],
        View.WAITING: [Consult.status == Status.NEEDS_INFO],
        View.UNTOLD: list(UNTOLD),
    }
    return [and_(ours, part) for part in of_views.get(view, [_of_view(view)])]


def _program(person: Person) -> Slice:
    return Consult.program_id == person.program_id


def _statuses(view: View) -> list[Status]:
    return {View.POOL: [Status.SUBMITTED], View.WAITING: [Status.NEEDS_INFO], View.OVERDUE: sorted(OPEN)}.get(view, [])


def _of_view(view: View) -> Slice:
    if view == View.DECLINED:
        return and_(Consult.status == Status.DECLINED, Consult.informed_at.is_(None))
    return Consult.status == Status.ANSWERED if view == View.ANSWERED else Consult.is_unallocated.is_(True)
