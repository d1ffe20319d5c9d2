"""4. Replaying the ledger gives what is stored: each clock, and what its consult derives from its clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState, asked_of
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, number_of
from econsult.consults.steps import deadlines
from econsult.queue.replay import Replayed, replay_all
from econsult.queue.rules import Rule, Rules, of_consults

TOGETHER = 500
"""So many consults are compared at once."""
_SAME = ("state", "lane", "started_at", "deadline_at", "paused_at", "paused_reason", "pauses", "stopped_at")
_CLOCK = (*_SAME, "consult_id", "name", "cycle", "target_seconds", "fired_level")
_CLOCKS = [getattr(Clock, name) for name in (*_CLOCK, "paused_until", "is_reminded", "is_breached")]
_CONSULT = ("id", "kind", "specialty", "organization_id", "language", "urgency", "rules", "next_deadline_at", "due_at")
_CONSULTS = [getattr(Consult, name) for name in _CONSULT]


def ledger_differs(session: Session) -> Iterator[str]:
    """One line for each clock that is not as its ledger tells it, and for what is in one of the two alone."""
    yield from _RULES.broken(session)
    told = replay_all(session)
    while batch := list(islice(told, TOGETHER)):
        yield from _among(session, batch)


def _among(session: Session, batch: Sequence[list[Replayed]]) -> Iterator[str]:
    numbers = [found[0].consult_id for found in batch]
    consults = {row.id: row for row in session.execute(select(*_CONSULTS).where(Consult.id.in_(numbers)))}
    clocks: dict[int, dict[tuple[str, int], Row[Any]]] = {number: {} for number in numbers}
    for row in session.execute(select(*_CLOCKS).where(Clock.consult_id.in_(numbers)).order_by(Clock.id)):
        clocks[row.consult_id][row.name, row.cycle] = row
    for found in batch:
        number = found[0].consult_id
        yield from _differs(consults[number], found, clocks[number])


def _differs(consult: Row[Any], found: Sequence[Replayed], stored: Mapping[tuple[str, int], Row[Any]]) -> Iterator[str]:
    number, left = number_of(consult.id), dict(stored)
    for clock in found:
        yield from _promised_otherwise(consult, clock)
    for clock in found:
        yield from _compare(clock, left.pop((clock.name, clock.cycle), None))
    for name, cycle in left:
        yield f"4 {number}: {name} {cycle} is not in the ledger"
    yield from _derived(consult, list(stored.values()))


def _promised_otherwise(consult: Row[Any], clock: Replayed) -> Iterator[str]:
    """Of what runs: whom its consult asks, and by which steps people are told, is what the ledger says last."""
    if clock.state == ClockState.STOPPED:
        return
    who, asked = f"4 {number_of(clock.consult_id)}: {clock.name} {clock.cycle}", asked_of(consult)
    told = clock.asked[-1][1].known() if clock.asked else {}
    for name in (name for name, value in told.items() if value != getattr(asked, name)):
        yield f"{who}: {name} differs from the ledger"
    if clock.ladder not in ((), rules_of(consult).ladder):
        yield f"{who}: the ladder of its rules differs from the ledger"


def _compare(told: Replayed, stored: Row[Any] | None) -> Iterator[str]:
    who = f"4 {number_of(told.consult_id)}: {told.name} {told.cycle}"
    for fault in told.faults:
        yield f"{who}: {fault}"
    if stored is None:
        yield f"{who} is only in the ledger"
        return
    for name in _SAME:
        if getattr(told, name) != getattr(stored, name):
            yield f"{who}: {name} differs from the ledger"
    if told.paused_until not in (None, stored.paused_until):
        yield f"{who}: the end of its pause differs from the ledger"
    # Kept on the clock until its next pause begins: a reminder of a pause that a reply ended is missed as well.
    if told.pauses and told.is_reminded != stored.is_reminded:
        yield f"{who}: whether its pause was reminded of differs from the ledger"
    if int(told.target.total_seconds()) != stored.target_seconds:
        yield f"{who}: target differs from the ledger"
    if (told.fired_level, told.is_breached) != (stored.fired_level, stored.is_breached):
        yield f"{who}: steps differ from the ledger"


def _derived(consult: Row[Any], clocks: Sequence[Row[Any]]) -> Iterator[str]:
    """The one derived column is what the clocks say."""
    running = [clock for clock in clocks if clock.state != ClockState.STOPPED]
    pending, due = deadlines(running, rules_of(consult))
    number = number_of(consult.id)
    if consult.next_deadline_at != pending:
        yield f"4 {number}: next deadline differs from its clocks"
    if due is not None and consult.due_at != due:
        yield f"4 {number}: promised reply differs from its clocks"


def _rules() -> Iterator[Rule]:
    """What no line of the ledger tells of: where all of them are gone, and the clock of a cycle with its lines."""
    told = exists().where(ClockEvent.consult_id == Consult.id)
    yield Rule(4, "its whole ledger is gone", of_consults(_has(Clock.consult_id), ~told))
    cycles = select(Clock.consult_id).group_by(Clock.consult_id, Clock.name)
    torn = cycles.having(or_(func.min(Clock.cycle) != 1, func.max(Clock.cycle) != func.count())).subquery()
    yield Rule(4, "a cycle of a clock is gone", of_consults(Consult.id.in_(select(torn.c.consult_id))))
    began = (Clock.name == ClockName.FIRST_REPLY, Clock.cycle == 1, Clock.started_at != Consult.submitted_at)
    yield Rule(4, "was sent at another moment than its ledger says", of_consults(_has(Clock.consult_id, *began)))
    alarm = exists().where(
        *(ClockEvent.consult_id == Consult.id, ClockEvent.kind == "escalated", ClockEvent.level == 0),
        ClockEvent.at == Consult.uncovered_at,
    )
    silent = of_consults(
        Consult.status.in_((Status.SUBMITTED, Status.CLAIMED)), Consult.uncovered_at.is_not(None), ~alarm
    )
    yield Rule(4, "counts as told to the desk, and its ledger knows of no such alarm", silent)
    for name in (ClockName.ALLOCATE, ClockName.FIRST_REPLY):
        gone = of_consults(Consult.submitted_at.is_not(None), ~_has(Clock.consult_id, Clock.name == name))
        yield Rule(4, f"was sent, and its clock {name} is gone", gone)


def _has(number: InstrumentedAttribute[int], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(number == Consult.id, *more)


_RULES = Rules(_rules)
