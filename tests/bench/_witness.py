"""What a month of the queue should have been, worked out a second time from what people did and nothing else.

Nothing of the product is imported here. The witness has its own calendar and its own sums, and reads the tables as
plain rows; where they say something else, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
ENOUGH = 2 * HOUR
"""So much time with somebody at work before a promise runs out is enough to take a case and answer it."""
LONGEST_PAUSE = 72 * HOUR
TOLD = "('reminder', 'at_risk', 'no_cover', 'untaken', 'unallocated', 'returned')"
OPEN = "('submitted', 'claimed', 'needs_info')"
ROWS = f"""
SELECT c.id, c.status, c.specialty, c.holder_id, c.is_unallocated, c.next_deadline_at, p.is_active,
       (SELECT min(coalesce(k.paused_until, k.deadline_at)) FROM clock k
         WHERE k.consult_id = c.id AND k.state <> 'stopped' AND NOT k.is_breached) AS runs_out,
       (SELECT count(*) FROM clock k WHERE k.consult_id = c.id AND k.state <> 'stopped') AS clocks,
       (SELECT count(*) FROM clock k WHERE k.consult_id = c.id AND k.state <> 'stopped'
         AND k.name = 'first_reply') AS replies
  FROM consult c LEFT JOIN person p ON p.id = c.holder_id
 WHERE c.status IN {OPEN} OR (c.status = 'answered' AND c.informed_at IS NULL)
