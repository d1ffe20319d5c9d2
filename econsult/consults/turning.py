"""Others are asked from now on, or the family reads another language: the ledger says so of what goes on.

Figures of before stay with whom was asked then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import lock, open_clocks
from econsult.consults.ledger import Asked, Clock, ClockEvent, asked_of, count_lines, log
from econsult.consults.records import Consult


def turn_clocks(session: Session, consult: Consult, now: datetime, *, person_id: int | None) -> None:
    """What runs is from now on promised by whom the consult names, and by nobody else."""
    lock(session, consult)
    for clock in open_clocks(session, consult.id):
        _turn(session, consult, clock, now, person_id)


def turn_clock(session: Session, consult: Consult, clock: Clock, now: datetime, *, person_id: int) -> None:
    """The ledger of a clock that goes on says who is asked now, where others were when it stopped."""
    same = (ClockEvent.consult_id == clock.consult_id, ClockEvent.name == clock.name, ClockEvent.cycle == clock.cycle)
    columns = (ClockEvent.specialty, ClockEvent.site, ClockEvent.language)
    known = select(*columns).where(*same, ClockEvent.specialty.is_not(None)).order_by(ClockEvent.id.desc())
    told = session.execute(known.limit(1)).one_or_none()
    if told is not None and Asked(*told) != asked_of(consult):
        _turn(session, consult, clock, now, person_id)


def _turn(session: Session, consult: Consult, clock: Clock, now: datetime, person_id: int | None) -> None:
    times = count_lines(session, clock, "rerouted")
    log(session, clock, "rerouted", now, person_id=person_id, sequence=times, asked=asked_of(consult))
