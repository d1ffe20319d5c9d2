"""Somebody is there again, with room: which of what waits for nobody loses its mark, and who is told of it.

Free places are given to requests and not to a number of them: the most pressing request comes first, whether the desk
has heard of it or not, and gets a place of somebody who may take it. So nobody is told of what another's only place is
for, and what lies behind keeps nothing from what comes first. Tests take nobody's place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from heapq import merge
from itertools import chain, islice, takewhile
from math import inf
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind, Urgency
from econsult.consults.uncovered import minute_of
from econsult.notices import NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.able import Takers
from econsult.queue.absence import ASKED, unmark
from econsult.queue.named import kept_first
from econsult.queue.outbox import Telling
from econsult.queue.reoffering import cover_came

PAGE = 200
"""So many rows are fetched at once."""
MOST_BEFORE = 2000
"""So many that the desk has not heard of are weighed against those that it has, of each pool, in one look."""
_MARK = aliased(Consult)
_MARKED = (
    # By the index of the marks alone: by that of a state SQLite would read all that waits.
    select(Consult.id)
    .where(
        Consult.id.in_(
            select(_MARK.id).where(_MARK.program_id == bindparam("program"), _MARK.uncovered_at.is_not(None))
        )
    )
    .where(Consult.status == Status.SUBMITTED, Consult.kind != Kind.FAMILY_QUESTION, Consult.is_unallocated.is_(False))
    .limit(1)
)
"""What waits in a pool and is marked, and not what somebody holds who is away for weeks."""
LAST = datetime.max.replace(tzinfo=UTC)


def regained(
    session: Session, program_id: int, specialties: Collection[str], takers: Takers, *, batch: int, now: datetime
) -> tuple[list[Telling], bool]:
    """Take the mark off what somebody of these pools is there for and has room for; returns whom to tell of what.

    At most a batch of requests at once; the second value is whether there may be more.
    """
    if not _has_marks(session, program_id):
        return [], False
    with ExitStack() as opened:
        found = _with_room(_Waiting(session, program_id, opened), specialties, takers, batch)
    if not found:
        return [], False
    changed = unmark(session, list(found), Consult.status == Status.SUBMITTED)
    cover_came(session, changed, now)
    # Of what somebody was asked for by name, and they are among those who came, they hear alone.
    kept = kept_first(session, changed, now)
    tellings = [
        Telling(person, NoticeKind.NEW_REQUEST, number, f"cover:{minute_of(now)}", row.urgency == Urgency.URGENT)
        for number, row in found.items()
        if number in changed
        for person in _first_of(takers.with_room_for(row), kept.get(number))
    ]
    return tellings, len(found) == batch


def _first_of(people: list[Person], named: int | None) -> list[Person]:
    return [person for person in people if person.id == named] or people


def _has_marks(session: Session, program_id: int) -> bool:
    return session.execute(_MARKED, {"program": program_id}).first() is not None


def _waiting(program_id: int) -> Select[Any]:
    columns = (*ASKED, "urgency_rank", "due_at", "uncovered_at", "is_test")
    return (
        select(*(getattr(Consult, name) for name in columns), Patient.language.label("child_language"))
        # An outer join, so that the consults give the order, and the child is looked up for each.
        .outerjoin(Patient, Patient.id == Consult.patient_id)
        .where(Consult.program_id == program_id, Consult.status == Status.SUBMITTED)
        .where(Consult.kind != Kind.FAMILY_QUESTION, Consult.is_unallocated.is_(False))
    )


class _Waiting:
    """What waits in the pools of a program, the most pressing first, read as far as it is wanted."""

    def __init__(self, session: Session, program_id: int, opened: ExitStack) -> None:
        self._session, self._program_id, self._opened = session, program_id, opened

    def of(self, specialty: str, *, is_marked: bool) -> Iterator[Row[Any]]:
        """What was asked of this specialty or offered to it; of which the desk has heard, or has not."""
        pools = (Consult.specialty, Consult.fallback_specialty)
        return merge(*(self._rows(pool, specialty, is_marked=is_marked) for pool in pools), key=_place)

    def _rows(self, pool: InstrumentedAttribute[Any], specialty: str, *, is_marked: bool) -> Iterator[Row[Any]]:
        # Each of the two has an index of its own, which gives them in this order: nothing is sorted, and no more read.
        marked = Consult.uncovered_at.is_not(None) if is_marked else Consult.uncovered_at.is_(None)
        rows = _waiting(self._program_id).where(pool == specialty, marked)
        ordered = rows.order_by(Consult.urgency_rank, Consult.due_at, Consult.id)
        result = self._session.execute(ordered.execution_options(yield_per=PAGE))
        return iter(self._opened.enter_context(result))


class _Seats:
    """The free places of whoever has only so many. A request may move to another's place to make room for the next."""

    def __init__(self, places: dict[int, int]) -> None:
        self._places, self.free = places, sum(places.values())
        self._taken: dict[int, list[int]] = {person: [] for person in places}
        self._able: dict[int, frozenset[int]] = {}
        self._full: set[frozenset[int]] = set()

    @property
    def people(self) -> Collection[int]:
        """Whose places they are."""
        return self._places.keys()

    def take(self, request: int, able: Collection[int]) -> bool:
        """Whether there is a place for this request, too, beside those that have one."""
        people = self._able[request] = frozenset(self._places.keys() & set(able))
        # Places are only ever filled: where one request found none, no other that the same people may take does.
        has_place = people not in self._full and self._seat(request, set())
        self.free -= has_place
        if not has_place:
            self._full.add(people)
        return has_place

    def _seat(self, request: int, tried: set[int]) -> bool:
        people = sorted(self._able[request] - tried)
        for person in people:
            if len(self._taken[person]) < self._places[person]:
                self._taken[person].append(request)
                return True
        for person in people:
            if person in tried:
                continue
            tried.add(person)
            for place, other in enumerate(self._taken[person]):
                if self._seat(other, tried):
                    self._taken[person][place] = request
                    return True
        return False


def _place(row: Row[Any]) -> tuple[int, datetime, int]:
    return row.urgency_rank, row.due_at or LAST, row.id


def _while_free(rows: Iterator[Row[Any]], seats: _Seats) -> Iterator[Row[Any]]:
    return takewhile(lambda _row: seats.free > 0, rows)


def _with_room(waiting: _Waiting, specialties: Collection[str], takers: Takers, batch: int) -> dict[int, Row[Any]]:
    """What has heard that nobody is there, and has a place of somebody who is, as it comes."""
    seats = _Seats(takers.few_places(specialties))
    # Whoever has only so many places may be wanted by other pools as well, whether or not those are looked at now.
    contested = takers.contested(seats.people)
    endless = {name for name in specialties if takers.has_endless(name)}
    told = [(name, waiting.of(name, is_marked=True)) for name in sorted({*specialties, *contested})]
    marked = merge(*(rows if name in endless else _while_free(rows, seats) for name, rows in told), key=_place)
    first = next(marked, None)
    if first is None:
        return {}
    before = [islice(_while_free(waiting.of(name, is_marked=False), seats), MOST_BEFORE) for name in contested]
    found: dict[int, Row[Any]] = {}
    seen: set[int] = set()
    for row in merge(chain([first], marked), *before, key=_place):
        if row.id in seen:
            continue
        seen.add(row.id)
        takers.able.know(row.patient_id, row.child_language)
        able = takers.for_request(row)
        has_place = bool(able) and (row.is_test or any(takers.able.places(each) == inf for each in able))
        if (has_place or seats.take(row.id, able)) and row.uncovered_at is not None:
            found[row.id] = row
        if len(found) == batch:
            break
    return found
