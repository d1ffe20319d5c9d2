"""What a specialist is to a consult, a second one as well, while a question to them is open and after it: a part of
`access`.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Kind
from econsult.consults.sides import SideQuestion, SideState, side_of
from econsult.people.persons import Person, specialties_of
from econsult.rights import Relation, Right
from econsult.rosters.limits import conflicted


def specialists_relation(session: Session, person: Person, consult: Consult) -> Relation | None:
    """Whoever holds it or has answered it, whoever was asked beside, and the pool that it waits in."""
    if consult.kind == Kind.FAMILY_QUESTION or consult.status == Status.DRAFT:
        return None
    if person.id in conflicted(session, consult.patient_id):
        # Whoever must not answer for a child does not read about it either, nor look at its pictures: what they held
        # went back as they were barred (`queue.letting_go`), and having answered opens nothing.
        return None
    own = (Answer.consult_id == consult.id, Answer.author_id == person.id)
    wrote = exists().where(*own, Answer.signed_at.is_not(None))
    if consult.holder_id == person.id or session.scalar(select(wrote)):
        return Relation.HOLDER
    if consult.status in OPEN and (second := _seconds_relation(session, person, consult)):
        return second
    pools = {consult.specialty, consult.fallback_specialty}
    is_pool = consult.status in OPEN and bool(pools & specialties_of(session, person))
    return Relation.POOL if is_pool else None


def _seconds_relation(session: Session, person: Person, consult: Consult) -> Relation | None:
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
