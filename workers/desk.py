"""What a job works with, and the one transaction in which its result and its end are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.jobs import JobPolicy, Lease, finish_job, holds_lease
from imaging import Jail
from workers.runtime import Runtime


class LeaseLostError(Exception):
    """The job was given to somebody else meanwhile; whatever this process made of it must not be kept."""


@dataclass(frozen=True)
class Desk:
    """The runtime, the jail for untrusted bytes, how long leases are, and a clock (aware UTC)."""

    runtime: Runtime
    jail: Jail
    policy: JobPolicy
    now: Callable[[], datetime]

    @contextmanager
    def finishing(self, lease: Lease) -> Iterator[Session]:
        """The transaction that writes the result and closes the job; all of it, or none of it.

        Raises LeaseLostError, after rolling back, where another process owns the job by now.
        """
        with self.runtime.database.writing() as session:
            if not holds_lease(session, lease):
                raise LeaseLostError
            yield session
            session.flush()
            if not finish_job(session, lease, self.now()):
                raise LeaseLostError
