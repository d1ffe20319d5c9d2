"""Forks a process for each job, so that a crash, a leak or a runaway decoder ends with that job alone."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from econsult.jobs import Lane, next_due_job
from workers.desk import Desk
from workers.doorbell import LONGEST_SECONDS
from workers.horse import run_job
from workers.process import Wish, die_with

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often a worker without Redis looks at the job table."""


def run_in_horse(desk: Desk, job_id: int, worker: int) -> None:
    """Run the job in a process that was just forked for it. The horse must not outlive its worker, whose id it gets."""
    die_with(worker, signal.SIGKILL)
    run_job(desk, job_id)


class Poller:
    """Works without Redis: looks at the job table and forks for each due job, with the same claim and fence."""

    def __init__(self, desk: Desk, lane: Lane, beat: Callable[[], None], wish: Wish) -> None:
        self._desk, self._lane, self._beat, self._wish = desk, lane, beat, wish

    def work(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Work until SIGTERM or SIGINT, finishing the job at hand, or until `is_over()` between two jobs."""
        self._wish.listen()
        while not self._wish.is_made() and not is_over():
            self._beat()
            job_id = self._look()
            if job_id is None:
                self._wish.wait(LOOK_SECONDS)
            else:
                self._fork(job_id)

    def drain(self) -> None:
        """Do every job of the lane that is due now, without waiting for its ring."""
        self.work(is_over=lambda: self._look() is None)

    def _look(self) -> int | None:
        database = self._desk.runtime.database
        try:
            with database.reading() as session:
                return next_due_job(session, self._lane, self._desk.now())
        except SQLAlchemyError:
            log.warning("The database does not answer; trying again.")
            self._wish.wait(2)
            return None

    def _fork(self, job_id: int) -> None:
        """Run the job in a child and wait for it, beating."""
        # No connection may be open in two processes.
        self._desk.runtime.database.close()
        worker = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_horse(job_id, worker)
        deadline = time.monotonic() + LONGEST_SECONDS[self._lane] + 60
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            self._beat()
            time.sleep(0.01)

    def _be_horse(self, job_id: int, worker: int) -> None:
        """The child's whole life. It never returns into the parent's code."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            run_in_horse(self._desk, job_id, worker)
            status = 0
        except SQLAlchemyError:
            log.warning("Job %d could not be claimed: the database does not answer.", job_id)
        finally:
            os._exit(status)
