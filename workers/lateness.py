"""How late deadlines fire: by what a tick finds due before it does anything, and by what it leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.telephone import PhoneTask
from econsult.queue.pending import lag_of
from workers.work import CALLS, DEADLINES

Due = Mapping[str, list[tuple[int, datetime]]]
"""By kind of work the numbers of the rows and since when they are due, the oldest first."""
Aside = Mapping[str, Collection[int]]
ROWS = {DEADLINES: (Consult.id, Consult.next_deadline_at), CALLS: (PhoneTask.id, PhoneTask.next_at)}
MOST = 100
"""So many of the oldest are known, so that one is left where others of them cannot be done."""


def find_due(session: Session, now: datetime, aside: Aside) -> Due:
    """What is due, by index; not what is put aside."""
    found: dict[str, list[tuple[int, datetime]]] = {}
    for what, (number, at) in ROWS.items():
        query = select(number, at).where(at <= now).order_by(at, number).limit(MOST)
        numbers = sorted(aside.get(what, ()))
        query = query.where(number.not_in(numbers)) if numbers else query
        found[what] = [(row[0], row[1]) for row in session.execute(query) if row[1] is not None]
    return found


def lag(due: Due, aside: Aside, now: datetime) -> int:
    """How many seconds late the oldest of it is; what was put aside since has an alarm of its own, and counts not."""
    oldest = [
        next((at for number, at in rows if number not in set(aside.get(what, ()))), None) for what, rows in due.items()
    ]
    return lag_of(min((at for at in oldest if at is not None), default=None), None, now)
