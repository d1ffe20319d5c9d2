"""A medical home of which nobody is there: the desk hears at once, once for each gap, as of every pool and holder."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, threads
from econsult.consults.choice import choose
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent
from econsult.consults.offering import why_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Urgency
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Organization, Person, PractitionerSpecialty, Role, add_person
from econsult.people.signin import close_account
from econsult.queue.audience import Audience
from econsult.queue.clinics import watch_clinics
from econsult.queue.due import due_consults
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.rosters import planning
from econsult.rosters.shifts import TimeOff
from tests.beside import plans
from tests.econsult.test_cover import HOUR, told
from tests.econsult.test_not_there import MINUTE, all_day
from tests.personas import LEASE, NOON, Clinic, open_clinic


def off(session: Session, person: Person, start: float, end: float) -> None:
    """Away from so many to so many hours after noon."""
    session.add(TimeOff(person_id=person.id, starts_at=NOON + start * HOUR, ends_at=NOON + end * HOUR))
    session.flush()


def heard(session: Session, kind: NoticeKind, person: Person) -> list[timedelta]:
    """When this person was told of something, after noon."""
    query = select(Notice.created_at).where(Notice.kind == kind, Notice.person_id == person.id).order_by(Notice.id)
    return [at - NOON for at in session.scalars(query)]


def colleague(session: Session, database: Database, clinic: Clinic) -> Person:
    """A second clinician of the medical home."""
    home = session.get_one(Organization, clinic.home.id)
    details = {"name": "Second", "role": Role.PCP, "organization": home, "now": NOON}
    return add_person(session, database.cipher, clinic.program, email="second@clinic.test", **details)


def lines(session: Session) -> list[tuple[str, timedelta]]:
    rows = select(ClockEvent.name, ClockEvent.at).where(ClockEvent.reason == "no_cover").order_by(ClockEvent.id)
    return [(row.name, row.at - NOON) for row in session.execute(rows)]


@pytest.mark.parametrize("has_pools", [True, False])
def test_a_question_to_a_clinic_on_leave_is_told_at_once_and_anew_in_the_next_gap(
    database: Database, clinic: Clinic, has_pools: bool
) -> None:
    """Also in a program that has no specialists at all."""
    with database.writing() as session:
        if not has_pools:
            session.execute(delete(PractitionerSpecialty))
        off(session, clinic.pcp, -1, 3)
        off(session, clinic.pcp, 3.75, 9)
        consult = clinic.family_question(session)
        assert (consult.uncovered_at, [why.code for why in why_of(consult)]) == (NOON, ["team", "off", "later"])
        due = [clock.deadline_at for clock in open_clocks(session, consult.id, ClockName.ALLOCATE)]
        assert (due, told(session)) == ([NOON + 4 * HOUR], [(consult.id, clinic.coordinator.id)])
        all_day(session, NOON, NOON + 3 * HOUR - MINUTE)
        assert len(told(session)) == 1
        before = heard(session, NoticeKind.NEW_REQUEST, clinic.pcp)
        all_day(session, NOON + 3 * HOUR, NOON + 3.5 * HOUR)
        assert consult.uncovered_at is None
        assert heard(session, NoticeKind.NEW_REQUEST, clinic.pcp) == [*before, 3 * HOUR]
        all_day(session, NOON + 3.75 * HOUR, NOON + 8 * HOUR)
        assert consult.uncovered_at == NOON + 3.75 * HOUR
        assert told(session) == [(consult.id, clinic.coordinator.id)] * 2
        assert list(violations(session, NOON + 8 * HOUR)) == []


def test_a_family_that_writes_while_its_clinic_is_on_leave_is_told_of_once_in_each_gap(
    database: Database, clinic: Clinic
) -> None:
    """The only clinician reads the answer and goes; the mother writes of a fever."""
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + MINUTE)
        for hours in ((1, 5), (5, 6), (9, 20)):
            off(session, clinic.pcp, *hours)
        all_day(session, NOON, NOON + 2 * HOUR)
        at = NOON + 2 * HOUR
        threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text="Ahora tiene fiebre", now=at)
        all_day(session, at, NOON + 8.5 * HOUR)
        assert lines(session) == [("family_informed", HOUR), ("next_reply", 2 * HOUR)]
        all_day(session, NOON + 9 * HOUR, NOON + 10 * HOUR)
        assert sorted(lines(session)[2:]) == [("family_informed", 9 * HOUR), ("next_reply", 9 * HOUR)]
        assert told(session) == [(consult.id, clinic.coordinator.id)] * 3
        # They never come back: that is the gap of which the desk knows.
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON + 10 * HOUR)
        session.flush()
        all_day(session, NOON + 10 * HOUR, NOON + 13 * HOUR)
        assert len(told(session)) == 3
        assert list(violations(session, NOON + 13 * HOUR)) == []


def test_a_clinic_whose_last_clinician_leaves_for_good_after_a_leave_is_told_of_anew(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        off(session, clinic.pcp, 1, 3)
        all_day(session, NOON, NOON + 4 * HOUR)
        assert lines(session) == [("family_informed", HOUR)]
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON + 4 * HOUR)
        session.flush()
        all_day(session, NOON + 4 * HOUR + MINUTE, NOON + 7 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)] * 2


def test_while_one_of_a_clinic_is_there_nobody_is_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        second = colleague(session, database, clinic)
        off(session, clinic.pcp, -1, 30)
        consult, other = clinic.family_question(session), clinic.answered(session)
        assert [why.code for why in why_of(consult)] == ["team", "off"]
        all_day(session, NOON, NOON + 8 * HOUR)
        assert told(session) == []
        holding.claim(session, consult, second, now=NOON + 8 * HOUR, lease=100 * LEASE)
        off(session, second, 9, 30)
        all_day(session, NOON + 9 * HOUR, NOON + 10 * HOUR)
        assert sorted(told(session)) == [(consult.id, clinic.coordinator.id), (other.id, clinic.coordinator.id)]


@pytest.mark.parametrize("seed", range(4))
def test_router_ladder_watch_and_forecast_agree_on_who_of_a_clinic_is_there(
    database: Database, clinic: Clinic, seed: int
) -> None:
    """At every third hour of a day on which two clinicians are away as it falls, by whole minutes."""
    dice = random.Random(seed)
    with database.writing() as session:
        people = [session.get_one(Person, clinic.pcp.id), colleague(session, database, clinic)]
        spans: list[list[tuple[int, int]]] = [[], []]
        for person, own in zip(people, spans, strict=True):
            for _ in range(dice.randint(1, 4)):
                start = dice.randint(-300, 1440)
                own.append((start, start + dice.randint(60, 1800)))
                off(session, person, own[-1][0] / 60, own[-1][1] / 60)
        consult = clinic.family_question(session)

        def is_there(minute: int) -> bool:
            return any(not any(start <= minute < end for start, end in own) for own in spans)

        for minute in range(1, 1440, 180):
            now = NOON + minute * MINUTE
            watch_clinics(session, now)
            assert choose(session, consult, now).has_cover is is_there(minute)
            assert (consult.uncovered_at is None) is is_there(minute)
            due = next(each for each in due_consults(session, NOON + 90 * HOUR) if each.id == consult.id)
            assert Audience(session, now).lacks_cover(due, "allocate", "") is not is_there(minute)
            risks = [risk.why for risk in forecast(session, clinic.program.id, now).risks]
            assert risks == ([] if any(map(is_there, range(minute, 1440))) else ["clinic_away"])


def test_clocks_that_look_at_once_tell_it_once(postgres_database: Database) -> None:
    """While one has not written yet what it tells, the other passes the clinic over; also in another minute."""
    clinic = open_clinic(postgres_database)
    with postgres_database.writing() as session:
        clinic.answered(session)
        off(session, clinic.pcp, 1, 30)
    with postgres_database.writing() as first, postgres_database.writing() as second:
        assert [watch_clinics(each, NOON + at * HOUR) for each, at in ((first, 1), (second, 3))] == [1, 0]
    with postgres_database.writing() as session:
        assert watch_clinics(session, NOON + 4 * HOUR) == 0


def test_the_look_at_clinics_reads_neither_every_family_nor_everything_that_waits(sqlite_database: Database) -> None:
    open_clinic(sqlite_database)
    with sqlite_database.writing() as session, plans(session) as told:
        watch_clinics(session, NOON)
    assert any("ix_person_clinic" in line for line in told)
    assert any("ix_consult_uncovered" in line for line in told)
    assert {line for line in told if line in {"SCAN person", "SCAN consult"}} == set()


def test_a_leave_that_is_written_from_before_is_a_gap_of_its_own(database: Database, clinic: Clinic) -> None:
    """Back at four and ill again at eight, "from today": what was told in the morning is told anew."""
    with database.writing() as session:
        consult = clinic.answered(session, now=NOON)
        off(session, clinic.pcp, 1, 60)
        watch_clinics(session, NOON + HOUR)
        back = session.scalars(select(TimeOff)).one()
        back.ends_at = NOON + 4 * HOUR
        session.flush()
        watch_clinics(session, NOON + 4 * HOUR)
        off(session, clinic.pcp, -5, 60)
        for minute in (0, 1, 2):
            watch_clinics(session, NOON + 8 * HOUR + minute * MINUTE)
        assert lines(session) == [("family_informed", HOUR), ("family_informed", 8 * HOUR)]
        assert heard(session, NoticeKind.NO_COVER, clinic.coordinator) == [HOUR, 8 * HOUR]
        assert consult.uncovered_at is None


@pytest.mark.parametrize("how", ["closed", "leave", "between"])
def test_what_a_step_of_the_ladder_told_the_look_after_it_tells_no_more(
    database: Database, clinic: Clinic, how: str
) -> None:
    """The last clinician goes between two looks, and half of a promise has passed before the next one."""
    with database.writing() as session:
        clinic.answered(session)
        if how == "between":
            # What was told in a gap that ended a minute ago is of that one.
            off(session, clinic.pcp, 1, 12 - 1 / 60)
            all_day(session, NOON + HOUR, NOON + HOUR)
        watch_clinics(session, NOON + 12 * HOUR - MINUTE / 2)
        if how == "closed":
            close_account(session, session.get_one(Person, clinic.pcp.id), NOON + 12 * HOUR - MINUTE / 6)
        else:
            off(session, clinic.pcp, 11 if how == "leave" else 12 - 1 / 360, 90)
        session.flush()
        for half in range(5):
            fire(session, NOON + 12 * HOUR + half * MINUTE / 2)
            watch_clinics(session, NOON + 12 * HOUR + (half + 0.5) * MINUTE / 2)
        first = [HOUR] if how == "between" else []
        last = 12 * HOUR + (MINUTE / 4 if how == "between" else 0 * MINUTE)
        assert heard(session, NoticeKind.NO_COVER, clinic.coordinator) == [*first, last]


def test_a_gap_that_began_while_no_clock_ran_is_told(database: Database, clinic: Clinic) -> None:
    """Back for three hours, in which nobody looked: the second gap is told, and what waits for somebody as well."""
    with database.writing() as session:
        owed, waits = clinic.answered(session), clinic.family_question(session)
        off(session, clinic.pcp, 1, 2)
        off(session, clinic.pcp, 5, 90)
        all_day(session, NOON, NOON + 1.5 * HOUR)
        assert heard(session, NoticeKind.NO_COVER, clinic.coordinator) == [HOUR, HOUR]
        all_day(session, NOON + 5.5 * HOUR, NOON + 9 * HOUR)
        assert heard(session, NoticeKind.NO_COVER, clinic.coordinator) == [HOUR, HOUR, 5.5 * HOUR, 5.5 * HOUR]
        both = sorted((each.id, clinic.coordinator.id) for each in (owed, waits))
        assert [sorted(told(session)[:2]), sorted(told(session)[2:])] == [both, both]
        assert list(violations(session, NOON + 9 * HOUR)) == []


def test_a_look_reads_no_more_where_the_desk_has_heard_of_all(sqlite_database: Database) -> None:
    """What an empty clinic owes, and what time off there ever was, is read when it is told and not each minute."""
    clinic, asked, read = open_clinic(sqlite_database), list[tuple[str, Any]](), list[int]()
    with sqlite_database.writing() as session:
        off(session, clinic.pcp, 1, 90)
        connection = session.connection()

        @event.listens_for(connection, "before_cursor_execute")
        def _note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
            asked.append((statement, parameters))

        for number in (3, 12):
            for day in range(number):
                clinic.answered(session)
                off(session, clinic.pcp, -24 * day - 30, -24 * day - 10)
            assert watch_clinics(session, NOON + number * HOUR) > 0
            del asked[:]
            assert watch_clinics(session, NOON + (number + 1) * HOUR) == 0
            selects = [each for each in asked if each[0].startswith("SELECT")]
            read.append(sum(len(connection.exec_driver_sql(*each).all()) for each in selects))
    assert read[0] == read[1] > 0


def test_a_leave_that_is_ended_and_written_down_anew_is_the_same_gap(database: Database, clinic: Clinic) -> None:
    """There is no other way to shorten one that goes on."""
    with database.writing() as session:
        clinic.answered(session)
        first = planning.take_off(session, clinic.coordinator, clinic.pcp.public_id, NOON, NOON + 200 * HOUR, now=NOON)
        for minute in range(60):
            watch_clinics(session, NOON + minute * MINUTE)
        before = heard(session, NoticeKind.NO_COVER, clinic.coordinator)
        at = NOON + HOUR
        planning.end_time_off(session, clinic.coordinator, first.id, now=at)
        ids = (clinic.pcp.public_id, at + MINUTE / 2, NOON + 99 * HOUR)
        planning.take_off(session, clinic.coordinator, *ids, now=at + MINUTE / 2)
        for minute in range(60):
            watch_clinics(session, at + MINUTE / 2 + minute * MINUTE)
        assert len(before) == 1
        assert heard(session, NoticeKind.NO_COVER, clinic.coordinator) == before


def test_information_asked_of_a_clinic_on_leave_is_told_at_once_and_at_the_reminder(
    database: Database, clinic: Clinic
) -> None:
    """Each time that it is asked, also where a telepresenter put the question: they count as nobody of the clinic."""
    with database.writing() as session:
        consult = clinic.claimed(session)
        off(session, clinic.pcp, -1, 14 * 24)
        watch_clinics(session, NOON)
        derm, at = session.get_one(Person, clinic.derm.id), NOON + 2 * MINUTE
        ask = {"text": "Which cream?", "items": ["medicines"], "audience": threads.Audience.CLINICIANS}
        threads.request_info(session, consult, derm, **ask, now=at)
        assert list(violations(session, at + HOUR)) == [
            f"2 {consult.number}: its empty clinic was asked for information and the desk was not told"
        ]
        all_day(session, at + MINUTE, at + 40 * HOUR)
        assert lines(session) == [("first_reply", 3 * MINUTE), ("first_reply", 36 * HOUR + 3 * MINUTE)]
        assert told(session) == [(consult.id, clinic.coordinator.id)] * 2
        risks = [(risk.why, risk.clock) for risk in forecast(session, clinic.program.id, at + 40 * HOUR).risks]
        assert risks == [("clinic_away", "first_reply")]
        assert list(violations(session, at + 40 * HOUR)) == []
        at += 41 * HOUR
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="None", now=at)
        threads.request_info(session, consult, derm, **ask, now=at + MINUTE)
        consult.requester_id = clinic.nurse.id
        all_day(session, at + MINUTE, at + 2 * MINUTE)
        assert len(told(session)) == 3
        again = forecast(session, clinic.program.id, at + 2 * MINUTE).risks
        assert [(risk.why, risk.clock) for risk in again] == risks
        consult.requester_id = clinic.pcp.id
        all_day(session, at + 3 * MINUTE, at + 9 * MINUTE, MINUTE)
        assert len(told(session)) == 3


def test_what_is_asked_urgently_of_a_clinic_on_leave_is_told_to_the_desk_at_once(
    database: Database, clinic: Clinic
) -> None:
    """The clock runs on, so that no watch over what waits for information finds it."""
    ask = {"text": "Which cream?", "items": [], "audience": threads.Audience.CLINICIANS}
    with database.writing() as session:
        consult = clinic.claimed(session)
        consult.urgency = Urgency.URGENT
        derm = session.get_one(Person, clinic.derm.id)
        threads.request_info(session, consult, derm, **ask, now=NOON)
        assert told(session) == []
        off(session, clinic.pcp, -1, 14 * 24)
        for family in (False, True):
            to = {"audience": threads.Audience.FAMILY} if family else {}
            threads.request_info(session, consult, derm, **ask | to, now=NOON + MINUTE)
            assert told(session) == [(consult.id, clinic.coordinator.id)]
