"""Who may see whose time and what may be billed: each their own, the clinic its side, the coordinators all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.billing.rules import Side
from econsult.errors import NotFoundError
from econsult.people.persons import Person
from econsult.rights import Relation

SIDES: dict[Relation, tuple[Side, ...]] = {
    Relation.HOLDER: (Side.CONSULTANT, Side.COLLEAGUE),
    Relation.SECOND: (Side.COLLEAGUE,),
    Relation.MEDICAL_HOME: (Side.REQUESTER,),
    Relation.COORDINATOR: tuple(Side),
}


def billing_for(session: Session, person: Person, public_id: str, *, now: datetime) -> tuple[Pass, tuple[Side, ...]]:
    """The consult and the sides whose billing this person may see; for everybody else there is none."""
    loaded = consult_for(session, person, public_id, now=now)
    sides = SIDES.get(loaded.relation)
    if sides is None:
        raise NotFoundError
    return loaded, sides
