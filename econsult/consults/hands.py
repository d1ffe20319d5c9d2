"""Somebody's hands: what they hold, whether they are full, and that two never put the last thing in at once."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.clocks import lock
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, SideState
from econsult.errors import ForbiddenError
from econsult.people.persons import Person
from econsult.rosters.limits import Limits, limits_of

FULL_HANDS = "at_capacity"
HANDS = 0x48414E44
"""The first key of PostgreSQL's locks on somebody's hands; the second is the person's number."""


def loads_of(session: Session, people: set[int]) -> Mapping[int, int]:
    """How much each of these people holds: open consults, and colleagues' questions about others.

    What waits for information counts, since it may come at any moment; a test is no work, nor is a question about it.
    """
    held = select(Consult.holder_id).where(
        Consult.holder_id.in_(people), Consult.status.in_(OPEN), Consult.is_test.is_(False)
    )
    asked = (
        select(SideQuestion.holder_id)
        .join(Consult, Consult.id == SideQuestion.consult_id)
        .where(SideQuestion.holder_id.in_(people), SideQuestion.state == SideState.OPEN, Consult.is_test.is_(False))
    )
    both = union_all(held, asked).subquery()
    number = both.c.holder_id
    return {row[0]: row[1] for row in session.execute(select(number, func.count()).group_by(number))}


def full_hands(session: Session, program_id: int) -> set[int]:
    """The ids of those of the program who are given nothing more before they have finished something."""
    of_program = select(Limits.person_id, Limits.capacity).join(Person, Person.id == Limits.person_id)
    limited = session.execute(of_program.where(Person.program_id == program_id, Limits.capacity > 0)).all()
    most: dict[int, int] = {row.person_id: row.capacity for row in limited}
    held = loads_of(session, set(most)) if most else {}
    return {number for number, capacity in most.items() if held.get(number, 0) >= capacity}


def check_room(session: Session, consult: Consult, person: Person) -> None:
    """Raise ForbiddenError for somebody whose hands are full.

    It waits for whoever fills them at this moment, until this transaction ends: of two that come at once, the last free
    place takes one.
    """
    limits = limits_of(session, [person.id]).get(person.id)
    if limits is None or not limits.capacity:
        return
    lock_hands(session, consult, person)
    if loads_of(session, {person.id}).get(person.id, 0) >= limits.capacity:
        raise ForbiddenError("You hold as many requests as you may hold at once.", code=FULL_HANDS)


def lock_hands(session: Session, consult: Consult, person: Person) -> None:
    """Wait for whoever fills these hands at this moment.

    The consult first, as everywhere, so that two never wait for each other; and then no row, which a form may have
    written before it comes to the consults that wait.
    """
    lock(session, consult)
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(func.pg_advisory_xact_lock(HANDS, person.id)))
