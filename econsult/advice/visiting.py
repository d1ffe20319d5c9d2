"""Visits: the clinic or the desk books them, the family says whether it comes, and somebody says what came of it.

A step is done when the child has come, not when the visit was booked: until then its visit is what is watched.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.advice.following import check_stands, step_of
from econsult.consults.answers import signed_answer
from econsult.consults.conversion import VISIT
from econsult.consults.hearers import coordinators_of, family_of
from econsult.consults.own_clinic import is_own, own_team
from econsult.consults.recommendations import TO_DO, Recommendation, StepState, add_event
from econsult.consults.records import Consult, note
from econsult.consults.versions import Answer
from econsult.consults.visits import CURRENT, Booking, Reply, Visit, VisitState, add_visit, current_visit, end_visit
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.notices import NoticeKind, notify
from econsult.people.deaths import check_lives, has_died
from econsult.people.patients import Patient
from econsult.people.persons import HOUSEHOLD, NAMES_STAY_SHUT, Organization, Person, Role, team_of
from econsult.rights import OF_FAMILY, Relation, Right

BOOKERS = (Relation.MEDICAL_HOME, Relation.COORDINATOR)
"""Who books, changes and calls off: they know the child, and speak with its family."""
BOOKING_ROLES = (Role.PCP, Role.COORDINATOR)
"""Who comes to the pages and routes of booking at all."""
ENDS = {"came": VisitState.CAME, "missed": VisitState.MISSED, "off": VisitState.OFF}


def may_book(passed: Pass, step: Recommendation) -> bool:
    """Whether this reader may book the visit of this step now."""
    is_allowed = passed.relation in BOOKERS and passed.may(Right.FOLLOW)
    return is_allowed and step.kind == VISIT and step.state in TO_DO and passed.consult.consent_withdrawn_at is None


def book(
    session: Session,
    person: Person,
    consult_id: str,
    step_id: str,
    booking: Booking,
    *,
    instead_of: str = "",
    now: datetime,
) -> Visit:
    """Book the visit of a step, or change it: then `instead_of` names the booking that the writer saw.

    Sent twice is sent once, and what changes nothing tells nobody. Raises NotFoundError, ForbiddenError, InvalidError
    naming each wrong field, ImpossibleVerbError for a step that is over, AfterDeathError, and StaleVersionError where
    somebody else has booked or changed it meanwhile.
    """
    passed = consult_for(session, person, consult_id, now=now, right=Right.FOLLOW)
    _check_booker(passed)
    step = step_of(session, passed, step_id)
    check_stands(session, step)
    check_lives(session, passed.patient.id)
    if not may_book(passed, step):
        raise ImpossibleVerbError(step.state, "book")
    before = current_visit(session, step.id, is_locked=True)
    if before is not None and booking.is_said_by(before) and _is_twice(before, person, instead_of):
        return before
    if (before.public_id if before is not None else "") != instead_of:
        raise StaleVersionError("Somebody else has booked or changed this visit meanwhile; nothing was written down.")
    visit = add_visit(session, passed.consult, step, person, booking, now=now, instead_of=before)
    _tell_family(session, passed.consult, visit, _letter_of(visit, before), now)
    return visit


def _check_booker(passed: Pass) -> None:
    if passed.relation not in BOOKERS:
        raise ForbiddenError("The clinic and the desk keep the visits.")


def _letter_of(visit: Visit, before: Visit | None) -> NoticeKind | None:
    """What the family is told: no new day where there is none, and nothing where a list was asked again in vain."""
    if before is not None and visit.starts_at is None:
        if before.starts_at is not None:
            return NoticeKind.VISIT_OFF
        if before.place == visit.place:
            return None
    return NoticeKind.VISIT_SET


def usual_zone(session: Session, consult: Consult) -> str:
    """The zone of the child's own clinic, near which its visits mostly are; empty where that has none of its own.

    Whoever books may sit elsewhere: their clock says nothing of the place.
    """
    clinics = select(Organization.time_zone).join(Patient, Patient.organization_id == Organization.id)
    return session.scalar(clinics.where(Patient.id == consult.patient_id)) or ""


def end(
    session: Session, person: Person, consult_id: str, visit_id: str, verb: str, *, why: str = "", now: datetime
) -> Visit:
    """Say what came of a visit: `came`, `missed` or called `off`; pressed twice is pressed once.

    Where the child came its step is done; otherwise the step is open as before, or again. Raises NotFoundError,
    ForbiddenError, InvalidError without a reason that is needed, ImpossibleVerbError for what cannot be yet or any
    more, and StaleVersionError where somebody said something else meanwhile.
    """
    passed = consult_for(session, person, consult_id, now=now, right=Right.FOLLOW)
    _check_booker(passed)
    visit, state = _visit_of(session, passed, visit_id), ENDS[verb]
    if visit.state == state:
        return visit
    if visit.state not in CURRENT:
        raise StaleVersionError("Somebody else has said what came of this visit; nothing was written down.")
    if state != VisitState.OFF and not visit.is_over(now):
        raise ImpossibleVerbError(visit.state, verb)
    end_visit(session, passed.consult, visit, state, person, now=now, why=why)
    _turn_step(session, passed.consult, visit, person, now)
    if state == VisitState.OFF:
        _tell_family(session, passed.consult, visit, NoticeKind.VISIT_OFF, now)
    return visit


def reply(session: Session, person: Person, consult_id: str, visit_id: str, said: str, *, now: datetime) -> Visit:
    """The family says that it comes, that it needs a ride, or that it cannot come; the last two reach people at once.

    Staff write down the same when the family says it on the telephone.

    Raises NotFoundError, also for a visit that the family cannot read, InvalidError for other words, AfterDeathError,
    and StaleVersionError where the visit was moved or called off meanwhile, or has begun.
    """
    passed = consult_for(session, person, consult_id, now=now, right=Right.FOLLOW)
    visit = _visit_of(session, passed, visit_id)
    is_family = passed.relation in OF_FAMILY
    if not is_family and passed.relation not in BOOKERS:
        raise ForbiddenError("The family, and whoever speaks with it, says whether it comes.")
    if is_family and not is_open_to_family(session, visit):
        raise NotFoundError
    check_lives(session, passed.patient.id)
    if said not in tuple(Reply):
        raise InvalidError("Say whether you come.", {"reply": "unknown_value"})
    if visit.state != VisitState.BOOKED or visit.is_over(now):
        raise StaleVersionError("This visit has changed; nothing was written down.")
    if visit.reply != said:
        _hear(session, passed.consult, visit, said, person=person, now=now)
    return visit


def _hear(session: Session, consult: Consult, visit: Visit, said: str, *, person: Person, now: datetime) -> None:
    """Write down what the family says, and tell those who see to it of what they must do or need do no more."""
    was, visit.reply, visit.replied_at = visit.reply, said, now
    note(session, consult, f"visit_reply_{said}", person_id=person.id, now=now)
    # Staff who write down that it comes after all have seen to what was asked; a family that says so ends their search.
    is_news = was is not None and person.role in HOUSEHOLD
    if said != Reply.COMING or is_news:
        for each in watchers_of(session, consult, visit, is_desk_too=True):
            if each.id != person.id:
                about = f"visit:{visit.id}:{said}:{now:%m%d%H%M%S}"
                notify(session, each, NoticeKind.VISIT_NEEDS, consult_id=consult.id, about=about, now=now)
    session.flush()


def familys_visit(session: Session, passed: Pass, visit_id: str) -> Visit:
    """A visit with a day still ahead that this family can read. Raises NotFoundError."""
    visit = _visit_of(session, passed, visit_id, is_locked=False)
    is_kept = passed.relation in OF_FAMILY and not has_died(session, passed.patient.id)
    if not is_kept or visit.state != VisitState.BOOKED or not is_open_to_family(session, visit):
        raise NotFoundError
    return visit


def readable_visits(session: Session, passed: Pass) -> list[tuple[str, Visit]]:
    """The bookings that this reader may know of, the oldest first, each with the public id of its step."""
    is_family = passed.relation in OF_FAMILY
    if not (is_family or passed.relation in (*BOOKERS, Relation.HOLDER)):
        return []
    query = select(Recommendation.public_id, Visit).join(Visit, Visit.recommendation_id == Recommendation.id)
    rows = session.execute(query.where(Visit.consult_id == passed.consult.id).order_by(Visit.id))
    return [(step, visit) for step, visit in rows if not is_family or is_open_to_family(session, visit)]


def watchers_of(session: Session, consult: Consult, visit: Visit, *, is_desk_too: bool = False) -> list[Person]:
    """Who sees to a visit: whoever booked it, while they may open it; else, or too, the desk."""
    booker = session.get_one(Person, visit.person_id, options=NAMES_STAY_SHUT)
    is_there = booker.is_active and (booker.role == Role.COORDINATOR or is_own(session, consult, booker))
    found = [booker] if is_there else []
    if is_desk_too or not found:
        found += desk_for(session, consult)
    return list({person.id: person for person in found}.values())


def desk_for(session: Session, consult: Consult) -> list[Person]:
    """The desk; the clinic's own clinicians where a program has nobody there, since directors book no visits."""
    team = [*team_of(session, consult.organization_id), *own_team(session, consult)]
    return coordinators_of(session, consult.program_id) or team


