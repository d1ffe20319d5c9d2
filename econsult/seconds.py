"""What a second specialist is to a consult, for as long as a question to them is open: a part of `access`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.sides import side_of
from econsult.people.persons import Person, specialties_of
from econsult.rights import Relation


def seconds_relation(session: Session, person: Person, consult: Consult) -> Relation | None:
    """Whoever was asked about it by the one who holds it, for as long as the question is open and no longer."""
    side = side_of(session, consult.id)
    if side is None:
        return None
    if side.holder_id == person.id:
        return Relation.SECOND
    own = specialties_of(session, person)
    # In its own pool somebody may do more than look: that they are asked besides takes nothing away.
    is_pool = bool(own & {consult.specialty, consult.fallback_specialty})
    return Relation.ASKED if side.holder_id is None and side.specialty in own and not is_pool else None
