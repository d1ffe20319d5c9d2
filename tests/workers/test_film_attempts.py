"""A film is prepared whole or not at all: a worker that dies in the middle leaves nothing that anybody could see."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from econsult.consults.attachments import AttachmentState, MediaKind, renditions_of
from econsult.jobs import JobState, reap_jobs
from tests.imaging import files, films
from tests.imaging.jobs import jobs_of
from tests.workers.clinic import Clinic, now, wait_until
from workers.copies import copies_prefix
from workers.desk import Desk
from workers.horse import run_job


@pytest.fixture(scope="module")
def film() -> bytes:
    """Long enough to be killed in, short enough to be prepared twice."""
    return films.film(films.steady(2), image=files.noise(640, 352))


def is_at_work(desk: Desk) -> bool:
    """Whether a child of the jail has spent some time on a film."""
    times = [job.cpu_times() for job in jobs_of(desk.jail.pid)]
    return any(time.user + time.system > 0.2 for time in times)


def test_a_film_whose_worker_is_killed_is_made_anew_by_the_next_attempt(
    clinic: Clinic, desk: Desk, film: bytes
) -> None:
    number = clinic.send(film, MediaKind.VIDEO)
    job = clinic.job_of(number)
    worker = os.fork()
    if worker == 0:
        try:
            run_job(desk, job.id)
        finally:
            os._exit(0)
    wait_until(lambda: is_at_work(desk))
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    wait_until(lambda: not jobs_of(desk.jail.pid))
    assert clinic.attachment(number).state == AttachmentState.PROCESSING
    assert list(clinic.runtime.blobs.list()) == [], "of a film that is not whole not a byte is stored"
    later = replace(desk, now=lambda: now() + timedelta(minutes=10))
    assert not run_job(later, job.id), "until the dead worker's lease is taken away nobody begins"
    with clinic.runtime.database.writing() as session:
        reap_jobs(session, later.now(), later.policy)
    later = replace(desk, now=lambda: now() + timedelta(minutes=20))
    assert run_job(later, job.id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.progress, clinic.job_of(number).state) == ("ready", 100, JobState.DONE)
    with clinic.runtime.database.reading() as session:
        copies = {copy.name: copy.blob_key for copy in renditions_of(session, [number])[number]}
    assert set(copies) == {"poster", "play"}
    assert set(clinic.runtime.blobs.list(copies_prefix(attachment.public_id))) == set(copies.values())
