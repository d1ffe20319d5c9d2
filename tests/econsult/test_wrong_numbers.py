"""A number that does not reach a family: whose task it is, for how long, and what it costs to look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, or_, select
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, telling, tries
from econsult.consults.clocks import is_open
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.views import Filters, View, shelf_of, slices_of
from econsult.consults.wrong_numbers import is_number_wrong, tried_often, wrong_numbers_for
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.onfile import set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import close_account
from tests.personas import NOON, Clinic, open_clinic

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
READ = NOON + 20 * HOUR


def tried(session: Session, clinic: Clinic, times: int = 1) -> Consult:
    """An answer that the clinic has read, and whose family a wrong number keeps from it."""
    consult = clinic.answered(session)
    answers.acknowledge(session, consult, clinic.pcp, now=READ)
    for number in range(times):
        tries.write_try(session, consult, clinic.coordinator, "wrong_number", now=READ + number * MINUTE)
    return consult


def test_a_number_that_is_taken_away_leaves_the_task_and_another_one_ends_it(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        set_contact(session, child, "+1 505 555 0177", "", clinic.coordinator, now=NOON)
        consult = tried(session, clinic)
        for phone, is_wrong in (("", True), ("+1 505 555 0188", False)):
            set_contact(session, child, phone, "", clinic.coordinator, now=READ + HOUR)
            assert is_number_wrong(session, consult) is is_wrong
            assert len(wrong_numbers_for(session, clinic.pcp, now=READ + HOUR)) == is_wrong


def test_tries_of_what_was_heard_are_forgotten_and_those_of_what_is_still_to_be_told_stay(
    database: Database, clinic: Clinic
) -> None:
    often = select(Consult.id).where(tried_often())
    with database.writing() as session:
        heard, unheard = tried(session, clinic, 3), tried(session, clinic, 3)
        telling.inform(session, heard, clinic.pcp, method="visit", teach_back=True, now=READ + HOUR)
        for consult in (heard, unheard):
            reopen(session, consult, clinic.pcp, "It is worse now", now=READ + 2 * HOUR)
            clinic.take(session, consult, now=READ + 2 * HOUR)
        assert session.scalars(often).all() == [unheard.id]
        declining.decline(session, heard, clinic.derm, "Not mine at all", now=READ + 3 * HOUR)
        assert (is_open(session, heard, ClockName.FAMILY_INFORMED), is_number_wrong(session, heard)) == (True, False)
        assert (is_number_wrong(session, unheard), session.scalars(often).all()) == (True, [unheard.id])
        assert [len(found) for found in tries.tries_of(session, (heard, unheard)).values()] == [3]


def test_nobody_without_a_clinic_reads_of_children_without_one(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, alone = tried(session, clinic), session.get_one(Person, clinic.other_pcp.id)
        child = session.get_one(Patient, consult.patient_id)
        consult.organization_id = child.organization_id = alone.organization_id = None
        session.flush()
        assert wrong_numbers_for(session, alone, now=READ) == []
        slices = slices_of(shelf_of(session, alone, READ), View.UNTOLD, READ, Filters())
        assert session.scalars(select(Consult).where(or_(*slices))).all() == []


def test_the_desk_hears_of_it_where_nobody_of_the_clinic_has_an_account(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = tried(session, clinic)
        close_account(session, session.get_one(Person, clinic.pcp.id), READ)
        tries.write_try(session, consult, clinic.director, "wrong_number", now=READ + HOUR)
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.NUMBER_WRONG).order_by(Notice.id)
        assert session.scalars(told).all() == [clinic.pcp.id, clinic.coordinator.id]


@pytest.mark.parametrize("has_figures", [False, True])
def test_a_look_at_a_number_reads_no_clock_but_its_own(sqlite_database: Database, has_figures: bool) -> None:
    clinic, asked = open_clinic(sqlite_database), list[tuple[str, Any]]()
    with sqlite_database.writing() as session:
        consult, link = tried(session, clinic), session.connection()
        if has_figures:
            link.exec_driver_sql("ANALYZE")
        event.listen(link, "before_cursor_execute", lambda _c, _d, said, given, *_rest: asked.append((said, given)))
        assert (is_open(session, consult, ClockName.FAMILY_INFORMED), is_number_wrong(session, consult)) == (True, True)
        assert len(wrong_numbers_for(session, clinic.pcp, now=READ)) == 1
        looks = [each for each in asked if "FROM clock" in each[0]]
        plans = [row[3] for said, given in looks for row in link.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given)]
    assert (len(looks), [plan for plan in plans if "SCAN clock" in plan]) == (3, [])
