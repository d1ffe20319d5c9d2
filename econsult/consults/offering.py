"""Offering a consult to those who may take it: the router's choice, its explanation, and the clock of being taken."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks, refresh_deadline, start_clock, stop_clock
from econsult.consults.hands import check_room, loads_of
from econsult.consults.ledger import Clock, ClockState, log
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, Kind, Urgency
from econsult.consults.sides import end_sides, keep_for_side, side_of
from econsult.consults.uncovered import NO_COVER
from econsult.errors import ForbiddenError
from econsult.notices import NoticeKind, notify
from econsult.people.patients import Patient
from econsult.people.persons import (
    NAMES_STAY_SHUT,
    SPECIALTIES,
    Organization,
    Person,
    PractitionerSpecialty,
    Role,
    team_of,
)
from econsult.rosters.limits import conflicted, limits_of
from econsult.rosters.routing import WORDS, Ask, Route, Why, beside, route
from econsult.rosters.shifts import is_off_duty, on_duty, rostered

LONGEST_WITHOUT_COVER = timedelta(hours=4)
ASKING_ROLES = (Role.PCP, Role.TELEPRESENTER)


class Asking(Protocol):
    """What says who asked, as a record or as a plain row."""

    @property
    def program_id(self) -> int: ...
    @property
    def organization_id(self) -> int | None: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def sent_on_by_id(self) -> int | None: ...


def offer(session: Session, consult: Consult, now: datetime, *, by: datetime | None = None) -> Route:
    """Let the router choose, start the clock of being taken, and tell the pool; without cover tell the desk at once.

    The clock is due `by` then at the latest.
    """
    chosen = choose(session, consult, now)
    consult.route = json.dumps([[line.code, line.n, line.of] for line in chosen.why])
    consult.is_unallocated = chosen.is_unallocated
    consult.fallback_specialty = stand_in(consult, chosen)
    stop_clock(session, consult, ClockName.ALLOCATE, now, "offered_again")
    within = allocate_within(consult, chosen, now)
    if by is not None:
        within = min(within, timedelta(seconds=max(1, int((by - now).total_seconds()))))
    clock = start_clock(session, consult, ClockName.ALLOCATE, within, now)
    if not chosen.has_cover:
        _raise_alarm(session, consult, clock, chosen, now)
    for member in chosen.ready or chosen.qualified:
        about = f"{consult.kind}:{clock.cycle}"
        notify(session, member, NoticeKind.NEW_REQUEST, consult_id=consult.id, about=about, now=now)
    return chosen


def choose(session: Session, consult: Consult, now: datetime) -> Route:
    """Who may take it and who can now: the router's choice, and with it the pool that a broken promise went to."""
    ask = ask_of(session, consult)
    loads = partial(loads_of, session)
    chosen = route(session, ask, loads, now)
    if ask.specialty is None or chosen.specialty != ask.specialty or not _is_broken(session, consult):
        return chosen
    also, _passed_over = beside(session, ask, loads, now)
    return chosen if also is None else chosen.along_with(also)


def offer_anew(session: Session, consult: Consult, now: datetime) -> Route:
    """Offer what waits once more; the desk hears that nobody took it no later than it would have heard."""
    ahead = [clock.deadline_at for clock in open_clocks(session, consult.id, ClockName.ALLOCATE)]
    return offer(session, consult, now, by=min((at for at in ahead if at > now), default=None))


def stand_in(consult: Consult, chosen: Route) -> str | None:
    """The specialty that stands in: for a pool of which nobody may take it, or beside one that broke its promise."""
    return chosen.beside if chosen.specialty == consult.specialty else chosen.specialty


def _is_broken(session: Session, consult: Consult) -> bool:
    """Whether the first reply that is waited for was late already, whatever its target is by now."""
    began = select(Clock.started_at).where(
        Clock.consult_id == consult.id, Clock.name == ClockName.FIRST_REPLY, Clock.state != ClockState.STOPPED
    )
    late = select(Clock.id).where(
        Clock.consult_id == consult.id,
        Clock.name == ClockName.FIRST_REPLY,
        Clock.is_breached,
        Clock.started_at.in_(began),
    )
    return session.scalars(late.limit(1)).first() is not None


def why_of(consult: Consult) -> list[Why]:
    """The router's explanation, as it was when the consult was last offered; none where nobody can read it."""
    try:
        found = json.loads(consult.route or "[]")
    except (ValueError, RecursionError):
        return []
    return [Why(*line) for line in found if _is_line(line)] if isinstance(found, list) else []


