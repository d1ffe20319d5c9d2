"""What somebody of the desk is to every request: its coordinators, or whoever stands in; a part of `access`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.desks import stands_in
from econsult.errors import ForbiddenError
from econsult.people.persons import Person, Role
from econsult.rights import Relation


def desk_relation(session: Session, person: Person, now: datetime) -> Relation | None:
    """What this person is to the requests of the program; nothing where they are not of the desk."""
    if person.role == Role.COORDINATOR:
        return Relation.COORDINATOR
    return Relation.STAND_IN if stands_in(session, person, now) else None


def check_desk(session: Session, person: Person, now: datetime) -> None:
    """Raise ForbiddenError for whoever is neither of the desk nor stands in for it."""
    if desk_relation(session, person, now) is None:
        raise ForbiddenError("Your role does not include this.")
