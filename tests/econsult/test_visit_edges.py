"""Visits at the edges: two who book at once, consent that is taken back, requests that are over, proxies that ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from econsult.access import consult_for
from econsult.advice.visit_lists import visit_lists
from econsult.advice.visiting import book, end, readable_visits, reply
from econsult.consults import answers, holding
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.visits import morning
from econsult.database import Database
from econsult.errors import ConsultError, NotFoundError, StaleVersionError
from econsult.notices import NoticeKind
from econsult.people.caregivers import end_link
from econsult.people.patients import Patient
from tests.booking import BOOKING, DAY, DENVER, PLAN, answered, booked, look, step_of, told
from tests.personas import ANSWER, LEASE, NOON, Clinic

AFTER = DAY + timedelta(hours=2)


@pytest.fixture
def consult(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        return answered(session, clinic)


def test_of_many_who_book_at_once_one_has_it(database: Database, clinic: Clinic, consult: Consult) -> None:
    step = step_of(database, consult)

    def attempt(number: int) -> bool:
        person = (clinic.pcp, clinic.coordinator)[number % 2]
        try:
            with database.writing() as session:
                place = replace(BOOKING, place=f"Room {number}")
                book(session, person, consult.public_id, step.public_id, place, now=NOON)
        except StaleVersionError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    assert len(told(database, NoticeKind.VISIT_SET)) == 1


def test_of_what_the_family_took_its_consent_back_staff_call_the_place_and_nobody_is_told(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        session.execute(update(Consult).values(consent_withdrawn_at=NOON))
    look(database, morning(DAY, DENVER, -1))
    assert told(database, NoticeKind.VISIT_SOON) == told(database, NoticeKind.VISIT_NEEDS) == []
    with database.writing() as session:
        assert [each.why for each in visit_lists(session, clinic.pcp, NOON)["needs"]] == ["withdrawn"]
        step = steps_of(session, consult.id)[-1]
        with pytest.raises(ConsultError):
            book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, instead_of=number, now=NOON)
        end(session, clinic.pcp, consult.public_id, number, "off", why="family", now=NOON)
        assert visit_lists(session, clinic.pcp, NOON)["needs"] == []
        assert visit_lists(session, clinic.pcp, NOON)["arrange"] == []
    assert told(database, NoticeKind.VISIT_OFF) == []


def test_a_caregiver_whose_right_has_ended_neither_reads_nor_replies_nor_hears(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        end_link(session, session.get_one(Patient, clinic.child.id), clinic.mother, NOON)
    with database.writing() as session, pytest.raises(NotFoundError):
        reply(session, clinic.mother, consult.public_id, number, "coming", now=NOON)
    look(database, morning(DAY, DENVER, -1))
    assert told(database, NoticeKind.VISIT_SOON) == []
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_a_clinic_books_what_it_answers_its_own_family(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        asked = holding.claim(session, clinic.family_question(session), clinic.pcp, now=NOON, lease=LEASE)
        content = {**ANSWER, "recommendations": PLAN}
        answers.save_draft(session, asked, clinic.pcp, content, now=NOON, lease=LEASE)
        answers.sign(session, asked, clinic.pcp, now=NOON)
        number = asked.public_id
        step = steps_of(session, asked.id)[-1]
        made = book(session, clinic.pcp, number, step.public_id, BOOKING, now=NOON).public_id
        reply(session, clinic.mother, number, made, "ride", now=NOON)
        end(session, clinic.pcp, number, made, "came", now=AFTER)
        assert steps_of(session, asked.id)[-1].state == "done"
        passed = consult_for(session, clinic.mother, number, now=AFTER)
        assert [each.state for _, each in readable_visits(session, passed)] == ["came"]


def test_a_visit_of_a_request_that_is_closed_goes_on(database: Database, clinic: Clinic, consult: Consult) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        session.execute(update(Consult).values(status="closed", ended_at=NOON))
    look(database, morning(DAY, DENVER, -1))
    assert told(database, NoticeKind.VISIT_SOON) == [clinic.mother.id]
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, number, "cannot", now=NOON)
        step = steps_of(session, consult.id)[-1].public_id
        later = replace(BOOKING, starts_at=AFTER)
        moved = book(session, clinic.pcp, consult.public_id, step, later, instead_of=number, now=NOON).public_id
        end(session, clinic.pcp, consult.public_id, moved, "came", now=AFTER)
    assert step_of(database, consult).state == "done"


def test_of_a_test_only_who_made_it_hears(database: Database, clinic: Clinic, consult: Consult) -> None:
    with database.writing() as session:
        session.execute(update(Consult).values(is_test=True))
    number = booked(database, clinic, consult)
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, number, "ride", now=NOON)
    for at in (morning(DAY, DENVER, -1), morning(DAY, DENVER, 1)):
        look(database, at)
    assert told(database, NoticeKind.VISIT_SET) == told(database, NoticeKind.VISIT_SOON) == []
    assert set(told(database, NoticeKind.VISIT_NEEDS)) <= {clinic.pcp.id}
