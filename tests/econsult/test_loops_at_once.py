"""Several clocks at once: late steps, askings and questions to colleagues are each told once, killed or not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.advice.asking import ask_how_it_went
from econsult.advice.late import tell_of_late_steps
from econsult.consults import answers
from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import RecommendationEvent
from econsult.consults.second import ask_second
from econsult.consults.sides import SideEvent
from econsult.database import Database
from econsult.notices import Notice
from econsult.queue.asides import fire_sides
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from tests.personas import NOON, Clinic
from tests.together import at_once

CLOCKS = 4
LATER = NOON + timedelta(days=40)
WORK = (tell_of_late_steps, ask_how_it_went, fire_sides)


class KilledError(Exception):
    """A clock process that dies in the middle of a transaction."""


def prepared(database: Database, clinic: Clinic) -> None:
    """Five answers with a late step and an asking that is due, and a question to a colleague that is late."""
    with database.writing() as session:
        for _ in range(5):
            answers.acknowledge(session, clinic.answered(session), clinic.pcp, now=NOON)
        ask_second(session, clinic.claimed(session), clinic.derm, "Is it a nerve?", specialty="neurology", now=NOON)


def tick(database: Database) -> None:
    for work in WORK:
        with database.writing() as session:
            work(session, LATER, Quiet())


def test_each_is_told_once_by_any_number_of_clocks(database: Database, clinic: Clinic) -> None:
    prepared(database, clinic)
    for work in WORK:
        with pytest.raises(KilledError), database.writing() as session:
            work(session, LATER, Quiet())
            raise KilledError

    def clock() -> None:
        for _ in range(3):
            tick(database)

    assert at_once(*[clock] * CLOCKS) == [None] * CLOCKS
    with database.reading() as session:
        overdue = session.scalars(select(RecommendationEvent.id).where(RecommendationEvent.kind == "overdue")).all()
        assert (len(overdue), set(session.scalars(select(OutcomePing.state)))) == (5, {"sent"})
        kinds = ("step_late", "step_open", "outcome_asked", "outcome_clinic")
        told = Counter(session.scalars(select(Notice.kind).where(Notice.kind.in_(kinds))))
        assert told == dict.fromkeys(kinds, 5)
        steps = session.scalars(select(SideEvent.level).where(SideEvent.kind.in_(("reminded", "late")))).all()
        assert sorted(steps) == list(range(1, 57))
        watched = ("recommended step", "asked how", "colleague")
        assert [line for line in violations(session, LATER) if any(words in line for words in watched)] == []
