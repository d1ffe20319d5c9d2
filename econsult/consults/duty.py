"""Whether somebody who has a consult is on duty for it, and the word that the desk has where they are not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent, ClockState
from econsult.consults.offering import coordinators_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.notices import NoticeKind, notify

BELOW_ALL = -1_000_000_000
"""Absences are lines of the same kind, numbered by their rows; these are numbered far below them, by the version."""


def tell_no_cover(session: Session, consult: Consult, now: datetime, *, by_id: int) -> None:
    """Who has it is not on duty: that is written into the ledger of what runs, and the desk hears of it at once."""
    for clock in open_clocks(session, consult.id):
        is_reply = clock.name in (ClockName.FIRST_REPLY, ClockName.NEXT_REPLY) and clock.lane != "family"
        if is_reply and clock.state == ClockState.RUNNING:
            same = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")
            line = ClockEvent(**{name: getattr(clock, name) for name in same}, kind="escalated", reason="no_cover")
            line.sequence, line.at, line.person_id = BELOW_ALL - consult.version, now, by_id
            session.add(line)
    for person in coordinators_of(session, consult.program_id):
        about = f"off_duty:{consult.version}"
        notify(session, person, NoticeKind.NO_COVER, consult_id=consult.id, about=about, now=now)
