"""Jobs outlive their workers, their Redis and their doubles. Some proofs have a full-size form too, marked slow."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from econsult.consults.attachments import MediaKind, Rendition
from econsult.jobs import JobState
from econsult.trail import AuditEvent
from imaging import samples
from tests.imaging.jobs import jobs_of
from tests.services.redis import RedisServer
from tests.spread import spread
from tests.workers.clinic import PATIENCE, Clinic, clinic_in, wait_until
from tests.workers.conftest import folder, photo
from workers.queue import ring

__all__ = ["folder", "photo"]


@dataclass(frozen=True)
class Size:
    """How large a proof is: the lease in seconds, how many jobs, and how soon a lost job must be done again."""

    lease: int
    jobs: int
    limit: float


SHORT = Size(lease=2, jobs=3, limit=30)
SIZES = [
    pytest.param(SHORT, id="short"),
    pytest.param(Size(lease=15, jobs=200, limit=90), id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]
FIFTY = [
    pytest.param(SHORT, id="short"),
    pytest.param(Size(lease=10, jobs=50, limit=90), id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]
SECONDS_90 = [
    pytest.param(SHORT, id="short"),
    pytest.param(Size(lease=60, jobs=1, limit=90), id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


@pytest.fixture(scope="session")
def long_paper() -> bytes:
    """A document that takes the jail a second, which is long enough to stop it in the middle."""
    patient: samples.Patient = {"name": "Synthetic", "birth_date": "2021-05-04", "mrn": "0"}
    return samples.lab_pdf(seed=1, patient=patient, pages=1)


@pytest.fixture
def ringing(request: pytest.FixtureRequest, folder: Path, own_redis: RedisServer) -> Iterator[Clinic]:
    """A clinic with a Redis of its own, and leases as long as the proof wants them."""
    size: Size = request.getfixturevalue("size") if "size" in request.fixturenames else SHORT
    yield from clinic_in(folder, redis_url=own_redis.url, lease_seconds=str(size.lease))


def _children(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _horse_of(worker: int) -> int | None:
    """The process that was forked for the job at hand: it has its parent's command line."""
    return next((child for child in _children(worker) if _command(child) == _command(worker)), None)


def _jailed(worker: int) -> int | None:
    """The process in the jail that decodes the file at hand."""
    jails = [child for child in _children(worker) if _command(child) != _command(worker)]
    return next((job.pid for jail in jails for job in jobs_of(jail)), None)


def _held(clinic: Clinic, worker: int, number: int) -> int:
    """Wait until the worker's jail decodes this file, and stop the decoder there; the worker goes on renewing."""
    wait_until(lambda: clinic.job_of(number).state == JobState.RUNNING and _jailed(worker) is not None)
    decoder = _jailed(worker)
    assert decoder is not None
    os.kill(decoder, signal.SIGSTOP)
    return decoder


def _effects(clinic: Clinic) -> tuple[int, int]:
    """How many files were made ready, and how many copies there are."""
    with clinic.runtime.database.reading() as session:
        ready = session.scalars(select(func.count(AuditEvent.id)).where(AuditEvent.action == "prepare")).one()
        return ready, session.scalars(select(func.count(Rendition.id))).one()


def _blobs(clinic: Clinic) -> int:
    return len(list(clinic.runtime.blobs.list("renditions/")))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.wide
def test_jobs_behind_one_that_runs_three_leases_neither_die_nor_run_twice(
    ringing: Clinic, size: Size, photo: bytes, long_paper: bytes
) -> None:
    worker = ringing.start("workers", "fast")
    ringing.start("workers.clock")
    first = ringing.send(long_paper, MediaKind.LAB_DOCUMENT)
    ring(ringing.runtime)
    decoder = _held(ringing, worker.pid, first)
    for _ in range(size.jobs):
        ringing.send(photo)
        ring(ringing.runtime)
    until = time.monotonic() + 3 * size.lease
    wait_until(lambda: time.monotonic() > until, 4 * size.lease)
    assert ringing.job_of(first).state == JobState.RUNNING
    os.kill(decoder, signal.SIGCONT)
    wait_until(ringing.is_done, 60 + size.jobs)
    assert {job.attempt for job in ringing.jobs()} == {1}
    assert _effects(ringing)[0] == size.jobs + 1


@pytest.mark.parametrize("size", SECONDS_90)
def test_a_job_whose_worker_and_horse_are_killed_is_done_by_another(
    ringing: Clinic, size: Size, long_paper: bytes
) -> None:
    first = ringing.start("workers", "fast")
    ringing.start("workers.clock")
    number = ringing.send(long_paper, MediaKind.LAB_DOCUMENT)
    ring(ringing.runtime)
    _held(ringing, first.pid, number)
    horse = _horse_of(first.pid)
    assert horse is not None
    os.kill(horse, signal.SIGKILL)
    first.kill()
    killed = time.monotonic()
    ringing.start("workers", "fast")
    wait_until(lambda: ringing.job_of(number).attempt == 2, size.limit)
    print(f"re-run after {time.monotonic() - killed:.1f} s")
    wait_until(lambda: ringing.is_ready(number))
    assert _effects(ringing)[0] == 1


