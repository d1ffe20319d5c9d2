"""Whether somebody who is being sent a file may go on looking: what was revoked meanwhile bites within a second."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from econsult.access import may_look
from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.records import Consult
from econsult.people.persons import Person
from web.context import database
from web.shell.auth import me, still_in

EVERY = 0.5
"""In seconds: so often it is asked while bytes go out."""
PIECE = 16 * 1024
"""So much goes out unasked: on a line of a few kilobytes a second, a larger piece would take many seconds."""


def still_may(attachment_id: int) -> Callable[[], bool]:
    """Asks whether this visitor, by the session or token of this request, would be shown the file now.

    It outlives the request.
    """
    records, person_id, is_in = database(), me().id, still_in()

    def ask() -> bool:
        if not is_in():
            return False
        with records.reading() as session:
            person, file = session.get_one(Person, person_id), session.get_one(Attachment, attachment_id)
            consult = session.get_one(Consult, file.consult_id)
            is_there = file.state == AttachmentState.READY and consult.consent_withdrawn_at is None
            return is_there and may_look(session, person, consult, datetime.now(UTC))

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
