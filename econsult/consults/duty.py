"""The word that the desk has at once where somebody is given a consult who is not on duty for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.hearers import desk_of
from econsult.consults.ledger import ClockEvent, ClockState
from econsult.consults.records import Consult
from econsult.consults.uncovered import is_clinicians, line_at_once
from econsult.notices import NoticeKind, notify


def tell_no_cover(session: Session, consult: Consult, now: datetime, *, by_id: int) -> None:
    """Who has it is not on duty: that is written into the ledger of what runs, and the desk hears of it at once."""
    consult.uncovered_at, consult.is_taken_off_duty = now, False
    for clock in open_clocks(session, consult.id):
        if is_clinicians(clock.name, clock.lane) and clock.state == ClockState.RUNNING:
            session.add(ClockEvent(**line_at_once(clock, now, consult.version, by_id=by_id)))
    for person in desk_of(session, consult.program_id, now):
        about = f"off_duty:{consult.version}"
        notify(session, person, NoticeKind.NO_COVER, consult_id=consult.id, about=about, now=now)
