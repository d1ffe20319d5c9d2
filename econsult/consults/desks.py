"""Who sits at a desk that has no coordinator."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.consults.hearers import desk_of
from econsult.people.persons import Person, Role

STAND_INS = (Role.DIRECTOR, Role.ADMIN)


def stands_in(session: Session, person: Person) -> bool:
    """Whether this person hears what an empty desk would: a director, or an administrator where there is none."""
    if person.role not in STAND_INS or not person.is_active:
        return False
    return any(each.id == person.id for each in desk_of(session, person.program_id))
