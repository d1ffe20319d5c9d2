"""Swaps: one shift of one day given to somebody else, who is asked first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.orm import Session

from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role, specialties_of
from econsult.rosters.planning import member_of, shift_of, write_down
from econsult.rosters.shifts import Shift, Swap, wall

LONGEST_AHEAD = timedelta(days=366)


def offer_swap(session: Session, by: Person, shift_id: int, on_day: date | None, to_id: str, *, now: datetime) -> Swap:
    """Ask somebody to take one shift of one day. Who has the shift, or the desk, may ask."""
    shift = shift_of(session, by, shift_id)
    if by.role == Role.SPECIALIST and shift.person_id != by.id:
        raise ForbiddenError("This shift is somebody else's.")
    person = member_of(session, by, to_id)
    if person is None or shift.specialty not in specialties_of(session, person) or person.id == shift.person_id:
        raise InvalidError("This person cannot take the shift.", {"to": "unsuitable"})
    day = _day_of(shift, on_day, now)
    session.execute(delete(Swap).where(Swap.shift_id == shift.id, Swap.on_day == day))
    swap = Swap(shift_id=shift.id, on_day=day, to_id=person.id, asked_by_id=by.id, asked_at=now)
    session.add(swap)
    session.flush()
    notify(session, person, NoticeKind.ROSTER, consult_id=None, about=f"swap:{swap.id}", now=now)
    write_down(session, by, "offer_swap", f"{swap.id}", now)
    return swap


def accept_swap(session: Session, person: Person, swap_id: int, *, now: datetime) -> Swap:
    """Say yes to a shift that one was asked to take."""
    swap = session.get(Swap, swap_id)
    if swap is None or swap.to_id != person.id:
        raise NotFoundError
    swap.accepted_at = swap.accepted_at or now
    write_down(session, person, "accept_swap", f"{swap.id}", now)
    return swap


def ends_at(shift: Shift, day: date) -> datetime:
    """When the shift of this day is over."""
    return wall(day, shift.starts + shift.minutes, ZoneInfo(shift.time_zone))


def _day_of(shift: Shift, day: date | None, now: datetime) -> date:
    """The day, if the shift is on it and not over. Raises InvalidError, also for no day at all."""
    if day is None:
        raise InvalidError("Say on which day.", {"day": "required"})
    today = now.astimezone(ZoneInfo(shift.time_zone)).date()
    # Far days are settled first: the ends of the calendar have no other time zone.
    is_near = today - timedelta(days=3) <= day <= today + LONGEST_AHEAD
    if not is_near or ends_at(shift, day) <= now:
        raise InvalidError("This day has passed, or is too far ahead.", {"day": "passed"})
    if day.weekday() != shift.weekday or day < shift.from_day or (shift.to_day and day > shift.to_day):
        raise InvalidError("The shift is not on that day.", {"day": "invalid"})
    return day
