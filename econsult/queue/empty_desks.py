"""A desk of which no coordinator is there: whoever stands in hears it, once for as long as that lasts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.hearers import desk_of
from econsult.notices import Notice, NoticeKind, notify
from econsult.people.persons import Person, Program, Role
from econsult.picking import ANY, Pick
from econsult.rosters.shifts import TimeOff


def untold_desks(session: Session, now: datetime) -> list[int]:
    """The programs, by number, of which no coordinator is there and somebody who stands in has not heard it."""
    return [program for program, since in _empty(session, now).items() if _untold(session, program, since, now)]


def watch_desks(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Tell whoever stands in from now on, so that they look at what the desk had heard of; returns how many people.

    A desk at which nobody has an account is no news of today: whoever closed the last account was told.
    """
    empty = _empty(session, now)
    if not empty:
        return 0
    # One clock process at a time for each program: two would both find that nobody was told.
    query = pick.narrow(select(Program.id).where(Program.id.in_(empty)), Program.id).order_by(Program.id)
    told = 0
    for program in session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all():
        for person in _untold(session, program, empty[program], now):
            notify(session, person, NoticeKind.STANDS_IN, consult_id=None, about=_about(empty[program]), now=now)
            told += 1
    return told


def _empty(session: Session, now: datetime) -> dict[int, datetime]:
    """The programs that have coordinators, of whom all are away, and when the last of them went."""
    own = (Person.role == Role.COORDINATOR, Person.is_active)
    off = (TimeOff.starts_at <= now, TimeOff.ends_at > now)
    since = select(Person.program_id, func.min(TimeOff.starts_at)).join(TimeOff, TimeOff.person_id == Person.id)
    gone: dict[int, list[datetime]] = {}
    for program, at in session.execute(since.where(*own, *off).group_by(Person.id, Person.program_id)):
        gone.setdefault(program, []).append(at)
    if not gone:
        return {}
    many = select(Person.program_id, func.count()).where(*own, Person.program_id.in_(gone)).group_by(Person.program_id)
    return {program: max(gone[program]) for program, number in session.execute(many) if number == len(gone[program])}


def _untold(session: Session, program: int, since: datetime, now: datetime) -> list[Person]:
    heirs = [each for each in desk_of(session, program, now) if each.role != Role.COORDINATOR]
    ends = (Notice.kind == NoticeKind.STANDS_IN, Notice.dedupe_key.endswith(f":{_about(since)}", autoescape=True))
    told = set(
        session.scalars(select(Notice.person_id).where(Notice.person_id.in_([each.id for each in heirs]), *ends))
    )
    return [each for each in heirs if each.id not in told]


def _about(since: datetime) -> str:
    return f"desk:{since.isoformat()}"
