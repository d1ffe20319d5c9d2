"""A gap in who is there: the first thing that is told of it, what is locked for it, and when its mark ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from econsult.consults import passing, threads
from econsult.database import Database
from econsult.jobs import Job, JobKind
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.absence import uncovered_held
from econsult.queue.cover import _has_told, watch_absences, watch_cover
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Conflict, Limits
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import CoverWatch
from tests.crowd import Crowd, add_crowd
from tests.econsult.test_cover import HOUR, shift, told
from tests.econsult.test_regained import FREED, _in_spanish, _sign
from tests.econsult.test_room import MINUTE, take
from tests.personas import LEASE, NOON, Clinic


@pytest.mark.parametrize("before", ["few", "more than one look takes", "a test"])
def test_the_first_that_is_told_at_night_waits_for_no_morning(database: Database, clinic: Clinic, before: str) -> None:
    """However many stand before it that somebody who is there may take, and whatever nobody is told of."""
    with database.writing() as session:
        night = NOON + 18 * HOUR  # 23:00 in Denver.
        spanish = _in_spanish(session, clinic)
        session.add(Limits(person_id=clinic.derm.id, languages="en"))
        if before == "a test":
            spanish.econsult(session, now=night - HOUR).is_test = True
        elif before == "few":
            clinic.econsult(session, now=night - HOUR)
        else:
            crowd = Crowd(510, night + 24 * HOUR, timedelta(seconds=1), ("dermatology",))
            add_crowd(session, clinic.econsult(session, now=night - HOUR), crowd)
        child = spanish.econsult(session, now=night - 9 * MINUTE)
        session.add(TimeOff(person_id=clinic.derm2.id, starts_at=night, ends_at=night + 10 * HOUR))
        session.flush()
        for minute in range(-8, 2):
            for second in (0, 2, 4):
                watch_cover(session, night + minute * MINUTE + second * timedelta(seconds=1), quiet=Quiet())
        letter = select(Job.run_after).join(Notice, Notice.id == Job.subject_id).where(Job.kind == JobKind.NOTIFY)
        told = letter.where(Notice.consult_id == child.id, Notice.kind == NoticeKind.NO_COVER)
        assert session.scalars(told).one() < night + MINUTE


def test_whoever_is_written_off_locks_what_they_hold_and_not_what_they_once_answered(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        for _ in range(3):
            _sign(session, take(session, clinic, clinic.derm))
        held = take(session, clinic, clinic.derm)
        held.uncovered_at = NOON
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=FREED, ends_at=FREED + HOUR))
        session.flush()
        locked: list[int] = []

        @event.listens_for(session.connection(), "before_execute")
        def keep(_connection: Any, _clause: Any, _many: Any, given: Any, _options: Any) -> None:
            locked.extend((given or {}).get("numbers", ()))

        assert watch_absences(session, FREED, anew=session.get_one(Person, clinic.derm.id)) == 1
        session.refresh(held)
        assert (held.uncovered_at, set(locked)) == (FREED, {held.id})


def test_a_reply_to_what_was_asked_after_the_answer_ends_its_mark(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = take(session, clinic, clinic.derm)
        _sign(session, consult, NOON + HOUR)
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="And now?", now=NOON + 2 * HOUR)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + 3 * HOUR, ends_at=NOON + 40 * HOUR))
        session.flush()
        assert watch_absences(session, NOON + 3 * HOUR) == 1
        colleague = session.get_one(Person, clinic.derm2.id)
        desk = {"by": clinic.coordinator, "now": NOON + 4 * HOUR, "lease": LEASE}
        passing.assign(session, consult, colleague, "away", **desk)
        watch_absences(session, NOON + 4 * HOUR)
        consult.uncovered_at = NOON + 4 * HOUR
        threads.post(session, consult, colleague, threads.Audience.CLINICIANS, text="Yes.", now=NOON + 5 * HOUR)
        session.flush()
        session.refresh(consult)
        assert {consult.clinic_waits_since, consult.uncovered_at} == {None}


@pytest.mark.parametrize("apart", [60, 130, 240, 350, 400])
def test_what_was_sent_at_the_edge_is_found_by_the_next_look_however_late(
    database: Database, clinic: Clinic, apart: int
) -> None:
    """Its router still saw somebody on duty, and it was committed after the look at the edge."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, hours=5)
        edge = NOON + 4 * HOUR
        for at in (edge - MINUTE, edge):
            watch_cover(session, at)
        consult = clinic.econsult(session, now=edge - timedelta(seconds=1))
        assert told(session) == []
        watch_cover(session, edge + timedelta(seconds=apart))
        assert told(session) == [(consult.id, clinic.coordinator.id)]


