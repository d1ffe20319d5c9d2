"""Asking how it went: once, by the clock, weeks after an answer; and taking what clinic, family and desk say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import Session, aliased

from econsult.access import Pass, patients_on
from econsult.consults.hearers import clinics_of, coordinators_of, desk_of, family_of
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import (
    IS_WORSE,
    LATER_OF_CLINIC,
    LATER_OF_FAMILY,
    OutcomePing,
    OutcomeReport,
    PingState,
    Said,
    Side,
    pings_of,
    report,
)
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Kind
from econsult.consults.replies import FAMILY, heard
from econsult.errors import ForbiddenError, NotFoundError
from econsult.leading import Led
from econsult.notices import NoticeKind, notify
from econsult.people.caregivers import active_links, grown_up_at, links_of
from econsult.people.deaths import has_died, the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, team_of
from econsult.picking import ANY, Pick
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.rights import OF_FAMILY, Relation

ASKABLE = (Status.ANSWERED, Status.CLOSED)
SHOWN = 50
ASKED_FOR = timedelta(days=60)
"""For so long pages go on asking; whoever has not said it by then hardly will."""


def ask_how_it_went(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Ask clinic and family of every answer whose time has come; returns how many were looked at.

    Each is asked once: its row says so. Nobody is asked about a question that is open again, or that ended without an
    answer, or whose family took its consent back, nor after a child's death: neither family, clinic nor desk. A family
    without an account becomes the desk's task; one that may not act for the child any more is asked nothing.
    """
    due = pick.due(session, select(OutcomePing), OutcomePing.next_at, OutcomePing.id, now)
    tellings: list[Telling] = []
    for ping in due:
        consult = session.get_one(Consult, ping.consult_id, options=SEALED_STAY_SHUT)
        ping.next_at = None
        if not _is_asked_after(session, consult):
            ping.state = PingState.DROPPED
            continue
        told = _tellings(session, ping, consult, now)
        ping.state = PingState.DESK if _is_desks(session, consult, now) else PingState.SENT
        ping.sent_at = now
        tellings += told
    session.flush()
    tell_all(session, tellings, quiet, now)
    return len(due)


def _is_asked_after(session: Session, consult: Consult) -> bool:
    is_over = consult.status not in ASKABLE or consult.is_test or consult.consent_withdrawn_at is not None
    return not is_over and not has_died(session, consult.patient_id)


def _tellings(session: Session, ping: OutcomePing, consult: Consult, now: datetime) -> list[Telling]:
    about = f"outcome:{ping.version}"
    clinic = [] if consult.kind == Kind.FAMILY_QUESTION else team_of(session, consult.organization_id)
    told = [Telling(each, NoticeKind.OUTCOME_CLINIC, consult.id, about) for each in clinic]
    if consult.released_at is None:
        return told
    family = family_of(session, consult, now)
    told += [Telling(each, NoticeKind.OUTCOME_ASKED, consult.id, about) for each in family]
    if _is_desks(session, consult, now):
        # Coordinators alone, also while they are away: whoever stands in opens no family's request for it.
        desk = coordinators_of(session, consult.program_id)
        told += [Telling(each, NoticeKind.OUTCOME_DESK, consult.id, about) for each in desk]
    return told


def _is_desks(session: Session, consult: Consult, now: datetime) -> bool:
    """Whether the desk asks a family without an account; what is kept from caregivers is no call to them either."""
    is_told = consult.released_at is not None and not consult.is_confidential
    return is_told and not family_of(session, consult, now) and _has_no_account(session, consult.patient_id, now)


def _has_no_account(session: Session, patient_id: int, now: datetime) -> bool:
    """Whether a family is there that was never given an account; not one whose child has grown up meanwhile."""
    grown_at = grown_up_at(session, patient_id)
    is_child = grown_at is None or now < grown_at
    return is_child and not active_links(session, patient_id, now, is_named=False)


def tell_outcome(session: Session, passed: Pass, person: Person, said: Said, *, now: datetime) -> None:
    """What a clinic, a family, or the desk for a family without an account says. Raises InvalidError.

    A family that says that the child is worse has written, as it were: its clinic hears at once and owes it a reply.
    """
    consult = passed.consult
    side = Side.CLINIC if passed.relation == Relation.MEDICAL_HOME else Side.FAMILY
    if passed.relation not in {Relation.MEDICAL_HOME, Relation.COORDINATOR, *OF_FAMILY}:
        raise ForbiddenError("The clinic and the family say how it went.")
    sent = [ping for ping in pings_of(session, consult.id) if ping.sent_at is not None]
    if not sent or consult.status not in ASKABLE or has_died(session, consult.patient_id):
        raise NotFoundError
    asked = LATER_OF_CLINIC if side == Side.CLINIC else LATER_OF_FAMILY
    said.check(*asked)
    report(session, consult, person, side, said.only(*asked), now=now)
    if side == Side.FAMILY:
        if sent[-1].state == PingState.DESK:
            sent[-1].state = PingState.DONE
        if said.how == "worse":
            _is_worse(session, consult, person, now)
    session.flush()


