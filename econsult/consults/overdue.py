"""What is late: by conditions that an index holds in the order of the lists."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, text

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import STILL_PROMISED, Consult
from econsult.consults.replies import CLINICIANS

# Written out, not bound: only so does SQLite see that the index of exactly these rows serves.
IS_STILL_PROMISED = text(STILL_PROMISED)
ENDS = (Status.ANSWERED, Status.DECLINED, Status.WITHDRAWN)


def late(now: datetime) -> list[ColumnElement[bool]]:
    """What is late, by state. Of what is answered, declined or taken back, that which still has a clock: its last
    promise stays written."""
    is_due = Consult.due_at <= now
    found: list[ColumnElement[bool]] = [and_(Consult.status == status, is_due) for status in sorted(OPEN)]
    return [*found, *(and_(still_promised(status), is_due) for status in ENDS)]


def still_promised(status: Status) -> ColumnElement[bool]:
    """What came to this end and still has a clock."""
    return and_(text(f"status = '{status}'"), IS_STILL_PROMISED)


def unanswered(now: datetime) -> ColumnElement[bool]:
    """What somebody asked after the answer, when its holder should have replied by now."""
    is_due = exists().where(
        Clock.consult_id == Consult.id,
        Clock.name == ClockName.NEXT_REPLY,
        Clock.lane == CLINICIANS,
        Clock.state == ClockState.RUNNING,
        Clock.deadline_at <= now,
    )
    return and_(Consult.status == Status.ANSWERED, Consult.clinic_waits_since.is_not(None), is_due)
