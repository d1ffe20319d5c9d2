"""What somebody did to a consult a moment ago: a second press of the same button finds it done."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from econsult.consults.handover import Handover
from econsult.consults.records import Consult
from econsult.consults.threads import Message
from econsult.people.persons import Person
from econsult.trail import AuditEvent

JUST_NOW = timedelta(minutes=10)


def has_just_done(session: Session, person: Person, public_id: str, act: str, now: datetime) -> bool:
    """Whether this person did this to the consult within the last minutes."""
    own = (AuditEvent.person_id == person.id, AuditEvent.action == act)
    return just_acted(session, person, public_id, now, *own)


def has_just_said(session: Session, person: Person, public_id: str, words: list[str], now: datetime) -> bool:
    """Whether this person gave all these words within the last minutes: as a reason, in a message, or as a consult's
    end.
    """
    query = select(Consult).where(Consult.public_id == public_id, Consult.program_id == person.program_id)
    consult = session.scalars(query).one_or_none()
    if consult is None:
        return False
    since = now - JUST_NOW
    given = (Handover.consult_id == consult.id, Handover.by_id == person.id, Handover.at > since)
    wrote = (Message.consult_id == consult.id, Message.author_id == person.id, Message.created_at > since)
    reasons, texts = select(Handover.reason).where(*given), select(Message.text).where(*wrote)
    said = {*session.scalars(reasons), *session.scalars(texts), consult.end_reason or ""}
    return {each.strip() for each in said}.issuperset(words)


def just_acted(session: Session, person: Person, public_id: str, now: datetime, *which: ColumnElement[bool]) -> bool:
    """Whether the trail of this consult, of the person's program, has such a row of the last minutes."""
    own = (Consult.public_id == public_id, Consult.program_id == person.program_id)
    done = select(AuditEvent.id).join(Consult, Consult.patient_id == AuditEvent.patient_id).where(*own)
    done = done.where(AuditEvent.consult_id == Consult.id, AuditEvent.at > now - JUST_NOW)
    return session.scalar(done.where(*which).limit(1)) is not None
