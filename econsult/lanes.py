"""What of the lanes somebody reads, and where they may write: a part of `access`.

A lane is read whole or not at all, with one exception. What a specialist asks the clinic for is addressed to whoever
put the question: a telepresenter, who reads nothing else of the clinicians' lane, reads what is asked, with its marks,
and answers it. Those words are a part of the lane, and their author goes on seeing them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.consults.records import Consult
from econsult.consults.threads import Audience, Message, messages_of
from econsult.errors import ForbiddenError
from econsult.people.persons import Person, Role
from econsult.rights import WRITE_RIGHTS, Right

_IS_ASKED = (Message.audience == Audience.CLINICIANS, Message.items.is_not(None))


def is_addressed(passed: Pass) -> bool:
    """Whether they read of the clinicians' lane what is asked of them, and their own words, alone."""
    return passed.may(Right.BE_ASKED) and not passed.may(Right.READ_CLINICIANS)


def lanes_for(passed: Pass) -> tuple[Audience, ...]:
    """The lanes of which they read the whole, or their part."""
    whole = passed.readable_lanes()
    return (*whole, Audience.CLINICIANS) if is_addressed(passed) else whole


def messages_for(session: Session, person: Person, passed: Pass) -> list[Message]:
    """Every message that this person, for whom the consult was loaded, may read, the oldest first."""
    found = messages_of(session, passed.consult.id, passed.readable_lanes())
    if not is_addressed(passed):
        return found
    theirs = or_(Message.items.is_not(None), Message.author_id == person.id)
    query = select(Message).where(Message.consult_id == passed.consult.id, Message.audience == Audience.CLINICIANS)
    return sorted([*found, *session.scalars(query.where(theirs))], key=lambda message: message.id)


def may_write(session: Session, passed: Pass, lane: Audience) -> bool:
    """Whether they may write to this lane now; who is addressed alone, once they were asked for something."""
    if lane == Audience.CLINICIANS and is_addressed(passed):
        return _was_asked(session, passed.consult)
    return passed.may(WRITE_RIGHTS[lane])


def writing_to(session: Session, person: Person, public_id: str, lane: Audience, *, now: datetime) -> Pass:
    """The consult, locked, for somebody who may write to this lane.

    Raises what `consult_for` raises, and ForbiddenError for who was asked for nothing there.
    """
    is_presenter = lane == Audience.CLINICIANS and person.role == Role.TELEPRESENTER
    right = Right.BE_ASKED if is_presenter else WRITE_RIGHTS[lane]
    passed = consult_for(session, person, public_id, now=now, right=right)
    if not may_write(session, passed, lane):
        raise ForbiddenError("Nothing was asked of you here. You may write to the family, and add files.")
    return passed


def _was_asked(session: Session, consult: Consult) -> bool:
    query = select(Message.id).where(Message.consult_id == consult.id, *_IS_ASKED, Message.taken_back_at.is_(None))
    return session.scalar(query.limit(1)) is not None
