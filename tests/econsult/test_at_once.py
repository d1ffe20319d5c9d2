"""Two people, or one impatient finger, doing the same thing at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults import answers, repeats, requests
from econsult.consults.clocks import Clock
from econsult.consults.records import Consult
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.errors import ImpossibleVerbError
from econsult.rights import Right
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
