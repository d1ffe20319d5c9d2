"""Many clock processes, killed at random again and again: every step fires exactly once, and in time."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select

from econsult.consults import requests
from econsult.consults.clocks import ClockEvent, stop_clock
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.jobs import Job, JobKind
from econsult.notices import Notice, NoticeKind, NoticeState
from econsult.people.consent import ConsentGiven
from econsult.people.persons import Program, Role, add_person
from econsult.queue.invariants import violations
from tests.crowd import Crowd, add_crowd
from tests.faults.ticking import tick_for_ever
from tests.services.postgres import PostgresServer
from tests.workers.clinic import Clinic, clinic_in, now, wait_until
from tests.workers.conftest import folder
from workers.clock import TICK

__all__ = ["folder"]


@dataclass(frozen=True)
class Size:
    """How many consults come due within how many seconds, for how many processes, and how many of these are killed.

    A process waits for `pause` seconds between two ticks: in full size as long as the product does.
    """

    due: int
    seconds: float
    processes: int
    kills: int
    late: float
    pause: float


SIZES = [
    pytest.param(Size(due=150, seconds=3, processes=3, kills=8, late=20, pause=0.3), id="short"),
    pytest.param(
        Size(due=10_000, seconds=500, processes=8, kills=500, late=5, pause=TICK.total_seconds()),
        id="full",
        marks=[pytest.mark.slow, pytest.mark.timeout(1800)],
    ),
]
WARM_UP = timedelta(seconds=6)
UNLIKE = ("no clock of being taken runs", "its clock allocate is gone", "its ledger knows of no such alarm")
"""Of its clocks and their lines each copy has the one alone that is counted here."""


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, folder: Path) -> Iterator[Clinic]:
    """The clinic, once on each database."""
    if request.param == "sqlite":
        yield from clinic_in(folder, quiet_hours="0-0")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield from clinic_in(folder, database_url=server.url(name), quiet_hours="0-0")
    server.drop(name)


def _fill(clinic: Clinic, size: Size) -> None:
    """A pool, and the consults that will all reach half of their target."""
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        program, cipher = session.scalars(select(Program)).one(), runtime.database.cipher
        for role, name in ((Role.SPECIALIST, "derm"), (Role.COORDINATOR, "desk"), (Role.PCP, "pcp")):
            pools = ("dermatology",) if role == Role.SPECIALIST else ()
            email = f"{name}@example.test"
            add_person(session, cipher, program, email=email, name=name, role=role, now=now(), specialties=pools)
        consult = session.get_one(Consult, clinic.consult.id)
        form = requests.RequestForm(
            question="Is this a rash that can wait?", consent=ConsentGiven("parent", "electronic", "en")
        )
        requests.edit(session, consult, clinic.mother, form, now=now())
        targets = runtime.settings.first_reply
        requests.submit(session, consult, clinic.mother, requests.SubmitForm(), now=now(), targets=targets)
        consult.kind = "econsult"
        apart = timedelta(seconds=size.seconds / size.due)
        add_crowd(session, consult, Crowd(size.due, now() + WARM_UP, apart, ("dermatology",)))
        for name in ClockName:
            stop_clock(session, consult, name, now(), "test")
        requests.withdraw(session, consult, clinic.mother, "", now=now())


def _start(clinic: Clinic, pause: float) -> ForkServerProcess:
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([tick_for_ever.__module__])
    process = server.Process(target=tick_for_ever, args=(dict(clinic.environ), pause), daemon=True)
    process.start()
    return process


def _fired(clinic: Clinic) -> int:
    with clinic.runtime.database.reading() as session:
        return session.scalars(select(func.count(ClockEvent.id)).where(ClockEvent.level == 50)).one()


@pytest.mark.parametrize("size", SIZES)
def test_every_step_fires_once_however_often_clocks_are_killed(either: Clinic, size: Size) -> None:
    _fill(either, size)
    clocks = [_start(either, size.pause) for _ in range(size.processes)]
    began, dice = time.monotonic(), random.Random(7)
    pause = (size.seconds + WARM_UP.total_seconds()) / size.kills
    for kill in range(size.kills):
        time.sleep(max(0.0, began + (kill + 1) * pause - time.monotonic()))
        place = dice.randrange(size.processes)
        clocks[place].kill()
        clocks[place].join()
        clocks[place] = _start(either, size.pause)
    wait_until(lambda: _fired(either) >= size.due, 120)
    for process in clocks:
        process.kill()
        process.join()
    _check(either, size)


def _check(clinic: Clinic, size: Size) -> None:
    with clinic.runtime.database.reading() as session:
        lines = session.execute(select(ClockEvent.at, ClockEvent.due_at).where(ClockEvent.level == 50)).all()
        tellings = select(Notice).where(Notice.kind == NoticeKind.REMINDER)
        rows = session.scalars(tellings).all()
        letters = {row.id for row in rows if row.state == NoticeState.PENDING}
        jobs = session.scalars(select(Job.subject_id).where(Job.kind == JobKind.NOTIFY)).all()
        found = violations(session, now(), patience=timedelta(minutes=10))
        assert [each for each in found if not each.endswith(UNLIKE)] == []
    late = sorted((at - due).total_seconds() for at, due in lines if due is not None)
    print(f"lateness p50 {late[len(late) // 2]:.2f} s, p99 {late[int(len(late) * 0.99)]:.2f} s")
    assert len(lines) == size.due
    assert len(rows) == size.due
    assert len(jobs) == len(set(jobs))
    assert letters <= set(jobs)
    assert late[0] >= 0
    assert late[int(len(late) * 0.99)] <= size.late
