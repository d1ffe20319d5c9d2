"""Swaps: one shift of one day given to somebody else, who is asked first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session

from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import NoticeKind
from econsult.people.persons import Person, Role, member_of, specialties_of
from econsult.rosters.planning import is_just_gone, locked_shift, shift_of, tell_changed, tell_of, write_down
from econsult.rosters.shifts import Shift, Swap, TimeOff, whole_span, zone_of_shift

LONGEST_AHEAD = timedelta(days=366)
MOST = 100
_COUNTS = Swap.accepted_at.is_not(None)
_IS_ASKED = and_(Swap.accepted_at.is_(None), Swap.declined_at.is_(None))


def offer_swap(session: Session, by: Person, shift_id: int, on_day: date | None, to_id: str, *, now: datetime) -> Swap:
    """Ask somebody to take one shift of one day. Who has it that day, whose it is by the plan, or the desk, may ask.

    Whoever took it over may so give it back.
    """
    shift = shift_of(session, by, shift_id)
    person = member_of(session, by, to_id)
    if person is None or shift.specialty not in specialties_of(session, person):
        raise InvalidError("This person cannot take the shift.", {"to": "unsuitable"})
    day = _day_of(session, shift, on_day, now)
    counts = _swap_of(session, shift, day, _COUNTS)
    has_it = counts.to_id if counts is not None else shift.person_id
    if by.role == Role.SPECIALIST and by.id not in (has_it, shift.person_id):
        raise ForbiddenError("This shift is somebody else's.")
    if person.id == has_it:
        why = "taken" if counts is not None else "unsuitable"
        raise InvalidError("This person has the shift of that day already.", {"to": why})
    if (known := _swap_of(session, shift, day, _IS_ASKED)) is not None and known.to_id == person.id:
        return known
    if _is_away(session, person, shift, day):
        raise InvalidError("This person is away then: choose somebody else.", {"to": "away"})
    # Whoever was asked before is asked no more; whoever has accepted keeps the shift until this one accepts.
    session.execute(delete(Swap).where(Swap.shift_id == shift.id, Swap.on_day == day, Swap.accepted_at.is_(None)))
    swap = Swap(shift_id=shift.id, on_day=day, to_id=person.id, asked_by_id=by.id, asked_at=now)
    session.add(swap)
    session.flush()
    tell_of(session, person, NoticeKind.ROSTER, now)
    write_down(session, by, "offer_swap", f"{swap.id}", now)
    return swap


def accept_swap(session: Session, person: Person, swap_id: int, *, now: datetime) -> Swap:
    """Say yes to a shift that one was asked to take; whoever had taken it before has it no more.

    Raises NotFoundError for what is not, or no longer, asked of this person; InvalidError once the shift is over, for
    who answers for its specialty no more, and for who is away then.
    """
    swap, shift = _asked(session, person, swap_id)
    if swap.accepted_at is not None:
        return swap
    if whole_span(session, shift, swap.on_day).end <= now:
        raise InvalidError("This shift is over.", {"day": "passed"})
    if shift.specialty not in specialties_of(session, person):
        raise InvalidError("You do not answer for this specialty any more: say no.", {"day": "unsuitable"})
    if _is_away(session, person, shift, swap.on_day):
        raise InvalidError("You are away then, by your time off: say no, or have it ended first.", {"day": "away"})
    before = _swap_of(session, shift, swap.on_day, _COUNTS)
    replaced = before.to_id if before is not None else shift.person_id
    if before is not None:
        session.delete(before)
        session.flush()
    swap.accepted_at = now
    session.flush()
    tell_changed(session, person, {replaced}, now)
    if swap.asked_by_id != replaced:
        _tell_asker(session, swap, now)
    write_down(session, person, "accept_swap", f"{swap.id}", now)
    return swap


def decline_swap(session: Session, person: Person, swap_id: int, *, now: datetime) -> Swap:
    """Say no to a shift that one was asked to take; whoever asked is told, and whoever has the shift keeps it.

    Raises NotFoundError for what is not asked of this person, and for what they have accepted.
    """
    swap, _shift = _asked(session, person, swap_id)
    if swap.accepted_at is not None:
        raise NotFoundError
    swap.declined_at = now
    session.flush()
    _tell_asker(session, swap, now)
    write_down(session, person, "decline_swap", f"{swap.id}", now)
    return swap


def take_back_swap(session: Session, by: Person, swap_id: int, to_id: str, *, now: datetime) -> None:
    """Ask nobody any more: whoever has the shift keeps it.

    `to_id` is whom the page that is answered here names: the number may be that of a question to somebody else by now.
    Raises InvalidError for that, and once there is an answer, ForbiddenError for who neither asked nor has the shift,
    and NotFoundError for what was not asked, or is taken back already.
    """
    found = session.get(Swap, swap_id)
    shift = shift_of(session, by, found.shift_id) if found is not None else None
    # Read again behind the lock, under which it is answered.
    swap = session.get(Swap, swap_id, populate_existing=True) if shift is not None else None
    if swap is None or shift is None or swap.taken_back_at is not None:
        raise NotFoundError
    counts = _swap_of(session, shift, swap.on_day, _COUNTS)
    has_it = counts.to_id if counts is not None else shift.person_id
    if by.role == Role.SPECIALIST and by.id not in (has_it, shift.person_id, swap.asked_by_id):
        raise ForbiddenError("This shift is somebody else's.")
    if session.get_one(Person, swap.to_id).public_id != to_id:
        raise InvalidError("Somebody else is asked now.", {"swap": "other"})
    if swap.accepted_at is not None or swap.declined_at is not None:
        raise InvalidError("There is an answer already.", {"swap": "answered"})
    # Its row stays: by the same number a page of before would answer the next question.
    swap.declined_at = swap.taken_back_at = now
    write_down(session, by, "take_back_swap", f"{swap_id}", now)


def is_replaced(session: Session, person: Person, swap_id: int) -> bool:
    """Whether a question of lately is gone, or its number that of one to somebody else than this person."""
    found = session.get(Swap, swap_id)
    return (found is None or found.to_id != person.id) and is_just_gone(session, person, "offer_swap", swap_id)


def swaps_coming(session: Session, program_id: int, specialty: str, now: datetime) -> list[tuple[Swap, Shift]]:
    """What was asked of whom for the days to come, with what became of it, in the order of the days."""
    query = select(Swap, Shift).join(Shift, Shift.id == Swap.shift_id)
    query = query.where(Shift.program_id == program_id, Shift.specialty == specialty, Swap.on_day >= _yesterday(now))
    query = query.where(Swap.taken_back_at.is_(None))
    rows = session.execute(query.order_by(Swap.on_day, Swap.id).limit(MOST))
    return [(swap, shift) for swap, shift in rows if whole_span(session, shift, swap.on_day).end > now]


def swaps_offered(session: Session, person: Person, now: datetime) -> list[tuple[Swap, Shift]]:
    """The swaps that wait for this person's yes or no, with their shifts."""
    query = select(Swap, Shift).join(Shift, Shift.id == Swap.shift_id).where(Swap.to_id == person.id, _IS_ASKED)
    rows = session.execute(query.where(Swap.on_day >= _yesterday(now)).order_by(Swap.on_day, Swap.id).limit(MOST))
    return [(swap, shift) for swap, shift in rows if whole_span(session, shift, swap.on_day).end > now]


