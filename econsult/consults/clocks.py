"""The promise: clocks with a deadline, and the append-only ledger from which every figure can be worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.consults.lifecycle import Status, next_status
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person

PAUSE_LIMIT = timedelta(hours=72)
# Whoever waited for information gets this long to take the consult up again before the claim lapses.
GRACE = timedelta(hours=4)


class ClockName(StrEnum):
    FIRST_REPLY = "first_reply"
    FAMILY_INFORMED = "family_informed"


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Clock(Base):
    """One clock of one cycle. While paused, `deadline_at` is where it would end if it resumed at `paused_until`."""

    __tablename__ = "clock"
    __table_args__ = (UniqueConstraint("consult_id", "name", "cycle", name="uq_clock_cycle"),)

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    name: Mapped[str] = mapped_column(String(24))
    cycle: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=ClockState.RUNNING)
    started_at: Mapped[datetime] = mapped_column(Instant)
    deadline_at: Mapped[datetime] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_until: Mapped[datetime | None] = mapped_column(Instant)
    paused_reason: Mapped[str | None] = mapped_column(String(32))
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    is_breached: Mapped[bool] = mapped_column(default=False)


class ClockEvent(Base):
    """One line of the ledger; `sequence` makes a repeated pause or resume distinct and a repeated breach impossible."""

    __tablename__ = "clock_event"
    __table_args__ = (UniqueConstraint("consult_id", "name", "cycle", "kind", "sequence", name="uq_clock_event"),)

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    name: Mapped[str] = mapped_column(String(24))
    cycle: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    deadline_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(32), default="")


def start_clock(session: Session, consult: Consult, name: ClockName, target: timedelta, now: datetime) -> Clock:
    """Open the next cycle of the clock, due `target` from now."""
    latest = select(func.coalesce(func.max(Clock.cycle), 0)).where(Clock.consult_id == consult.id, Clock.name == name)
    cycle = session.scalars(latest).one() + 1
    clock = Clock(consult_id=consult.id, name=name, cycle=cycle, started_at=now, deadline_at=now + target)
    session.add(clock)
    session.flush()
    _note(session, clock, "started", now)
    refresh_deadline(session, consult)
    return clock


def stop_clock(session: Session, consult: Consult, name: ClockName, now: datetime, reason: str = "") -> None:
    """Stop the clock's open cycle, if there is one."""
    for clock in _open_clocks(session, consult, name):
        clock.state, clock.stopped_at = ClockState.STOPPED, now
        clock.paused_at = clock.paused_until = clock.paused_reason = None
        _note(session, clock, "stopped", now, reason)
    refresh_deadline(session, consult)


def pause_clock(session: Session, consult: Consult, name: ClockName, reason: str, now: datetime) -> None:
    """Hold the clock while somebody else must act; it resumes by itself after the pause limit."""
    for clock in _open_clocks(session, consult, name):
        if clock.state == ClockState.RUNNING:
            clock.state, clock.paused_at, clock.paused_reason = ClockState.PAUSED, now, reason
            clock.paused_until = now + PAUSE_LIMIT
            _note(session, clock, "paused", now, reason)
    refresh_deadline(session, consult)


def resume_clock(session: Session, consult: Consult, name: ClockName, now: datetime, reason: str = "") -> None:
    """Let the clock run on; its deadline moves by as long as it was held."""
    for clock in _open_clocks(session, consult, name):
        if clock.state == ClockState.PAUSED and clock.paused_at is not None:
            clock.deadline_at += now - clock.paused_at
            clock.state = ClockState.RUNNING
            clock.paused_at = clock.paused_until = clock.paused_reason = None
            _note(session, clock, "resumed", now, reason)
    refresh_deadline(session, consult)


def stop_all(session: Session, consult: Consult, now: datetime, reason: str) -> None:
    """No clock runs on a consult that has ended."""
    for name in ClockName:
        stop_clock(session, consult, name, now, reason)