def _is_line(line: object) -> bool:
    if not isinstance(line, list) or [type(part) for part in line] != [str, int, str]:
        return False
    return line[0] in WORDS


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
        language=session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one(),
        excluded=frozenset() if is_clinics else frozenset({consult.requester_id, consult.sent_on_by_id or 0}),
        told=consult.fallback_specialty,
    )


def check_may_take(session: Session, consult: Consult, person: Person) -> None:
    """Raise ForbiddenError for somebody who may not take it of their own accord: as below, or without the language."""
    check_may_hold(session, consult, person)
    limits, ask = limits_of(session, [person.id]).get(person.id), ask_of(session, consult)
    if limits is not None and ask.specialty is not None and not limits.speaks(ask.language):
        raise ForbiddenError("You do not answer in this family's language.", code="no_language")


def check_may_hold(session: Session, consult: Consult, person: Person) -> None:
    """Raise ForbiddenError for somebody with a conflict of interest, without a licence, or with hands full.

    The desk may give it to somebody who needs an interpreter.
    """
    ask = ask_of(session, consult)
    limits = limits_of(session, [person.id]).get(person.id)
    if person.id in conflicted(session, consult.patient_id):
        raise ForbiddenError("There is a conflict of interest: somebody else must take this.", code="conflict")
    if limits is None or ask.specialty is None:
        return
    if not limits.may_work_in(ask.state):
        raise ForbiddenError("This child lives where you have no licence.", code="no_licence")
    check_room(session, consult, person)


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


def coordinators_of(session: Session, program_id: int, role: Role = Role.COORDINATOR) -> list[Person]:
    """The active people of the program's desk (or of another role)."""
    query = select(Person).where(Person.program_id == program_id, Person.role == role, Person.is_active)
    return list(session.scalars(query.order_by(Person.id).options(*NAMES_STAY_SHUT)))


def desk_of(session: Session, program_id: int) -> list[Person]:
    """Who hears what the desk must know: its coordinators; of an empty desk the directors, else the administrators."""
    for role in (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN):
        found = coordinators_of(session, program_id, role)
        if found:
            return found
    return []


def clinic_of(session: Session, asked: Asking) -> list[Person]:
    """Who hears what a request's clinic must know: its clinicians, and whoever of the staff put the question.

    A telepresenter belongs to no team, and is the one who has the child in front of them. Where nobody is left, the
    desk hears it.
    """
    numbers = {asked.requester_id, asked.sent_on_by_id} - {None}
    askers = select(Person).where(Person.id.in_(numbers), Person.role.in_(ASKING_ROLES), Person.is_active)
    found = [*team_of(session, asked.organization_id), *session.scalars(askers.options(*NAMES_STAY_SHUT))]
    return list({person.id: person for person in found}.values()) or desk_of(session, asked.program_id)


def home_of(session: Session, consult: Consult) -> list[Person]:
    """Who answers a family: its clinic's team; the desk where the clinic has nobody left."""
    return team_of(session, consult.organization_id) or desk_of(session, consult.program_id)


def allocate_within(consult: Consult, chosen: Route, now: datetime) -> timedelta:
    """Urgent always runs at once; anything else waits for cover, but not for ever."""
    target = rules_of(consult).allocate
    if chosen.has_cover or consult.urgency == Urgency.URGENT:
        return target
    longest = max(LONGEST_WITHOUT_COVER, target)
    return min(chosen.cover_at - now + target, longest) if chosen.cover_at is not None else longest


def _raise_alarm(session: Session, consult: Consult, clock: Clock, chosen: Route, now: datetime) -> None:
    """An alarm is no reminder: it waits for no morning."""
    consult.uncovered_at = now
    log(session, clock, "escalated", now, reason="unallocated" if chosen.is_unallocated else NO_COVER)
    kind = NoticeKind.UNALLOCATED if chosen.is_unallocated else NoticeKind.NO_COVER
    for person in desk_of(session, consult.program_id):
        notify(session, person, kind, consult_id=consult.id, about=f"{clock.name}:{clock.cycle}", now=now)


def taken(session: Session, consult: Consult, now: datetime, verb: str) -> None:
    """A named person has it. Who takes it off duty is there for it all the same, until they have been on duty."""
    consult.is_unallocated = False
    holder = session.get_one(Person, consult.holder_id)
    consult.uncovered_at = None
    consult.is_taken_off_duty = is_off_duty(session, holder, pools_asked(consult), now)
    stop_clock(session, consult, ClockName.ALLOCATE, now, verb)
    refresh_deadline(session, consult)
    side = side_of(session, consult.id)
    if side is not None and side.holder_id == consult.holder_id:
        # Who was to reply to a colleague has the request itself now.
        end_sides(session, consult, person_id=consult.holder_id, now=now)
    keep_for_side(session, consult, now)
