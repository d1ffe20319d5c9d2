"""Somebody who holds consults goes away: the desk hears of it at once, not at the next step of a ladder."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent
from econsult.consults.lifecycle import OPEN
from econsult.consults.offering import coordinators_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.notices import NoticeKind, notify
from econsult.queue.bulk import insert_new
from econsult.rosters.shifts import TimeOff


def leaves(session: Session, off: TimeOff, now: datetime) -> int:
    """Say "no cover" for everything that a person holds whose time off begins; returns for how many consults."""
    off.told_at = now
    if off.ends_at <= now:
        return 0
    held = session.scalars(select(Consult).where(Consult.holder_id == off.person_id, Consult.status.in_(OPEN))).all()
    for consult in held:
        for clock in open_clocks(session, consult.id, ClockName.FIRST_REPLY):
            line = {"kind": "escalated", "level": 0, "sequence": off.id, "at": now, "due_at": now, "is_late": False}
            line |= {name: getattr(clock, name) for name in ("consult_id", "name", "cycle", "lane")}
            line |= {"deadline_at": clock.deadline_at, "target_seconds": clock.target_seconds, "reason": "no_cover"}
            insert_new(session, ClockEvent, [line])
            for person in coordinators_of(session, consult.program_id):
                about = f"off:{off.id}:{clock.cycle}"
                notify(session, person, NoticeKind.NO_COVER, consult_id=consult.id, about=about, now=now)
    return len(held)
