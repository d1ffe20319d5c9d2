"""Who sits at a desk of which no coordinator is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.hearers import coordinators_of, desk_of
from econsult.people.persons import Person
from econsult.rosters.homes import back_at, there_of
from econsult.rosters.sent_away import HEIRS
from econsult.rosters.shifts import Span, without_time_off
from econsult.rosters.stretches import gaps

STAND_INS = HEIRS[1:]


@dataclass(frozen=True)
class AtDesk:
    """Who is at a program's desk: the coordinators who are there, or by `stands_in` whoever stands in for them.

    `away` are coordinators who have an account and are not there, and `back_at` is when the first of them comes back
    (None: not within the week).
    """

    people: list[Person]
    away: list[Person]
    stands_in: bool
    back_at: datetime | None


def stands_in(session: Session, person: Person, now: datetime) -> bool:
    """Whether this person hears what an empty desk would: a director, or an administrator where none is there."""
    if person.role not in STAND_INS or not person.is_active:
        return False
    return any(each.id == person.id for each in desk_of(session, person.program_id, now))


def at_desk(session: Session, program_id: int, now: datetime) -> AtDesk:
    """Who is at the desk of this program now."""
    own = coordinators_of(session, program_id)
    here = there_of(session, own, now)
    away = [person for person in own if person not in here]
    if here:
        return AtDesk(here, away, stands_in=False, back_at=None)
    heirs = [person for person in desk_of(session, program_id, now) if person.role in STAND_INS]
    return AtDesk(there_of(session, heirs, now) or heirs, away, stands_in=True, back_at=back_at(session, away, now))


def desk_gaps(session: Session, program_id: int, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When none of its coordinators is there by the roster, between two instants; nothing where it has none at all."""
    own = [Span(person.id, start, end) for person in coordinators_of(session, program_id)]
    return gaps(list(without_time_off(session, own, start, end)), start, end) if own else []