"""  # noqa: S608 - nothing but words of ours.


class Asks(Protocol):
    """Something that answers a question in SQL with rows."""

    def __call__(self, sql: str) -> Sequence[Any]: ...


@dataclass
class Question:
    """One question, by what people did with it."""

    asked_at: datetime
    target: timedelta
    held: timedelta = timedelta()
    paused_at: datetime | None = None
    ran_since: datetime | None = None
    answered_at: datetime | None = None
    was_broken: bool = False

    def settle(self, now: datetime) -> None:
        """A pause that is as long as it may be has ended by itself."""
        if self.paused_at is not None and now >= self.paused_at + LONGEST_PAUSE - self.held:
            self.resume(self.paused_at + LONGEST_PAUSE - self.held)

    def resume(self, at: datetime) -> None:
        if self.paused_at is not None:
            self.held += at - self.paused_at
            self.paused_at, self.ran_since = None, at

    @property
    def due_at(self) -> datetime:
        return self.asked_at + self.target + self.held

    def is_broken(self, now: datetime) -> bool:
        until = self.answered_at or now
        is_past = self.due_at < until and (self.paused_at is None or self.due_at <= self.paused_at)
        return self.was_broken or is_past


@dataclass
class Calendar:
    """Who works when, by the clock on the wall, and who is ill."""

    zone: ZoneInfo
    specialty: str
    hours: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    ill: list[tuple[int, datetime, datetime]] = field(default_factory=list)

    def works(self, person: int, weekday: int, first: int, count: int) -> None:
        """So many hours from this one on."""
        for hour in range(first, first + count):
            day = (weekday + hour // 24) % 7
            self.hours.setdefault(person, set()).add((day, hour % 24))

    def is_here(self, person: int, at: datetime) -> bool:
        shown = at.astimezone(self.zone)
        is_planned = (shown.weekday(), shown.hour) in self.hours.get(person, set())
        return is_planned and not any(who == person and start <= at < end for who, start, end in self.ill)

    def here(self, at: datetime) -> set[int]:
        return {person for person in self.hours if self.is_here(person, at)}

    def covered(self, start: datetime, end: datetime) -> timedelta:
        """For how long somebody was at work between two instants."""
        total, at = timedelta(), start
        while at < end:
            step = min(QUARTER, end - at)
            total += step if self.here(at) else timedelta()
            at += step
        return total


@dataclass
class Verdict:
    """What the month comes to: numbers of questions, by what was wrong."""

    broken: set[int]
    missing: set[int]
    invented: set[int]
    covered: set[int]
    unannounced: set[int]


class Witness:
    """Hears what people do, looks at the rows after each event, and judges at the end."""

    def __init__(self, calendar: Calendar, desk: int) -> None:
        self.calendar, self.desk = calendar, desk
        self.questions: dict[int, Question] = {}
        self.looks = 0
        self.orphans: list[str] = []

    def asked(self, number: int, now: datetime, target: timedelta) -> None:
        self.questions[number] = Question(now, target, ran_since=now)

    def held(self, number: int, now: datetime) -> None:
        question = self._at(number, now)
        # A pause moves the instant at which a promise is due, and mends none that was broken before.
        question.was_broken = question.was_broken or question.due_at < now
        if question.held < LONGEST_PAUSE:
            question.paused_at = now

    def resumed(self, number: int, now: datetime) -> None:
        self._at(number, now).resume(now)

    def answered(self, number: int, now: datetime) -> None:
        self._at(number, now).answered_at = now

    def look(self, rows: Asks, now: datetime, *, has_ticked: bool) -> None:
        """After each event: everything open has somebody responsible, and an instant at which it is looked at again."""
        self.looks += 1
        found = {row.id: row for row in rows(ROWS)}
        waiting = {number for number, each in self.questions.items() if each.answered_at is None}
        self.orphans += [f"{number}: waits and is in no list" for number in waiting - set(found)]
        for number, row in found.items():
            self.orphans += [f"{number}: {fault}" for fault in self._faults(row, number in waiting, now, has_ticked)]

    def judge(self, rows: Asks, now: datetime) -> Verdict:
        """Which promises of a first reply were broken, by these sums and by the ledger; and whether that had to be."""
        for question in self.questions.values():
            question.settle(now)
        broken = {number: each for number, each in self.questions.items() if each.is_broken(now)}
        said = {row.consult_id for row in rows(f"SELECT consult_id FROM clock_event {BREACHED}")}  # noqa: S608
        return Verdict(
            set(broken),
            set(broken) - said,
            said - set(broken),
            {number for number, each in broken.items() if self._was_covered(each)},
            {number for number, each in broken.items() if not self._was_announced(rows, number, each)},
        )

    def _at(self, number: int, now: datetime) -> Question:
        self.questions[number].settle(now)
        return self.questions[number]

    def _faults(self, row: Any, is_waiting: bool, now: datetime, has_ticked: bool) -> list[str]:
        has_holder = row.holder_id is not None and bool(row.is_active)
        is_pools = row.status == "submitted" and row.holder_id is None and self._has_pool(row)
        is_desks = bool(row.is_unallocated) and self.desk > 0
        at = _instant(row.next_deadline_at)
        runs_out = _instant(row.runs_out)
        faults = {
            "has no owner": not (has_holder or is_pools or is_desks),
            "has no deadline": at is None or row.clocks == 0,
            "waits without a clock": is_waiting and row.replies != 1,
            "is looked at after it ran out": None not in (at, runs_out) and at > runs_out,  # type: ignore[operator]
            "was due and has not fired": has_ticked and at is not None and at <= now,
        }
        return [fault for fault, is_so in faults.items() if is_so]

    def _has_pool(self, row: Any) -> bool:
        return row.specialty == self.calendar.specialty and bool(self.calendar.hours)

    def _was_covered(self, question: Question) -> bool:
        return self.calendar.covered(question.ran_since or question.asked_at, question.due_at) >= ENOUGH

    def _was_announced(self, rows: Asks, number: int, question: Question) -> bool:
        """Somebody of the staff was told that it may become late, before it was."""
        told = rows(f"SELECT min(created_at) AS at FROM notice WHERE consult_id = {number} AND kind IN {TOLD}")  # noqa: S608
        at = _instant(told[0].at)
        return at is not None and at < question.due_at


BREACHED = "WHERE kind = 'breached' AND name = 'first_reply'"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
