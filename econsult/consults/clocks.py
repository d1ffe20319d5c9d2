"""The promise: clocks with a deadline, started, held and stopped by what people do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import DIED, Clock, ClockEvent, ClockState, asked_of, count_lines, ladder_text, log
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult
from econsult.consults.steps import BROKEN, Counting, deadlines
from econsult.consults.uncovered import is_clinicians
from econsult.consults.wishes import shorten
from econsult.people.deaths import has_died
from econsult.picking import one_of

PAUSE_LIMIT = timedelta(hours=72)
# Whoever waited for information gets this long to take the consult up again before the claim lapses: a quarter of what
# is left of the promise, within these bounds, so that somebody who is gone by then does not use it up.
SHORTEST_GRACE, GRACE = timedelta(minutes=30), timedelta(hours=4)


def grace(deadline_at: datetime, now: datetime) -> timedelta:
    """How long a holder who waited for information may take to go on."""
    return min(GRACE, max(SHORTEST_GRACE, (deadline_at - now) / 4))


_LATEST = select(func.coalesce(func.max(Clock.cycle), 0)).where(
    Clock.consult_id == bindparam("consult"), Clock.name == bindparam("name")
)


def start_clock(
    session: Session,
    consult: Consult,
    name: ClockName,
    target: timedelta,
    now: datetime,
    *,
    lane: str = "",
    since: datetime | None = None,
    person_id: int | None = None,
) -> Clock:
    """Open the next cycle of the clock, due `target` from now, or from `since` where it began before.

    A target is of whole seconds: so is the ledger, from which its deadline is worked out again. That of telling a
    family whose child has died ends as it begins, and the ledger says why.
    """
    lock(session, consult)
    seconds = int(target.total_seconds())
    if since is None and is_clinicians(name, lane):
        # Whoever is not there is told of it anew.
        consult.uncovered_at = None
    latest = session.scalars(_LATEST, {"consult": consult.id, "name": name}).one()
    began = since or now
    clock = Clock(
        consult_id=consult.id,
        name=name,
        cycle=latest + 1,
        lane=lane,
        state=ClockState.RUNNING,
        started_at=began,
        target_seconds=seconds,
        deadline_at=began + timedelta(seconds=seconds),
        fired_level=0,
        pauses=0,
    )
    session.add(clock)
    session.flush()
    ladder = ladder_text(rules_of(consult).ladder)
    log(session, clock, "started", began, person_id=person_id, asked=asked_of(consult), reason=ladder)
    if name == ClockName.ALLOCATE:
        shorten(session, consult, clock)
    if name == ClockName.FAMILY_INFORMED and has_died(session, consult.patient_id):
        halt(session, clock, max(now, began), DIED)
    refresh_deadline(session, consult)
    return clock


def stop_clock(
    session: Session, consult: Consult, name: ClockName, now: datetime, reason: str = "", *, lane: str | None = None
) -> None:
    """Stop the clock's open cycle, if there is one (of that lane)."""
    lock(session, consult)
    for clock in open_clocks(session, consult.id, name):
        if lane is None or clock.lane == lane:
            halt(session, clock, now, reason)
    refresh_deadline(session, consult)


def halt(session: Session, clock: Clock, now: datetime, reason: str) -> None:
    """Stop one clock; a pause that it was in ends first, and counts."""
    _note_broken(session, clock, now)
    _end_pause(session, clock, now, reason)
    _note_broken(session, clock, now)
    clock.state, clock.stopped_at = ClockState.STOPPED, now
    log(session, clock, "stopped", now, reason=reason, sequence=count_lines(session, clock, "undone"))


def _note_broken(session: Session, clock: Clock, now: datetime) -> None:
    """Write down that the promise is broken, where no tick came since: nobody looks at a stopped clock again."""
    broken = clock.deadline_at < (clock.paused_at or now)
    if broken and clock.fired_level < BROKEN:
        clock.fired_level, clock.is_breached = BROKEN, True
        log(session, clock, "breached", now, level=BROKEN)


