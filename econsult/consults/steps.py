"""When a clock fires next: plain arithmetic over one clock and the rules of its consult."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from econsult.consults.ledger import ClockState
from econsult.consults.policies import ClockName, Rules

DESK_FROM, BROKEN = 90, 100
"""The level from which the desk hears of it, and that of a promise that is broken; those below warn of it."""
HELD = 0
"""No level of the ladder: what comes next is a step of the pause."""
SHORTEST_REPEAT, LONGEST_REPEAT = timedelta(hours=4), timedelta(hours=24)


class Ticking(Protocol):
    """What the arithmetic needs of a clock, whether it is a record or a plain row."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def target_seconds(self) -> int: ...
    @property
    def deadline_at(self) -> datetime: ...
    @property
    def fired_level(self) -> int: ...
    @property
    def paused_at(self) -> datetime | None: ...
    @property
    def paused_until(self) -> datetime | None: ...
    @property
    def is_reminded(self) -> bool: ...


class Counting(Ticking, Protocol):
    """The same with its beginning, from which follows for how long it was held."""

    @property
    def started_at(self) -> datetime: ...


def repeat_after(target: timedelta) -> timedelta:
    """How long after a broken promise, and after each reminder of it, people are told again."""
    return min(max(target, SHORTEST_REPEAT), LONGEST_REPEAT)


def kind_of(level: int) -> str:
    """What the ledger calls a step of this level."""
    if level == BROKEN:
        return "breached"
    return "warned" if level < DESK_FROM else "escalated"


def next_step(clock: Ticking, ladder: Sequence[int]) -> tuple[int, datetime]:
    """The level that fires next on a running clock, and when.

    Above 100 come the reminders of a promise that stays broken: 200, 300, ... one repeat after the other.
    """
    target = timedelta(seconds=clock.target_seconds)
    for level in ladder:
        if level > clock.fired_level:
            return level, clock.deadline_at - target * (100 - level) / 100
    level = (clock.fired_level // 100 + 1) * 100
    return level, clock.deadline_at + repeat_after(target) * (level // 100 - 1)


def pending_at(clock: Ticking, rules: Rules) -> datetime | None:
    """When the clock process must look at this clock next; None for one that is stopped.

    A pause holds what was to come. A step that was due before it began is due all the same.
    """
    found = pending(clock, rules)
    return found[0] if found is not None else None


def pending(clock: Ticking, rules: Rules) -> tuple[datetime, int] | None:
    """That instant, and the level of the ladder that comes then.

    The level is HELD where a pause holds the ladder: then the reminder or the end of the pause comes next.
    """
    if clock.state == ClockState.STOPPED:
        return None
    level, step_at = next_step(clock, rules.ladder)
    if clock.paused_at is None or step_at <= clock.paused_at:
        return step_at, level
    if clock.paused_until is None:
        return step_at, HELD
    halfway = clock.paused_at + (clock.paused_until - clock.paused_at) / 2
    return clock.paused_until if clock.is_reminded else halfway, HELD


def promised_at(clock: Ticking) -> datetime:
    """When the promise is due: while it is held, at the end of the longest pause; one that was broken stays so."""
    if clock.paused_at is None or clock.paused_until is None or clock.deadline_at <= clock.paused_at:
        return clock.deadline_at
    return clock.deadline_at + (clock.paused_until - clock.paused_at)


def deadlines(clocks: Sequence[Ticking], rules: Rules) -> tuple[datetime | None, datetime | None]:
    """What the consult derives from its clocks: the next instant to look at it, and the earliest promised reply."""
    pending = [instant for clock in clocks if (instant := pending_at(clock, rules)) is not None]
    return min(pending, default=None), first_promised_at(clocks)


def first_promised_at(clocks: Sequence[Ticking]) -> datetime | None:
    """The earliest promised reply of these clocks of one consult, by which lists are ordered."""
    running = [clock for clock in clocks if clock.state != ClockState.STOPPED and clock.name != ClockName.ALLOCATE]
    # Opened again, a question waits for its answer; telling the family what was said before orders nothing.
    if any(clock.name == ClockName.FIRST_REPLY for clock in running):
        running = [clock for clock in running if clock.name != ClockName.FAMILY_INFORMED]
    return min((promised_at(clock) for clock in running), default=None)
