"""Questions to second specialists as lists: what a specialist is asked, and what the desk must look after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from econsult.access import patients_on
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.consults.sides import DESK_LEVEL, SideQuestion, SideState
from econsult.leading import Led
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, PractitionerSpecialty, Role
from econsult.rosters.limits import Conflict, limits_of, why_barred
from econsult.standing import desk_relation

SHOWN = 100


@dataclass(frozen=True)
class Aside:
    """An open question, the consult that it is about, and the child."""

    side: SideQuestion
    consult: Consult
    patient: Patient


def asked_of_me(session: Session, person: Person, now: datetime) -> list[Aside]:
    """What this specialist has taken, or may take, the soonest due first; what they must not answer is not listed."""
    if person.role != Role.SPECIALIST:
        return []
    own = select(PractitionerSpecialty.specialty).where(PractitionerSpecialty.person_id == person.id)
    free = and_(SideQuestion.holder_id.is_(None), SideQuestion.specialty.in_(own))
    query = open_sides(person).where(
        or_(SideQuestion.holder_id == person.id, free), SideQuestion.asked_by_id != person.id
    )
    rows = [(side, consult) for side, consult in session.execute(query)]
    mine = _answerable(session, person, rows)
    children = patients_on(session, person, [consult for _, consult in mine], now=now)
    return [Aside(side, consult, children[consult.patient_id]) for side, consult in mine]


def _answerable(
    session: Session, person: Person, rows: Sequence[tuple[SideQuestion, Consult]]
) -> list[tuple[SideQuestion, Consult]]:
    """Those that this person has or may take, by the rule of `second.may_answer`, looked up once for all of them."""
    if not rows:
        return []
    limits = limits_of(session, [person.id]).get(person.id)
    children = {consult.patient_id for _, consult in rows}
    barred = set(
        session.scalars(
            select(Conflict.patient_id).where(Conflict.person_id == person.id, Conflict.patient_id.in_(children))
        )
    )
    clinics = {consult.organization_id for _, consult in rows}
    states = {
        row.id: row.state
        for row in session.execute(select(Organization.id, Organization.state).where(Organization.id.in_(clinics)))
    }

    def may(side: SideQuestion, consult: Consult) -> bool:
        if side.holder_id == person.id:
            return True
        own = (side.asked_by_id, consult.holder_id, consult.requester_id, consult.sent_on_by_id)
        is_conflicted = person.id in own or consult.patient_id in barred
        state = states.get(consult.organization_id or 0, "")
        return not why_barred(limits, is_conflicted=is_conflicted, state=state, language="")

    return [(side, consult) for side, consult in rows if may(side, consult)]


def unanswered_sides(session: Session, person: Person, now: datetime) -> list[tuple[SideQuestion, Consult]]:
    """What the desk was told of and nobody has replied to, the soonest due first."""
    if desk_relation(session, person, now) is None:
        return []
    query = open_sides(person).where(or_(SideQuestion.level >= DESK_LEVEL, SideQuestion.uncovered_at.is_not(None)))
    return [(side, consult) for side, consult in session.execute(query)]


def late_sides(session: Session, person: Person, now: datetime) -> list[tuple[SideQuestion, Consult]]:
    """What is late in this person's program, the latest first; for a page that names no child."""
    query = open_sides(person).where(SideQuestion.due_at <= now, ~Consult.is_test)
    return [(side, consult) for side, consult in session.execute(query.options(*SEALED_STAY_SHUT))]


def open_sides(person: Person) -> Select[SideQuestion, Consult]:
    """Every open question to a colleague in this person's program, the soonest due first, as a query."""
    return (
        select(SideQuestion, Consult)
        .select_from(Led(SideQuestion, Consult, Consult.id == SideQuestion.consult_id))
        .where(
            SideQuestion.state == SideState.OPEN,
            Consult.program_id == person.program_id,
            Consult.status.in_(OPEN),
            Consult.consent_withdrawn_at.is_(None),
        )
        .order_by(SideQuestion.due_at, SideQuestion.id)
        .limit(SHOWN)
    )