def clocks_of(session: Session, consult_id: int) -> list[Clock]:
    """The latest cycle of each clock."""
    rows = session.scalars(select(Clock).where(Clock.consult_id == consult_id).order_by(Clock.name, Clock.cycle))
    return list({clock.name: clock for clock in rows}.values())


def clocks_among(session: Session, consult_ids: Sequence[int]) -> dict[int, list[Clock]]:
    """The clocks that are not stopped, by consult id, the soonest deadline first."""
    found: dict[int, list[Clock]] = {number: [] for number in consult_ids}
    query = select(Clock).where(Clock.consult_id.in_(consult_ids), Clock.state != ClockState.STOPPED)
    for clock in session.scalars(query.order_by(Clock.deadline_at)):
        found[clock.consult_id].append(clock)
    return found


def due_consults(session: Session, now: datetime, limit: int = 100) -> list[Consult]:
    """The consults whose next deadline has come, by index, locked for this transaction."""
    query = (
        select(Consult)
        .where(Consult.next_deadline_at <= now)
        .order_by(Consult.next_deadline_at, Consult.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def fire_due(session: Session, consult: Consult, now: datetime) -> list[Clock]:
    """Mark what is late and end pauses that lasted too long. Returns the clocks that were breached just now."""
    breached = []
    for clock in _open_clocks(session, consult, None):
        if clock.state == ClockState.PAUSED and clock.paused_until is not None and clock.paused_until <= now:
            resume_clock(session, consult, ClockName(clock.name), clock.paused_until, "pause_limit")
            _end_waiting(session, consult, now)
        if clock.state == ClockState.RUNNING and not clock.is_breached and clock.deadline_at <= now:
            clock.is_breached = True
            _note(session, clock, "breached", now)
            breached.append(clock)
    refresh_deadline(session, consult)
    return breached


def _end_waiting(session: Session, consult: Consult, now: datetime) -> None:
    """Nobody answered the request for information in time: the consult goes back to a human, who is told."""
    if consult.status != Status.NEEDS_INFO:
        return
    consult.status = next_status(consult.status, "resume")
    consult.claim_until = now + GRACE
    consult.version += 1
    note(session, consult, "resume", person_id=None, now=now, detail="pause_limit")
    if consult.holder_id is not None:
        holder = session.get_one(Person, consult.holder_id)
        notify(session, holder, NoticeKind.MESSAGE, consult_id=consult.id, about=f"pause:{now.isoformat()}", now=now)


def refresh_deadline(session: Session, consult: Consult) -> None:
    """Work out what the clock process must look at next, and what the worklist is ordered by."""
    session.flush()
    pending, due = [], []
    for clock in _open_clocks(session, consult, None):
        if clock.state == ClockState.PAUSED and clock.paused_until is not None:
            pending.append(clock.paused_until)
        elif not clock.is_breached:
            pending.append(clock.deadline_at)
        due.append(clock.deadline_at)
    consult.next_deadline_at = min(pending, default=None)
    consult.due_at = min(due, default=consult.due_at)


def _open_clocks(session: Session, consult: Consult, name: ClockName | None) -> list[Clock]:
    query = select(Clock).where(Clock.consult_id == consult.id, Clock.state != ClockState.STOPPED)
    if name is not None:
        query = query.where(Clock.name == name)
    return list(session.scalars(query.order_by(Clock.id)))


def _note(session: Session, clock: Clock, kind: str, at: datetime, reason: str = "") -> None:
    earlier = select(func.count(ClockEvent.id)).where(
        ClockEvent.consult_id == clock.consult_id,
        ClockEvent.name == clock.name,
        ClockEvent.cycle == clock.cycle,
        ClockEvent.kind == kind,
    )
    sequence = session.scalars(earlier).one() if kind in {"paused", "resumed"} else 0
    session.add(
        ClockEvent(
            consult_id=clock.consult_id,
            name=clock.name,
            cycle=clock.cycle,
            kind=kind,
            sequence=sequence,
            at=at,
            deadline_at=clock.deadline_at,
            reason=reason,
        )
    )
    session.flush()
