"""The tick over questions to second specialists: reminded, then the desk, then late; and what must hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, exists, func, or_, select
from sqlalchemy.orm import Session

from econsult.bulk import insert_new
from econsult.consults.hearers import coordinators_of, desk_of
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Urgency
from econsult.consults.second import people_asked, to_its_pool
from econsult.consults.sides import DESK_LEVEL, LATE_LEVEL, SideEvent, SideQuestion, SideState, end_side, step_at
from econsult.notices import NoticeKind
from econsult.people.persons import NAMES_STAY_SHUT, Person, Role
from econsult.picking import ANY, Pick
from econsult.queue.climbing import climb
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.queue.rules import BEFORE, Rule, Rules
from econsult.rosters.limits import Conflict
from econsult.rosters.shifts import TimeOff

STEPS = ("reminded", "late")


def fire_sides(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Tell of every question whose next step has come; returns how many. Each step that was missed has its line."""
    due = pick.due(session, select(SideQuestion), SideQuestion.next_at, SideQuestion.id, now)
    lines: list[dict[str, Any]] = []
    tellings: list[Telling] = []
    for side in due:
        consult = session.get_one(Consult, side.consult_id, options=SEALED_STAY_SHUT)
        if consult.status not in OPEN or consult.consent_withdrawn_at is not None:
            end_side(session, side, SideState.OVER, person_id=None, now=now)
            continue
        own = {"program_id": side.program_id, "side_id": side.id}
        lines += [{**own, **line} for line in climb(side, step_at, LATE_LEVEL, now)]
        tellings += _tellings(session, side, consult, now)
    if lines:
        insert_new(session, SideEvent, lines)
    session.flush()
    tell_all(session, tellings, quiet, now)
    return len(due)


def _tellings(session: Session, side: SideQuestion, consult: Consult, now: datetime) -> list[Telling]:
    about, is_urgent = f"side:{side.id}:{side.level}", consult.urgency == Urgency.URGENT
    asked, is_anybody_there = people_asked(session, consult, side, now)
    told = [Telling(each, NoticeKind.SIDE_ASKED, consult.id, about, is_urgent) for each in asked]
    is_news = not is_anybody_there and side.uncovered_at is None
    side.uncovered_at = None if is_anybody_there else side.uncovered_at or now
    if side.level < DESK_LEVEL and not is_news:
        return told
    # Whoever should answer is not there, or time runs out: the desk, and whoever waits for the reply.
    more = [*desk_of(session, consult.program_id, now)]
    if side.level >= LATE_LEVEL:
        more += coordinators_of(session, consult.program_id, Role.DIRECTOR)
        number = consult.holder_id or side.asked_by_id
        more.append(session.get_one(Person, number, options=NAMES_STAY_SHUT))
    known = {each.id for each in asked}
    people = {each.id: each for each in more if each.id not in known and each.is_active}
    return told + [Telling(each, NoticeKind.SIDE_LATE, consult.id, about, is_urgent) for each in people.values()]


def let_lie(session: Session, now: datetime) -> dict[int, str]:
    """What has to go back to its pool, by number: whoever has it is away, gone or barred, or has let it lapse."""
    away = exists().where(TimeOff.person_id == SideQuestion.holder_id, TimeOff.starts_at <= now, TimeOff.ends_at > now)
    left = exists().where(Person.id == SideQuestion.holder_id, Person.is_active.is_(False))
    barred = exists().where(Conflict.person_id == SideQuestion.holder_id, Conflict.patient_id == Consult.patient_id)
    is_gone = or_(away, left, barred)
    query = (
        select(SideQuestion.id, is_gone)
        .join(Consult, Consult.id == SideQuestion.consult_id)
        .where(
            SideQuestion.state == SideState.OPEN,
            SideQuestion.holder_id.is_not(None),
            Consult.status.in_(OPEN),
            or_(SideQuestion.claim_until < now, is_gone),
        )
        .order_by(SideQuestion.id)
    )
    return {number: "gone" if gone else "lapsed" for number, gone in session.execute(query)}


def return_sides(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Give back to their pools the questions of people who are not there or let them lie; returns how many."""
    why = let_lie(session, now)
    if not why:
        return 0
    query = pick.narrow(select(SideQuestion).where(SideQuestion.id.in_(why)), SideQuestion.id).limit(pick.most)
    query = query.order_by(SideQuestion.id).with_for_update(skip_locked=True)
    found = list(session.scalars(query.execution_options(populate_existing=True)))
    for side in found:
        consult = session.get_one(Consult, side.consult_id, options=SEALED_STAY_SHUT)
        if side.is_open and consult.consent_withdrawn_at is not None:
            end_side(session, side, SideState.OVER, person_id=None, now=now)
        # Looked at again under the lock: whoever has it may have replied, or have opened the case.
        elif side.claim_until is not None and (why[side.id] == "gone" or side.claim_until < now):
            to_its_pool(session, consult, side, why[side.id], by_id=None, now=now)
    return len(found)


def sides_broken(session: Session, before: datetime) -> Iterator[str]:
    """One line for each question that is not looked at again, goes on after its consult, or differs from its ledger."""
    return _RULES.broken(session, before=before)


def _rules() -> Iterator[Rule]:
    asked = select(SideQuestion.consult_id)
    is_open = SideQuestion.state == SideState.OPEN
    unwatched = asked.where(is_open, SideQuestion.next_at.is_(None))
    yield Rule(1, "a question to a colleague has no deadline", unwatched)
    yield Rule(2, "a question to a colleague is due and nobody was told", asked.where(SideQuestion.next_at < BEFORE))
    endless = asked.where(is_open, SideQuestion.holder_id.is_not(None), SideQuestion.claim_until.is_(None))
    yield Rule(1, "a question to a colleague is held without an end", endless)
    lapsed = asked.where(SideQuestion.claim_until < BEFORE)
    yield Rule(2, "a question to a colleague lies with whoever let it lapse", lapsed)
    idle = asked.where(~is_open, SideQuestion.next_at.is_not(None))
    yield Rule(3, "a question to a colleague has ended and is watched", idle)
    late = asked.join(Consult, Consult.id == SideQuestion.consult_id).where(is_open, Consult.status.not_in(OPEN))
    yield Rule(3, "a question to a colleague goes on although it was answered or has ended", late)
    ended = sorted(set(SideState) - {SideState.OPEN})
    differs = or_(
        SideQuestion.level != _lines(SideEvent.kind.in_(STEPS)),
        # An end that a signature brought may have been taken back with it.
        _lines(SideEvent.kind.in_(ended)) != _lines(SideEvent.kind == "undone") + case((is_open, 0), else_=1),
        ~is_open & (_lines(SideEvent.kind == SideQuestion.state) == 0),
    )
    yield Rule(4, "a question to a colleague differs from its ledger", asked.where(differs))


def _lines(of: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many lines of this sort the question's ledger has."""
    count = select(func.count(SideEvent.id)).where(SideEvent.side_id == SideQuestion.id, of)
    return count.correlate(SideQuestion).scalar_subquery()


_RULES = Rules(_rules)
