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
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from tests.crowd import Crowd, add_crowd
from tests.econsult.test_cover import HOUR
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
