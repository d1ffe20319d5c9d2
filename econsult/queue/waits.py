"""What must hold of whoever waits: for information with an end, for a reply until somebody gave one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.holding import go_on
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName, read_rules
from econsult.consults.records import Consult, number_of
from econsult.consults.replies import FAMILY
from econsult.consults.threads import was_written_to_family
from econsult.consults.versions import Answer
from econsult.queue.rules import Rule, Rules

STILL_GOES_ON = (*OPEN, Status.ANSWERED)


def waits_broken(session: Session) -> Iterator[str]:
    """1. One line for each wait that ended although nobody had replied, or that never ends."""
    yield from _RULES.broken(session)
    yield from _astray(session)


def mend_waits(session: Session, now: datetime) -> int:
    """Give whatever waits for information without an end back to its holder; returns how many there were.

    Until a signature that was taken back looked at it, one that came after the longest pause left that behind.
    """
    found = list(session.scalars(select(Consult).where(Consult.id.in_(_endless())).order_by(Consult.id)))
    for consult in found:
        go_on(session, consult, None, "resume", now=now)
    return len(found)


def _endless() -> Select[int]:
    """What waits for information although no clock is held: no tick would ever end that, and no claim lapses."""
    held = exists().where(
        Clock.consult_id == Consult.id, Clock.name == ClockName.FIRST_REPLY, Clock.state == ClockState.PAUSED
    )
    return select(Consult.id).where(Consult.status == Status.NEEDS_INFO, ~held)


def _astray(session: Session) -> Iterator[str]:
    """4. A clock that runs promises what the rules say that its consult carries; saving or going over mends others.

    Rules that nobody can read promise nothing; a tick takes those of the installation in their place.
    """
    damaged: set[int] = set()
    runs = (Clock.state != ClockState.STOPPED, Clock.name != ClockName.ALLOCATE, Consult.rules.is_not(None))
    query = select(Clock.consult_id, Clock.name, Clock.target_seconds, Consult.rules)
    query = query.join(Consult, Consult.id == Clock.consult_id).where(*runs).order_by(Clock.id)
    for number, name, seconds, text in session.execute(query.execution_options(yield_per=2000)):
        rules = read_rules(text)
        if rules is None and number not in damaged:
            damaged.add(number)
            yield f"4 {number_of(number)}: its rules cannot be read"
        if rules is not None and seconds != rules.target(ClockName(name)).total_seconds():
            yield f"4 {number_of(number)}: {name} promises something else than its rules"


def _rules() -> Iterator[Rule]:
    endless = _endless().order_by(Consult.id)
    yield Rule(1, "waits for information without an end (--repair mends it)", endless)
    yield Rule(1, "the family's words count as answered and nobody has replied", _unanswered())


def _unanswered() -> Select[int]:
    """A family's wait was ended by an answer or a decline: then something was signed or written after it had asked.

    What was declined counts until the family was told: in the telling somebody talks with it.
    """
    ended = exists().where(
        ClockEvent.consult_id == Clock.consult_id,
        ClockEvent.name == Clock.name,
        ClockEvent.cycle == Clock.cycle,
        ClockEvent.kind == "stopped",
        ClockEvent.at == Clock.stopped_at,
        ClockEvent.reason.in_(("released", "decline")),
    )
    # A correction says anew what was signed before the family asked.
    answered = exists().where(
        Answer.consult_id == Clock.consult_id, Answer.corrects.is_(None), Answer.signed_at >= Clock.started_at
    )
    replied = was_written_to_family(Clock.consult_id, Clock.started_at)
    is_untold = and_(Consult.status == Status.DECLINED, Consult.informed_at.is_(None))
    return (
        select(Clock.consult_id)
        .join(Consult, Consult.id == Clock.consult_id)
        .where(Clock.name == ClockName.NEXT_REPLY, Clock.lane == FAMILY, Clock.state == ClockState.STOPPED)
        .where(or_(Consult.status.in_(STILL_GOES_ON), is_untold), ended, ~or_(answered, replied))
        .distinct()
        .order_by(Clock.consult_id)
    )


_RULES = Rules(_rules)
