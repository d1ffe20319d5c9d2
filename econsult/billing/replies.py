"""The questions of colleagues that a specialist replied to: how long they worked, and where they put that right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.billing.entries import sums_of
from econsult.billing.spans import seconds_of
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.consults.sides import SideQuestion, SideState
from econsult.leading import Led
from econsult.people.persons import Person

SHOWN, DAYS = 20, timedelta(days=60)
"""So many are listed, and so old at most: a month's billing is settled by then."""


@dataclass(frozen=True)
class Replied:
    """A reply by its consult's number, without a word of either; `seconds` are those that count of the own work."""

    number: str
    public_id: str
    at: datetime
    seconds: int


def replied_of(session: Session, person: Person, now: datetime) -> list[Replied]:
    """This person's replies of the last `DAYS`, the newest first, each consult once."""
    query = (
        select(SideQuestion.ended_at, Consult)
        .select_from(Led(SideQuestion, Consult, Consult.id == SideQuestion.consult_id))
        .where(
            SideQuestion.holder_id == person.id,
            SideQuestion.state == SideState.REPLIED,
            SideQuestion.ended_at >= now - DAYS,
            Consult.program_id == person.program_id,
        )
        .order_by(SideQuestion.ended_at.desc(), SideQuestion.id.desc())
        .options(*SEALED_STAY_SHUT)
    )
    last: dict[int, tuple[datetime, Consult]] = {}
    for at, consult in session.execute(query.limit(SHOWN)):
        if at is not None:
            last.setdefault(consult.id, (at, consult))
    sums = sums_of(session, person.id, last)
    return [
        Replied(consult.number, consult.public_id, at, seconds_of(sums, number))
        for number, (at, consult) in last.items()
    ]
