"""What a new policy would do to the open consults, before anybody saves it; and its application, consult by consult."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import (
    ClockName,
    Rules,
    check_content,
    closest,
    from_close_to_wide,
    installed,
    overlay,
    policies_held,
    read_content,
    rules_of,
)
from econsult.consults.recomputing import is_astray, moved, release_moved
from econsult.consults.records import Consult, Urgency, number_of
from econsult.consults.sides import LATE_LEVEL, SideQuestion, SideState, reply_by
from econsult.consults.steps import pending_at, promised_at
from econsult.consults.urgency import adopt_rules
from econsult.consults.versions import first_signed_among
from econsult.people.persons import Person

SECOND = "second"
MOST = 1000
"""So many changes are counted."""
MOST_LOOKED_AT = 20_000
BATCH = 200
"""So many consults are read, and about so many go over, at once: others write meanwhile."""
LIVE = (*OPEN, Status.ANSWERED)
"""Where a clock may run: an answer's family may not have heard it yet, and somebody may wait for a reply."""


@dataclass(frozen=True)
class Move:
    """One clock of an open consult, or the release of its answer, that would be due, or next told of, at another time.

    `clock` is the clock's name, `release`, or `second` for the reply of a colleague; `is_due` tells a promise that
    moves from a step of the ladder alone, `is_late` one that would be broken at once.
    """

    clock: str
    at: datetime
    would_be: datetime
    is_due: bool = True
    is_late: bool = False


@dataclass(frozen=True)
class Change:
    """An open consult of which something would move."""

    number: str
    moves: list[Move]

    @property
    def is_late(self) -> bool:
        """Whether a promise of it would be broken at once."""
        return any(move.is_late for move in self.moves)


class Preview(NamedTuple):
    """Which consults would change; `is_part` where there may be more than were counted or looked at."""

    changes: list[Change]
    is_part: bool

    @property
    def late(self) -> list[Change]:
        """Those of which a promise would be broken at once: whoever decides must not have to look for them."""
        return [change for change in self.changes if change.is_late]

    @property
    def late_first(self) -> list[Change]:
        return [*self.late, *(change for change in self.changes if not change.is_late)]


class Applied(NamedTuple):
    """How many consults went over; `is_part` where others wait to be taken over by the next call."""

    done: int
    is_part: bool


@dataclass(frozen=True)
class Scope:
    """For which consults a policy is made, and the targets that the installation has where no policy says another."""

    program_id: int
    specialty: str
    urgency: str
    targets: Mapping[str, timedelta] | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.specialty, self.urgency


def preview(session: Session, scope: Scope, content: Mapping[str, Any] | None, *, now: datetime) -> Preview:
    """What would move if every open consult went over to these rules. Raises InvalidError for impossible ones.

    Without `content`: if the policy were taken back, and they went over to the wider one.
    """
    if content is not None:
        check_content(content)
    fresh = _rules(session, scope, content)
    changes: list[Change] = []
    looked_at = 0
    for rows in _batches(session, scope):
        numbers = [row.id for row in rows]
        around = _around(session, numbers)
        for row in rows:
            looked_at += 1
            moves = _moves(row, around, fresh[row.urgency], now)
            if moves and len(changes) == MOST:
                return Preview(changes, is_part=True)
            changes += [Change(number_of(row.id), moves)] if moves else []
            if looked_at == MOST_LOOKED_AT:
                return Preview(changes, is_part=True)
    return Preview(changes, is_part=False)


def apply_to_open(session: Session, person: Person, scope: Scope, *, now: datetime, most: int = BATCH) -> Applied:
    """Let open consults that the policy is for go over to what holds now; about so many, and the rest later.

    That is its newest version or, where it was taken back, the wider policy.
    """
    count, held = 0, {name: _closest(session, scope, name) for name in Urgency}
    fresh = {name: rules.as_text() for name, rules in held.items()}
    for batch in _batches(session, scope):
        clocks = _clocks_among(session, [row.id for row in batch])
        rows = [row for row in batch if row.rules != fresh[row.urgency] or _is_astray(row, clocks, now)]
        if rows and count >= most:
            return Applied(count, is_part=True)
        # Whoever locks many consults locks them by number, so that two forms at once never wait for each other.
        wanted = select(Consult).where(Consult.id.in_([row.id for row in rows]), Consult.status.in_(LIVE))
        locked = wanted.order_by(Consult.id).with_for_update(key_share=True).execution_options(populate_existing=True)
        for consult in session.scalars(locked).all():
            count += adopt_rules(session, consult, person, now=now, targets=scope.targets)
    return Applied(count, is_part=False)


def _is_astray(row: Row[Any], clocks: Mapping[int, Sequence[Row[Any]]], now: datetime) -> bool:
    """Whether a clock of this consult promises something else than its rules say, as older versions left some."""
    rules = rules_of(row)
    return any(is_astray(clock, rules, now) for clock in clocks.get(row.id, ()))


