"""Whose hands are full: who holds as many requests as they may hold at once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.offering import loads_of
from econsult.people.persons import Person
from econsult.rosters.limits import Limits


def full_hands(session: Session, program_id: int) -> set[int]:
    """The ids of those of the program who are given nothing more before they have finished something."""
    of_program = select(Limits.person_id, Limits.capacity).join(Person, Person.id == Limits.person_id)
    limited = session.execute(of_program.where(Person.program_id == program_id, Limits.capacity > 0)).all()
    most: dict[int, int] = {row.person_id: row.capacity for row in limited}
    held = loads_of(session, set(most)) if most else {}
    return {number for number, capacity in most.items() if held.get(number, 0) >= capacity}
