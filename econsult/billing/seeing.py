"""Who may see whose time and what may be billed: each their own, the clinic its side, the coordinators all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.billing.rules import Side
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.persons import Person
from econsult.rights import Relation, Right

SIDES: dict[Relation, tuple[Side, ...]] = {
    Relation.HOLDER: (Side.CONSULTANT, Side.COLLEAGUE),
    Relation.SECOND: (Side.COLLEAGUE,),
    Relation.REPLIED: (Side.COLLEAGUE,),
    Relation.MEDICAL_HOME: (Side.REQUESTER,),
    Relation.COORDINATOR: tuple(Side),
}


def billing_for(session: Session, person: Person, public_id: str, *, now: datetime) -> tuple[Pass, tuple[Side, ...]]:
    """The consult and the sides whose billing this person may see; for everybody else there is none.

    Whoever replied to a question beside it is let in to their own time alone, as `Relation.REPLIED`.
    """
    try:
        loaded = consult_for(session, person, public_id, now=now)
    except NotFoundError:
        loaded = None
    if loaded is None or loaded.relation not in SIDES:
        loaded = _own_time(session, person, public_id, now)
    return loaded, SIDES[loaded.relation]


def _own_time(session: Session, person: Person, public_id: str, now: datetime) -> Pass:
    try:
        return consult_for(session, person, public_id, now=now, right=Right.OWN_TIME)
    except ForbiddenError:
        raise NotFoundError from None
