"""A letter about a new request wakes nobody, unless it is urgent or its reader is on duty."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from econsult.consults.records import Consult, Urgency
from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeKind, NoticeState, notify
from econsult.people.persons import Person, Program, Role, add_person
from econsult.rosters.shifts import Shift
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job

DENVER = ZoneInfo("America/Denver")


def _at(hour: int) -> datetime:
    """The next time at which it is so late in Denver."""
    begins = now().astimezone(DENVER).replace(hour=hour, minute=30, second=0, microsecond=0) + timedelta(days=1)
    return begins.astimezone(now().tzinfo)


def _letter(clinic: Clinic, kind: NoticeKind, *, urgency: str = "routine", on_duty: bool = False) -> tuple[int, int]:
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        details = {"name": "Derm", "role": Role.SPECIALIST, "specialties": ("dermatology",), "now": now()}
        program = session.scalars(select(Program)).one()
        person = add_person(session, runtime.database.cipher, program, email="derm@example.test", **details)
        session.get_one(Consult, clinic.consult.id).urgency = Urgency(urgency)
        if on_duty:
            _plan(session, person)
        written = notify(session, person, kind, consult_id=clinic.consult.id, about="1", now=now())
        job = session.scalars(select(Job).where(Job.subject_id == written.id, Job.kind == "notify")).one()
    return written.id, job.id


def _plan(session, person: Person) -> None:
    for weekday in range(7):
        shift = Shift(program_id=person.program_id, specialty="dermatology", person_id=person.id, weekday=weekday)
        shift.starts, shift.minutes, shift.time_zone, shift.from_day = 0, 1440, "UTC", date(2026, 1, 1)
        session.add(shift)


def _sent(clinic: Clinic, number: int) -> bool:
    with clinic.runtime.database.reading() as session:
        return session.get_one(Notice, number).state == NoticeState.SENT


@pytest.mark.parametrize(
    ("hour", "kind", "details"),
    [
        (12, NoticeKind.NEW_REQUEST, {}),
        (23, NoticeKind.NEW_REQUEST, {"urgency": "urgent"}),
        (23, NoticeKind.NEW_REQUEST, {"urgency": "same_day"}),
        (23, NoticeKind.NEW_REQUEST, {"on_duty": True}),
        (23, NoticeKind.NO_COVER, {}),
    ],
    ids=["day", "urgent", "the same day", "on duty", "alarm"],
)
def test_what_may_wake_somebody_goes_out_at_once(
    clinic: Clinic, desk: Desk, hour: int, kind: NoticeKind, details: dict
) -> None:
    number, job = _letter(clinic, kind, **details)
    run_job(replace(desk, now=lambda: _at(hour)), job)
    assert _sent(clinic, number)


def test_a_new_request_waits_for_the_morning_and_is_told_then(clinic: Clinic, desk: Desk) -> None:
    number, job = _letter(clinic, NoticeKind.NEW_REQUEST)
    night, morning = _at(23), _at(23) + timedelta(hours=7, minutes=30)
    run_job(replace(desk, now=lambda: night), job)
    with clinic.runtime.database.reading() as session:
        waits = session.get_one(Job, job)
        assert (waits.state, waits.attempt, waits.run_after) == (JobState.PENDING, 0, morning)
    assert not _sent(clinic, number)
    run_job(replace(desk, now=lambda: morning), job)
    assert _sent(clinic, number)
