"""What privacy officers are told of by a letter, since it decides who may come to read something of a child."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.desks import STAND_INS, desk_gaps
from econsult.consults.hearers import coordinators_of, other_officers
from econsult.consults.overseers import tell_officers
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role
from econsult.rosters.planning import take_off
from econsult.rosters.shifts import TimeOff


def tell_of_account(session: Session, person: Person, what: str, now: datetime) -> None:
    """An account of the staff was closed, or opened again: of each, since directors and administrators may stand in."""
    about = f"{what}:{person.id}:{now.isoformat()}"
    tell_officers(session, person.program_id, NoticeKind.STAFF_CHANGED, about, now=now)


def plan_time_off(
    session: Session, by: Person, person_id: str, starts_at: datetime, ends_at: datetime, *, now: datetime
) -> TimeOff:
    """As `planning.take_off`; officers hear of it where the desk is empty meanwhile and may fall to who planned it.

    So it is, too, where no coordinator has an account any more, and a director is sent away.
    """
    off = take_off(session, by, person_id, starts_at, ends_at, now=now)
    person = session.get_one(Person, off.person_id)
    is_of_desk = by.id != person.id and by.role in STAND_INS and person.role in (Role.COORDINATOR, Role.DIRECTOR)
    if is_of_desk and _is_left_empty(session, off, person, now):
        about = f"off:{off.id}:{off.starts_at.isoformat()}"
        tell_officers(session, person.program_id, NoticeKind.STAFF_CHANGED, about, now=now)
    return off


def _is_left_empty(session: Session, off: TimeOff, person: Person, now: datetime) -> bool:
    """Whether nobody who comes before a stand-in is at this person's desk at some moment of the time off."""
    has_coordinators = bool(coordinators_of(session, person.program_id))
    return not has_coordinators or bool(desk_gaps(session, person.program_id, max(off.starts_at, now), off.ends_at))


def tell_of_stand_ins(session: Session, heirs: list[Person], since: datetime, now: datetime) -> None:
    """These people stand in from now on for a desk that is empty since then, and read names of families that wait."""
    if heirs:
        numbers = ".".join(str(each.id) for each in heirs[:3])
        about = f"{numbers}:{since.isoformat()}"
        for each in other_officers(session, heirs[0].program_id, None):
            if each not in heirs:
                notify(session, each, NoticeKind.DESK_INHERITED, consult_id=None, about=about, now=now)
