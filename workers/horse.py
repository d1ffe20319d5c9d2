"""Runs one job, from its claim to its end. This is the only place where any error at all is caught.

However a job is announced (by RQ, three times at once, or by polling), it passes through `run_job`, which claims the
row, keeps the lease alive, and writes down what went wrong by its kind, never by its text: texts may hold health data.
"""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from econsult.crashing import name_error
from econsult.jobs import JobKind, JobState, Lease, claim_job, fail_job, postpone_job, renew_lease
from uploads.root import StagingAwayError
from workers.code import send_code
from workers.desk import Desk, LeaseLostError
from workers.erasing import StillMadeError, erase_files, remove_original
from workers.give_up import end_job
from workers.invite import send_invitation
from workers.link import send_link
from workers.notify import send_notice
from workers.prepare import prepare_attachment
from workers.read_again import read_again
from workers.read_code import send_reading_code
from workers.scanner import ScannerAwayError
from workers.tries import tell_of_tries

log = logging.getLogger(__name__)

WORK = {
    JobKind.PREPARE: prepare_attachment,
    JobKind.NOTIFY: send_notice,
    JobKind.LINK: send_link,
    JobKind.INVITE: send_invitation,
    JobKind.CODE: send_code,
    JobKind.READ_CODE: send_reading_code,
    JobKind.ERASE: erase_files,
    JobKind.REMOVE_ORIGINAL: remove_original,
    JobKind.READ_AGAIN: read_again,
    JobKind.TRIES: tell_of_tries,
}


def run_job(desk: Desk, job_id: int) -> bool:
    """Claim and run the job; False where there was nothing to claim. Raises SQLAlchemyError at the claim only."""
    with desk.runtime.database.writing() as session:
        lease = claim_job(session, job_id, desk.now(), desk.policy)
    if lease is None:
        return False
    with _LeaseKeeper(desk, lease):
        try:
            WORK[lease.kind](desk, lease)
        except LeaseLostError:
            log.warning("Job %d lost its lease; its late result was refused.", lease.job_id)
        except (ScannerAwayError, StagingAwayError, StillMadeError) as away:
            _postpone(desk, lease, _AWAY[type(away)])
        except Exception as error:  # noqa: BLE001 - the single job boundary: every failure becomes a retry or a dead job.
            _fail(desk, lease, error)
    return True


class _LeaseKeeper(threading.Thread):
    """Renews the lease while the job works. A process that is stopped or dead renews nothing, and so loses it."""

    def __init__(self, desk: Desk, lease: Lease) -> None:
        super().__init__(name=f"lease-{lease.job_id}", daemon=True)
        self._desk, self._lease = desk, lease
        self._is_over = threading.Event()

    def run(self) -> None:
        """Renew three times per lease until the job ends or the lease is lost."""
        while not self._is_over.wait(self._desk.policy.lease.total_seconds() / 3):
            try:
                with self._desk.runtime.database.writing() as session:
                    if not renew_lease(session, self._lease, self._desk.now(), self._desk.policy):
                        return
            except SQLAlchemyError:
                # The database may be back before the lease ends; if not, the job's own end is refused.
                continue

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self.join()


_AWAY: dict[type[Exception], str] = {
    ScannerAwayError: "the virus scanner is away",
    StagingAwayError: "the staging folder is not the one in which uploads rest",
    StillMadeError: "a worker is still at a file of the record that was erased",
}


def _postpone(desk: Desk, lease: Lease, reason: str) -> None:
    """Something that will come back is away: the job waits without using up its attempts, and says so each time."""
    try:
        with desk.runtime.database.writing() as session:
            postpone_job(session, lease, f"{reason.capitalize()}.", desk.now(), desk.policy)
    except SQLAlchemyError:
        log.warning("Job %d could not be put back; its lease will run out.", lease.job_id)
    log.warning("Job %d (%s) waits: %s.", lease.job_id, lease.kind, reason)


def _fail(desk: Desk, lease: Lease, error: Exception) -> None:
    """Write the failure on the job row; where even that fails, the lease runs out and the reaper sees to it."""
    name = name_error(error)
    try:
        with desk.runtime.database.writing() as session:
            state = fail_job(session, lease, name, desk.now(), desk.policy)
            if state == JobState.DEAD:
                end_job(session, desk.runtime, lease.kind, lease.subject_id, desk.now())
    except SQLAlchemyError:
        state = None
    log.warning("Job %d (%s, attempt %d) failed: %s; now %s.", lease.job_id, lease.kind, lease.attempt, name, state)