def unhalt(session: Session, clock: Clock, now: datetime, *, person_id: int | None) -> None:
    """What stopped the clock was taken back: the cycle runs on as if it had never stopped, and the ledger says so.

    Its steps are those of the rules that its consult has got meanwhile.
    """
    clock.state, clock.stopped_at = ClockState.RUNNING, None
    ladder, times = rules_of(session.get_one(Consult, clock.consult_id)).ladder, count_lines(session, clock, "undone")
    log(session, clock, "undone", now, person_id=person_id, sequence=times, reason=ladder_text(ladder))


def pause_clock(session: Session, consult: Consult, name: ClockName, reason: str, now: datetime) -> bool:
    """Hold the clock while somebody else must act; it resumes by itself once the pause limit of the rules is used up.

    All pauses of a cycle count together. False: it has been held for so long already, or does not run.
    """
    lock(session, consult)
    is_held = False
    for clock in open_clocks(session, consult.id, name):
        left = rules_of(consult).pause - held_for(clock)
        if clock.state == ClockState.RUNNING and left > timedelta():
            clock.state, clock.paused_at, clock.paused_reason = ClockState.PAUSED, now, reason
            clock.paused_until = now + left
            clock.is_reminded = False
            log(session, clock, "paused", now, reason=reason)
            clock.pauses += 1
            is_held = True
    refresh_deadline(session, consult)
    return is_held


def held_for(clock: Counting) -> timedelta:
    """For how long the clock of this promise has been held, without the pause that it is in."""
    return clock.deadline_at - clock.started_at - timedelta(seconds=clock.target_seconds)


def resume_clock(session: Session, consult: Consult, name: ClockName, now: datetime, reason: str = "") -> None:
    """Let the clock run on; its deadline moves by as long as it was held."""
    lock(session, consult)
    for clock in open_clocks(session, consult.id, name):
        if _end_pause(session, clock, now, reason):
            consult.uncovered_at = None
    refresh_deadline(session, consult)


def _end_pause(session: Session, clock: Clock, now: datetime, reason: str) -> bool:
    """A pause never counts for longer than it was allowed, however late somebody comes to end it. False: none was."""
    if clock.state != ClockState.PAUSED or clock.paused_at is None or clock.paused_until is None:
        return False
    ended = min(max(now, clock.paused_at), clock.paused_until)
    clock.deadline_at += ended - clock.paused_at
    clock.state = ClockState.RUNNING
    clock.paused_at = clock.paused_until = clock.paused_reason = None
    log(session, clock, "resumed", ended, reason=reason)
    return True


def supersede(
    session: Session, consult: Consult, old: Clock, target: timedelta, now: datetime, *, person_id: int | None
) -> None:
    """End this cycle, and open the next one with another target, from the same start and in the same pause."""
    held = held_for(old)
    pause = (old.paused_at, old.paused_until, old.paused_reason, old.is_reminded)
    _note_broken(session, old, now)
    log(session, old, "recomputed", now, person_id=person_id)
    old.state, old.stopped_at = ClockState.STOPPED, now
    old.paused_at = old.paused_until = old.paused_reason = None
    clock = start_clock(session, consult, ClockName(old.name), target, now, lane=old.lane, since=old.started_at)
    _carry(session, clock, held, pause)


def _carry(
    session: Session, clock: Clock, held: timedelta, pause: tuple[datetime | None, datetime | None, str | None, bool]
) -> None:
    """Take over what a superseded cycle had been held for, and the pause that it is in."""
    if held:
        clock.deadline_at += held
        log(session, clock, "carried", clock.started_at)
    if pause[0] is not None:
        clock.state = ClockState.PAUSED
        clock.paused_at, clock.paused_until, clock.paused_reason, clock.is_reminded = pause
        log(session, clock, "paused", pause[0], reason=pause[2] or "")
        clock.pauses += 1


