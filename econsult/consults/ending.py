"""The end of a consult: nobody holds it any more and no clock goes on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.clocks import stop_all
from econsult.consults.lifecycle import next_status
from econsult.consults.records import Consult, note
from econsult.consults.replies import FAMILY
from econsult.consults.sides import end_sides
from econsult.people.persons import Person

LONGEST_REASON = 5000


def end(session: Session, consult: Consult, person: Person, verb: str, *, reason: str, now: datetime) -> Consult:
    """Close, decline or withdraw: nobody holds it any more, and all that ran stops.

    But for what a family asks its clinic: that specialists decline, or that staff take the request back, is no reply to
    it, and it waits on. Who takes back an own question, or the consent, waits for nothing any more.
    """
    is_the_clinics = verb == "withdraw" and person.is_staff and consult.consent_withdrawn_at is None
    kept = FAMILY if verb == "decline" or is_the_clinics else ""
    consult.status = next_status(consult.status, verb)
    consult.ended_at, consult.end_reason, consult.end_told = now, reason[:LONGEST_REASON] or None, None
    consult.is_ended_by_staff = person.is_staff
    consult.holder_id = consult.claim_until = None
    consult.is_unallocated, consult.uncovered_at = False, None
    consult.clinic_waits_since = None
    if not kept:
        consult.family_waits_since = None
    consult.version += 1
    stop_all(session, consult, now, verb, kept=kept)
    end_sides(session, consult, person_id=person.id, now=now)
    note(session, consult, verb, person_id=person.id, now=now)
    return consult
