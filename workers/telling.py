"""Tells whoever waits how far a long preparation is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from econsult.consults.preparing import note_progress
from econsult.jobs import Lease, holds_lease
from workers.desk import Desk

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two notes: pages look no more often, and a film must not keep the database busy."""


def teller(desk: Desk, lease: Lease, *, every: float = EVERY) -> Callable[[int], None]:
    """Returns what `prepare` calls with the percent that are done; it writes them while this process has the lease."""
    last = time.monotonic()

    def tell(percent: int) -> None:
        nonlocal last
        if time.monotonic() - last < every:
            return
        try:
            with desk.runtime.database.writing() as session:
                if holds_lease(session, lease):
                    note_progress(session, lease.subject_id, percent)
        except OperationalError:
            # A courtesy only: whether the database is there matters when the result is written.
            log.info("The progress of a file was not written because the database is busy or away.")
        last = time.monotonic()

    return tell