@pytest.mark.parametrize("is_signed", [True, False])
def test_what_was_taken_off_duty_is_told_of_again_after_its_holder_was_on_duty_or_answered(
    database: Database, clinic: Clinic, is_signed: bool
) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, starts=6, hours=2)
        consult = take(session, clinic, clinic.derm)
        assert consult.is_taken_off_duty
        if is_signed:
            _sign(session, consult, NOON + 10 * MINUTE)
        before = len(told(session))
        for minute in range(11, 241, 10):
            watch_cover(session, NOON + minute * MINUTE)
        if is_signed:
            clinicians = threads.Audience.CLINICIANS
            threads.post(session, consult, clinic.pcp, clinicians, text="And now?", now=NOON + 4 * HOUR)
            watch_cover(session, NOON + 4 * HOUR + MINUTE)
        assert told(session)[before:] == [(consult.id, clinic.coordinator.id)]


def test_what_was_taken_off_duty_stays_listed_after_its_holder_was_away(database: Database, clinic: Clinic) -> None:
    """Written off by the hour, and back at home: off duty by the roster, like anybody, until their next shift."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, starts=11, hours=2)
        consult = take(session, clinic, clinic.derm)
        assert consult.is_taken_off_duty
        before = len(told(session))
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR))
        session.flush()
        for minute in range(0, 360, 10):
            watch_cover(session, NOON + minute * MINUTE)
            is_listed = [each.id for each in uncovered_held(session, clinic.program.id, 9)] == [consult.id]
            assert is_listed is (minute >= 60), minute
        assert told(session)[before:] == [(consult.id, clinic.coordinator.id)]
        watch_cover(session, NOON + 6 * HOUR)
        assert uncovered_held(session, clinic.program.id, 9) == []


def test_what_nobody_may_take_is_another_alarm_and_hushes_no_gap(database: Database, clinic: Clinic) -> None:
    """It came in between two parts of a look that goes on at night."""
    with database.writing() as session:
        night = NOON + 18 * HOUR
        spanish, other = _in_spanish(session, clinic), _in_spanish(session, clinic)
        session.add(Limits(person_id=clinic.derm.id, languages="en"))
        session.add_all(Conflict(person_id=each.id, patient_id=other.child.id) for each in (clinic.derm, clinic.derm2))
        crowd = Crowd(510, night + 24 * HOUR, timedelta(seconds=1), ("dermatology",))
        add_crowd(session, clinic.econsult(session, now=night - HOUR), crowd)
        child = spanish.econsult(session, now=night - 9 * MINUTE)
        watch_cover(session, night - MINUTE, quiet=Quiet())
        session.add(TimeOff(person_id=clinic.derm2.id, starts_at=night, ends_at=night + 10 * HOUR))
        session.flush()
        watch_cover(session, night, quiet=Quiet())
        assert other.econsult(session, now=night).is_unallocated
        for second in (2, 4, 6):
            watch_cover(session, night + timedelta(seconds=second), quiet=Quiet())
        letter = select(Job.run_after).join(Notice, Notice.id == Job.subject_id).where(Job.kind == JobKind.NOTIFY)
        at = session.scalars(letter.where(Notice.consult_id == child.id, Notice.kind == NoticeKind.NO_COVER)).one()
        assert at < night + MINUTE


def test_whether_the_desk_has_heard_reads_the_marks_and_not_all_that_waits(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        watch = CoverWatch(program_id=1, specialty="dermatology", changed_at=NOON, next_at=NOON)
        asked: list[tuple[str, Any]] = []

        @event.listens_for(session.connection(), "before_cursor_execute")
        def keep(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: Any) -> None:
            asked.append((statement, given))

        assert not _has_told(session, watch)
        (statement, given) = asked[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    told_of = " ".join(row[3] for row in plan)
    assert ("ix_consult_uncovered" in told_of, "ix_consult_desk" in told_of) == (True, False), told_of
