"""The tick over questions to second specialists: reminded, then the desk, then late; and what must hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import OPEN
from econsult.consults.offering import coordinators_of, desk_of
from econsult.consults.records import SEALED_STAY_SHUT, Consult, number_of
from econsult.consults.second import people_asked
from econsult.consults.sides import DESK_LEVEL, LATE_LEVEL, SideEvent, SideQuestion, SideState, end_side, step_at
from econsult.errors import InvalidError
from econsult.notices import NoticeKind
from econsult.people.persons import NAMES_STAY_SHUT, Person, Role
from econsult.picking import ANY, Pick
from econsult.queue.bulk import insert_new
from econsult.queue.climbing import climb
from econsult.queue.outbox import Quiet, Telling, tell_all

STEPS = ("reminded", "late")
MOST = 100


def fire_sides(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Tell of every question whose next step has come; returns how many. Each step that was missed has its line."""
    query = select(SideQuestion).where(SideQuestion.next_at <= now).order_by(SideQuestion.next_at).limit(pick.most)
    query = pick.narrow(query, SideQuestion.id)
    due = list(session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)))
    lines: list[dict[str, Any]] = []
    tellings: list[Telling] = []
    for side in due:
        consult = session.get_one(Consult, side.consult_id, options=SEALED_STAY_SHUT)
        if consult.status not in OPEN or consult.consent_withdrawn_at is not None:
            end_side(session, side, SideState.OVER, person_id=None, now=now)
            continue
        lines += [{"side_id": side.id, **line} for line in climb(side, step_at, LATE_LEVEL, now)]
        tellings += _tellings(session, side, consult, now)
    if lines:
        insert_new(session, SideEvent, lines)
    session.flush()
    tell_all(session, tellings, quiet, now)
    return len(due)


def _tellings(session: Session, side: SideQuestion, consult: Consult, now: datetime) -> list[Telling]:
    about = f"side:{side.id}:{side.level}"
    asked = _asked(session, consult, side, now)
    told = [Telling(each, NoticeKind.SIDE_ASKED, consult.id, about) for each in asked]
    if side.level < DESK_LEVEL and asked:
        return told
    # Whoever should answer has left, or time runs out: the desk, and whoever waits for the reply.
    more = [*desk_of(session, consult.program_id)]
    if side.level >= LATE_LEVEL:
        more += coordinators_of(session, consult.program_id, Role.DIRECTOR)
        number = consult.holder_id or side.asked_by_id
        more.append(session.get_one(Person, number, options=NAMES_STAY_SHUT))
    known = {each.id for each in asked}
    people = {each.id: each for each in more if each.id not in known and each.is_active}
    return told + [Telling(each, NoticeKind.SIDE_LATE, consult.id, about) for each in people.values()]


def _asked(session: Session, consult: Consult, side: SideQuestion, now: datetime) -> list[Person]:
    try:
        return people_asked(session, consult, side, now)
    except InvalidError:
        return []


def sides_broken(session: Session, before: datetime) -> Iterator[str]:
    """One line for each question that is not looked at again, goes on after its consult, or differs from its ledger."""
    is_open = SideQuestion.state == SideState.OPEN
    checks = (
        (is_open & SideQuestion.next_at.is_(None), "1", "a question to a colleague has no deadline"),
        (SideQuestion.next_at < before, "2", "a question to a colleague is due and nobody was told"),
        (
            ~is_open & SideQuestion.next_at.is_not(None),
            "3",
            "a question to a colleague has ended and is watched",
        ),
    )
    for wrong, number, words in checks:
        for consult_id in session.scalars(select(SideQuestion.consult_id).where(wrong).limit(MOST)):
            yield f"{number} {number_of(consult_id)}: {words}"
    late = select(SideQuestion.consult_id).join(Consult, Consult.id == SideQuestion.consult_id)
    for consult_id in session.scalars(late.where(is_open, Consult.status.not_in(OPEN)).limit(MOST)):
        yield f"3 {number_of(consult_id)}: a question to a colleague goes on although it was answered or has ended"
    steps = select(func.count(SideEvent.id)).where(SideEvent.side_id == SideQuestion.id, SideEvent.kind.in_(STEPS))
    ends = select(func.count(SideEvent.id)).where(
        SideEvent.side_id == SideQuestion.id, SideEvent.kind == SideQuestion.state
    )
    differs = or_(
        SideQuestion.level != steps.correlate(SideQuestion).scalar_subquery(),
        ~is_open & (ends.correlate(SideQuestion).scalar_subquery() != 1),
    )
    for consult_id in session.scalars(select(SideQuestion.consult_id).where(differs).limit(MOST)):
        yield f"4 {number_of(consult_id)}: a question to a colleague differs from its ledger"
