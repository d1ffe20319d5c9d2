"""Clinics that were asked for information and of which nobody is there until the waiting is over, or the look ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.hearers import readers_of
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.steps import promised_at
from econsult.consults.uncovered import OF_CLINIC
from econsult.leading import Led
from econsult.people.persons import Organization
from econsult.rosters.shifts import Span, without_time_off


def silent_clinics(
    session: Session, program_id: int, now: datetime, end: datetime
) -> list[tuple[Consult, Clock, datetime]]:
    """What waits for such a clinic, with the clock that is held and the instant at which its promise runs out.

    Only clinics that the watch knows to be empty now are read.
    """
    empty = Led(Organization, Consult, Consult.organization_id == Organization.id)
    query = (
        select(Consult, Clock)
        .select_from(Led(empty, Clock, Clock.consult_id == Consult.id))
        .where(Organization.program_id == program_id, Organization.empty_since.is_not(None))
        .where(Consult.status == Status.NEEDS_INFO, ~Consult.is_test)
        .where(Clock.state == ClockState.PAUSED, Clock.paused_reason == OF_CLINIC)
        .order_by(Clock.id)
    )
    found = []
    for consult, clock in session.execute(query):
        until = min(clock.paused_until or end, end)
        people = [person.id for person in readers_of(session, consult)]
        spans = [Span(number, now, until) for number in people] if until > now else []
        if until > now and not list(without_time_off(session, spans, now, until)):
            found.append((consult, clock, promised_at(clock)))
    return found