def is_open_to_family(session: Session, visit: Visit) -> bool:
    """Whether the family can read the answer that the visit belongs to, or could when it was booked.

    What it has read of a visit is not hidden from it while a newer answer, which says the step again, waits to be read.
    """
    steps = {visit.recommendation_id, visit.before_id} - {None}
    query = (
        select(Answer.id)
        .join(Recommendation, Recommendation.consult_id == Answer.consult_id)
        .where(Recommendation.id.in_(steps), Answer.version == Recommendation.version)
        .where(Answer.released_at.is_not(None))
    )
    return session.scalars(query).first() is not None


def whom_to_call(session: Session, visit: Visit, now: datetime) -> str:
    """Whom no letter tells what was just written down of a visit: the `family`, a young person `alone`, or nobody."""
    consult = session.get_one(Consult, visit.consult_id)
    if consult.consent_withdrawn_at is not None or has_died(session, consult.patient_id):
        return ""
    if family_of(session, consult, now):
        return ""
    return "alone" if consult.is_confidential else "family"


def _turn_step(session: Session, consult: Consult, visit: Visit, person: Person, now: datetime) -> None:
    """A child that came has done the step; one that did not has it before it, though somebody ticked it off before."""
    step = session.get_one(Recommendation, visit.recommendation_id, with_for_update=True, populate_existing=True)
    newest = signed_answer(session, consult.id)
    if newest is None or newest.version != step.version:
        return
    if visit.state == VisitState.CAME and step.state in TO_DO:
        add_event(session, step, "done", person_id=person.id, now=now)
    elif visit.state in (VisitState.MISSED, VisitState.OFF) and step.state == StepState.DONE:
        add_event(session, step, "again", person_id=person.id, now=now)


def _tell_family(session: Session, consult: Consult, visit: Visit, kind: NoticeKind | None, now: datetime) -> None:
    if kind is None or consult.consent_withdrawn_at is not None or not is_open_to_family(session, visit):
        return
    for each in family_of(session, consult, now):
        notify(session, each, kind, consult_id=consult.id, about=f"visit:{visit.id}", now=now)


def _is_twice(before: Visit, person: Person, instead_of: str) -> bool:
    """Whether the same form came twice, or changes nothing; who asked a waiting list in vain says so anew."""
    is_seen = before.public_id == instead_of
    return before.state == VisitState.BOOKED if is_seen else before.person_id == person.id


def _visit_of(session: Session, passed: Pass, visit_id: str, *, is_locked: bool = True) -> Visit:
    query = select(Visit).where(Visit.public_id == visit_id, Visit.consult_id == passed.consult.id)
    if is_locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    visit = session.scalars(query).one_or_none()
    if visit is None:
        raise NotFoundError
    return visit