def _rules(session: Session, scope: Scope, content: Mapping[str, Any] | None) -> dict[str, Rules]:
    """The rules of each urgency under this policy, or without it."""
    if content is None:
        return {name: _closest(session, scope, name, without=scope.pair) for name in Urgency}
    return {name: overlay(installed(name, scope.targets), content, 0) for name in Urgency}


def _closest(session: Session, scope: Scope, urgency: str, without: tuple[str, str] | None = None) -> Rules:
    policy = closest(session, scope.program_id, scope.specialty, urgency, without=without)
    base = installed(urgency, scope.targets)
    return overlay(base, read_content(policy.content), policy.version) if policy is not None else base


class _Around(NamedTuple):
    """What belongs to a batch of consults, by their ids: running clocks, replies of colleagues due, signatures."""

    clocks: Mapping[int, Sequence[Row[Any]]]
    sides: Mapping[int, datetime]
    signed: Mapping[int, datetime]


def _around(session: Session, numbers: Sequence[int]) -> _Around:
    found = first_signed_among(session, numbers)
    return _Around(_clocks_among(session, numbers), _sides_among(session, numbers), found)


def _moves(row: Row[Any], around: _Around, fresh: Rules, now: datetime) -> list[Move]:
    was, found = rules_of(row), []
    clocks, side_due_at = around.clocks.get(row.id, ()), around.sides.get(row.id)
    afterwards = [moved(clock, was, fresh, now) for clock in clocks]
    for clock, turned in zip(clocks, afterwards, strict=True):
        due = (promised_at(clock), promised_at(turned))
        told = (pending_at(clock, was), pending_at(turned, fresh))
        if due[0] != due[1]:
            found.append(Move(clock.name, *due, is_late=due[0] > now >= due[1]))
        elif told[0] != told[1] and told[0] is not None and told[1] is not None:
            found.append(Move(clock.name, told[0], told[1], is_due=False))
    first = [turned for turned in afterwards if turned.name == ClockName.FIRST_REPLY]
    # A question to a colleague becomes due sooner with the reply that it is for, and never later.
    if side_due_at is not None and (sooner := reply_by(first, fresh, now)) < side_due_at:
        found.append(Move(SECOND, side_due_at, sooner))
    opens = release_moved(around.signed.get(row.id), row.release_at, was, fresh)
    if row.release_at is not None and opens is not None and opens != row.release_at:
        found.append(Move("release", row.release_at, opens))
    return found


def _sides_among(session: Session, numbers: Sequence[int]) -> dict[int, datetime]:
    """When what was asked of colleagues about these consults is due; what is late already moves no more."""
    query = select(SideQuestion.consult_id, SideQuestion.due_at).where(
        SideQuestion.consult_id.in_(numbers),
        SideQuestion.state == SideState.OPEN,
        SideQuestion.level < LATE_LEVEL,
    )
    return {row.consult_id: row.due_at for row in session.execute(query)}


def _batches(session: Session, scope: Scope) -> Iterator[Sequence[Row[Any]]]:
    """The consults for which this policy is the closest one, as plain rows, a bounded number at a time."""
    made = set(policies_held(session, scope.program_id))
    after = 0
    while rows := session.execute(_wanted(scope, after)).all():
        after = rows[-1].id
        yield [row for row in rows if _is_closest(row, scope, made)]


def _wanted(scope: Scope, after: int) -> Select[Any]:
    names = ("id", "rules", "urgency", "specialty", "release_at")
    query = select(*(getattr(Consult, name) for name in names)).where(
        Consult.program_id == scope.program_id, Consult.status.in_(LIVE), Consult.id > after
    )
    if scope.specialty:
        query = query.where(Consult.specialty == scope.specialty)
    if scope.urgency:
        query = query.where(Consult.urgency == scope.urgency)
    return query.order_by(Consult.id).limit(BATCH)


def _is_closest(row: Row[Any], scope: Scope, made: set[tuple[str, str]]) -> bool:
    own = row.specialty or ""
    order = from_close_to_wide(own, row.urgency)
    return made.isdisjoint(order[: order.index(scope.pair)])


def _clocks_among(session: Session, numbers: Sequence[int]) -> dict[int, list[Row[Any]]]:
    names = ("id", "consult_id", "name", "state", "started_at", "target_seconds", "deadline_at", "fired_level")
    columns = [getattr(Clock, name) for name in (*names, "paused_at", "paused_until", "is_reminded")]
    query = select(*columns).where(Clock.consult_id.in_(numbers), Clock.state != ClockState.STOPPED)
    found: dict[int, list[Row[Any]]] = {}
    for clock in session.execute(query.order_by(Clock.id)):
        found.setdefault(clock.consult_id, []).append(clock)
    return found
