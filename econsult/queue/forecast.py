"""What will be late in the next hours, given who is there when and may take it, and where nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.clocks import clocks_among
from econsult.consults.ledger import Clock
from econsult.consults.lifecycle import OPEN
from econsult.consults.overdue import late_after_the_end, late_open
from econsult.consults.policies import ClockName
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Kind
from econsult.consults.steps import promised_at
from econsult.people.persons import Person, team_of
from econsult.queue.able import Takers, around, pools
from econsult.queue.forecast_asked import silent_clinics
from econsult.queue.forecast_hands import room_from, spans_with_room
from econsult.queue.forecast_sides import HANDS_ON, LITTLE_TIME, sides_at_risk
from econsult.rosters.shifts import Span, without_time_off
from econsult.rosters.stretches import gaps

AHEAD = timedelta(hours=24)
MOST = 5000
CLINIC_AWAY = "clinic_away"
SECOND = "second"
"""What stands for a clock where the reply of a colleague is late."""
REPLIES = (ClockName.FIRST_REPLY, ClockName.NEXT_REPLY)


@dataclass(frozen=True)
class LatePromise:
    """A promise that will be broken unless somebody acts; `why` is a code, `lane` who waits for a next reply."""

    why: str
    clock: str
    lane: str
    due_at: datetime


@dataclass(frozen=True)
class Risk:
    """A consult and what of it will be late, by what runs out first; at least one promise."""

    consult: Consult
    late: tuple[LatePromise, ...]

    @property
    def why(self) -> str:
        return self.late[0].why

    @property
    def clock(self) -> str:
        return self.late[0].clock

    @property
    def due_at(self) -> datetime:
        return self.late[0].due_at


@dataclass(frozen=True)
class Gap:
    """A stretch without cover, and how many open consults run out in it."""

    specialty: str
    start: datetime
    end: datetime
    at_stake: int


@dataclass(frozen=True)
class Forecast:
    """What will be late, and where nobody is; `is_part` where more runs out than was looked at."""

    risks: list[Risk]
    gaps: list[Gap]
    is_part: bool = False


@dataclass(frozen=True)
class Promise:
    """A clock of a consult that has not stopped, and when it runs out."""

    consult: Consult
    clock: Clock
    due_at: datetime


def forecast(session: Session, program_id: int, now: datetime, ahead: timedelta = AHEAD) -> Forecast:
    """Look at every clock that runs out within `ahead`: is somebody there for long enough before who may act?

    A clock that is held runs out at the end of its longest pause. Each consult is named once, with all that is late;
    its words stay shut, which of thousands takes longer than to judge them: `open_words` opens those that are shown.
    """
    end = now + ahead
    consults = _running_out(session, program_id, end)
    soon = _promises(session, consults, end)
    takers = Takers(session, around(session, program_id), now, end)
    room = room_from(session, program_id)
    outlook = _Outlook(session, takers, soon, room, now=now, end=end)
    silent = silent_clinics(session, program_id, now, end)
    found = [(consult, LatePromise(CLINIC_AWAY, clock.name, clock.lane, due_at)) for consult, clock, due_at in silent]
    for promise in soon:
        why, clock = outlook.why_late(promise), promise.clock
        if why:
            found.append((promise.consult, LatePromise(why, clock.name, clock.lane, promise.due_at)))
    for consult, why, due_at in sides_at_risk(session, program_id, takers, room, now=now, end=end):
        found.append((consult, LatePromise(why, SECOND, "", due_at)))
    holes = [
        Gap(specialty, start, until, _at_stake(soon, specialty, start, until))
        for specialty in takers.planned()
        for start, until in gaps(takers.spans_of(specialty), now, end)
    ]
    return Forecast(
        _by_consult(found), sorted(holes, key=lambda gap: (gap.start, gap.specialty)), len(consults) >= MOST
    )


def open_words(session: Session, risks: Sequence[Risk]) -> None:
    """Open what people wrote in these requests, in one statement."""
    session.scalars(select(Consult).where(Consult.id.in_([risk.consult.id for risk in risks]))).all()


def _by_consult(found: Iterable[tuple[Consult, LatePromise]]) -> list[Risk]:
    """The most urgent first, and then what runs out first."""
    late: dict[int, tuple[Consult, list[LatePromise]]] = {}
    for consult, promise in found:
        late.setdefault(consult.id, (consult, []))[1].append(promise)
    risks = [Risk(consult, tuple(sorted(own, key=lambda each: each.due_at))) for consult, own in late.values()]
    return sorted(risks, key=lambda risk: (risk.consult.urgency_rank, risk.due_at, risk.consult.id))


def _running_out(session: Session, program_id: int, end: datetime) -> list[Consult]:
    """What is promised by then; also what a family was not told before its question was opened again.

    Of what is answered or declined only that which still has a clock: the rest keeps its last promise for good, and
    would fill the page before anything that can still be late.
    """
    own = and_(Consult.program_id == program_id, ~Consult.is_test)
    untold = select(Consult).where(own, Consult.status.in_(OPEN), Consult.unheard_version.is_not(None))
    # One after the other: each has an index of its own.
    found = [*_first_due(session, own, late_open(end)), *_first_due(session, own, late_after_the_end(end))]
    found += session.scalars(untold.order_by(Consult.id).limit(MOST))
    return list({consult.id: consult for consult in found}.values())


def _first_due(session: Session, own: ColumnElement[bool], parts: Iterable[ColumnElement[bool]]) -> list[Consult]:
    """The first over these parts, each of which an index holds in order: no more of any is read than may be shown."""
    order = (Consult.due_at, Consult.id)
    cut = [select(*order).where(own, part).order_by(*order).limit(MOST).subquery() for part in parts]
    every = union_all(*(select(each) for each in cut)).subquery()
    first = select(every.c.id).order_by(every.c.due_at, every.c.id).limit(MOST)
    return list(session.scalars(select(Consult).where(Consult.id.in_(first)).options(*SEALED_STAY_SHUT)))


def _promises(session: Session, consults: Sequence[Consult], end: datetime) -> list[Promise]:
    """Their clocks that run out by then, the first one first. Being taken is a step on the way, not a promise."""
    clocks = clocks_among(session, [consult.id for consult in consults])
    found = [
        Promise(consult, clock, promised_at(clock))
        for consult in consults
        for clock in clocks[consult.id]
        if clock.name != ClockName.ALLOCATE
    ]
    return sorted((each for each in found if each.due_at <= end), key=lambda each: (each.due_at, each.clock.id))


class _Outlook:
    """Whether each promise can still be kept; whoever has hours for one has them no more for the next."""

    def __init__(
        self,
        session: Session,
        takers: Takers,
        soon: Sequence[Promise],
        room: Mapping[int, datetime],
        *,
        now: datetime,
        end: datetime,
    ) -> None:
        self._session, self._takers, self._now, self._end = session, takers, now, end
        holders = {each.consult.holder_id for each in soon if each.consult.holder_id is not None}
        self._room = room
        self._holders = _there(session, holders, now, end)
        self._teams: dict[int | None, Mapping[int, list[Span]]] = {}
        self._used: dict[int, timedelta] = {}

    def why_late(self, promise: Promise) -> str:
        """A code, or nothing. Telling the family, and answering it, is the medical home's duty."""
        consult, due_at = promise.consult, promise.due_at
        if due_at <= self._now:
            return "late"
        is_taken = promise.clock.name in REPLIES and promise.clock.lane != "family"
        if is_taken and consult.holder_id is not None:
            return self._holder_is_late(consult, consult.holder_id, due_at)
        if is_taken and not _is_homes(consult):
            return self._pool_is_late(consult, due_at)
        # A medical home has no duty: its people are there, or away.
        return "" if any(self._hours(each, due_at) for each in self._team(consult).values()) else CLINIC_AWAY

    def _holder_is_late(self, consult: Consult, holder: int, due_at: datetime) -> str:
        """Who is there until the end, and has less time than an answer takes, is not away."""
        there = self._hours(self._holder_of(consult, holder), due_at)
        if there >= HANDS_ON:
            return self._booked(holder, there)
        return LITTLE_TIME if there > timedelta() and due_at - self._now < HANDS_ON else "holder_away"

    def _holder_of(self, consult: Consult, holder: int) -> Sequence[Span]:
        """When the holder is there for it. Who took it off duty is until their next shift, and then by the roster."""
        here = self._holders.get(holder, [])
        planned = None if _is_homes(consult) else self._takers.duty_of(holder, consult)
        if planned is None or not consult.is_taken_off_duty:
            return here if planned is None else planned
        begins = min((span.start for span in planned), default=self._end)
        return [*planned, *(replace(span, end=min(span.end, begins)) for span in here if span.start < begins)]

    def _pool_is_late(self, consult: Consult, due_at: datetime) -> str:
        found = self._takers.for_request(consult)
        longest = max((self._hours(spans, due_at) for spans in found.values()), default=timedelta())
        if longest < HANDS_ON:
            return LITTLE_TIME if longest > timedelta() else "no_cover"
        hours = {
            person: self._hours(spans_with_room(spans, self._room.get(person)), due_at)
            for person, spans in found.items()
        }
        # Whoever has most left takes it; what is due first was given away first.
        left = {person: there - self._used.get(person, timedelta()) for person, there in hours.items()}
        person = max(left, key=lambda number: (left[number], -number))
        return self._booked(person, hours[person])

    def _booked(self, person: int, there: timedelta) -> str:
        """Give the person this one too, beside what is due sooner; a code where they are not there for long enough."""
        before = self._used.get(person, timedelta())
        self._used[person] = before + HANDS_ON
        return "too_many" if there - before < HANDS_ON else ""

    def _hours(self, found: Iterable[Span], due_at: datetime) -> timedelta:
        """For how long they are there before the promise runs out; twice on duty at once is there once."""
        total, reached = timedelta(), self._now
        for span in sorted(found, key=lambda each: each.start):
            start, end = max(span.start, reached), min(span.end, due_at)
            if end > start:
                total, reached = total + (end - start), end
        return total

    def _team(self, consult: Consult) -> Mapping[int, list[Span]]:
        """The medical home's people, but for their time off."""
        clinic = consult.organization_id
        if clinic not in self._teams:
            people = {person.id for person in team_of(self._session, clinic)}
            self._teams[clinic] = _there(self._session, people, self._now, self._end)
        return self._teams[clinic]


def _there(session: Session, people: Iterable[int], now: datetime, end: datetime) -> dict[int, list[Span]]:
    """When these people are not away; whoever left for good is not there at all."""
    here = session.scalars(select(Person.id).where(Person.id.in_(set(people)), Person.is_active))
    found: dict[int, list[Span]] = {}
    for span in without_time_off(session, [Span(number, now, end) for number in here], now, end):
        found.setdefault(span.person_id, []).append(span)
    return found


def _is_homes(consult: Consult) -> bool:
    return consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None


def _at_stake(soon: Sequence[Promise], specialty: str, start: datetime, until: datetime) -> int:
    """How many requests to this pool run out meanwhile."""
    return len(
        {
            each.consult.id
            for each in soon
            if each.clock.name in REPLIES and each.clock.lane != "family" and not _is_homes(each.consult)
            if specialty in pools(each.consult) and start <= each.due_at < until
        }
    )
