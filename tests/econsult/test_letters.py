"""Letters and digests: whatever is gathered ends in a letter that is sent after it, whatever the clocks show."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.database import Database
from econsult.jobs import Job, JobPolicy, JobState, claim_job
from econsult.notices import Notice, NoticeKind, NoticeState, mark_notice_sent
from econsult.people.persons import Person
from econsult.queue.invariants import violations
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet, forget_said
from tests.beside import plans
from tests.personas import NOON, Clinic, open_clinic

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NO_NIGHT = Quiet("UTC", 1, 2)
DENVER = Quiet("America/Denver")


def tell(session: Session, people: list[Person], consult: Consult, about: str, now: datetime) -> int:
    tellings = [Telling(person, NoticeKind.REMINDER, consult.id, about) for person in people]
    return tell_all(session, tellings, NO_NIGHT, now)


def send_due(session: Session, now: datetime) -> list[str]:
    """What the workers send by then: the kinds of the letters."""
    due = select(Job).where(Job.kind == "notify", Job.state == JobState.PENDING, Job.run_after <= now).order_by(Job.id)
    sent = []
    for job in session.scalars(due).all():
        assert claim_job(session, job.id, now, JobPolicy()) is not None
        notice = session.get_one(Notice, job.subject_id)
        mark_notice_sent(notice, now)
        job.state = JobState.DONE
        sent.append(str(notice.kind))
    session.flush()
    return sent


def not_told(session: Session, now: datetime) -> list[str]:
    return [line for line in violations(session, now) if "gathered" in line]


def test_a_clock_that_is_a_second_behind_opens_a_new_digest(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        for about in ("one", "two"):
            tell(session, [clinic.derm], consult, about, NOON)
        assert send_due(session, NOON + HOUR + SECOND)[-2:] == ["reminder", "digest"]
        tell(session, [clinic.derm], consult, "three", NOON + HOUR - SECOND)
        assert not_told(session, NOON) == []
        assert send_due(session, NOON + HOUR + 2 * SECOND) == ["digest"]
        late = session.scalars(select(Notice).order_by(Notice.id)).all()
        assert [notice.state for notice in late if notice.kind == NoticeKind.REMINDER] == [
            "sent",
            "gathered",
            "gathered",
        ]


def test_a_digest_that_a_worker_has_begun_takes_nothing_more(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        for about in ("one", "two"):
            tell(session, [clinic.derm], consult, about, NOON)
        digest = select(Job).join(Notice, Notice.id == Job.subject_id).where(Notice.kind == NoticeKind.DIGEST)
        job = session.scalars(digest).one()
        assert claim_job(session, job.id, job.run_after, JobPolicy()) is not None
        tell(session, [clinic.derm], consult, "three", NOON + HOUR - SECOND)
        assert len(session.scalars(digest).all()) == 2


def test_a_clock_that_was_a_day_ahead_keeps_no_letter_back(database: Database, clinic: Clinic) -> None:
    """The letters of the hours 25 h ahead are waited for by nobody; in each hour somebody hears of what it brings."""
    with database.writing() as session:
        consult = clinic.econsult(session)
        ahead = NOON + 25 * HOUR
        for about in ("ahead", "ahead too"):
            tell(session, [clinic.derm], consult, about, ahead)
        tell(session, [clinic.derm], consult, "now", NOON)
        tell(session, [clinic.derm], consult, "now too", NOON)
        assert "digest" in send_due(session, NOON + HOUR)
        send_due(session, ahead + HOUR)
        # The hour that the clock had shown comes in earnest: its letter is used up, its digest sent.
        tell(session, [clinic.derm], consult, "in earnest", ahead)
        assert not_told(session, ahead) == []
        assert send_due(session, ahead + HOUR) == ["digest"]


def test_what_no_letter_tells_of_is_a_violation(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        for about in ("one", "two"):
            tell(session, [clinic.derm], consult, about, NOON)
        assert not_told(session, NOON) == []
        gathered = session.scalars(select(Notice).where(Notice.state == NoticeState.GATHERED)).one()
        session.execute(update(Job).where(Job.subject_id == gathered.digest_id).values(state=JobState.DONE))
        assert not_told(session, NOON) == [f"2 notice {gathered.id}: gathered, and no letter tells of it"]
        session.execute(update(Job).values(state=JobState.PENDING))
        gathered.digest_id = None
        session.flush()
        assert not_told(session, NOON) == [f"2 notice {gathered.id}: gathered, and no letter tells of it"]


def test_a_digest_that_may_reach_its_family_no_more_is_no_violation(database: Database, clinic: Clinic) -> None:
    """A worker ends its job and sends nothing, as with a letter of its own."""
    with database.writing() as session:
        consult = clinic.answered(session)
        for about in ("one", "two"):
            tell(session, [clinic.mother], consult, about, NOON)
        gathered = session.scalars(select(Notice).where(Notice.state == NoticeState.GATHERED)).one()
        session.execute(update(Job).where(Job.subject_id == gathered.digest_id).values(state=JobState.DONE))
        assert not_told(session, NOON) == []


def test_a_whole_night_ends_in_one_letter_of_a_kind_and_one_digest(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        send_due(session, NOON)
        for hour in range(10):
            telling = Telling(clinic.derm, NoticeKind.REMINDER, consult.id, f"{hour}")
            tell_all(session, [telling], DENVER, NOON + (16 + hour) * HOUR)
        assert send_due(session, NOON + 26 * HOUR - SECOND) == []
        assert sorted(send_due(session, NOON + 26 * HOUR)) == ["digest", "reminder"]
        assert not_told(session, NOON) == []


@pytest.mark.parametrize("damaged", ["x-y", "21-99", "21", "-", "2-3-4"])
def test_hours_that_cannot_be_read_are_the_installations_and_stop_nobodys_ladder(
    database: Database, clinic: Clinic, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    forget_said()
    night = NOON + 18 * HOUR
    with database.writing() as session:
        session.get_one(Person, clinic.derm.id).quiet_hours = damaged
        consult = clinic.econsult(session)
        send_due(session, NOON)
        derm = session.get_one(Person, clinic.derm.id)
        for person in (derm, derm, clinic.derm2):
            assert tell_all(session, [Telling(person, NoticeKind.REMINDER, consult.id, "x")], DENVER, night) in (0, 1)
        assert DENVER.until(derm, night) == DENVER.until(clinic.derm2, night) > night
    assert [each.message for each in caplog.records if "ALARM" in each.message] == [
        f"ALARM: the quiet hours of person {clinic.derm.id} cannot be read; the installation's are taken."
    ]


def test_two_clocks_that_tell_the_same_people_wait_for_nobody(database: Database, clinic: Clinic) -> None:
    """Each names the people in another order; a deadlock on PostgreSQL would raise in one of the two."""
    people = [clinic.derm, clinic.derm2, clinic.neuro, clinic.coordinator, clinic.director]
    with database.writing() as session:
        consult = clinic.econsult(session)
    faults: list[Exception] = []

    def clock(order: list[Person], name: str) -> None:
        try:
            for turn in range(20):
                with database.writing() as session:
                    tell(session, order, session.get_one(Consult, consult.id), f"{name}:{turn}", NOON + turn * HOUR)
        except Exception as error:  # noqa: BLE001 - whatever a thread raises is what the test is about.
            faults.append(error)

    threads = [
        threading.Thread(target=clock, args=(order, name)) for order, name in ((people, "a"), (people[::-1], "b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    with database.reading() as session:
        told = session.scalars(select(Notice.id).where(Notice.kind == NoticeKind.REMINDER)).all()
        assert len(told) == 2 * 20 * len(people)
        assert not_told(session, NOON) == []


def test_a_digest_is_found_without_reading_all_that_was_ever_told(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        consult = clinic.econsult(session)
        session.flush()
        with plans(session) as told:
            for about in ("one", "two", "three"):
                tell(session, [clinic.derm], consult, about, NOON)
    assert [line for line in told if line.startswith(("SCAN notice", "SCAN job")) or "ix_job_state" in line] == []
    assert sum("USING INDEX ix_notice_digest (person_id=?)" in line for line in told) >= 3
