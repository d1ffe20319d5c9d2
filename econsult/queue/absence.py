"""Who holds consults and is not there: away, gone for good, or off duty by the roster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN
from econsult.consults.orders import Order, after, keys_of, make_cursor, mark_of, read_cursor, sorting
from econsult.consults.records import TAKEN_OFF_DUTY, Consult
from econsult.consults.uncovered import NO_COVER, PROMISED
from econsult.consults.worklist import Page, moved_since, newest_line
from econsult.people.persons import CLOSED, Person
from econsult.picking import ANY, Pick, one_of
from econsult.queue.able import Around, Takers
from econsult.rosters.shifts import TimeOff

ASKED = (
    *("id", "program_id", "status", "urgency", "holder_id", "is_unallocated", "is_taken_off_duty", "is_test"),
    *("specialty", "fallback_specialty", "patient_id", "organization_id", "requester_id", "sent_on_by_id"),
)
"""What is read of a consult to tell who may take it and who is there for it."""


def said(state: StrEnum) -> ColumnClause[str]:
    """A state as a part of a statement without parameters: that is planned once, and finds the index of one state."""
    return literal_column(f"'{state.value}'")


_OWES = or_(
    exists().where(Consult.holder_id == Person.id, Consult.status.in_([said(each) for each in OPEN])),
    exists().where(Consult.holder_id == Person.id, Consult.clinic_waits_since.is_not(None)),
)
_LEFT = (*CLOSED, _OWES)
# These and the other statements of a look are made once: to make one costs more than to ask it.
_GONE = select(Person.program_id, Person.id).where(*_LEFT)
_OFF = (
    select(Person.program_id, Person.id)
    .join(TimeOff, TimeOff.person_id == Person.id)
    .where(TimeOff.starts_at <= bindparam("now"), TimeOff.ends_at > bindparam("now"))
)
_OWED = (Clock.consult_id == Consult.id, Clock.name.in_(PROMISED), Clock.lane != "family")
_RUNS = exists().where(*_OWED, Clock.state == ClockState.RUNNING)
_IS_HELD_UP = exists().where(*_OWED, Clock.state == ClockState.PAUSED) & exists().where(
    Person.id == Consult.holder_id, Person.is_active.is_(False)
)
"""What waits for information waits for its holder too where that account is closed: nobody will go on with it."""


def away_now(session: Session, now: datetime) -> set[int]:
    """Whose time off it is, and who holds something though their account is closed."""
    return set().union(*away_by_program(session, now).values())


def away_by_program(session: Session, now: datetime) -> Mapping[int, Set[int]]:
    """What `away_now` says of the people of each program, without those of which nobody is away."""
    found: dict[int, set[int]] = {}
    for program_id, number in (*session.execute(_OFF, {"now": now}), *session.execute(_GONE)):
        found.setdefault(program_id, set()).add(number)
    return found


def has_left() -> ColumnElement[bool]:
    """Whether anybody holds something though their account is closed, as a part of another statement."""
    return select(Person.id).where(*_LEFT).exists()


def unheard(session: Session, away: Collection[int], pick: Pick = ANY) -> Sequence[Row[Any]]:
    """What runs in the hands of these people and the desk has not heard of, in the order of their numbers."""
    return session.execute(pick.narrow(_UNHEARD, Consult.id), {"people": list(away)}).all()


def uncovered_held(session: Session, program_id: int, limit: int, specialty: str = "") -> list[Consult]:
    """What somebody holds who is not there, as the desk was told, of one specialty or all; the most urgent first."""
    return _listed(session, limit, *_uncovered(program_id, specialty))


def uncovered_page(
    session: Session, program_id: int, limit: int, specialty: str = "", *, cursor: str | None = None
) -> Page:
    """The same a page at a time; on top of a further one what the desk was told of meanwhile, or became more pressing
    than the page before.
    """
    mark, asked, came = newest_line(session), _uncovered(program_id, specialty), list[Consult]()
    reached = after(Order.URGENCY, read_cursor(cursor)[1]) if cursor else true()
    if cursor:
        told = and_(ClockEvent.kind == "escalated", ClockEvent.reason == NO_COVER)
        numbers = moved_since(session, mark_of(cursor), told)
        came = _listed(session, limit, *asked, ~reached, Consult.id.in_(numbers)) if numbers else []
    found = _listed(session, limit + 1, *asked, reached)
    following = make_cursor(Order.URGENCY, found[limit - 1], 0, mark) if len(found) > limit else None
    return Page([*came, *found[:limit]], following)


def _listed(session: Session, limit: int, *which: ColumnElement[bool]) -> list[Consult]:
    query = select(Consult).where(*which).order_by(*sorting(Order.URGENCY, *keys_of(Order.URGENCY)))
    return list(session.scalars(query.limit(limit)))


def count_uncovered_held(session: Session, program_id: int, most: int, specialty: str = "") -> int:
    """How many these are, as far as `most`; test consults never count."""
    found = select(Consult.id).where(*_uncovered(program_id, specialty), ~Consult.is_test).limit(most)
    return len(session.scalars(found).all())


def _uncovered(program_id: int, specialty: str) -> list[ColumnElement[bool]]:
    marked = [Consult.program_id == program_id, Consult.uncovered_at.is_not(None)]
    asked = [Consult.specialty == specialty] if specialty else []
    return [*marked, *asked, owed(Consult.holder_id.is_not(None)), or_(_RUNS, _IS_HELD_UP)]


def off_duty(takers: Takers, around: Around) -> set[int]:
    """Who is off duty for a specialty of theirs that has a roster; `is_left` tells of which consult.

    Whoever is on duty for another one is there for its requests, and for no others.
    """
    return {
        person.id
        for name in around.rostered
        for here in [{span.person_id for span in takers.spans_of(name)}]
        for person in around.pools.get(name, ())
        if person.id not in here
    }


def is_left(row: Row[Any], away: Collection[int], takers: Takers) -> bool:
    """Whether the holder of this row is not there for it. Who took it off duty is, but for time off."""
    if row.holder_id in away:
        return True
    return not row.is_taken_off_duty and takers.duty_of(row.holder_id, row) == []


def come_back(
    session: Session, program_id: int, away: Collection[int], suspects: Iterable[int], takers: Takers
) -> None:
    """Take the mark off what is held by somebody who is there again, so that the next time is told anew.

    Who took something off duty is there for it until they have been on duty for it, or away.
    """
    doubtful = set(suspects)
    told = session.execute(_TOLD, {"program": program_id}).all()
    unmark(session, [row.id for row in told if row.holder_id not in doubtful or not is_left(row, away, takers)])
    taken = session.execute(_TAKEN, {"program": program_id}).all()
    over = [row.id for row in taken if row.holder_id in away or takers.duty_of(row.holder_id, row) != []]
    if over:
        lock_in_order(session, over)
        session.execute(update(Consult).where(Consult.id.in_(over)).values(is_taken_off_duty=False))


def unmark(session: Session, numbers: Sequence[int], *only: ColumnElement[bool]) -> set[int]:
    """Take the mark off these consults, as far as they are still so; returns of which."""
    if not numbers:
        return set()
    lock_in_order(session, numbers)
    marked = update(Consult).where(Consult.id.in_(numbers), Consult.uncovered_at.is_not(None), *only)
    return set(session.scalars(marked.values(uncovered_at=None).returning(Consult.id)))


def lock_in_order(session: Session, numbers: Collection[int]) -> None:
    """Lock these consults by their numbers, as whoever writes many does: an update alone takes them in any order."""
    if numbers:
        query = select(Consult.id).where(one_of(Consult.id, "numbers")).order_by(Consult.id)
        session.execute(query.with_for_update(key_share=True), {"numbers": list(numbers)})


def owed(held: ColumnElement[bool]) -> ColumnElement[bool]:
    """What is held so and its holder owes a reply to: until the answer, and after it to what the clinic asks about it.

    What was answered and asked about no more stays with its holder for years, and is not looked at: each half has an
    index of its own.
    """
    return or_(and_(held, Consult.status.in_(OPEN)), and_(held, Consult.clinic_waits_since.is_not(None)))


def _held_by(held: ColumnElement[bool], *only: ColumnElement[bool]) -> Select[Any]:
    """What is held so, as plain rows."""
    return select(*(getattr(Consult, name) for name in ASKED)).where(owed(held), *only)


_UNHEARD = _held_by(
    Consult.holder_id.in_(bindparam("people", expanding=True)),
    Consult.uncovered_at.is_(None),
    or_(_RUNS, _IS_HELD_UP),
).order_by(Consult.id)
# In no order: to have one, SQLite would read all that the program ever had.
_OF_PROGRAM = _held_by(Consult.holder_id.is_not(None), Consult.program_id == bindparam("program"))
_TOLD = _OF_PROGRAM.where(Consult.uncovered_at.is_not(None))
_TAKEN = _OF_PROGRAM.where(TAKEN_OFF_DUTY)
