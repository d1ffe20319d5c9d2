"""Two people, or one impatient finger, doing the same thing at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults import answers, repeats, requests, threads
from econsult.consults.clocks import Clock
from econsult.consults.records import Consult
from econsult.consults.requests import SubmitForm
from econsult.consults.threads import Audience, Message
from econsult.database import Database
from econsult.errors import ImpossibleVerbError
from econsult.people.persons import Person
from econsult.rights import Right
from econsult.trail_check import check_trail
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic


def _at_once(database: Database, act: Callable[[Session], object], times: int = 8) -> int:
    """How many of them succeeded; the others were refused by the lifecycle and by nothing else."""

    def attempt(_number: int) -> bool:
        try:
            with database.writing() as session:
                act(session)
        except ImpossibleVerbError:
            return False
        return True

    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(attempt, range(times)))


def test_c19_sending_a_request_many_times_at_once_sends_it_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        public_id = clinic.draft(session).public_id

    def submit(session: Session) -> None:
        found = access.consult_for(session, clinic.pcp, public_id, now=NOON, right=Right.REQUEST)
        requests.submit(session, found.consult, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)

    assert _at_once(database, submit) == 1
    with database.reading() as session:
        assert set(session.scalars(select(Clock.cycle))) == {1}


def test_signing_many_times_at_once_signs_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)

    def sign(session: Session) -> None:
        found = access.consult_for(session, clinic.derm, consult.public_id, now=NOON, right=Right.ANSWER)
        answers.sign(session, found.consult, clinic.derm, now=NOON)

    assert _at_once(database, sign) == 1


def test_c19_one_key_used_many_times_at_once_makes_one_consult(database: Database, clinic: Clinic) -> None:
    def create(session: Session) -> None:
        if repeats.find(session, clinic.pcp, "key", "body", now=NOON) is None:
            repeats.remember(session, clinic.pcp, "key", "body", clinic.draft(session), now=NOON)

    assert _at_once(database, create) == 8
    with database.reading() as session:
        assert session.scalar(select(func.count(Consult.id))) == 1


def test_readers_and_writers_of_one_consult_never_wait_for_each_other_in_a_circle(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        public_id = clinic.claimed(session).public_id

    def read(person: Person) -> None:
        for _ in range(15):
            with database.writing() as session:
                access.consult_for(session, person, public_id, now=NOON)

    def write(person: Person) -> None:
        for _ in range(15):
            with database.writing() as session:
                right = Right.WRITE_CLINICIANS
                found = access.consult_for(session, person, public_id, now=NOON, right=right)
                threads.post(session, found.consult, person, Audience.CLINICIANS, text="Noted.", now=NOON)

    with ThreadPoolExecutor(6) as pool:
        acts = [(write, clinic.pcp), (write, clinic.derm), *((read, each) for each in (clinic.pcp, clinic.derm) * 2)]
        for waiting in [pool.submit(act, person) for act, person in acts]:
            waiting.result()
    with database.reading() as session:
        assert check_trail(session, [])[0].fault == ""
        assert session.scalar(select(func.count(Message.id))) == 30