def _tell_asker(session: Session, swap: Swap, now: datetime) -> None:
    asker = session.get_one(Person, swap.asked_by_id)
    if asker.is_active and asker.id != swap.to_id:
        tell_of(session, asker, NoticeKind.SWAP_ANSWERED, now)


def _asked(session: Session, person: Person, swap_id: int) -> tuple[Swap, Shift]:
    """A swap that this person was asked for, and has not declined."""
    found = session.get(Swap, swap_id)
    shift = locked_shift(session, found.shift_id) if found is not None and found.to_id == person.id else None
    # Read again behind the lock: another form may have taken it back meanwhile.
    swap = session.get(Swap, swap_id, populate_existing=True) if shift is not None else None
    if swap is None or shift is None or swap.declined_at is not None:
        raise NotFoundError
    return swap, shift


def _is_away(session: Session, person: Person, shift: Shift, day: date) -> bool:
    """Whether any part of the shift lies in the person's time off: whoever gave it would think it covered."""
    span = whole_span(session, shift, day)
    off = select(TimeOff.id).where(TimeOff.person_id == person.id)
    return session.scalars(off.where(TimeOff.starts_at < span.end, TimeOff.ends_at > span.start)).first() is not None


def _swap_of(session: Session, shift: Shift, day: date, which: ColumnElement[bool]) -> Swap | None:
    query = select(Swap).where(Swap.shift_id == shift.id, Swap.on_day == day, which)
    return session.scalars(query).one_or_none()


def _yesterday(now: datetime) -> date:
    """The first day whose shift may still go on, wherever it is."""
    return now.date() - timedelta(days=2)


def _day_of(session: Session, shift: Shift, day: date | None, now: datetime) -> date:
    """The day, if the shift is on it and not over. Raises InvalidError, also for no day at all."""
    if day is None:
        raise InvalidError("Say on which day.", {"day": "required"})
    today = now.astimezone(zone_of_shift(session, shift)).date()
    # Far days are settled first: the ends of the calendar have no other time zone.
    is_near = today - timedelta(days=3) <= day <= today + LONGEST_AHEAD
    if not is_near or whole_span(session, shift, day).end <= now:
        raise InvalidError("This day has passed, or is too far ahead.", {"day": "passed"})
    if day.weekday() != shift.weekday or day < shift.from_day or (shift.to_day and day > shift.to_day):
        raise InvalidError("The shift is not on that day.", {"day": "invalid"})
    return day
