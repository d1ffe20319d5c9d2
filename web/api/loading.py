"""Loading a consult for a route, and telling how it is after a verb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from econsult import access
from econsult.access import Pass
from econsult.errors import NotFoundError
from econsult.rights import Right
from web.api.shapes import consult_json
from web.context import database, now
from web.shell.auth import me


@contextmanager
def loaded(consult_id: str, right: Right) -> Iterator[tuple[Session, Pass]]:
    """A writing transaction with the consult in it, for somebody who has the right."""
    with database().writing() as session:
        yield session, access.consult_for(session, me(), consult_id, now=now(), right=right)


def as_it_is(consult_id: str) -> dict[str, Any]:
    """The consult as the caller sees it now. After a verb that gives it away, only that it was done can be told."""
    with database().writing() as session:
        try:
            return consult_json(session, access.consult_for(session, me(), consult_id, now=now()))
        except NotFoundError:
            pass
    return {}


def after(passed: Pass) -> dict[str, Any]:
    """The answer to a verb: the consult, or its number and status where the caller no longer sees the rest."""
    consult = passed.consult
    shown = as_it_is(consult.public_id)
    return shown or {"id": consult.public_id, "number": consult.number, "status": consult.status}
