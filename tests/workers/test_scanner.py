"""Files pass a real virus scanner before anybody opens them; what was not scanned is never shown."""

from __future__ import annotations

import io
import os
import socket
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from econsult.consults.intake import Upload
from econsult.errors import SettingError
from econsult.jobs import JobState, claim_job
from econsult.settings import load_settings
from imaging import Jail
from tests.services.clamav import EICAR, LONGEST_STREAM, ScannerDaemon
from tests.workers.clinic import Clinic, clinic_in, now
from workers.desk import Desk
from workers.horse import run_job
from workers.queue import job_policy
from workers.scanner import Finding, ScanFailedError, Scanner, ScannerAwayError, open_scanner


@pytest.fixture
def scanned(folder: Path, clamav: ScannerDaemon) -> Iterator[Clinic]:
    """A clinic whose files are scanned."""
    if not clamav.is_up():
        clamav.restart()
    yield from clinic_in(folder, clamd_url=clamav.url)


@pytest.fixture
def scanning(scanned: Clinic, jail: Jail) -> Desk:
    return Desk(scanned.runtime, jail, job_policy(scanned.runtime), now)


def upload_of(clinic: Clinic, number: int) -> Upload:
    with clinic.runtime.database.reading() as session:
        return session.query(Upload).filter_by(public_id=clinic.attachment(number).public_id).one()


def zipped(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.com", data)
    return target.getvalue()


def test_a_photo_that_the_scanner_lets_pass_says_who_scanned_it(scanned: Clinic, scanning: Desk, photo: bytes) -> None:
    number = scanned.send(photo)
    run_job(scanning, scanned.job_of(number).id)
    assert scanned.is_ready(number)
    upload = upload_of(scanned, number)
    assert (upload.state, upload.scanned_by) == ("accepted", "clamd")


@pytest.mark.parametrize("data", [EICAR, zipped(EICAR)], ids=["plain", "zip"])
def test_what_the_scanner_finds_is_rejected_before_it_is_opened(scanned: Clinic, scanning: Desk, data: bytes) -> None:
    number = scanned.send(data)
    run_job(scanning, scanned.job_of(number).id)
    attachment, upload = scanned.attachment(number), upload_of(scanned, number)
    assert (attachment.state, attachment.reason, attachment.report) == ("rejected", "malware", None)
    assert (upload.state, upload.scanned_by) == ("rejected", None)
    assert not scanning.runtime.settings.staging.joinpath(upload.public_id[:2], upload.public_id).exists()
    assert list(scanned.runtime.blobs.list()) == []


def test_a_file_that_is_too_long_for_the_scanner_is_not_clean(scanned: Clinic, scanning: Desk, photo: bytes) -> None:
    number = scanned.send(photo + os.urandom(3 * LONGEST_STREAM))
    run_job(scanning, scanned.job_of(number).id)
    assert (scanned.attachment(number).state, scanned.attachment(number).reason) == ("rejected", "not_scanned")


def test_while_the_scanner_is_away_files_wait_and_use_up_no_attempt(
    scanned: Clinic, scanning: Desk, photo: bytes, clamav: ScannerDaemon
) -> None:
    number = scanned.send(photo)
    clamav.kill()
    ahead = timedelta()
    for _ in range(scanning.policy.attempts + 2):
        ahead += timedelta(minutes=1)
        late = Desk(scanning.runtime, scanning.jail, scanning.policy, lambda: now() + ahead)  # noqa: B023 - used at once.
        assert run_job(late, scanned.job_of(number).id)
    job = scanned.job_of(number)
    assert (job.state, job.attempt, job.last_error) == (JobState.PENDING, 0, "The virus scanner is away.")
    assert (upload_of(scanned, number).state, scanned.attachment(number).state) == ("quarantined", "processing")
    clamav.restart()
    ahead += timedelta(minutes=1)
    run_job(Desk(scanning.runtime, scanning.jail, scanning.policy, lambda: now() + ahead), job.id)
    assert scanned.is_ready(number)


@pytest.mark.parametrize("answer", [b"", b"stream: what?\0", b"stream: OK", b"UNKNOWN COMMAND\0"])
def test_an_answer_that_is_not_clear_is_no_answer(tmp_path: Path, answer: bytes) -> None:
    """A daemon that hangs up after the first bytes, saying this."""
    address = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()

        def answer_once() -> None:
            line = listener.accept()[0]
            line.recv(10)
            line.sendall(answer)
            line.close()

        daemon = threading.Thread(target=answer_once)
        daemon.start()
        with pytest.raises(ScanFailedError):
            Scanner(f"unix://{address}").scan(io.BytesIO(bytes(5_000_000)))
        daemon.join()


def test_a_scanner_that_cannot_be_reached_is_away(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path / 'nobody'}", "tcp://127.0.0.1:1"):
        with pytest.raises(ScannerAwayError):
            Scanner(url).scan(io.BytesIO(b"x"))


def test_the_real_daemon_is_asked_over_its_socket(clamav: ScannerDaemon) -> None:
    if not clamav.is_up():
        clamav.restart()
    scanner = Scanner(clamav.url)
    found = [scanner.scan(io.BytesIO(data)) for data in (b"", b"plain", EICAR, bytes(2 * LONGEST_STREAM))]
    assert found == [Finding.CLEAN, Finding.CLEAN, Finding.INFECTED, Finding.NOT_SCANNED]


def test_without_a_setting_nothing_is_scanned_and_a_wrong_one_stops_the_start() -> None:
    assert open_scanner("") is None
    for wrong in ("clamd.sock", "tcp://host", "unix://", "unix://host/path", "tcp://host:port", "http://host:1"):
        with pytest.raises(SettingError, match="CLAMD_URL"):
            load_settings({"ECONSULT_CLAMD_URL": wrong})


def test_a_postponed_job_is_not_due_at_once(scanned: Clinic, scanning: Desk, photo: bytes) -> None:
    number = scanned.send(photo)
    scanning.runtime.__dict__["scanner"] = Scanner("tcp://127.0.0.1:1")
    run_job(scanning, scanned.job_of(number).id)
    with scanned.runtime.database.writing() as session:
        assert claim_job(session, scanned.job_of(number).id, now(), scanning.policy) is None
