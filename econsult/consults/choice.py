"""What the router chooses for a consult: who may take it, who is there for it, and which pool stands in."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from econsult.consults.hands import loads_of
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES, Organization, Person, PractitionerSpecialty
from econsult.rosters.routing import Ask, Route, beside, route
from econsult.rosters.shifts import is_off_duty, on_duty, rostered


def choose(session: Session, consult: Consult, now: datetime) -> Route:
    """Who may take it and who can now: the router's choice, and with it the pool that a broken promise went to."""
    ask = ask_of(session, consult)
    loads = partial(loads_of, session)
    chosen = route(session, ask, loads, now)
    if ask.specialty is None or chosen.specialty != ask.specialty or not _is_broken(session, consult):
        return chosen
    also, _passed_over = beside(session, ask, loads, now)
    return chosen if also is None else chosen.along_with(also)


def stand_in(consult: Consult, chosen: Route) -> str | None:
    """The specialty that stands in: for a pool of which nobody may take it, or beside one that broke its promise."""
    return chosen.beside if chosen.specialty == consult.specialty else chosen.specialty


_FIRST_REPLIES = Clock.consult_id == bindparam("consult"), Clock.name == ClockName.FIRST_REPLY
_BEGAN = select(Clock.started_at).where(*_FIRST_REPLIES, Clock.state != ClockState.STOPPED)
_LATE = select(Clock.id).where(*_FIRST_REPLIES, Clock.is_breached, Clock.started_at.in_(_BEGAN)).limit(1)


def _is_broken(session: Session, consult: Consult) -> bool:
    """Whether the first reply that is waited for was late already, whatever its target is by now."""
    return session.scalars(_LATE, {"consult": consult.id}).first() is not None


_SPOKEN = select(Patient.language).where(Patient.id == bindparam("child"))


def ask_of(session: Session, consult: Consult) -> Ask:
    """What the router must know of this consult."""
    is_clinics = consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None
    clinic = session.get(Organization, consult.organization_id) if consult.organization_id else None
    return Ask(
        program_id=consult.program_id,
        patient_id=consult.patient_id,
        organization_id=consult.organization_id,
        specialty=None if is_clinics else consult.specialty,
        state=clinic.state if clinic else "",
        # Not the whole record: its name may not open, and is of no use here.
        language=session.scalars(_SPOKEN, {"child": consult.patient_id}).one(),
        excluded=frozenset() if is_clinics else frozenset({consult.requester_id, consult.sent_on_by_id or 0}),
        told=consult.fallback_specialty,
    )


def pools_asked(consult: Consult) -> set[str]:
    """The specialty that was asked, and the one that stands in."""
    return {name for name in (consult.specialty, consult.fallback_specialty) if name}


def can_be_urgent(session: Session, consult: Consult, now: datetime) -> bool:
    """Urgent is offered only while a named person has it, or is on duty, may take it and has room for it."""
    holder = session.get(Person, consult.holder_id) if consult.holder_id is not None else None
    if holder is not None and holder.is_active and not is_off_duty(session, holder, pools_asked(consult), now):
        return True
    return has_cover(session, consult, now)


def has_cover(session: Session, consult: Consult, now: datetime) -> bool:
    """Whether somebody is on duty who may take the consult, and has room for it."""
    return choose(session, consult, now).has_cover


def not_on_duty(session: Session, program_id: int, now: datetime) -> list[str]:
    """The specialties for which nobody is on duty: urgent is not for them now. One without a roster has its pool."""
    planned = rostered(session, program_id)
    people = select(PractitionerSpecialty.specialty).join(Person, Person.id == PractitionerSpecialty.person_id)
    served = set(session.scalars(people.where(Person.program_id == program_id, Person.is_active).distinct()))
    return [
        specialty
        for specialty in SPECIALTIES
        if not (on_duty(session, program_id, specialty, now) if specialty in planned else specialty in served)
    ]
