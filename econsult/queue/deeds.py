"""What kept or ended a promise, and how somebody came to have it, was a deed that the trail knows as well."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from econsult.audit import unwritten
from econsult.consults.handover import Handover
from econsult.consults.ledger import ClockEvent
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult, number_of
from econsult.consults.telling import BY_CODE, METHODS
from econsult.queue.rules import MOST
from econsult.trail import AuditEvent

INFORM, TAKEN = "inform", "claim"
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
    rows = unwritten(session)
    noted = {(row["consult_id"], row["at"], row["action"]) for row in rows}
    for line in session.execute(_UNKNOWN):
        if not any((line.consult_id, line.at, action) in noted for action in DEEDS[line.reason]):
            who = f"4 {number_of(line.consult_id)}: {line.name} {line.cycle}"
            yield f"{who} ended by a deed that the trail does not know"
    taken = {(row["consult_id"], row["person_id"]) for row in rows if row["action"] == TAKEN}
    for number, holder in session.execute(_UNTAKEN):
        if (number, holder) not in taken:
            yield f"1 {number_of(number)}: is held by somebody who never took it and was never given it"


def _untaken() -> Select[int, int | None]:
    """What somebody has of whom neither the trail says that they took it, nor the history that it was given to them."""
    same = (AuditEvent.patient_id == Consult.patient_id, AuditEvent.consult_id == Consult.id)
    took = exists().where(*same, AuditEvent.action == TAKEN, AuditEvent.person_id == Consult.holder_id)
    was_given = exists().where(Handover.consult_id == Consult.id, Handover.to_id == Consult.holder_id)
    return (
        select(Consult.id, Consult.holder_id)
        .where(Consult.status.in_(OPEN), Consult.holder_id.is_not(None), ~took, ~was_given)
        .order_by(Consult.id)
        .limit(MOST)
    )


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


_UNKNOWN, _UNTAKEN = _unknown(), _untaken()
