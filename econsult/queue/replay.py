"""The ledger read back: every clock's state, times and steps, from its lines alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from typing import Protocol, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import PAUSE, Asked, ClockEvent, ClockState, ladder_in
from econsult.consults.steps import BROKEN, Ticking, kind_of, next_step

NOTHING = timedelta()
NOBODY_KNOWS = Asked(None, None, None)
PAUSE_LIMIT = "pause_limit"
"""Why a clock runs on that was held for as long as it may be: a tick has reminded before."""


class Line(Protocol):
    """One line of the ledger, as a record or as a plain row."""

    @property
    def consult_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def cycle(self) -> int: ...
    @property
    def lane(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def deadline_at(self) -> datetime: ...
    @property
    def target_seconds(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def specialty(self) -> str | None: ...
    @property
    def site(self) -> int | None: ...
    @property
    def language(self) -> str | None: ...


@dataclass(slots=True)
class Replayed:
    """One clock of one cycle, as the ledger tells it."""

    consult_id: int
    name: str
    cycle: int
    lane: str = ""
    state: str = ""
    started_at: datetime | None = None
    target: timedelta = NOTHING
    deadline_at: datetime | None = None
    held: timedelta = NOTHING
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    """Until when the pause may last, where the ledger says so: older lines of a pause do not."""
    paused_reason: str | None = None
    is_reminded: bool = False
    """Whether those who were asked were reminded in the last pause."""
    pauses: int = 0
    stopped_at: datetime | None = None
    reason: str = ""
    ladder: tuple[int, ...] = ()
    """The steps that it goes by; none where the ledger did not say so yet."""
    fired_level: int = 0
    is_breached: bool = False
    broken_at: datetime | None = None
    """When it was due as it broke, whatever pause moved its deadline later; also where nobody has written yet that it
    broke."""
    is_superseded: bool = False
    asked: list[tuple[datetime, Asked]] = field(default_factory=list)
    """Who was asked from when on."""
    faults: list[str] = field(default_factory=list)
    before: Replayed | None = None
    """The cycle from which it took over."""
    held_since: datetime | None = None
    """When the pause began that a cycle was in which another took over."""
    _leapt_at: datetime | None = None

    @property
    def target_seconds(self) -> int:
        """What was promised, as the arithmetic of steps asks for it."""
        return int(self.target.total_seconds())

    def take(self, event: Line) -> None:
        """Go on by one line."""
        self._look_at_leap(event)
        step = getattr(self, f"_on_{event.kind}", None)
        if step is None:
            self.faults.append(f"unknown kind {event.kind}")
            return
        step(event)
        # Every line says what it made of the promise: one that was changed afterwards gives itself away.
        if event.deadline_at != self.deadline_at or event.target_seconds != self.target.total_seconds():
            self.faults.append(f"{event.kind}: another promise than the lines before it say")

    def asked_at(self, at: datetime) -> Asked:
        """Who was asked at this moment, as far as it was written down."""
        before = [asked for since, asked in self.asked if since <= at]
        return before[-1] if before else NOBODY_KNOWS

    def wall(self, until: datetime) -> timedelta:
        """How long whoever waits has waited."""
        return (self.stopped_at or until) - (self.started_at or until)

    def net(self, until: datetime) -> timedelta:
        """The same without the time for which the clock was held."""
        end = self.stopped_at or until
        pending = end - self.paused_at if self.paused_at is not None else NOTHING
        return self.wall(until) - self.held - max(pending, NOTHING)

    def _on_started(self, event: Line) -> None:
        if self.state:
            self.faults.append("started twice")
        self.state, self.started_at, self.lane = ClockState.RUNNING, event.at, event.lane
        self.target = timedelta(seconds=event.target_seconds)
        self.deadline_at, self.ladder = event.at + self.target, ladder_in(event.reason)
        self._ask(event)

    def _on_rerouted(self, event: Line) -> None:
        if self.state == ClockState.STOPPED:
            self.faults.append("rerouted while stopped")
        self._ask(event)

    def _ask(self, event: Line) -> None:
        self.asked.append((event.at, Asked(event.specialty, event.site, event.language)))

    def _on_carried(self, event: Line) -> None:
        self._move(event.deadline_at - (self.started_at or event.at) - self.target)

    def _on_paused(self, event: Line) -> None:
        self._expect(ClockState.RUNNING, event)
        if self.broken_at is None and self.deadline_at is not None and self.deadline_at < event.at:
            # No tick came between: the pause moves the deadline, and not when the promise broke.
            self.broken_at = self.deadline_at
        self.state, self.paused_at, self.pauses = ClockState.PAUSED, event.at, self.pauses + 1
        self.paused_until, self.paused_reason = event.due_at, event.reason
        # Whoever was reminded in a pause that the cycle took over was so once for all of it.
        taken_over = self.before if self.before is not None and self.before.held_since == event.at else None
        self.is_reminded = taken_over is not None and taken_over.is_reminded

    def _on_resumed(self, event: Line) -> None:
        self._expect(ClockState.PAUSED, event)
        if event.reason == PAUSE_LIMIT and not self.is_reminded:
            self.faults.append("the longest pause ended and nobody was reminded")
        self._move(max(event.at - (self.paused_at or event.at), NOTHING))
        self._leave_pause(ClockState.RUNNING)

    def _on_stopped(self, event: Line) -> None:
        if self.state == ClockState.STOPPED:
            self.faults.append("stopped twice")
        if self.paused_at is not None:
            self._move(max(event.at - self.paused_at, NOTHING))
        self._leave_pause(ClockState.STOPPED)
        self.stopped_at, self.reason = event.at, event.reason

    def _on_undone(self, event: Line) -> None:
        self._expect(ClockState.STOPPED, event)
        self.state, self.stopped_at, self.reason = ClockState.RUNNING, None, ""
        self.ladder = ladder_in(event.reason) or self.ladder

    def _on_recomputed(self, event: Line) -> None:
        if event.reason == PAUSE:
            # Only the longest end of the pause moved; the cycle goes on.
            self._expect(ClockState.PAUSED, event)
            self.paused_until = event.due_at
            return
        if ladder := ladder_in(event.reason):
            self.ladder = ladder
            return
        if self.paused_at is not None:
            # Its deadline goes on in the cycle that takes over; this one's times must not count the pause as waiting.
            self.held += max(event.at - self.paused_at, NOTHING)
        self.held_since = self.paused_at
        self._leave_pause(ClockState.STOPPED)
        self.stopped_at, self.is_superseded, self.reason = event.at, True, "recomputed"

    def _leave_pause(self, state: ClockState) -> None:
        self.state, self.paused_at, self.paused_until, self.paused_reason = state, None, None, None

    def _on_warned(self, event: Line) -> None:
        self._fire(event)

    def _on_escalated(self, event: Line) -> None:
        if event.level:
            self._fire(event)

    def _on_breached(self, event: Line) -> None:
        self._fire(event)
        self.is_breached, self.broken_at = True, self.broken_at or event.due_at or event.at

    def _on_reminded(self, event: Line) -> None:
        self._expect(ClockState.PAUSED, event)
        if self.is_reminded or event.reason != self.paused_reason or event.due_at != self._halfway(event):
            self.faults.append("reminded twice, or of another pause")
        self.is_reminded = True

    def _halfway(self, event: Line) -> datetime | None:
        """When this pause is reminded of; lines of before the ledger said until when it may last are believed."""
        if self.paused_at is None or self.paused_until is None:
            return event.due_at
        return self.paused_at + (self.paused_until - self.paused_at) / 2

    def _fire(self, event: Line) -> None:
        # What was due before a pause began fires while the clock is held.
        if self.paused_at is None or event.due_at is None or event.due_at > self.paused_at:
            self._expect(ClockState.RUNNING, event)
        if event.level <= self.fired_level:
            self.faults.append(f"level {event.level} after {self.fired_level}")
        if event.due_at is not None and event.at < event.due_at:
            self.faults.append(f"level {event.level} fired early")
        if event.kind != kind_of(event.level):
            self.faults.append(f"level {event.level} is called {event.kind}")
        if self.ladder:
            self._look_for_gap(event)
        self.fired_level = event.level

    def _look_for_gap(self, event: Line) -> None:
        """Steps fire one after the other, each when it is due; a promise that broke unseen is told by who ended it."""
        # What has a ladder has begun, and so has a deadline.
        level, due_at = next_step(cast("Ticking", self), self.ladder)
        if event.level == BROKEN > level and event.due_at == self.deadline_at:
            self._leapt_at = event.at
        elif (event.level, event.due_at) != (level, due_at):
            self.faults.append(f"level {event.level} where {level} was due")

    def _look_at_leap(self, event: Line) -> None:
        """Whoever ended a promise that broke since the last tick wrote both at once: a tick leaves out no step."""
        if self._leapt_at is None or event.kind == "resumed":
            return
        if event.kind not in {"stopped", "recomputed"} or event.at != self._leapt_at:
            self.faults.append(f"steps before level {BROKEN} are missing")
        self._leapt_at = None

    def _move(self, by: timedelta) -> None:
        self.held += by
        if self.deadline_at is not None:
            self.deadline_at += by

    def _expect(self, state: ClockState, event: Line) -> None:
        if self.state != state:
            self.faults.append(f"{event.kind} while {self.state or 'not started'}")


def replay(events: Iterable[Line]) -> list[Replayed]:
    """The clocks that these lines (in the order of the ledger) tell of."""
    clocks: dict[tuple[int, str, int], Replayed] = {}
    last: Replayed | None = None
    for event in events:
        key = (event.consult_id, event.name, event.cycle)
        # What takes over begins with the next line.
        before = last if last is not None and last.is_superseded else None
        last = clocks.setdefault(key, Replayed(*key, before=before))
        last.take(event)
    return list(clocks.values())


STEPS = ("warned", "escalated", "reminded")
"""Lines that say who heard of a promise, and nothing of when it was kept or broken: half of a ledger."""
_COLUMNS = [getattr(ClockEvent, name) for name, each in vars(Line).items() if isinstance(each, property)]


def replay_all(
    session: Session, *only: ColumnElement[bool], until: datetime | None = None, batch: int = 2000
) -> Iterator[list[Replayed]]:
    """The clocks of one consult after the other (or `only` of those), read in order and in bounded memory.

    With `until` as the ledger told of them at that moment. It may write of what was before a moment after it, such as
    that a cycle took over: whatever stands behind the first later line was written later.
    """
    query = select(*_COLUMNS).where(*only).order_by(ClockEvent.consult_id, ClockEvent.id)
    lines = cast("Iterable[Line]", session.execute(query.execution_options(yield_per=batch)))
    for _consult_id, events in groupby(lines, key=lambda event: event.consult_id):
        if found := replay(_written_by(events, until)):
            yield found


def _written_by(events: Iterable[Line], until: datetime | None) -> Iterable[Line]:
    return events if until is None else takewhile(lambda event: event.at <= until, events)
