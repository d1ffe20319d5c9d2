"""Lists of consults in one order: urgency, then the next deadline. Keyset pages, no counting of everything."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.records import Consult, Kind
from econsult.errors import InvalidError
from econsult.people.persons import Person, Role, specialties_of

PAGE = 50
COUNT_CAP = 99
FAR = datetime(9999, 1, 1, tzinfo=UTC)


class View(StrEnum):
    DRAFTS = "drafts"
    POOL = "pool"
    MINE = "mine"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    DECLINED = "declined"
    DONE = "done"


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
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """One page of what this person may see in this view; rows are those that `access` would let them open."""
    due = func.coalesce(Consult.due_at, FAR)
    query = _visible(session, person).where(_in_view(person, view, now))
    if specialty:
        query = query.where(Consult.specialty == specialty)
    if view == View.DONE:
        query = query.order_by(Consult.id.desc())
        if cursor:
            query = query.where(Consult.id < _read_cursor(cursor)[2])
    else:
        query = query.order_by(Consult.urgency_rank, due, Consult.id)
        if cursor:
            rank, instant, number = _read_cursor(cursor)
            query = query.where(
                or_(
                    Consult.urgency_rank > rank,
                    and_(Consult.urgency_rank == rank, due > instant),
                    and_(Consult.urgency_rank == rank, due == instant, Consult.id > number),
                )
            )
    rows = list(session.scalars(query.limit(limit + 1)))
    following = _make_cursor(rows[limit - 1]) if len(rows) > limit else None
    return Page(rows[:limit], following)


def count(session: Session, person: Person, view: View, *, now: datetime) -> int:
    """How many rows the view has, at most one more than the cap, so that a page can say 99+."""
    ids = _visible(session, person).where(_in_view(person, view, now)).with_only_columns(Consult.id)
    return len(session.scalars(ids.limit(COUNT_CAP + 1)).all())


def _visible(session: Session, person: Person) -> Select[Consult]:
    query = select(Consult).where(Consult.program_id == person.program_id)
    if person.role == Role.SPECIALIST:
        pool = and_(
            Consult.kind != Kind.FAMILY_QUESTION,
            Consult.specialty.in_(specialties_of(session, person)),
            Consult.status.in_(OPEN),
        )
        return query.where(or_(pool, Consult.holder_id == person.id))
    if person.role == Role.PCP:
        own = Consult.organization_id == person.organization_id
        return query.where(own, or_(Consult.status != Status.DRAFT, Consult.requester_id == person.id))
    if person.role == Role.TELEPRESENTER:
        return query.where(Consult.requester_id == person.id)
    if person.role == Role.COORDINATOR:
        return query.where(Consult.status != Status.DRAFT)
    return query.where(false())


def _in_view(person: Person, view: View, now: datetime) -> ColumnElement[bool]:
    is_clinic = person.role in {Role.PCP, Role.TELEPRESENTER}
    ours = Consult.kind == Kind.FAMILY_QUESTION if is_clinic else Consult.kind != Kind.FAMILY_QUESTION
    views: dict[View, ColumnElement[bool]] = {
        View.DRAFTS: and_(Consult.status == Status.DRAFT, Consult.requester_id == person.id),
        View.POOL: and_(Consult.status == Status.SUBMITTED, ours),
        View.MINE: and_(Consult.holder_id == person.id, Consult.status.in_(OPEN)),
        View.WAITING: and_(Consult.status.in_(OPEN), ~ours) if is_clinic else Consult.status == Status.NEEDS_INFO,
        View.OVERDUE: and_(Consult.status.in_(OPEN), Consult.due_at <= now),
        View.ANSWERED: Consult.status == Status.ANSWERED,
        View.DECLINED: and_(Consult.status == Status.DECLINED, Consult.informed_at.is_(None)),
        View.DONE: and_(
            Consult.status.in_(ENDED) if is_clinic else Consult.status.not_in((*OPEN, Status.DRAFT)),
            # A draft that somebody threw away was never said to anybody else.
            or_(Consult.submitted_at.is_not(None), Consult.requester_id == person.id),
        ),
    }
    return views[view]


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
