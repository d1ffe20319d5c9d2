"""What somebody should take next: the most urgent, soonest due request that they may take."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.offering import check_may_take
from econsult.consults.records import Consult
from econsult.consults.worklist import View, page
from econsult.errors import ForbiddenError
from econsult.people.persons import Person

MOST_PAGES = 10


def next_for(session: Session, person: Person, *, now: datetime) -> Consult | None:
    """The first of the pool that is neither a conflict of interest nor outside of a licence; None where there is none.

    Raises ForbiddenError for somebody whose hands are full.
    """
    cursor = None
    for _ in range(MOST_PAGES):
        found = page(session, person, View.POOL, now=now, cursor=cursor)
        for consult in found.consults:
            if _may_take(session, consult, person):
                return consult
        cursor = found.next_cursor
        if cursor is None:
            break
    return None


def _may_take(session: Session, consult: Consult, person: Person) -> bool:
    try:
        check_may_take(session, consult, person)
    except ForbiddenError as error:
        if error.code == "at_capacity":
            raise
        return False
    return True