def stop_all(session: Session, consult: Consult, now: datetime, reason: str, *, kept: str = "") -> None:
    """No clock runs on a consult that has ended, but for one of the lane that is `kept`."""
    lock(session, consult)
    for clock in open_clocks(session, consult.id):
        if not kept or clock.lane != kept:
            halt(session, clock, now, reason)
    refresh_deadline(session, consult)


def clocks_of(session: Session, consult_id: int) -> list[Clock]:
    """Of each clock, and of each lane that waits for a reply: the one that runs out first of those that go on, else the
    latest cycle. Who takes it comes last.

    Two waits of one lane go on side by side: what a family asked before a signature, and what it asked after it.
    """
    goes_on = Clock.state != ClockState.STOPPED
    order = (Clock.name == ClockName.ALLOCATE, Clock.name, Clock.lane, goes_on)
    soonest_last = (case((goes_on, Clock.deadline_at)).desc(), Clock.cycle)
    rows = session.scalars(select(Clock).where(Clock.consult_id == consult_id).order_by(*order, *soonest_last))
    return list({(clock.name, clock.lane): clock for clock in rows}.values())


_OPEN_AMONG = (
    select(Clock)
    .where(one_of(Clock.consult_id, "consults"), Clock.state != ClockState.STOPPED)
    .order_by(Clock.name == ClockName.ALLOCATE, Clock.deadline_at)
)
"""All numbers in one parameter: a forecast asks for five thousand, of which each would be written out and read."""


def clocks_among(session: Session, consult_ids: Sequence[int]) -> dict[int, list[Clock]]:
    """The clocks that are not stopped, by consult id, the soonest deadline first; who takes it comes last."""
    found: dict[int, list[Clock]] = {number: [] for number in consult_ids}
    for clock in session.scalars(_OPEN_AMONG, {"consults": list(consult_ids)}):
        found[clock.consult_id].append(clock)
    return found


# Made once: every step of a consult asks this several times, and to put it together takes as long as to ask it.
_OPEN = (
    select(Clock)
    .where(Clock.consult_id == bindparam("consult"), Clock.state != ClockState.STOPPED)
    .order_by(Clock.id)
    .execution_options(populate_existing=True)
)
_OPEN_BY_NAME = _OPEN.where(Clock.name == bindparam("name"))


def open_clocks(session: Session, consult_id: int, name: ClockName | None = None) -> list[Clock]:
    """The consult's clocks that run or are paused, as they are in the database now."""
    session.flush()
    if name is None:
        return list(session.scalars(_OPEN, {"consult": consult_id}))
    return list(session.scalars(_OPEN_BY_NAME, {"consult": consult_id, "name": name}))


def is_open(session: Session, consult: Consult, name: ClockName, lane: str = "") -> bool:
    """Whether a cycle of the clock (of that lane) runs or is paused."""
    return any(clock.lane == lane for clock in open_clocks(session, consult.id, name))


def held_clock(session: Session, consult: Consult, name: ClockName) -> Clock | None:
    """The clock of this name that is in a pause, which has an end; None where none is."""
    found = open_clocks(session, consult.id, name)
    return next((clock for clock in found if clock.state == ClockState.PAUSED), None)


def refresh_deadline(session: Session, consult: Consult) -> None:
    """Work out what the clock process must look at next, and what the worklist is ordered by."""
    consult.next_deadline_at, due = deadlines(open_clocks(session, consult.id), rules_of(consult))
    consult.due_at = due or consult.due_at
    session.flush()


def lock(session: Session, consult: Consult) -> None:
    """Wait for whoever moves this consult's clocks now, so that no deadline is worked out from old ones."""
    session.flush()
    # SQLite has locked everything for whoever writes.
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(Consult.id).where(Consult.id == consult.id).with_for_update(key_share=True))


__all__ = ["Clock", "ClockEvent", "ClockName", "ClockState", "clocks_among", "clocks_of"]
