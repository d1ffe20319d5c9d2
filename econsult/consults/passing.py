"""Passing a consult on: taking it over, giving it to a named person, to another specialty. Each needs a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.choice import pools_asked
from econsult.consults.duty import tell_no_cover
from econsult.consults.fitting import check_may_hold, check_may_take
from econsult.consults.handover import hand_over, require_reason
from econsult.consults.holding import to_pool
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.offering import offer_elsewhere, taken
from econsult.consults.records import Consult, Kind, note
from econsult.consults.sides import end_sides, side_of
from econsult.consults.stranded import is_stranded, may_answer, move_to_clinic
from econsult.consults.turning import turn_clocks
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import SPECIALTIES, Person, Role, specialties_of
from econsult.rosters.shifts import is_off, is_off_duty


def take_over(
    session: Session, consult: Consult, person: Person, reason: str, *, now: datetime, lease: timedelta
) -> Consult:
    """Take the consult out of somebody's hands. A draft goes with it; the one who had it is told."""
    status = next_status(consult.status, "take_over")
    if consult.holder_id == person.id:
        return consult
    check_may_take(session, consult, person)
    _give(session, consult, "take_over", person, (status, require_reason(reason)), by=person, now=now, lease=lease)
    return consult


def assign(
    session: Session,
    consult: Consult,
    to: Person,
    reason: str,
    *,
    by: Person,
    now: datetime,
    lease: timedelta,
    although_off_duty: bool = False,
) -> Consult:
    """Give the consult to a named person who may take it; both are told.

    Of what is answered, only that which the clinic asks something about.
    Somebody who is off duty by the roster is given it only `although_off_duty`: then the desk hears "no cover" at once.
    So is a clinician who is away, where nobody of the clinic is there. One of another clinic takes it along to theirs.
    """
    status = next_status(consult.status, "assign")
    if status == Status.ANSWERED and consult.clinic_waits_since is None:
        # There is nothing left to do for anybody.
        raise ImpossibleVerbError(status, "assign")
    _check_fits(session, consult, to)
    is_away = is_off(session, to.id, now)
    if is_away and not (although_off_duty and is_stranded(consult)):
        raise ForbiddenError("This person is away: choose somebody else.", code="away")
    is_there = not is_away and not is_off_duty(session, to, pools_asked(consult), now)
    if not is_there and not although_off_duty:
        raise ForbiddenError("This person is not on duty now: choose somebody else, or say so.", code="off_duty")
    check_may_hold(session, consult, to)
    move_to_clinic(session, consult, to, by, now)
    _give(session, consult, "assign", to, (status, require_reason(reason)), by=by, now=now, lease=lease)
    if not is_there:
        tell_no_cover(session, consult, now, by_id=by.id)
    return consult


def reroute(
    session: Session, consult: Consult, person: Person, specialty: str, reason: str, *, now: datetime
) -> Consult:
    """Another specialty should answer. The promises to whoever asked run on as they were, that it is taken too."""
    status = next_status(consult.status, "reroute")
    clean = require_reason(reason)
    if specialty not in SPECIALTIES or specialty == consult.specialty or consult.kind == Kind.FAMILY_QUESTION:
        raise InvalidError("Choose another specialty.", {"specialty": "unknown_value"})
    hand_over(session, consult, "reroute", None, by_id=person.id, now=now, reason=clean)
    consult.specialty = specialty
    turn_clocks(session, consult, now, person_id=person.id)
    side = side_of(session, consult.id, is_locked=True)
    if side is not None and side.specialty == specialty:
        # Those who were asked one question are to answer all of it.
        end_sides(session, consult, person_id=person.id, now=now)
    if consult.holder_id is None:
        consult.version += 1
        offer_elsewhere(session, consult, now)
    else:
        to_pool(session, consult, status, now)
    note(session, consult, "reroute", person_id=person.id, now=now, detail=specialty)
    return consult


def _check_fits(session: Session, consult: Consult, to: Person) -> None:
    """A family's question is the medical home's; an eConsult needs somebody who answers for its specialty."""
    is_pool = to.role == Role.SPECIALIST and bool(pools_asked(consult) & specialties_of(session, to))
    fits = may_answer(session, consult, to) if consult.kind == Kind.FAMILY_QUESTION else is_pool
    if not fits or not to.is_active or to.program_id != consult.program_id:
        raise InvalidError("This person cannot answer this request.", {"person": "unsuitable"})


def _give(
    session: Session,
    consult: Consult,
    verb: str,
    to: Person,
    change: tuple[Status, str],
    *,
    by: Person,
    now: datetime,
    lease: timedelta,
) -> None:
    status, reason = change
    before = consult.holder_id
    hand_over(session, consult, verb, to.id, by_id=by.id, now=now, reason=reason)
    consult.status, consult.holder_id = status, to.id
    consult.claimed_at, consult.claim_until = now, None if status == Status.ANSWERED else now + lease
    consult.version += 1
    taken(session, consult, now, verb)
    note(session, consult, verb, person_id=by.id, now=now)
    for number in {before, to.id} - {None, by.id}:
        person = session.get_one(Person, number)
        about = f"{verb}:{consult.version}"
        notify(session, person, NoticeKind.HANDED_OVER, consult_id=consult.id, about=about, now=now)
