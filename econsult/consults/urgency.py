"""How urgent a consult is: raised by anybody who is involved, lowered only by a clinician who says why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.choice import can_be_urgent, has_cover
from econsult.consults.clocks import open_clocks
from econsult.consults.handover import hand_over, require_reason
from econsult.consults.hearers import desk_of
from econsult.consults.holding import go_on
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.offering import offer_anew
from econsult.consults.policies import ClockName, current_rules, rules_of
from econsult.consults.recomputing import REPLIES, is_astray, recompute
from econsult.consults.records import RANKS, Consult, Urgency, note
from econsult.consults.sides import hasten_side
from econsult.errors import ForbiddenError, InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role
from econsult.seeing import is_seen

ONLY_CLINICIAN = "only_clinician"
WHY_LESS = "urgency_reason"
"""The field of a refusal where something is made less urgent without a word why."""
MAY_LOWER = {Role.PCP, Role.SPECIALIST}


def change_urgency(
    session: Session,
    consult: Consult,
    person: Person,
    urgency: str,
    reason: str,
    *,
    now: datetime,
    targets: Mapping[str, timedelta] | None = None,
) -> Consult:
    """Re-arm the first reply, and whatever else is promised, from its original start by the rules of the new urgency.

    What waits to be taken is offered anew where it is raised, and is due no later than it was; lowered, it may be taken
    as late as the new urgency says.
    Raises InvalidError for an unknown urgency, for urgent while nobody is on duty, and for lowering without a reason.
    """
    next_status(consult.status, "change_urgency")
    if urgency not in RANKS:
        raise InvalidError("This urgency is not known.", {"urgency": "unknown_value"})
    if urgency == consult.urgency:
        return consult
    is_raised = RANKS[Urgency(urgency)] < consult.urgency_rank
    _check(session, consult, person, urgency, reason, is_raised=is_raised, now=now)
    hand_over(session, consult, "urgency", consult.holder_id, by_id=person.id, now=now, reason=reason.strip())
    consult.urgency, consult.urgency_rank = urgency, RANKS[Urgency(urgency)]
    consult.version += 1
    was, rules = rules_of(consult), current_rules(session, consult, targets)
    consult.rules = rules.as_text()
    recompute(session, consult, was, now, person_id=person.id, names=REPLIES)
    hasten_side(session, consult, now, person_id=person.id)
    if urgency == Urgency.URGENT and consult.status == Status.NEEDS_INFO:
        # An answer is needed within the hour, and what was asked for may take days: nothing is waited for any more.
        go_on(session, consult, person, "resume", now=now)
    note(session, consult, "change_urgency", person_id=person.id, now=now, detail=urgency)
    if consult.status == Status.SUBMITTED and is_raised:
        offer_anew(session, consult, now)
    else:
        recompute(session, consult, was, now, person_id=person.id, names=(ClockName.ALLOCATE,))
    if is_raised:
        _tell(session, consult, person, now)
    return consult


def check_lowering(person: Person, was: str, wish: str, reason: str) -> bool:
    """Whether this asks for less urgency than there was, which only a clinician does who says why.

    It holds wherever the urgency of something that was sent is chosen anew. Raises ForbiddenError for whoever is no
    clinician, and InvalidError where there is no reason.
    """
    if RANKS[Urgency(wish)] <= RANKS[Urgency(was)]:
        return False
    if person.role not in MAY_LOWER:
        raise ForbiddenError("Only a clinician can make a request less urgent.", code=ONLY_CLINICIAN)
    if not is_seen(reason):
        raise InvalidError("Say why it is less urgent, so that the others understand.", {WHY_LESS: "required"})
    return True


def settle_lowering(
    session: Session, consult: Consult, person: Person, was: str, reason: str, *, now: datetime
) -> None:
    """Of what is sent on and `was` so urgent: keep why it is less urgent now. Raises as `check_lowering` does."""
    if check_lowering(person, least_again(session, consult, was, now), consult.urgency, reason):
        hand_over(session, consult, "urgency", consult.holder_id, by_id=person.id, now=now, reason=reason.strip())


def least_again(session: Session, consult: Consult, was: str, now: datetime) -> Urgency:
    """The urgency below which only a clinician goes where something is asked again, or sent on, that `was` so urgent.

    Of the same day where nobody can promise urgent now: whoever asks for the next best then lowers nothing, and has no
    other way.
    """
    is_promised = was != Urgency.URGENT or has_cover(session, consult, now)
    return Urgency(was) if is_promised else Urgency.SAME_DAY


def adopt_rules(
    session: Session,
    consult: Consult,
    person: Person,
    *,
    now: datetime,
    targets: Mapping[str, timedelta] | None = None,
) -> bool:
    """Let the consult go over to the newest policy: an explicit, recorded re-computation. False: it has it already.

    Every clock that has not stopped goes over with it, from its original start.
    """
    rules = current_rules(session, consult, targets)
    is_same = consult.rules == rules.as_text()
    if is_same and not any(is_astray(clock, rules, now) for clock in open_clocks(session, consult.id)):
        return False
    was, consult.rules = rules_of(consult), rules.as_text()
    consult.version += 1
    recompute(session, consult, was, now, person_id=person.id)
    hasten_side(session, consult, now, person_id=person.id)
    note(session, consult, "adopt_rules", person_id=person.id, now=now, detail=f"version/{rules.version}")
    return True


def _check(
    session: Session, consult: Consult, person: Person, urgency: str, reason: str, *, is_raised: bool, now: datetime
) -> None:
    if not is_raised:
        require_reason(reason)
        check_lowering(person, consult.urgency, urgency, reason)
    if urgency == Urgency.URGENT and not can_be_urgent(session, consult, now):
        raise InvalidError("Nobody is on duty for urgent requests now: telephone.", {"urgency": "no_one_on_call"})


def _tell(session: Session, consult: Consult, by: Person, now: datetime) -> None:
    people = desk_of(session, consult.program_id, now)
    if consult.holder_id is not None:
        people.append(session.get_one(Person, consult.holder_id))
    for person in people:
        if person.id != by.id:
            about = f"urgency:{consult.version}"
            notify(session, person, NoticeKind.RAISED, consult_id=consult.id, about=about, now=now)
