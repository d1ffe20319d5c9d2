"""When a family opened its answer: known from the trail, told to whoever would call it, and no word that it understood.

That a page was open on a telephone ends no clock: the family says itself that it understood, or staff tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult, note
from econsult.consults.versions import Answer
from econsult.people.persons import Person
from econsult.trail import AuditEvent

OPENED = "open_answer"


def note_opened(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """Write down that somebody of the family has opened the answer that it can read; once for each and each version."""
    version = _readable(session, [consult]).get(consult.id)
    if version is None:
        return
    mine = (AuditEvent.person_id == person.id, AuditEvent.detail == str(version))
    if session.scalars(_rows([consult]).where(*mine).with_only_columns(AuditEvent.id).limit(1)).first() is None:
        note(session, consult, OPENED, person_id=person.id, now=now, detail=str(version))


def opened_of(session: Session, consults: Sequence[Consult]) -> dict[int, datetime]:
    """When the families of these consults first opened the answer that they can read now, by the consults' ids."""
    if not consults:
        return {}
    stands = _readable(session, consults)
    found: dict[int, datetime] = {}
    for number, detail, at in session.execute(_rows(consults).order_by(AuditEvent.at)):
        if number is not None and detail == str(stands.get(number)):
            found.setdefault(number, at)
    return found


def _rows(consults: Sequence[Consult]) -> Select[int | None, str, datetime]:
    return select(AuditEvent.consult_id, AuditEvent.detail, AuditEvent.at).where(
        AuditEvent.patient_id.in_({each.patient_id for each in consults}),
        AuditEvent.consult_id.in_([each.id for each in consults]),
        AuditEvent.action == OPENED,
    )


def _readable(session: Session, consults: Sequence[Consult]) -> dict[int, int]:
    """The newest version of each that its family can read."""
    query = select(Answer.consult_id, func.max(Answer.version)).where(
        Answer.consult_id.in_([each.id for each in consults]), Answer.released_at.is_not(None)
    )
    return dict(session.execute(query.group_by(Answer.consult_id)).all())
