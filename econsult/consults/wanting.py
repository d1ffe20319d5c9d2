"""What a specialist has asked a clinic for, and the clinic has not given yet: the next move is the clinic's own.

A question counts whether the clock waits for its answer or, as of an urgent request, runs on.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.attachments import Attachment
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.replies import ASKERS
from econsult.consults.threads import Audience, Message
from econsult.people.persons import Person, Role

_later, _author, _sender = aliased(Message), aliased(Person), aliased(Person)
_SAID_SINCE = exists().where(
    _later.consult_id == Message.consult_id,
    _later.id > Message.id,
    _later.audience != Audience.FAMILY,
    _author.id == _later.author_id,
    _author.role.in_(ASKERS),
)
_SENT_SINCE = exists().where(
    Attachment.consult_id == Message.consult_id,
    Attachment.received_at > Message.created_at,
    _sender.id == Attachment.uploaded_by_id,
    _sender.role != Role.SPECIALIST,
)
_IS_QUESTION = and_(
    Message.audience == Audience.CLINICIANS, Message.items.is_not(None), Message.taken_back_at.is_(None)
)
_PAUSED = exists().where(
    Clock.consult_id == Consult.id, Clock.state == ClockState.PAUSED, Clock.paused_reason == "needs_clinicians"
)
WANTED: ColumnElement[bool] = and_(
    Consult.status.in_((Status.CLAIMED, Status.NEEDS_INFO)),
    or_(_PAUSED, exists().where(Message.consult_id == Consult.id, _IS_QUESTION, ~_SAID_SINCE, ~_SENT_SINCE)),
)
"""The condition of a consult in whose thread the clinic was asked something and has neither said nor sent anything."""


def question_to_clinic(session: Session, consult: Consult) -> Message | None:
    """What the clinic was asked last and has not answered; None where nothing is open."""
    if session.scalar(select(Consult.id).where(Consult.id == consult.id, WANTED)) is None:
        return None
    asked = select(Message).join(Person, Person.id == Message.author_id)
    asked = asked.where(Message.consult_id == consult.id, Message.audience == Audience.CLINICIANS)
    asked = asked.where(Message.taken_back_at.is_(None), Person.role.not_in(ASKERS)).order_by(
        Message.items.is_(None), Message.id.desc()
    )
    return session.scalars(asked.limit(1)).first()
