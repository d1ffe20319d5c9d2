"""The tick over due consults: what fired, who is told, and what comes next, written in one transaction.

Any number of clock processes may do this. Rows are taken by index in small batches, oldest first, and are locked; the
unique keys of ledger and outbox make a repeat after a crash harmless. The cost is that of what is due, never of what is
open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import grace
from econsult.consults.ledger import LATE, ClockState
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.policies import ClockName, Rules, rules_of
from econsult.consults.records import Consult, Kind, Urgency, note
from econsult.consults.steps import BROKEN, DESK_FROM, HELD, first_promised_at, kind_of, pending
from econsult.consults.uncovered import is_clinicians, line_of, minute_of
from econsult.notices import NoticeKind
from econsult.picking import ANY, Pick
from econsult.queue.audience import Audience, kind_at
from econsult.queue.clinics import has_heard, told_at
from econsult.queue.cover import letters
from econsult.queue.due import DueClock, DueConsult, due_consults, write_back
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet

MINUTES_OF_DAY = 24 * 60


@dataclass
class Batch:
    """What one transaction writes."""

    events: list[dict[str, Any]] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    uncovered: dict[int, DueConsult] = field(default_factory=dict)
    breaches: int = 0


def fire(session: Session, now: datetime, quiet: Quiet | None = None, pick: Pick = ANY) -> tuple[int, int]:
    """Fire everything that is due of a batch of consults; returns (consults, promises broken just now)."""
    consults = due_consults(session, now, pick)
    if not consults:
        return 0, 0
    around, batch = Audience(session, now, consults), Batch()
    for consult in consults:
        _Firing(session, consult, around, batch, now).run()
    write_back(session, consults, batch.events)
    batch.tellings += letters(session, list(batch.uncovered.values()), now)
    makers = {consult.id: consult.requester_id for consult in consults if consult.is_test}
    tell_all(session, batch.tellings, quiet or Quiet(), now, makers=makers, awake=around.awake)
    return len(consults), batch.breaches


def oldest_due(session: Session, without: Collection[int] = ()) -> datetime | None:
    """The earliest instant that has not fired yet, by index; not of these consults, which cannot be done."""
    query = select(Consult.next_deadline_at).where(Consult.next_deadline_at.is_not(None))
    query = query.where(Consult.id.not_in(without)) if without else query
    return session.scalars(query.order_by(Consult.next_deadline_at).limit(1)).one_or_none()


class _Firing:
    """One consult's due steps, oldest first; each moves its clock on."""

    def __init__(self, session: Session, consult: DueConsult, around: Audience, batch: Batch, now: datetime) -> None:
        self.session, self.consult, self.around, self.batch, self.now = session, consult, around, batch, now
        self.rules: Rules = rules_of(consult)
        self.is_urgent = consult.urgency == Urgency.URGENT
        self.told: dict[tuple[int, int], Telling] = {}

    def run(self) -> None:
        clocks = {clock.id: clock for clock in self.consult.clocks}
        coming = {number: pending(clock, self.rules) for number, clock in clocks.items()}
        while due := [(step[0], number, step[1]) for number, step in coming.items() if step and step[0] <= self.now]:
            instant, number, level = min(due)
            if level == HELD:
                self._pause_step(clocks[number], instant)
            else:
                self._ladder_step(clocks[number], instant, level)
            coming[number] = pending(clocks[number], self.rules)
        self.batch.tellings += self.told.values()
        self.consult.next_deadline_at = min((step[0] for step in coming.values() if step), default=None)
        self.consult.due_at = first_promised_at(self.consult.clocks) or self.consult.due_at

    def _ladder_step(self, clock: DueClock, instant: datetime, level: int) -> None:
        clock.fired_level = level
        self._log(clock, kind_of(level), instant, level=level)
        if level == BROKEN:
            clock.is_breached = True
            self.batch.breaches += 1
            self.consult.fallback_specialty = self.around.fallback(self.consult, clock.name)
        if self.consult.status == Status.SUBMITTED and not self.around.pool(self.consult):
            self.consult.is_unallocated = True
        about, kind = self._said(clock, instant, level)
        for person in self.around.at_level(self.consult, clock.name, level, clock.lane):
            telling = Telling(person, kind, self.consult.id, about, self.is_urgent)
            # Where several steps of a clock are due at once, each person hears of the last one that concerns them.
            self.told[person.id, clock.id] = telling
        for caregiver in self.around.family(self.consult, clock.name, level):
            self.batch.tellings.append(
                Telling(caregiver, NoticeKind.LATE, self.consult.id, f"{clock.name}:{clock.cycle}", self.is_urgent)
            )
        if level < DESK_FROM and clock.paused_at is None:
            self._look_for_cover(clock)

    def _said(self, clock: DueClock, instant: datetime, level: int) -> tuple[str, NoticeKind]:
        """What makes the letter of this step happen once, and of which kind it is.

        A family's question that nobody of its clinic can take stays broken in each of its promises: while nothing
        changes, one letter a day says so.
        """
        is_alone = self.consult.is_unallocated or self.consult.uncovered_at is not None
        is_again = level > BROKEN or (level == BROKEN and clock.name != ClockName.ALLOCATE)
        if is_again and is_alone and self.consult.kind == Kind.FAMILY_QUESTION:
            # Before its answer is late it is told as what it is: not taken.
            is_late = any(each.is_breached and each.name != ClockName.ALLOCATE for each in self.consult.clocks)
            kind = NoticeKind.OVERDUE if is_late else kind_at(clock.name, level)
            return f"alone:{minute_of(instant) // MINUTES_OF_DAY}", kind
        return f"{clock.name}:{clock.cycle}:{level}", kind_at(clock.name, level)

    def _look_for_cover(self, clock: DueClock) -> None:
        """Whoever should act is not there: the desk hears of it now and not at its own step."""
        is_homes = not is_clinicians(clock.name, clock.lane)
        if not is_homes and self.consult.uncovered_at is not None:
            return
        if not self.around.lacks_cover(self.consult, clock.name, clock.lane) or (is_homes and self._has_heard(clock)):
            return
        self.batch.events.append(line_of(clock, self.now))
        self.batch.uncovered[self.consult.id] = self.consult
        if is_clinicians(clock.name, clock.lane):
            self.consult.uncovered_at = self.now

    def _has_heard(self, clock: DueClock) -> bool:
        """Whether the desk knows of this wait already that nobody of the clinic is there."""
        heard = self.session.scalars(told_at(clock.consult_id, clock.name, clock.cycle)).one()
        return has_heard(heard, self.around.last_there(self.consult))

    def _pause_step(self, clock: DueClock, instant: datetime) -> None:
        if not clock.is_reminded:
            clock.is_reminded = True
            self._log(clock, "reminded", instant, sequence=clock.pauses - 1, reason=clock.paused_reason or "")
            if clock.paused_until is not None and clock.paused_until <= self.now:
                # After a standstill the waiting is over before anybody was reminded of it: that is told, and not this.
                return
            for person in self.around.asked(self.consult, clock.paused_reason or ""):
                about = f"{clock.name}:{clock.cycle}:{clock.pauses}"
                self.batch.tellings.append(Telling(person, NoticeKind.STILL_NEEDED, self.consult.id, about))
            if self.around.lacks_clinic(self.consult, clock.paused_reason or ""):
                self.batch.events.append(line_of(clock, self.now))
                self.batch.uncovered[self.consult.id] = self.consult
            return
        self._end_pause(clock, instant)

    def _end_pause(self, clock: DueClock, instant: datetime) -> None:
        """Nobody gave what was asked for in time: the clock runs on, and the consult goes back to a human."""
        held = max(instant - (clock.paused_at or instant), timedelta())
        clock.deadline_at += held
        clock.state, clock.paused_at, clock.paused_until, clock.paused_reason = ClockState.RUNNING, None, None, None
        self._log(clock, "resumed", instant, sequence=clock.pauses - 1, reason="pause_limit", at=instant)
        if self.consult.status == Status.NEEDS_INFO:
            self.consult.status = next_status(self.consult.status, "resume")
            # What somebody has for longer, for a draft or for a colleague's reply, is not taken from them sooner.
            most = self.now + grace(clock.deadline_at, self.now)
            until = max(most, self.consult.claim_until or most)
            # Nobody goes on with it whose account is closed: it goes back to its pool at once.
            self.consult.claim_until = until if self.around.holds_on(self.consult) else self.now
            self.consult.version += 1
            self.consult.uncovered_at = None
            note(self.session, self.consult, "resume", person_id=None, now=self.now, detail="pause_limit")
        people = self.around.responsible(self.consult, clock.name, clock.lane)
        for person in (each for each in people if each.is_active):
            about = f"pause:{clock.name}:{clock.cycle}:{clock.pauses}"
            self.batch.tellings.append(Telling(person, NoticeKind.MESSAGE, self.consult.id, about, self.is_urgent))

    def _log(
        self,
        clock: DueClock,
        kind: str,
        due_at: datetime,
        *,
        level: int = 0,
        sequence: int = 0,
        reason: str = "",
        at: datetime | None = None,
    ) -> None:
        self.batch.events.append(
            {
                "consult_id": clock.consult_id,
                "name": clock.name,
                "cycle": clock.cycle,
                "lane": clock.lane,
                "kind": kind,
                "level": level,
                "sequence": sequence,
                "at": at or self.now,
                "due_at": due_at,
                "deadline_at": clock.deadline_at,
                "target_seconds": clock.target_seconds,
                "is_late": self.now - due_at > LATE,
                "person_id": None,
                "reason": reason,
            }
        )
