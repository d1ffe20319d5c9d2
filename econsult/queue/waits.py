"""What must hold of whoever waits: for information with an end, for a reply until somebody gave one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, number_of
from econsult.consults.replies import FAMILY
from econsult.consults.threads import Message
from econsult.consults.versions import Answer
from econsult.people.persons import HOUSEHOLD, Person

STILL_GOES_ON = (*OPEN, Status.ANSWERED)


def waits_broken(session: Session) -> Iterator[str]:
    """1. One line for each wait that ended although nobody had replied, or that never ends."""
    yield from _unanswered(session)


def _unanswered(session: Session) -> Iterator[str]:
    """A family's wait was ended as answered: then an answer was signed, or a word written to it, after it had asked."""
    ended = exists().where(
        ClockEvent.consult_id == Clock.consult_id,
        ClockEvent.name == Clock.name,
        ClockEvent.cycle == Clock.cycle,
        ClockEvent.kind == "stopped",
        ClockEvent.at == Clock.stopped_at,
        ClockEvent.reason == "released",
    )
    # A correction says anew what was signed before the family asked.
    answered = exists().where(
        Answer.consult_id == Clock.consult_id, Answer.corrects.is_(None), Answer.signed_at >= Clock.started_at
    )
    replied = exists().where(
        Message.consult_id == Clock.consult_id,
        Message.audience == FAMILY,
        Message.is_relayed.is_(False),
        Message.created_at >= Clock.started_at,
        Message.author_id.in_(select(Person.id).where(Person.role.not_in(HOUSEHOLD))),
    )
    query = (
        select(Clock.consult_id)
        .join(Consult, Consult.id == Clock.consult_id)
        .where(Clock.name == ClockName.NEXT_REPLY, Clock.lane == FAMILY, Clock.state == ClockState.STOPPED)
        .where(Consult.status.in_(STILL_GOES_ON), ended, ~or_(answered, replied))
    )
    for consult_id in session.scalars(query.distinct().order_by(Clock.consult_id).limit(100)):
        yield f"1 {number_of(consult_id)}: the family's words count as answered and nobody has replied"
