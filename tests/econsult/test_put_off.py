"""What falls due while nobody may be told of it is not lost: it is told afterwards, or rightly never."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.asking import ask_how_it_went
from econsult.advice.late import tell_of_late_steps
from econsult.bereavement import mark_death, take_back_death
from econsult.consults import answers
from econsult.consults.outcomes import OutcomePing, PingState
from econsult.consults.recommendations import Recommendation
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from tests.personas import NOON, Clinic

DAY = timedelta(days=1)
QUIET = Quiet()
ASKED = {NoticeKind.STEP_LATE, NoticeKind.STEP_OPEN, NoticeKind.OUTCOME_ASKED, NoticeKind.OUTCOME_CLINIC}


def _tick(session: Session, now: datetime) -> None:
    tell_of_late_steps(session, now, QUIET)
    ask_how_it_went(session, now, QUIET)


def _told(session: Session) -> set[str]:
    return set(session.scalars(select(Notice.kind))) & ASKED


def _put_off(session: Session, now: datetime) -> list[str]:
    return [line for line in violations(session, now) if "recommended step" in line or "how it went" in line]


@pytest.mark.parametrize("back_after", [10, 40])
def test_what_fell_due_while_a_child_was_marked_by_mistake_is_told_once_afterwards(
    database: Database, clinic: Clinic, back_after: int
) -> None:
    """A step of 30 days and the question after 21: the mark ended their watch, and taking it back begins it again."""
    with database.writing() as session:
        clinic.answered(session)
        answers.release_due(session, NOON + DAY)
        child = session.get_one(Patient, clinic.child.id)
        mark_death(session, child, clinic.pcp, "", now=NOON + DAY)
        for day in range(2, back_after):
            _tick(session, NOON + day * DAY)
        assert (_told(session), _put_off(session, NOON + back_after * DAY)) == (set(), [])
        take_back_death(session, child, clinic.pcp, now=NOON + back_after * DAY)
        assert _told(session) == set()
        for day in (41, 42, 43):
            _tick(session, NOON + day * DAY)
            assert _told(session) == {"step_late", "step_open", "outcome_asked", "outcome_clinic"}
            assert _put_off(session, NOON + day * DAY) == []
        letters = list(session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.OUTCOME_ASKED)))
        assert letters == [clinic.mother.id]


def test_what_had_been_told_or_asked_before_a_mark_that_was_a_mistake_is_not_told_again(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        clinic.answered(session)
        _tick(session, NOON + 35 * DAY)
        before = len(list(session.scalars(select(Notice.id))))
        child = session.get_one(Patient, clinic.child.id)
        mark_death(session, child, clinic.pcp, "", now=NOON + 36 * DAY)
        take_back_death(session, child, clinic.pcp, now=NOON + 37 * DAY)
        assert session.scalars(select(Recommendation.next_at)).all() == [None]
        assert session.scalars(select(OutcomePing.state)).all() == [PingState.SENT]
        _tick(session, NOON + 38 * DAY)
        kinds = list(session.scalars(select(Notice.kind).where(Notice.kind.in_(ASKED)).order_by(Notice.id)))
        assert len(kinds) == len(set(kinds)) <= before
