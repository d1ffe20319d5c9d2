"""One time for all clock processes: the database's, where it has a clock of its own.

Several machines have several clocks. Whichever goes ahead would fire everybody's deadlines early, and no jump would
tell of it. SQLite is on one machine, whose clock is the only one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from econsult.database import Database
from workers.process import read_clock

log = logging.getLogger("workers.clock")

FAR = timedelta(seconds=4)
SAY_EVERY = timedelta(hours=1)


class SharedClock:
    """Reads the time that all clock processes of an installation agree on."""

    def __init__(self, database: Database, machine: Callable[[], datetime] = read_clock) -> None:
        self._database, self._machine = database, machine
        self._said_at: datetime | None = None

    def read(self) -> datetime:
        """The time, aware UTC. Raises SQLAlchemyError where the database that has it does not answer."""
        here = self._machine()
        if self._database.engine.dialect.name == "sqlite":
            return here
        with self._database.reading() as session:
            found: datetime = session.scalars(select(func.statement_timestamp())).one()
        shared = found.astimezone(here.tzinfo)
        self._compare(here, shared)
        return shared

    def _compare(self, here: datetime, shared: datetime) -> None:
        is_said = self._said_at is not None and self._said_at <= shared < self._said_at + SAY_EVERY
        if abs(here - shared) > FAR and not is_said:
            self._said_at = shared
            off = (here - shared).total_seconds()
            log.warning("ALARM: this machine's clock is %d s off the database's, which counts.", off)
