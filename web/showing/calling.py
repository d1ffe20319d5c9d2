"""The call to a family that an answer brought, on the page of its case: whoever opens that must not miss it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.calls import call_waiting
from econsult.consults.versions import emergencies_among
from econsult.rights import Right
from web.context import now


@dataclass(frozen=True)
class ToCall:
    """By when, or since when it is late. `is_emergency`: the answer still says so, no newer one has corrected it."""

    id: str
    due_at: datetime
    is_late: bool
    is_emergency: bool


def to_call(session: Session, loaded: Pass) -> ToCall | None:
    """The call that this reader may make and nobody has made yet."""
    task = call_waiting(session, loaded.consult) if loaded.may(Right.INFORM) else None
    if task is None:
        return None
    is_emergency = bool(emergencies_among(session, [loaded.consult.id]))
    return ToCall(loaded.consult.public_id, task.due_at, task.due_at <= now(), is_emergency)
