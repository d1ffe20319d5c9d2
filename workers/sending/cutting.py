"""An end to a conversation with a server that says a little now and then: a time limit of each step does not end it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How many seconds any one step of a conversation may take, and all of it."""

    step: float
    whole: float


PATIENCE = Patience(30, 120)


@contextmanager
def cut_after(seconds: float, line: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the line down after so long; whoever is reading from it then meets its end."""

    def cut() -> None:
        held = line()
        if held is not None:
            # It may have been closed at this very moment.
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
