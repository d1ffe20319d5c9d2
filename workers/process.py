"""What every process of ours does first and last: a log without secrets, a death bound to its parent's, a heartbeat."""

from __future__ import annotations

import ctypes
import logging
import os
import secrets
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any, TextIO

from rq.exceptions import StopRequested
from sqlalchemy.exc import SQLAlchemyError

from econsult.crashing import keep_crashes_quiet, name_error
from econsult.heartbeats import beat, forget
from workers.runtime import Runtime

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class _Plain(logging.Formatter):
    """Names an exception by its class and place. Its text may quote what somebody wrote, so it is left out."""

    converter = staticmethod(time.gmtime)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name.
        """One line."""
        return f"({name_error(ei[1])})"

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the library's name.
        """Nothing: where an exception was raised is enough."""
        return stack_info[:0]


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines; what a signal raises amid one is no trouble with the line, and reaches whoever is to stop."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's.
        """See logging."""
        if isinstance(sys.exc_info()[1], StopRequested):
            raise  # noqa: PLE0704 - it is called while the error is handled.
        super().handleError(record)


def start_log(role: str) -> None:
    """One line per event on stderr, in UTC. RQ's own news of each job is left out."""
    keep_crashes_quiet()
    handler = Lines()
    handler.setFormatter(_Plain(f"%(asctime)s {role}: %(message)s", "%Y-%m-%dT%H:%M:%SZ"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("rq").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def die_with(parent: int, number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send us this signal when our parent dies, by whatever cause. Linux only; elsewhere nothing.

    A parent that died before we asked sends nothing any more. `parent` is its id, read before the fork; where it is no
    longer ours, this process ends here.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def read_clock() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


class Wish:
    """The wish that this process may stop, heard once and never forgotten, whoever else handles signals meanwhile."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.listen()

    def listen(self) -> None:
        """Hear SIGTERM and SIGINT from now on, in place of whoever did."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.make())

    def make(self) -> None:
        """Ask to stop."""
        self._asked.set()

    def is_made(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until somebody asks."""
        self._asked.wait(seconds)


class Heart:
    """The sign of life of one process, under a name that tells its role and nothing of the machine."""

    def __init__(self, runtime: Runtime, role: str) -> None:
        self._runtime, self._role = runtime, role
        self._name = f"{role}-{secrets.token_hex(6)}"
        self._owner = os.getpid()

    def beat(self, now: datetime, *, lag_seconds: int = 0, aside: str = "") -> None:
        """Say that we live. A database that is away is no reason to die."""
        try:
            with self._runtime.database.writing() as session:
                keys = self._runtime.database.cipher.ids
                beat(session, self._name, self._role, now, lag_seconds=lag_seconds, keys=keys, aside=aside)
        except SQLAlchemyError:
            logging.getLogger(__name__).warning("The heartbeat could not be written: the database does not answer.")

    def stop(self) -> None:
        """Take the sign of life away, when the process ends in order."""
        try:
            with self._runtime.database.writing() as session:
                forget(session, self._name)
        except SQLAlchemyError:
            return
