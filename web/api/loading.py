"""Loading a consult for a route, and telling how it is after a verb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from econsult import access
from econsult.access import Pass
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.account import is_fresh
from econsult.rights import Right
from web.api.shapes import consult_json
from web.context import database, now
from web.shell.auth import me


@contextmanager
def loaded(consult_id: str, right: Right) -> Iterator[tuple[Session, Pass]]:
    """A writing transaction with the consult in it, for somebody who has the right."""
    with database().writing() as session:
        yield session, access.consult_for(session, me(), consult_id, now=now(), right=right)


def check_owner_here(session: Session) -> None:
    """Raise ForbiddenError (code `sign_in_again`) in a browser whose sign-in is old, before others see more.

    The pages ask for the password there, which no route takes. A token was given out for what it does.
    """
    if g.get("session_id") is not None and not is_fresh(session, g.session_id, now()):
        raise ForbiddenError("You signed in a while ago. Do this on the page, or sign in again.", code="sign_in_again")


def as_it_is(consult_id: str) -> dict[str, Any]:
    """The consult as the caller sees it now. After a verb that gives it away, only that it was done can be told."""
    with database().writing() as session:
        try:
            return consult_json(session, access.consult_for(session, me(), consult_id, now=now()))
        except (ForbiddenError, NotFoundError):
            # Whoever stood in for the desk has ended what they were let in for.
            pass
    return {}


def after(passed: Pass) -> dict[str, Any]:
    """The answer to a verb: the consult, or its number and status where the caller no longer sees the rest."""
    consult = passed.consult
    shown = as_it_is(consult.public_id)
    return shown or {"id": consult.public_id, "number": consult.number, "status": consult.status}
