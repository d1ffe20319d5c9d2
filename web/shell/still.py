"""Whether somebody who is being sent a file may go on looking: what was revoked meanwhile bites within a second."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from econsult import audit
from econsult.errors import ConsultError
from econsult.people.persons import Person
from web.context import database
from web.shell.auth import me, still_in

EVERY = 0.5
"""In seconds: so often it is asked while bytes go out."""
PIECE = 16 * 1024
"""So much goes out unasked: on a line of a few kilobytes a second, a larger piece would take many seconds."""


def still_may(look: Callable[[Session, Person, datetime], object]) -> Callable[[], bool]:
    """Asks whether this visitor, by the session or token of this request, would be shown the file now.

    `look` is what let them see it at the start, and raises a ConsultError where it would not any more. The answer
    outlives the request, and to go on looking leaves no row beside that of the first look.
    """
    records, person_id, is_in = database(), me().id, still_in()

    def ask() -> bool:
        if not is_in():
            return False
        with records.reading() as session:
            try:
                look(session, session.get_one(Person, person_id), datetime.now(UTC))
            except ConsultError:
                return False
            finally:
                audit.carry(session)
        return True

    return ask


def while_allowed(pieces: Iterator[bytes], may_go_on: Callable[[], bool]) -> Iterator[bytes]:
    """The pieces as long as they may be sent; then the connection breaks, so that nobody takes them for the whole."""
    asked_at = time.monotonic()
    for piece in _small(pieces):
        if time.monotonic() - asked_at >= EVERY:
            if not may_go_on():
                raise ConnectionResetError(errno.ECONNRESET, "what was being sent may not be looked at any more")
            asked_at = time.monotonic()
        yield piece


def _small(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for begin in range(0, len(piece), PIECE):
            yield piece[begin : begin + PIECE]
