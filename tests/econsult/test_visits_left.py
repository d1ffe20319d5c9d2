"""Visits that an answer leaves behind, and what the clock says of what a family cannot or need not come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.access import consult_for
from econsult.advice.visit_lists import visit_lists
from econsult.advice.visiting import book, end, readable_visits, reply
from econsult.bereavement import mark_death, take_back_death
from econsult.consults import answers, holding, reopening
from econsult.consults.correcting import correct
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.undoing import take_back
from econsult.consults.visits import Visit, morning
from econsult.consults.visits_carried import wake_visits
from econsult.database import Database
from econsult.notices import NoticeKind
from econsult.queue.invariants import violations
from tests.booking import BOOKING, DAY, DENVER, PLAN, answered, booked, look, step_of, told
from tests.personas import ANSWER, LEASE, NOON, Clinic

HOUR = timedelta(hours=1)
BEFORE = morning(DAY, DENVER, -1)
OTHER = [{"text": "Cream", "owner": "family"}]


@pytest.fixture
def consult(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        return answered(session, clinic)


def corrected(database: Database, clinic: Clinic, consult: Consult, plan: Sequence[object]) -> None:
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        content = {**ANSWER, "recommendations": plan, "watch_for": "Fever"}
        correct(session, row, clinic.derm, content, "It said another clinic.", now=NOON + HOUR)


def test_a_visit_that_a_correction_leaves_out_is_told_to_staff_at_once_and_to_no_family(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    corrected(database, clinic, consult, OTHER)
    assert look(database, NOON + HOUR) == 0
    assert look(database, NOON + HOUR + timedelta(minutes=1)) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]
    assert look(database, BEFORE) == 1
    assert told(database, NoticeKind.VISIT_SOON) == []
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_a_place_on_a_list_that_a_correction_leaves_out_is_told_at_once(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult, replace(BOOKING, starts_at=None))
    corrected(database, clinic, consult, OTHER)
    look(database, NOON + HOUR + timedelta(minutes=1))
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]
    with database.reading() as session:
        assert session.scalars(select(Visit)).one().next_at == NOON + timedelta(days=14)


def test_a_correction_that_is_taken_back_tells_nobody_that_a_visit_is_left_out(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    corrected(database, clinic, consult, OTHER)
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        take_back(session, row, clinic.derm, now=NOON + HOUR + timedelta(seconds=5), lease=LEASE)
    look(database, NOON + HOUR + timedelta(minutes=1))
    assert told(database, NoticeKind.VISIT_NEEDS) == []
    look(database, BEFORE)
    assert told(database, NoticeKind.VISIT_SOON) == [clinic.mother.id]


def test_a_second_answer_that_is_taken_back_gives_the_visit_back(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number, first, later = booked(database, clinic, consult), step_of(database, consult), NOON + HOUR
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        reopening.reopen(session, row, clinic.pcp, "It looks worse.", now=later)
        holding.claim(session, row, clinic.derm, now=later, lease=LEASE)
        answers.save_draft(session, row, clinic.derm, {**ANSWER, "recommendations": PLAN}, now=later, lease=LEASE)
        answers.sign(session, row, clinic.derm, now=later)
        assert session.scalars(select(Visit.before_id)).one() == first.id
        take_back(session, row, clinic.derm, now=later + timedelta(seconds=5), lease=LEASE)
        assert session.scalars(select(Visit.recommendation_id)).one() == first.id
    look(database, BEFORE)
    assert told(database, NoticeKind.VISIT_SOON) == [clinic.mother.id]
    with database.writing() as session:
        end(session, clinic.pcp, consult.public_id, number, "came", now=DAY + HOUR)
    assert step_of(database, consult).state == "done"


@pytest.mark.parametrize(("plan", "state"), [(PLAN, ""), (OTHER, "changed")])
def test_an_answer_that_says_the_step_again_after_a_question_takes_the_visit_on(
    database: Database, clinic: Clinic, consult: Consult, plan: Sequence[object], state: str
) -> None:
    booked(database, clinic, consult)
    later = NOON + HOUR
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        reopening.reopen(session, row, clinic.pcp, "It looks worse.", now=later)
        holding.claim(session, row, clinic.derm, now=later, lease=LEASE)
        content = {**ANSWER, "recommendations": plan}
        answers.save_draft(session, row, clinic.derm, content, now=later, lease=LEASE)
        answers.sign(session, row, clinic.derm, now=later)
        # What the family has read of its visit stays open to it until it can read the new answer as well.
        passed = consult_for(session, clinic.mother, row.public_id, now=later)
        assert [visit.state for _, visit in readable_visits(session, passed)] == ["booked"]
        answers.acknowledge(session, row, clinic.pcp, now=later)
    with database.writing() as session:
        lists = visit_lists(session, clinic.coordinator, later)
        assert [each.why for each in (*lists["needs"], *lists["coming"])] == [state]
        assert lists["arrange"] == []
        assert list(violations(session, later)) == []


def test_a_family_reads_of_a_visit_that_moves_while_its_second_answer_waits(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    """It would else go there on the old day, and find no day at all where it looks."""
    number, later = booked(database, clinic, consult), NOON + HOUR
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        reopening.reopen(session, row, clinic.pcp, "It looks worse.", now=later)
        holding.claim(session, row, clinic.derm, now=later, lease=LEASE)
        answers.save_draft(session, row, clinic.derm, {**ANSWER, "recommendations": PLAN}, now=later, lease=LEASE)
        answers.sign(session, row, clinic.derm, now=later)
        passed = consult_for(session, clinic.mother, row.public_id, now=later)
        for day in (2, 3):
            step, moved = steps_of(session, row.id)[-1], replace(BOOKING, starts_at=DAY + timedelta(days=day))
            case = (session, clinic.coordinator, row.public_id, step.public_id, moved)
            number = book(*case, instead_of=number, now=later + timedelta(minutes=day)).public_id
            assert readable_visits(session, passed)[-1][1].public_id == number
    assert told(database, NoticeKind.VISIT_SET) == [clinic.mother.id] * 3


def test_a_family_that_cannot_come_is_not_reminded_and_staff_hear_it_again(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, number, "cannot", now=NOON)
    look(database, BEFORE)
    assert told(database, NoticeKind.VISIT_SOON) == []
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id] * 2


@pytest.mark.parametrize("days", [9, 10, 12, 20])
def test_a_mark_of_death_that_is_taken_back_leaves_a_visit_watched(
    database: Database, clinic: Clinic, consult: Consult, days: int
) -> None:
    number, back = booked(database, clinic, consult), NOON + timedelta(days=days)
    with database.writing() as session:
        mark_death(session, clinic.child, clinic.coordinator, "", now=NOON)
    for day in range(days - 1):
        look(database, BEFORE - timedelta(days=8) + timedelta(days=day))
    with database.writing() as session:
        take_back_death(session, clinic.child, clinic.coordinator, now=back)
    assert look(database, back) == 1
    for at in (BEFORE, DAY + timedelta(days=30)):
        look(database, max(at, back))
    reminded = [clinic.mother.id] if days == 9 else []
    assert told(database, NoticeKind.VISIT_SOON) == reminded
    # Whoever booked it is asked whether the child came; where that was at once, the desk has heard since as well.
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id] * (2 if days > 11 else 1)
    with database.writing() as session:
        end(session, clinic.pcp, consult.public_id, number, "came", now=DAY + timedelta(days=31))
    assert step_of(database, consult).state == "done"


def test_staff_are_asked_about_a_visit_that_the_corrected_plan_leaves_out(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    corrected(database, clinic, consult, OTHER)
    with database.writing() as session:
        assert [each.why for each in visit_lists(session, clinic.pcp, NOON)["needs"]] == ["changed"]
        end(session, clinic.pcp, consult.public_id, number, "off", why="better", now=NOON)
        assert visit_lists(session, clinic.pcp, NOON)["needs"] == []


def test_a_correction_after_the_day_does_not_hasten_the_word_to_the_desk(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    step, after = step_of(database, consult), morning(DAY, DENVER, 1)
    with database.writing() as session:
        book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, now=NOON)
    look(database, after)
    with database.writing() as session:
        wake_visits(session, consult.id, after)
    assert look(database, after) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.pcp.id]
    look(database, after + timedelta(days=3))
    assert told(database, NoticeKind.VISIT_NEEDS) == sorted([clinic.pcp.id, clinic.coordinator.id])
