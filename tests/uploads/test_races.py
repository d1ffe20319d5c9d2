"""Two that decide by the same rows at the same moment, on PostgreSQL. SQLite lets one writer in after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError
from econsult.jobs import JobKind
from econsult.people.persons import Person
from tests.uploads.conftest import Desk
from uploads import ending
from uploads.errors import GoneError
from workers.give_up import give_up

DATA = os.urandom(200_000)


@pytest.fixture
def desk(postgres_desk: Desk) -> Desk:
    return postgres_desk


@contextmanager
def held(desk: Desk, table: type[Any], number: int) -> Iterator[tuple[Session, Callable[..., Future[Any]]]]:
    """Somebody has locked a row. What comes meanwhile, with `come`, waits for it, in the order in which it came."""
    with ThreadPoolExecutor(4) as pool, desk.door.database.writing() as session:
        session.get_one(table, number, with_for_update=NO_KEY)

        def come(verb: Callable[[], Any]) -> Future[Any]:
            before, ends = _waiting(desk), time.monotonic() + 20
            coming = pool.submit(verb)
            while _waiting(desk) == before:
                assert not coming.done(), "it did not wait"
                assert time.monotonic() < ends, "it came nowhere"
                time.sleep(0.005)
            return coming

        yield session, come


def _waiting(desk: Desk) -> int:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with desk.door.database.reading() as session:
        return int(session.execute(text(waits)).scalar_one())


def half_sent(desk: Desk) -> str:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    return upload


def end(desk: Desk, upload: str) -> None:
    ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)


def test_a_file_that_is_ended_while_its_last_byte_comes_is_taken_back_as_a_whole(desk: Desk) -> None:
    upload = half_sent(desk)
    with held(desk, Consult, desk.consult.id) as (_session, come):
        sent = come(lambda: desk.append(upload, 1000, DATA[1000:]))
        ended = come(lambda: end(desk, upload))
    assert sent.result().is_complete
    ended.result()
    with desk.door.database.reading() as session:
        assert session.scalars(select(Attachment.reason)).all() == ["withdrawn"]
    assert desk.row(upload).state == "terminated"
    # The worker, which has a job for it, removes the bytes.
    assert desk.stored(upload) == DATA


def test_a_last_byte_that_comes_while_the_file_is_ended_makes_nothing_of_it(desk: Desk) -> None:
    upload = half_sent(desk)
    with held(desk, Consult, desk.consult.id) as (_session, come):
        ended = come(lambda: end(desk, upload))
        sent = come(lambda: desk.append(upload, 1000, DATA[1000:]))
    ended.result()
    with pytest.raises(GoneError):
        sent.result()
    with desk.door.database.reading() as session:
        assert session.scalars(select(func.count(Attachment.id))).one() == 0
    assert (desk.row(upload).state, desk.path(upload).parent.exists()) == ("terminated", False)


def test_a_file_of_a_question_that_is_being_sent_is_not_taken_back(desk: Desk) -> None:
    upload = half_sent(desk)
    desk.append(upload, 1000, DATA[1000:])
    with held(desk, Consult, desk.consult.id) as (session, come):
        ended = come(lambda: end(desk, upload))
        session.get_one(Consult, desk.consult.id).status = "submitted"
    with pytest.raises(ForbiddenError):
        ended.result()
    assert desk.row(upload).state == "complete"


def test_a_file_that_is_taken_back_while_its_job_is_given_up_stays_taken_back(desk: Desk) -> None:
    upload = half_sent(desk)
    desk.append(upload, 1000, DATA[1000:])
    number = desk.row(upload).attachment_id or 0

    def lose() -> None:
        with desk.door.database.writing() as session:
            give_up(session, JobKind.PREPARE, number, desk.now)

    with held(desk, Attachment, number) as (session, come):
        lost = come(lose)
        file = session.get_one(Attachment, number)
        file.state, file.reason = "rejected", "withdrawn"
    lost.result()
    with desk.door.database.reading() as session:
        assert session.get_one(Attachment, number).is_withdrawn


def test_the_bytes_of_a_day_are_counted_for_one_file_after_the_other(desk: Desk) -> None:
    upload = half_sent(desk)
    with held(desk, Person, desk.clinic.mother.id) as (_session, come):
        sent = come(lambda: desk.append(upload, 1000, DATA[1000:]))
    assert sent.result().is_complete


def test_files_that_come_and_are_ended_at_the_same_moment_leave_nothing_half_done(desk: Desk) -> None:
    outcomes = set()
    for turn in range(12):
        upload = half_sent(desk)
        with ThreadPoolExecutor(2) as pool:
            sent = pool.submit(desk.append, upload, 1000, DATA[1000:])
            time.sleep(turn / 1000)
            ended = pool.submit(end, desk, upload)
        ended.result()
        with desk.door.database.reading() as session:
            reason = session.scalars(select(Attachment.reason).where(Attachment.public_id == upload)).one_or_none()
            is_there = sent.exception() is None
        assert (desk.row(upload).state, reason) == ("terminated", "withdrawn" if is_there else None)
        outcomes.add(is_there)
    assert outcomes
