"""Newer rules over what runs already: which clocks they move, and the recorded re-computation that moves them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.clocks import held_for, lock, open_clocks, refresh_deadline, start_clock, supersede
from econsult.consults.ledger import PAUSE, Clock, ClockEvent, ladder_text
from econsult.consults.offering import LONGEST_WITHOUT_COVER
from econsult.consults.policies import ClockName, Rules, current_rules, rules_of
from econsult.consults.records import Consult
from econsult.consults.steps import Counting
from econsult.consults.versions import first_signed

REPLIES = (ClockName.FIRST_REPLY, ClockName.NEXT_REPLY, ClockName.FAMILY_INFORMED)
"""What other rules move where the clock of being taken is begun anew by an offer."""


@dataclass(frozen=True)
class Moved:
    """A clock as other rules would have it."""

    name: str
    state: str
    target_seconds: int
    deadline_at: datetime
    fired_level: int
    paused_at: datetime | None
    paused_until: datetime | None
    is_reminded: bool


def moved(clock: Counting, was: Rules, fresh: Rules, now: datetime) -> Moved:
    """The clock under the fresh rules. One with another target begins its ladder anew, from its original start."""
    target = timedelta(seconds=clock.target_seconds)
    wanted = _target(clock, target, was, fresh)
    return Moved(
        name=clock.name,
        state=clock.state,
        target_seconds=int(wanted.total_seconds()),
        deadline_at=clock.deadline_at + (wanted - target),
        fired_level=clock.fired_level if wanted == target else 0,
        paused_at=clock.paused_at,
        paused_until=_pause_end(clock, fresh, now),
        is_reminded=clock.is_reminded,
    )


def release_moved(signed_at: datetime | None, release_at: datetime | None, was: Rules, fresh: Rules) -> datetime | None:
    """When an answer that waits for its release opens to the family by itself, counted from its first signature."""
    if signed_at is None or release_at is None or was.release == fresh.release:
        return release_at
    return signed_at + fresh.release


def is_astray(clock: Counting, rules: Rules, now: datetime) -> bool:
    """Whether the clock promises something else than the rules that its consult carries."""
    turned = moved(clock, rules, rules, now)
    return (turned.target_seconds, turned.paused_until) != (clock.target_seconds, clock.paused_until)


def recompute(
    session: Session,
    consult: Consult,
    was: Rules,
    now: datetime,
    *,
    person_id: int | None,
    names: Collection[ClockName] = tuple(ClockName),
) -> None:
    """Let every clock of these names that has not stopped go over to the rules that the consult carries now.

    The ledger says so of each. Whatever gives a consult other rules goes on by this, so that no clock keeps old ones.
    """
    lock(session, consult)
    fresh = rules_of(consult)
    for clock in open_clocks(session, consult.id):
        if clock.name not in names:
            continue
        turned = moved(clock, was, fresh, now)
        is_longer_held = turned.paused_until != clock.paused_until
        clock.paused_until = turned.paused_until
        if turned.target_seconds != clock.target_seconds:
            target = timedelta(seconds=turned.target_seconds)
            supersede(session, consult, clock, target, now, person_id=person_id)
            continue
        if is_longer_held:
            _log_going_on(session, clock, PAUSE, now, person_id)
        if was.ladder != fresh.ladder:
            _log_going_on(session, clock, ladder_text(fresh.ladder), now, person_id)
    if consult.release_at is not None:
        consult.release_at = release_moved(first_signed(session, consult), consult.release_at, was, fresh)
    refresh_deadline(session, consult)


def promise(
    session: Session, consult: Consult, person_id: int, targets: Mapping[str, timedelta], now: datetime
) -> None:
    """Fix the rules that hold for this consult, turn what runs already, and start the clock of its first reply."""
    rules = current_rules(session, consult, targets)
    was, consult.rules = rules_of(consult), rules.as_text()
    # First what runs already: the clock that begins here has never had other rules.
    recompute(session, consult, was, now, person_id=person_id, names=REPLIES)
    start_clock(session, consult, ClockName.FIRST_REPLY, rules.first_reply, now, person_id=person_id)


def _target(clock: Counting, target: timedelta, was: Rules, fresh: Rules) -> timedelta:
    """What the fresh rules promise; being taken waits for cover, or comes sooner, as it did before."""
    name = ClockName(clock.name)
    if name != ClockName.ALLOCATE:
        return fresh.target(name)
    if was.allocate == fresh.allocate:
        return target
    waited = target - was.allocate
    if waited <= timedelta():
        return fresh.allocate
    longest = max(LONGEST_WITHOUT_COVER, fresh.allocate)
    return longest if target >= LONGEST_WITHOUT_COVER else min(waited + fresh.allocate, longest)


def _pause_end(clock: Counting, fresh: Rules, now: datetime) -> datetime | None:
    """The longest end of the pause that it is in: never before now, so that nobody loses time that was granted."""
    if clock.paused_at is None or clock.paused_until is None:
        return clock.paused_until
    wanted = clock.paused_at + fresh.pause - held_for(clock)
    # A pause that began on a clock ahead of this one ends as it begins, and takes no time off the promise.
    return max(wanted, min(now, clock.paused_until), clock.paused_at)


def _log_going_on(session: Session, clock: Clock, what: str, now: datetime, person_id: int | None) -> None:
    """The cycle goes on: only the longest end of its pause has moved, or the steps that are still to come."""
    same = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")
    values = {name: getattr(clock, name) for name in same}
    known = select(func.count(ClockEvent.id)).where(
        ClockEvent.consult_id == clock.consult_id,
        ClockEvent.name == clock.name,
        ClockEvent.cycle == clock.cycle,
        ClockEvent.kind == "recomputed",
    )
    line = ClockEvent(**values, kind="recomputed", at=now, due_at=clock.paused_until, person_id=person_id, reason=what)
    # Numbered from 1: 0 is the line that ends a cycle.
    line.sequence = session.scalars(known).one() + 1
    session.add(line)