@pytest.mark.wide
def test_a_horse_dies_with_its_worker(ringing: Clinic, long_paper: bytes) -> None:
    worker = ringing.start("workers", "fast")
    number = ringing.send(long_paper, MediaKind.LAB_DOCUMENT)
    ring(ringing.runtime)
    _held(ringing, worker.pid, number)
    horse = _horse_of(worker.pid)
    assert horse is not None
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not _command(horse))


@pytest.mark.wide
def test_the_late_write_of_an_orphan_is_refused(ringing: Clinic, long_paper: bytes) -> None:
    first = ringing.start("workers", "fast")
    ringing.start("workers.clock")
    number = ringing.send(long_paper, MediaKind.LAB_DOCUMENT)
    ring(ringing.runtime)
    # While the decoder works, the horse holds no lock of the database that stopping it would keep from everybody.
    decoder = _held(ringing, first.pid, number)
    horse = _horse_of(first.pid)
    assert horse is not None
    os.kill(horse, signal.SIGSTOP)
    os.kill(decoder, signal.SIGCONT)
    ringing.start("workers", "fast")
    wait_until(lambda: ringing.is_ready(number), 2 * PATIENCE)
    os.kill(horse, signal.SIGCONT)
    wait_until(lambda: "its late result was refused" in ringing.logs())
    ready, copies = _effects(ringing)
    assert (ready, ringing.job_of(number).attempt) == (1, 2)
    wait_until(lambda: _blobs(ringing) == copies)


@pytest.mark.parametrize("size", FIFTY)
@pytest.mark.parametrize("blow", spread(["kill", "flush"], 1))
def test_jobs_that_were_queued_in_a_lost_redis_are_all_done_once(
    ringing: Clinic, own_redis: RedisServer, size: Size, blow: str, photo: bytes
) -> None:
    for _ in range(size.jobs):
        ringing.send(photo)
        ring(ringing.runtime)
    if blow == "kill":
        own_redis.kill()
        (own_redis.folder / "appendonlydir").rename(own_redis.folder / "lost")
        own_redis.restart()
    else:
        own_redis.flush()
    ringing.start("workers", "fast")
    ringing.start("workers.clock")
    wait_until(ringing.is_done, size.limit + size.jobs)
    assert {job.attempt for job in ringing.jobs()} == {1}
    assert _effects(ringing) == (size.jobs, 3 * size.jobs)


@pytest.mark.wide
def test_redis_killed_under_running_workers_costs_no_job(ringing: Clinic, own_redis: RedisServer, photo: bytes) -> None:
    ringing.start("workers", "fast")
    ringing.start("workers.clock")
    for _ in range(SHORT.jobs):
        ringing.send(photo)
        ring(ringing.runtime)
    own_redis.kill()
    ringing.send(photo)
    wait_until(ringing.is_done)
    own_redis.restart()
    number = ringing.send(photo)
    ring(ringing.runtime)
    wait_until(lambda: ringing.is_ready(number))
    assert _effects(ringing)[0] == SHORT.jobs + 2
    assert "Traceback" not in ringing.logs()


def test_a_job_that_is_delivered_three_times_at_once_has_one_result(ringing: Clinic, photo: bytes) -> None:
    number = ringing.send(photo)
    job, doorbell = ringing.job_of(number), ringing.runtime.doorbell
    assert doorbell is not None
    assert doorbell.ring([(job.id, ring_number, "fast") for ring_number in (1, 2, 3)]) == 3
    for _ in range(2):
        ringing.start("workers", "fast")
    wait_until(doorbell.is_heard)
    wait_until(lambda: ringing.is_ready(number))
    assert ringing.job_of(number).attempt == 1
    assert _effects(ringing) == (1, 3)
    assert _blobs(ringing) == 3


@pytest.mark.slow
def test_without_redis_two_workers_share_the_work_by_polling(folder: Path, photo: bytes) -> None:
    for clinic in clinic_in(folder, lease_seconds="2"):
        numbers = [clinic.send(photo) for _ in range(SHORT.jobs)]
        for _ in range(2):
            clinic.start("workers", "fast")
        wait_until(clinic.is_done)
        assert clinic.is_ready(*numbers)
        assert {job.attempt for job in clinic.jobs()} == {1}
        assert _effects(clinic) == (SHORT.jobs, 3 * SHORT.jobs)


@pytest.mark.slow
def test_without_redis_a_killed_worker_s_job_is_done_by_another(folder: Path, long_paper: bytes) -> None:
    for clinic in clinic_in(folder, lease_seconds="2"):
        first = clinic.start("workers", "fast")
        clinic.start("workers.clock")
        number = clinic.send(long_paper, MediaKind.LAB_DOCUMENT)
        _held(clinic, first.pid, number)
        first.kill()
        clinic.start("workers", "fast")
        wait_until(lambda clinic=clinic, number=number: clinic.is_ready(number))  # type: ignore[misc]
        assert clinic.job_of(number).attempt == 2


def test_redis_holds_the_numbers_of_jobs_and_nothing_else(ringing: Clinic, photo: bytes) -> None:
    number = ringing.send(photo)
    ring(ringing.runtime)
    doorbell = ringing.runtime.doorbell
    assert doorbell is not None
    job = ringing.job_of(number)
    with redis.Redis.from_url(doorbell.url) as client:
        names = [key.decode() for key in client.keys("*")]
    assert sorted(names) == sorted(
        ["rq:queues", f"rq:queue:econsult-{doorbell.mark}-fast", f"rq:job:j{job.id}-1-{doorbell.mark}"]
    )