def _is_worse(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    heard(session, consult, person, FAMILY, now=now)
    about = f"worse:{now.isoformat()}"
    for each in {
        p.id: p for p in (*clinics_of(session, consult, now), *desk_of(session, consult.program_id, now))
    }.values():
        if each.id != person.id:
            notify(session, each, NoticeKind.OUTCOME_WORSE, consult_id=consult.id, about=about, now=now)


def was_asked(session: Session, consult: Consult) -> bool:
    """Whether anybody has been asked yet how it went after an answer to this."""
    return any(ping.sent_at is not None for ping in pings_of(session, consult.id))


@dataclass(frozen=True)
class Asked:
    """A consult after which somebody is asked, and its child."""

    consult: Consult
    patient: Patient


def asked_of(session: Session, person: Person, now: datetime) -> list[Asked]:
    """After which consults this person is asked now, the oldest first: a caregiver, a clinic, or the desk."""
    side = Side.CLINIC if person.role == Role.PCP else Side.FAMILY
    said = exists().where(
        OutcomeReport.consult_id == Consult.id,
        OutcomeReport.side == side,
        ~OutcomeReport.is_close,
        OutcomeReport.at >= OutcomePing.sent_at,
    )
    query = (
        select(Consult)
        .select_from(Led(OutcomePing, Consult, Consult.id == OutcomePing.consult_id))
        .where(Consult.program_id == person.program_id, Consult.consent_withdrawn_at.is_(None), ~said)
        .where(OutcomePing.state != PingState.REPLACED)
        .where(OutcomePing.sent_at > now - ASKED_FOR, Consult.status.in_(ASKABLE), *_whom(session, person, now))
        .where(Consult.patient_id.not_in(the_dead()))
    )
    asked = list(session.scalars(query.order_by(OutcomePing.sent_at, Consult.id).limit(SHOWN)))
    children = patients_on(session, person, asked, now=now)
    return [Asked(consult, children[consult.patient_id]) for consult in asked]


def worse_of(session: Session, person: Person, now: datetime) -> list[Asked]:
    """A clinic's closed consults whose family said last that the child is worse, the longest waiting first.

    No clock runs after closing: it is listed until the clinic, or the family, says how the child is since then, or
    the question is opened again.
    """
    if person.role != Role.PCP or person.organization_id is None:
        return []
    newer = aliased(OutcomeReport)
    query = (
        select(Consult)
        .select_from(Led(OutcomeReport, Consult, Consult.id == OutcomeReport.consult_id))
        .where(Consult.organization_id == person.organization_id, Consult.status == Status.CLOSED)
        .where(Consult.patient_id.not_in(the_dead()))
        .where(Consult.consent_withdrawn_at.is_(None), IS_WORSE)
        .where(~exists().where(newer.consult_id == Consult.id, newer.id > OutcomeReport.id))
    )
    found = list(session.scalars(query.order_by(OutcomeReport.id).limit(SHOWN)))
    children = patients_on(session, person, found, now=now)
    return [Asked(consult, children[consult.patient_id]) for consult in found]


def _whom(session: Session, person: Person, now: datetime) -> list[ColumnElement[bool]]:
    """Of which consults this person is asked: a caregiver's children's, a clinic's own, the desk's calls."""
    match person.role:
        case Role.CAREGIVER | Role.YOUTH:
            children = [link.patient_id for link in links_of(session, person, now)]
            # Of what is kept from caregivers only the young person is asked.
            kept = [Consult.confidential == ""] if person.role == Role.CAREGIVER else []
            return [Consult.patient_id.in_(children), Consult.released_at.is_not(None), *kept]
        case Role.PCP if person.organization_id is not None:
            return [Consult.organization_id == person.organization_id, Consult.kind != Kind.FAMILY_QUESTION]
        case Role.COORDINATOR:
            # What was marked after it became a call is a call no more.
            return [OutcomePing.state == PingState.DESK, Consult.confidential == ""]
        case _:
            return [false()]
