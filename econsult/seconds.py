"""What a second specialist is to a consult, while a question to them is open and after it: a part of `access`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, SideState, side_of
from econsult.people.persons import Person, specialties_of
from econsult.rights import Relation, Right


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


def time_relation(session: Session, person: Person, consult: Consult, right: Right) -> Relation | None:
    """Whoever replied to such a question keeps their own time on it and nothing else: for that right alone."""
    if right != Right.OWN_TIME or not person.is_active:
        return None
    replied = select(SideQuestion.id).where(
        SideQuestion.consult_id == consult.id,
        SideQuestion.holder_id == person.id,
        SideQuestion.state == SideState.REPLIED,
    )
    return Relation.REPLIED if session.scalar(replied.limit(1)) else None
