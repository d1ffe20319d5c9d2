"""What kept or ended a promise was a deed that the trail knows as well: a reason that was changed has none."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from econsult.audit import unwritten
from econsult.consults.ledger import ClockEvent
from econsult.consults.records import Consult, number_of
from econsult.consults.telling import BY_CODE, METHODS
from econsult.queue.rules import MOST
from econsult.trail import AuditEvent

INFORM = "inform"
DEEDS: dict[str, tuple[str, ...]] = {
    "claim": ("claim",),
    "assign": ("assign",),
    "signed": ("sign", "correct_answer"),
    "released": ("release_answer",),
    "reply": ("message",),
    "decline": ("decline",),
    "withdraw": ("withdraw",),
    "close": ("close",),
    "sent_on": ("send_on",),
    "reopened": ("reopen",),
    **dict.fromkeys((*METHODS, BY_CODE), (INFORM,)),
}
"""By the reason of a line that stops a clock: what the trail calls that, at the same instant. Other reasons are the
house's own (offered anew, a newer answer), and no promise counts as kept by them."""


def deeds_broken(session: Session) -> Iterator[str]:
    """4. One line for each clock that ended by a deed of which the trail of its child knows nothing."""
    # Rows of the trail are the last that a transaction writes.
    noted = {(row["consult_id"], row["at"], row["action"]) for row in unwritten(session)}
    for line in session.execute(_UNKNOWN):
        if not any((line.consult_id, line.at, action) in noted for action in DEEDS[line.reason]):
            who = f"4 {number_of(line.consult_id)}: {line.name} {line.cycle}"
            yield f"{who} ended by a deed that the trail does not know"


def _unknown() -> Select[int, str, int, str, object]:
    is_deed = or_(
        *(and_(ClockEvent.reason == reason, AuditEvent.action.in_(actions)) for reason, actions in DEEDS.items())
    )
    # How a family heard is the first word of what the trail says of it.
    is_so = or_(AuditEvent.action != INFORM, AuditEvent.detail.startswith(ClockEvent.reason))
    # By the child, of whose rows there is an index.
    same = (AuditEvent.patient_id == Consult.patient_id, AuditEvent.consult_id == Consult.id)
    known = exists().where(*same, AuditEvent.at == ClockEvent.at, is_deed, is_so)
    return (
        select(ClockEvent.consult_id, ClockEvent.name, ClockEvent.cycle, ClockEvent.reason, ClockEvent.at)
        .join(Consult, Consult.id == ClockEvent.consult_id)
        .where(ClockEvent.kind == "stopped", ClockEvent.reason.in_(DEEDS), ~known)
        .order_by(ClockEvent.consult_id, ClockEvent.id)
        .limit(MOST)
    )


_UNKNOWN = _unknown()
