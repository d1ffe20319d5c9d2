"""What an erased record left in the store goes, whichever attempt wrote it, and nothing of another child does."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

import pytest
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.erasure.asking import Wish, ask_erasure
from econsult.erasure.records import Basis, Erasure
from econsult.jobs import Job, JobKind, JobState
from econsult.people.patients import Patient, add_patient, link_caregiver
from econsult.people.persons import Organization, Program
from storage.blobs import BlobStat, BlobStore
from storage.keys import WrongKey
from tests.spread import spread
from tests.workers.clinic import Clinic, now
from uploads.staged import staged_path
from workers.clock import Ticker
from workers.copies import copies_prefix
from workers.desk import Desk
from workers.horse import run_job

ORDER = Wish(Basis.ORDER, "The family court ordered it in case 12-345.")


def _second_child(clinic: Clinic) -> Consult:
    """A draft about a brother, to whom files can be sent."""
    with clinic.runtime.database.writing() as session:
        program, home = session.get_one(Program, 1), session.get_one(Organization, 1)
        key = clinic.runtime.vault.new_patient_key(session, program)
        details = {"name": "Brother", "birth_date": "2020-01-01", "organization": home}
        child = add_patient(session, program, key_wrapped=key, now=now(), **details)
        link_caregiver(session, child, clinic.mother, "mother", now())
        form = requests.RequestForm(details={"body_site": "arm", "red_flags": []})
        return requests.create(session, clinic.mother, child, form, now=now())


def _erase(clinic: Clinic, hours: int = 0) -> Erasure:
    """Ask for it, and let the clock come by when its time has come."""
    with clinic.runtime.database.writing() as session:
        asked_at = now() - timedelta(days=7)
        row = ask_erasure(session, session.get_one(Patient, clinic.child.id), None, ORDER, now=asked_at)
    Ticker(clinic.runtime).tick(row.due_at + timedelta(hours=hours))
    return row


def _jobs(clinic: Clinic) -> list[Job]:
    return [job for job in clinic.jobs() if job.kind == JobKind.ERASE]


def test_originals_copies_and_staged_bytes_go_and_those_of_a_brother_stay(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    ready, staged = clinic.send(photo), clinic.send(photo)
    assert run_job(desk, clinic.job_of(ready).id)
    clinic.consult = _second_child(clinic)
    other = clinic.send(photo)
    assert run_job(desk, clinic.job_of(other).id)
    blobs, staging = clinic.runtime.blobs, clinic.runtime.settings.staging
    stray = copies_prefix(clinic.attachment(staged).public_id) + "0" * 32
    blobs.put(stray, io.BytesIO(b"lost"), 4)
    kept = {key for key in blobs.list() if clinic.attachment(other).public_id in key}
    assert staged_path(staging, clinic.attachment(staged).public_id).exists()
    row = _erase(clinic)
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Erasure, row.id).swept_at is None
        attachment = clinic.attachment(ready)
        with pytest.raises(WrongKey):
            clinic.runtime.vault.object_key(session, clinic.child.id, attachment.public_id, attachment.key_wrapped)
    # A worker that was at the file when it happened makes nothing of it.
    run_job(desk, clinic.job_of(staged).id)
    assert run_job(desk, _jobs(clinic)[0].id)
    assert set(blobs.list()) == kept
    assert not staged_path(staging, clinic.attachment(staged).public_id).exists()
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Erasure, row.id).swept_at is not None
    assert clinic.is_ready(other)


def test_what_no_worker_has_ended_is_asked_for_again_each_hour(clinic: Clinic) -> None:
    row = _erase(clinic)
    assert len(_jobs(clinic)) == 1
    for hours, expected in ((0, 1), (2, 2), (2, 2), (3, 3)):
        Ticker(clinic.runtime).tick(row.due_at + timedelta(hours=hours))
        assert len(_jobs(clinic)) == expected


def test_a_register_that_cannot_be_written_erases_nothing_and_is_an_alarm(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    folder = clinic.runtime.settings.audit_anchors
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")
    row = _erase(clinic)
    assert "ALARM: the register of what was erased" in caplog.text
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).erased_at is None
    folder.unlink()
    Ticker(clinic.runtime).tick(row.due_at)
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).erased_at == row.due_at
        assert session.scalars(select(Erasure.done_at)).all() == [row.due_at]


@pytest.mark.parametrize("started", spread([1, 4, 2], 2))
def test_what_workers_are_making_while_the_record_goes_is_gone_as_well(
    clinic: Clinic, desk: Desk, photo: bytes, started: int
) -> None:
    """Workers are in the middle of the child's files at every stage when its keys are destroyed."""
    sent = [clinic.send(photo) for _ in range(5)]
    numbers = [clinic.job_of(each).id for each in sent]
    begun = threading.Semaphore(0)
    broken: list[Exception] = []

    def work() -> None:
        for number in numbers:
            begun.release()
            try:
                run_job(desk, number)
            except Exception as error:  # noqa: BLE001 - the test tells of whatever it was.
                broken.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(started):
        assert begun.acquire(timeout=60)
    row = _erase(clinic)
    worker.join()
    assert broken == []
    assert run_job(desk, _jobs(clinic)[0].id)
    assert list(clinic.runtime.blobs.list()) == []
    staging = clinic.runtime.settings.staging
    assert [each for each in sent if staged_path(staging, clinic.attachment(each).public_id).exists()] == []
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Erasure, row.id).swept_at is not None


class SlowStore:
    """A store at the end of a slow line: it says when a file begins to arrive, and takes it when it may."""

    def __init__(self, store: BlobStore) -> None:
        self.store, self.begun, self.goes_on = store, threading.Event(), threading.Event()

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        self.begun.set()
        assert self.goes_on.wait(60)
        self.store.put(key, source, size)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        return self.store.open(key, start, length)

    def stat(self, key: str) -> BlobStat:
        return self.store.stat(key)

    def delete(self, key: str) -> None:
        self.store.delete(key)

    def list(self, prefix: str = "") -> Iterator[str]:
        return self.store.list(prefix)

    def check(self) -> None:
        self.store.check()


def test_what_is_on_its_way_into_the_store_while_it_is_emptied_goes_too(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    """A long film takes minutes to get there, and the look for what the record left is over in a moment."""
    sent = clinic.send(photo)
    slow = SlowStore(clinic.runtime.blobs)
    clinic.runtime.blobs = slow
    worker = threading.Thread(target=run_job, args=(desk, clinic.job_of(sent).id))
    worker.start()
    assert slow.begun.wait(60)
    row = _erase(clinic)
    assert run_job(desk, _jobs(clinic)[0].id)
    slow.goes_on.set()
    worker.join()
    assert clinic.job_of(sent).state == JobState.DONE
    assert list(slow.list()) != []
    assert run_job(replace(desk, now=lambda: now() + timedelta(minutes=1)), _jobs(clinic)[0].id)
    assert list(slow.list()) == []
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Erasure, row.id).swept_at is not None
