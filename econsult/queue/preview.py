"""What a new policy would do to the open consults, before anybody saves it; and its application, consult by consult."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.lifecycle import OPEN
from econsult.consults.policies import ClockName, check_content, newest, overlay, rules_of
from econsult.consults.records import Consult
from econsult.consults.urgency import adopt_rules
from econsult.people.persons import Person

MOST = 1000


@dataclass(frozen=True)
class Change:
    """An open consult whose promise would move."""

    consult: Consult
    due_at: datetime
    would_be: datetime


def preview(
    session: Session, program_id: int, specialty: str, urgency: str, content: Mapping[str, Any]
) -> list[Change]:
    """The open consults whose first reply would be due at another time. Raises InvalidError for impossible rules."""
    check_content(content)
    found = []
    for consult in _matching(session, program_id, specialty, urgency):
        rules = overlay(rules_of(consult), content, 0)
        for clock in open_clocks(session, consult.id, ClockName.FIRST_REPLY):
            moved = rules.first_reply - timedelta(seconds=clock.target_seconds)
            if moved:
                found.append(Change(consult, clock.deadline_at, clock.deadline_at + moved))
    return found


def apply_to_open(
    session: Session, person: Person, specialty: str, urgency: str, *, now: datetime, targets: Mapping[str, timedelta]
) -> int:
    """Let every open consult that the policy is for go over to it; returns how many did."""
    matching = list(_matching(session, person.program_id, specialty, urgency))
    return sum(adopt_rules(session, consult, person, now=now, targets=targets) for consult in matching)


def _matching(session: Session, program_id: int, specialty: str, urgency: str) -> Iterator[Consult]:
    """The open consults for which this policy is the closest one."""
    query = select(Consult).where(Consult.program_id == program_id, Consult.status.in_(OPEN))
    if specialty:
        query = query.where(Consult.specialty == specialty)
    if urgency:
        query = query.where(Consult.urgency == urgency)
    for consult in session.scalars(query.order_by(Consult.id).limit(MOST)).all():
        own = consult.specialty or ""
        order = [(own, consult.urgency), (own, ""), ("", consult.urgency), ("", "")]
        closer = order[: order.index((specialty, urgency))]
        if not any(newest(session, program_id, *pair) for pair in closer):
            yield consult
