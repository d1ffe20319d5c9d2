"""Letters that were written for at once, and wait all the same: nobody is woken for what is routine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.records import Consult, Urgency
from econsult.notices import AT_ONCE, Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.quiet import Quiet
from econsult.rosters.shifts import awake_among


def rests_until(session: Session, notice: Notice, person: Person, quiet: Quiet, now: datetime) -> datetime | None:
    """The morning for which a letter about a new request waits; None for one that goes out now.

    Whoever is on duty has no night, and what is for the same day waits for none: it may be due before the morning.
    """
    if notice.kind != NoticeKind.NEW_REQUEST or notice.consult_id is None:
        return None
    morning = quiet.until(person, now)
    if morning <= now or session.get_one(Consult, notice.consult_id).urgency != Urgency.ROUTINE:
        return None
    return None if awake_among(session, [person], now) else morning


def text_rests_until(session: Session, notice: Notice, person: Person, quiet: Quiet, now: datetime) -> datetime | None:
    """The morning for which a text message waits: a telephone beside a bed wakes people, a letter does not.

    What is for the same day waits for no morning, and neither does whoever is on duty.
    """
    morning = quiet.until(person, now)
    if morning <= now or notice.kind in AT_ONCE:
        return None
    consult = session.get_one(Consult, notice.consult_id) if notice.consult_id is not None else None
    if consult is not None and consult.urgency != Urgency.ROUTINE:
        return None
    return None if awake_among(session, [person], now) else morning
