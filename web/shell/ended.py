"""Whose session it was that ended while a form was open, proven by the form itself."""

from __future__ import annotations

from econsult.people.persons import Person
from econsult.people.unsent import ended_of
from web.context import database, now
from web.cookies import read_cookie
from web.shell.auth import COOKIE
from web.shell.forms import is_of_session


def prove_ended() -> Person | None:
    """The owner of the ended session that this browser names, if the form was made in that session and came from here.

    Good for what warns others and opens nothing. A session that was closed on purpose proves nothing any more.
    """
    with database().reading() as session:
        ended = ended_of(session, read_cookie(COOKIE), now())
        if ended is None or not is_of_session(str(ended.session_id)):
            return None
        return ended.person
