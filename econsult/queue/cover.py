"""The tick over rosters: when the last one on duty goes home, whatever still waits is told to the desk at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.offering import coordinators_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Urgency
from econsult.notices import NoticeKind
from econsult.queue.absence import leaves
from econsult.queue.bulk import insert_new
from econsult.queue.outbox import Quiet, Telling, tell_all
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import CoverWatch, look, unwatched


def watch_cover(session: Session, now: datetime, batch: int = 200) -> int:
    """Look at every specialty whose time has come; returns how many consults were told of, at most a batch of each."""
    _begin(session, now)
    due = select(CoverWatch).where(CoverWatch.next_at <= now).order_by(CoverWatch.id)
    told = 0
    for watch in session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)):
        is_covered, next_at = look(session, watch, now)
        if watch.is_covered and not is_covered:
            watch.gaps, watch.after_id = watch.gaps + 1, 0
        watch.is_covered = is_covered
        watch.after_id = None if is_covered else watch.after_id
        told += _alarm(session, watch, now, batch)
        watch.next_at = now if watch.after_id is not None else next_at
    session.flush()
    return told


def watch_absences(session: Session, now: datetime) -> int:
    """Tell the desk of what people hold whose time off has just begun; returns of how many consults."""
    begun = select(TimeOff).where(TimeOff.told_at.is_(None), TimeOff.starts_at <= now).order_by(TimeOff.id)
    return sum(leaves(session, off, now) for off in session.scalars(begun.with_for_update(skip_locked=True)).all())


def _begin(session: Session, now: datetime) -> None:
    """Before its first roster a specialty's whole pool counted as on duty: it began covered."""
    rows = [
        {"program_id": program_id, "specialty": specialty, "is_covered": True, "gaps": 0, "next_at": now}
        for program_id, specialty in unwatched(session)
    ]
    if rows:
        insert_new(session, CoverWatch, rows)


def _alarm(session: Session, watch: CoverWatch, now: datetime, batch: int) -> int:
    """The next batch of what waits for this specialty."""
    if watch.after_id is None:
        return 0
    waiting = _waiting(session, watch, batch)
    watch.after_id = waiting[-1].id if len(waiting) == batch else None
    clocks = _taking(session, waiting)
    lines = [_line(clocks[consult.id], watch.gaps, now) for consult in waiting if consult.id in clocks]
    if lines:
        insert_new(session, ClockEvent, lines)
    _tell(session, watch, waiting, now)
    return len(waiting)


def _waiting(session: Session, watch: CoverWatch, batch: int) -> list[Consult]:
    pool = func.coalesce(Consult.fallback_specialty, Consult.specialty) == watch.specialty
    query = select(Consult).where(
        Consult.program_id == watch.program_id,
        Consult.status == Status.SUBMITTED,
        Consult.kind != "family_question",
        Consult.id > (watch.after_id or 0),
        pool,
    )
    return list(session.scalars(query.order_by(Consult.id).limit(batch)))


def _taking(session: Session, waiting: Sequence[Consult]) -> dict[int, Clock]:
    """The clock of being taken of each."""
    query = select(Clock).where(
        Clock.consult_id.in_([consult.id for consult in waiting]),
        Clock.name == ClockName.ALLOCATE,
        Clock.state != ClockState.STOPPED,
    )
    return {clock.consult_id: clock for clock in session.scalars(query)}


def _line(clock: Clock, gap: int, now: datetime) -> dict[str, object]:
    """A line of the ledger, once for each gap."""
    same = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")
    line = {name: getattr(clock, name) for name in same}
    return line | {"kind": "escalated", "level": 0, "sequence": gap, "at": now, "is_late": False, "reason": "no_cover"}


def _tell(session: Session, watch: CoverWatch, waiting: Sequence[Consult], now: datetime) -> None:
    """The first, and what is urgent, by a letter at once; the rest is gathered."""
    about, desk = f"gap:{watch.id}:{watch.gaps}", coordinators_of(session, watch.program_id)
    tellings = [
        Telling(person, NoticeKind.NO_COVER, consult.id, about, place == 0 or consult.urgency == Urgency.URGENT)
        for place, consult in enumerate(waiting)
        for person in desk
    ]
    tell_all(session, tellings, Quiet(), set(), now)
