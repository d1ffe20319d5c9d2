"""Lists of consults in one order: urgency, then the next deadline. Keyset pages, no counting of everything.

A list is put together from slices that an index holds in this very order (one for each pool and status that belong to
the view), each cut to one page, so that a page costs the same however many consults there are.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.records import Consult, Kind
from econsult.database import Instant
from econsult.errors import InvalidError
from econsult.people.persons import Person, Role, specialties_of

PAGE = 50
COUNT_CAP = 99
FAR = datetime(9999, 1, 1, tzinfo=UTC)
Slice = ColumnElement[bool]


class View(StrEnum):
    DRAFTS = "drafts"
    POOL = "pool"
    MINE = "mine"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    DECLINED = "declined"
    UNALLOCATED = "unallocated"
    DONE = "done"


BY_NUMBER = {View.DONE, View.DRAFTS}
"""These are ordered by number: they have no promise to be ordered by. What is done comes newest first."""


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a view to; an empty one narrows nothing."""

    specialty: str = ""
    status: str = ""
    language: str = ""

    def conditions(self) -> list[Slice]:
        pairs = ((Consult.specialty, self.specialty), (Consult.status, self.status), (Consult.language, self.language))
        return [column == value for column, value in pairs if value]


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
    slices = _slices(session, person, view, now, wanted)
    after = _after(view, cursor) if cursor else None
    conditions = [*wanted.conditions(), *([] if after is None else [after])]
    numbers = _numbers(session, view, slices, conditions, limit + 1)
    found = {consult.id: consult for consult in session.scalars(select(Consult).where(Consult.id.in_(numbers)))}
    rows = [found[number] for number in numbers if number in found]
    following = _make_cursor(rows[limit - 1]) if len(rows) > limit else None
    return Page(rows[:limit], following)


def count(session: Session, person: Person, view: View, *, now: datetime) -> int:
    """How many rows the view has, at most one more than the cap, so that a page can say 99+.

    Test consults never count.
    """
    slices = _slices(session, person, view, now, Filters())
    found: set[int] = set()
    for part in slices:
        # In no order: what is counted need not be sorted first.
        found |= set(session.scalars(select(Consult.id).where(part, ~Consult.is_test).limit(COUNT_CAP + 1)))
    return min(len(found), COUNT_CAP + 1)


def _numbers(session: Session, view: View, slices: list[Slice], conditions: list[Slice], limit: int) -> list[int]:
    """The ids of the first rows over all slices, in the order of the view."""
    if not slices:
        return []
    parts = [select(*_KEYS).where(part, *conditions).order_by(*_order(view, *_KEYS)).limit(limit) for part in slices]
    if len(parts) == 1:
        return [row.id for row in session.execute(parts[0])]
    whole = union_all(*(select(part.subquery()) for part in parts)).subquery()
    order = _order(view, whole.c.urgency_rank, whole.c.due_at, whole.c.id)
    return list(dict.fromkeys(session.scalars(select(whole.c.id).order_by(*order).limit(limit * 2))))[:limit]


_KEYS = (Consult.urgency_rank, Consult.due_at, Consult.id)


def _order(view: View, rank: Any, due: Any, number: Any) -> tuple[Any, ...]:
    """The order of the view over these columns, of the table or of what was put together from it."""
    if view in BY_NUMBER:
        return (number.desc(),) if view == View.DONE else (number.asc(),)
    return rank.asc(), due.asc(), number.asc()


def _after(view: View, cursor: str) -> Slice:
    rank, instant, number = _read_cursor(cursor)
    if view in BY_NUMBER:
        return Consult.id < number if view == View.DONE else Consult.id > number
    reached = tuple_(literal(rank), literal(instant, Instant), literal(number))
    return tuple_(*_KEYS) > reached


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
        return [and_(part, Consult.due_at <= now) for part in found]
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
        case View.OVERDUE:
            return [and_(ours, Consult.status == status, Consult.due_at <= now) for status in sorted(OPEN)]
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
        View.OVERDUE: [and_(Consult.status == status, Consult.due_at <= now) for status in sorted(OPEN)],
        View.DONE: [and_(closed, Consult.submitted_at.is_not(None))],
        View.WAITING: [Consult.status == Status.NEEDS_INFO],
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


def _make_cursor(consult: Consult) -> str:
    due = (consult.due_at or FAR).isoformat()
    return base64.urlsafe_b64encode(json.dumps([consult.urgency_rank, due, consult.id]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, datetime, int]:
    try:
        rank, due, number = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        for whole in (rank, number):
            int(whole).to_bytes(8, "big", signed=True)
        return int(rank), datetime.fromisoformat(due).astimezone(UTC), int(number)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise InvalidError("This page of the list does not exist.", {"cursor": "invalid"}) from None
