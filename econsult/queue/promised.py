"""What an open consult carries was said by a policy that can be read; and of a promise that broke somebody was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import Policy, is_readable, overlay, read_content, read_rules
from econsult.consults.records import Consult, Kind, number_of
from econsult.consults.steps import BROKEN, kind_of
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Role
from econsult.queue.rules import BEFORE, Rule, Rules

LATE = (NoticeKind.UNTAKEN, NoticeKind.OVERDUE)
"""How people are told that a promise is broken."""
HEARS = (Role.COORDINATOR, Role.DIRECTOR)


def policies_broken(session: Session) -> Iterator[str]:
    """4. One line for each policy that nobody can read, and for each kind of rules that no policy of its program says.

    What a policy does not say comes from the installation, and is not looked at; so is not what carries no number of a
    policy.
    """
    said: dict[tuple[int, int], list[str]] = {}
    for policy in session.scalars(select(Policy).order_by(Policy.id)):
        if not is_readable(policy.content):
            yield f"4 policy {policy.id}: it cannot be read, and those before it do not hold either"
        if not policy.is_retired:
            said.setdefault((policy.program_id, policy.version), []).append(policy.content)
    carried = select(Consult.program_id, Consult.rules, func.min(Consult.id).label("first"), func.count().label("many"))
    carried = carried.where(Consult.status.in_((*OPEN, Status.ANSWERED)), Consult.rules.is_not(None))
    for row in session.execute(carried.group_by(Consult.program_id, Consult.rules).order_by(func.min(Consult.id))):
        rules = read_rules(row.rules)
        if rules is None or not rules.version:
            continue
        policies = said.get((row.program_id, rules.version), [])
        if not any(overlay(rules, read_content(text), rules.version) == rules for text in policies):
            yield f"4 {number_of(row.first)}: carries rules that no policy says, as {row.many} in all do"


def untold(session: Session, before: datetime) -> Iterator[str]:
    """2. One line for each promise that is broken, and of which nobody was told although somebody is there to hear."""
    return _RULES.broken(session, before=before)


def _rules() -> Iterator[Rule]:
    broke = aliased(ClockEvent)
    same = (broke.consult_id == Clock.consult_id, broke.name == Clock.name, broke.cycle == Clock.cycle)
    # Of a family's question that nobody can take one letter a day speaks of all its promises.
    is_of_it = or_(Notice.created_at > Clock.started_at, Consult.kind == Kind.FAMILY_QUESTION)
    told = exists().where(Notice.consult_id == Clock.consult_id, Notice.kind.in_(LATE), is_of_it)
    hears = exists().where(Person.program_id == Consult.program_id, Person.role.in_(HEARS), Person.is_active)
    runs = and_(Clock.state == ClockState.RUNNING, Clock.is_breached, Clock.pauses == 0, ~Consult.is_test)
    lines = (
        select(Clock.consult_id)
        .join(Consult, Consult.id == Clock.consult_id)
        .join(broke, and_(*same, broke.kind == kind_of(BROKEN), broke.level == BROKEN))
        .where(runs, broke.at < BEFORE, broke.at != Clock.started_at, hears, ~told)
        .distinct()
        .order_by(Clock.consult_id)
    )
    yield Rule(2, "a promise is broken and no letter says so", lines)


_RULES = Rules(_rules)
