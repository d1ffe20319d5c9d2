"""The page "Visits": whom somebody must call, and whose visits stand on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import insert, select, update

from econsult.advice.visit_lists import SHOWN, is_full, places_known, visit_lists
from econsult.advice.visiting import book, reply
from econsult.consults import answers
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.visits import Visit, morning
from econsult.database import Database
from econsult.notices import NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import close_account
from tests.booking import BOOKING, DAY, DENVER, PLAN, answered, booked, look, step_of, told
from tests.personas import ANSWER, LEASE, NOON, Clinic, grown_youth

BEFORE = morning(DAY, DENVER, -1)


@pytest.fixture
def consult(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        return answered(session, clinic)


def whys(database: Database, person: Person, now: datetime = NOON) -> list[str]:
    with database.writing() as session:
        lists = visit_lists(session, person, now)
        return [each.why for name in ("needs", "coming", "listed") for each in lists[name]]


def keep(database: Database, consult: Consult) -> None:
    with database.writing() as session:
        session.execute(update(Consult).where(Consult.id == consult.id).values(confidential="youth"))


def leave(database: Database, person: Person) -> None:
    with database.writing() as session:
        close_account(session, session.get_one(Person, person.id), NOON)


def test_a_family_without_an_account_is_called_from_the_booking_on(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    leave(database, clinic.mother)
    number = booked(database, clinic, consult)
    assert whys(database, clinic.coordinator) == ["call"]
    with database.writing() as session:
        reply(session, clinic.coordinator, consult.public_id, number, "coming", now=NOON)
    assert whys(database, clinic.coordinator) == [""]


def test_of_what_is_confidential_nobody_calls_the_family(database: Database, clinic: Clinic, consult: Consult) -> None:
    keep(database, consult)
    booked(database, clinic, consult)
    assert whys(database, clinic.coordinator) == ["alone"]
    look(database, BEFORE)
    assert told(database, NoticeKind.VISIT_SET) == told(database, NoticeKind.VISIT_SOON) == []


def test_of_what_is_confidential_the_young_person_alone_is_told(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    with database.writing() as session:
        youth = grown_youth(session, database, clinic)
    keep(database, consult)
    booked(database, clinic, consult)
    look(database, BEFORE)
    assert whys(database, clinic.coordinator, BEFORE) == [""]
    assert told(database, NoticeKind.VISIT_SET) == told(database, NoticeKind.VISIT_SOON) == [youth.id]


def test_who_cannot_read_the_answer_is_called_once_the_day_is_near(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "recommendations": PLAN}, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
    booked(database, clinic, consult)
    assert whys(database, clinic.coordinator) == [""]
    look(database, BEFORE)
    assert whys(database, clinic.coordinator, BEFORE) == ["unread"]
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_a_child_that_has_moved_stands_on_the_lists_of_both_clinics(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    assert [whys(database, each) for each in (clinic.pcp, clinic.other_pcp)] == [[""], []]
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).organization_id = clinic.other_pcp.organization_id
    assert [whys(database, each) for each in (clinic.pcp, clinic.other_pcp)] == [[""], [""]]


def test_an_erased_record_stands_on_no_list(database: Database, clinic: Clinic, consult: Consult) -> None:
    booked(database, clinic, consult)
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).erased_at = NOON
    assert whys(database, clinic.coordinator) == []


def clinicians_visit(database: Database, clinic: Clinic, consult: Consult) -> None:
    step = step_of(database, consult)
    with database.writing() as session:
        book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, now=NOON)


def test_the_desk_is_asked_in_the_place_of_a_clinician_who_may_not_open_it_any_more(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    clinicians_visit(database, clinic, consult)
    with database.writing() as session:
        session.get_one(Person, clinic.pcp.id).organization_id = clinic.other_pcp.organization_id
    look(database, morning(DAY, DENVER, 1))
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_the_clinic_is_asked_where_nobody_is_at_the_desk(database: Database, clinic: Clinic, consult: Consult) -> None:
    booked(database, clinic, consult)
    leave(database, clinic.coordinator)
    look(database, morning(DAY, DENVER, 1))
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.pcp.id]


def test_a_long_waiting_list_hides_no_visit_that_is_booked(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult, replace(BOOKING, starts_at=None))
    with database.writing() as session:
        step, visit = session.scalars(select(Recommendation)).one(), session.scalars(select(Visit)).one()
        columns = ("consult_id", "version", "owner", "kind", "state", "state_at", "due_at", "number", "program_id")
        row = {name: getattr(step, name) for name in columns}
        steps = [{**row, "position": 1 + number} for number in range(SHOWN + 1)]
        made = session.scalars(insert(Recommendation).returning(Recommendation.id), steps).all()
        same = {
            name: getattr(visit, name) for name in ("consult_id", "program_id", "zone", "note_language", "person_id")
        }
        place = {**same, "place": "There", "state": "listed", "at": NOON, "bring": ""}
        session.execute(insert(Visit), [{**place, "recommendation_id": number} for number in made[1:]])
        day = {"recommendation_id": made[0], "state": "booked", "starts_at": DAY}
        session.execute(insert(Visit), [{**place, **day}])
    with database.writing() as session:
        lists = visit_lists(session, clinic.coordinator, NOON)
    assert (len(lists["listed"]), len(lists["coming"]), is_full(lists)) == (SHOWN, 1, True)


def test_a_clinic_is_offered_no_place_that_another_wrote(database: Database, clinic: Clinic, consult: Consult) -> None:
    booked(database, clinic, consult)
    with database.reading() as session:
        known = [places_known(session, each) for each in (clinic.coordinator, clinic.pcp, clinic.other_pcp)]
        assert not is_full(visit_lists(session, clinic.coordinator, NOON))
    assert known == [[(BOOKING.place, BOOKING.phone)]] * 2 + [[]]
