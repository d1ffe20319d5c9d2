"""What is late: by conditions that an index holds in the order of the lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, exists, text

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import RANKS, STILL_PROMISED, Consult
from econsult.consults.replies import CLINICIANS

# Written out, not bound: only so does SQLite see that the index of exactly these rows serves.
IS_STILL_PROMISED = text(STILL_PROMISED)
When = datetime | BindParameter[datetime]
"""An instant, or the place of one in a statement that is kept."""
ENDS = (Status.ANSWERED, Status.DECLINED, Status.WITHDRAWN)


def late(now: When) -> list[ColumnElement[bool]]:
    """What is late, by state and urgency: what is open, then what has come to an end and still has a clock, since the
    last promise of that stays written."""
    return [*late_open(now), *late_after_the_end(now)]


def late_open(now: When) -> list[ColumnElement[bool]]:
    """Of what is open."""
    return late_among([Consult.status == status for status in sorted(OPEN)], now)


def late_after_the_end(now: When) -> list[ColumnElement[bool]]:
    """Of what was answered, declined or taken back that which still has a clock."""
    return late_among([still_promised(status) for status in ENDS], now)


def late_among(parts: Iterable[ColumnElement[bool]], now: When) -> list[ColumnElement[bool]]:
    """What of these parts of a list is late, each by urgency.

    That comes before the instant in every index of a list: where it is named, what is late is one stretch of the index,
    and what is open and not late is not read.
    """
    return [
        and_(part, Consult.urgency_rank == rank, Consult.due_at <= now) for part in parts for rank in RANKS.values()
    ]


def still_promised(status: Status) -> ColumnElement[bool]:
    """What came to this end and still has a clock."""
    return and_(text(f"status = '{status}'"), IS_STILL_PROMISED)


def unanswered(now: When) -> ColumnElement[bool]:
    """What somebody asked after the answer, when its holder should have replied by now."""
    is_due = exists().where(
        Clock.consult_id == Consult.id,
        Clock.name == ClockName.NEXT_REPLY,
        Clock.lane == CLINICIANS,
        Clock.state == ClockState.RUNNING,
        Clock.deadline_at <= now,
    )
    return and_(Consult.status == Status.ANSWERED, Consult.clinic_waits_since.is_not(None), is_due)
