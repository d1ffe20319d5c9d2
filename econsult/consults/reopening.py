"""Opening a consult again, because something is not settled: a new cycle of the same case, with all that was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.clocks import start_clock, stop_all
from econsult.consults.handover import hand_over, require_reason
from econsult.consults.lifecycle import next_status
from econsult.consults.offering import offer
from econsult.consults.policies import ClockName, current_rules
from econsult.consults.records import Consult, note
from econsult.people.persons import Person


def reopen(
    session: Session,
    consult: Consult,
    person: Person,
    reason: str,
    *,
    now: datetime,
    targets: Mapping[str, timedelta] | None = None,
) -> Consult:
    """Ask again. Signed answers stay readable as they were; the next one is a new version beside them."""
    status = next_status(consult.status, "reopen")
    hand_over(session, consult, "reopen", None, by_id=person.id, now=now, reason=require_reason(reason))
    stop_all(session, consult, now, "reopened")
    consult.status = status
    consult.holder_id = consult.claim_until = consult.ended_at = consult.end_reason = None
    consult.answered_at = consult.release_at = consult.released_at = None
    consult.acknowledged_at = consult.informed_at = consult.informed_method = None
    consult.family_waits_since = consult.clinic_waits_since = consult.first_contact_at = None
    consult.version += 1
    rules = current_rules(session, consult, targets)
    consult.rules = rules.as_text()
    start_clock(session, consult, ClockName.FIRST_REPLY, rules.first_reply, now, person_id=person.id)
    note(session, consult, "reopen", person_id=person.id, now=now)
    offer(session, consult, now)
    return consult
