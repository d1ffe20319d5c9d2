"""Somebody was asked for by name: the pool hears of it once their time is over, or once they cannot take it.

Neither waits for a step of the ladder, which each program writes for itself, nor for a form: a shift ends, a planned
leave begins and hands fill by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.choice import choose
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.offering import offer_anew
from econsult.consults.policies import ClockName
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Urgency
from econsult.consults.wishes import PassedOver, Wish, has_lost, wishes_among
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import NAMES_STAY_SHUT, Person
from econsult.picking import ANY, Pick
from econsult.queue.able import Takers
from econsult.queue.absence import ASKED
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.queue.rules import BEFORE, Rule, Rules, of_consults
from econsult.rosters.shifts import TimeOff, awake_among

MOST = 500
"""So many that are kept for somebody are looked at in one look; the time of each ends by itself."""

_KEPT = (
    select(Wish.consult_id, Wish.named_id)
    .where(Wish.program_id == bindparam("program"), Wish.first_until > bindparam("now"))
    .order_by(Wish.first_until)
    .limit(MOST)
)


def end_wishes(session: Session, now: datetime, quiet: Quiet | None = None, pick: Pick = ANY) -> int:
    """The named person's time is over: whoever has not heard of the request is asked too. Returns of how many."""
    due = pick.narrow(select(Wish.consult_id).where(Wish.first_until <= now), Wish.id)
    numbers = session.scalars(due.order_by(Wish.first_until, Wish.id).limit(pick.most)).all()
    tellings: list[Telling] = []
    for consult, wish in _locked(session, numbers):
        if wish.first_until is None or wish.first_until > now:
            continue
        wish.first_until = None
        if consult.status == Status.SUBMITTED:
            wish.passed_over = PassedOver.TIME
            tellings += _to_the_others(session, consult, now)
    session.flush()
    tell_all(session, tellings, quiet or Quiet(), now)
    return len(numbers)


def offer_lost(session: Session, program_id: int, takers: Takers, now: datetime, quiet: Quiet | None = None) -> int:
    """Ask the pool for what is kept for somebody who cannot take it, or who sleeps while others are awake."""
    found = session.execute(_KEPT, {"program": program_id, "now": now})
    named = {row[0]: row[1] for row in found if row[1] is not None}
    if not named:
        return 0
    # By their numbers: joined, SQLite would read all that waits.
    waiting: Select[Any] = select(*(getattr(Consult, name) for name in ASKED)).where(Consult.id.in_(named))
    rows = session.execute(waiting.where(Consult.status == Status.SUBMITTED).order_by(Consult.id)).all()
    lost = {row.id for row in rows if _seems_lost(row, named[row.id], takers)}
    asleep = {
        row.id
        for row in rows
        if row.id not in lost and _sleeps(session, row, named[row.id], takers=takers, now=now, quiet=quiet or Quiet())
    }
    count = 0
    for consult, wish in _locked(session, sorted(lost | asleep)):
        if consult.id in asleep:
            wish.first_until = now
            count += 1
        elif has_lost(session, consult, choose(session, consult, now), now):
            offer_anew(session, consult, now)
            count += 1
    return count


def kept_first(session: Session, numbers: Iterable[int], now: datetime) -> dict[int, int]:
    """Who alone is asked about which of these requests now."""
    found = wishes_among(session, list(numbers))
    return {
        number: wish.named_id
        for number, wish in found.items()
        if wish.named_id is not None and wish.first_until is not None and wish.first_until > now
    }


def wishes_broken(session: Session, before: datetime) -> Iterator[str]:
    """1. Nobody alone is asked, by name, about what is late in being taken, what they left, or after their time."""
    return _RULES.broken(session, before=before)


def _rules() -> Iterator[Rule]:
    waits = (Wish.consult_id == Consult.id, Consult.status == Status.SUBMITTED)
    over = exists().where(*waits, Wish.first_until < BEFORE)
    yield Rule(1, "the time of somebody asked by name is over and nobody else was asked", of_consults(over))
    late = exists().where(
        *waits,
        Clock.consult_id == Consult.id,
        Clock.name == ClockName.ALLOCATE,
        Clock.state != ClockState.STOPPED,
        Clock.deadline_at < Wish.first_until,
    )
    yield Rule(1, "kept for somebody asked by name although it is late in being taken", of_consults(late))
    is_lost = or_(
        ~Person.is_active,
        exists().where(TimeOff.person_id == Person.id, TimeOff.starts_at < BEFORE, TimeOff.ends_at > BEFORE),
    )
    lost = exists().where(*waits, Wish.first_until > BEFORE, Person.id == Wish.named_id, is_lost)
    yield Rule(1, "kept for somebody asked by name who is not there", of_consults(lost))


_RULES = Rules(_rules)


def _seems_lost(row: Row[Any], named_id: int, takers: Takers) -> bool:
    """Whether the router is to be asked: it is, for each such request, much dearer than this."""
    here = {person.id for person in takers.with_room_for(row)}
    return named_id not in here and (bool(here) or takers.able.places(named_id) <= 0)


def _sleeps(session: Session, row: Row[Any], named_id: int, *, takers: Takers, now: datetime, quiet: Quiet) -> bool:
    """Whether it is night for them until their time is over, and for somebody else who is there it is not."""
    if row.urgency == Urgency.URGENT:
        return False
    named = session.get_one(Person, named_id, options=NAMES_STAY_SHUT)
    if quiet.until(named, now) <= now or awake_among(session, [named], now):
        return False
    others = [person for person in takers.with_room_for(row) if person.id != named_id]
    return any(quiet.until(person, now) <= now for person in others) or bool(awake_among(session, others, now))


def _to_the_others(session: Session, consult: Consult, now: datetime) -> Iterator[Telling]:
    """A letter for each who may take it and has heard nothing of it since it was offered."""
    clocks = open_clocks(session, consult.id, ClockName.ALLOCATE)
    since = min((clock.started_at for clock in clocks), default=now)
    heard = select(Notice.person_id).where(
        Notice.consult_id == consult.id,
        Notice.kind.in_((NoticeKind.NEW_REQUEST, NoticeKind.UNTAKEN)),
        Notice.created_at >= since,
    )
    known = set(session.scalars(heard))
    for person in choose(session, consult, now).told:
        if person.id not in known:
            about = f"named:{max((clock.cycle for clock in clocks), default=0)}"
            is_urgent = consult.urgency == Urgency.URGENT
            yield Telling(person, NoticeKind.NEW_REQUEST, consult.id, about, is_urgent)


def _locked(session: Session, numbers: Sequence[int]) -> Iterator[tuple[Consult, Wish]]:
    """The requests by their numbers, locked before their wishes are read; the next look has what others write now."""
    own = select(Consult).where(Consult.id.in_(numbers)).order_by(Consult.id)
    locked = own.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    consults = list(session.scalars(locked.options(*SEALED_STAY_SHUT))) if numbers else []
    wishes = wishes_among(session, [consult.id for consult in consults])
    for consult in consults:
        session.refresh(wishes[consult.id])
        yield consult, wishes[consult.id]
