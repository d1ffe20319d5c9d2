"""A desk of which no coordinator is there: whoever stands in hears it, once for as long as that lasts.

Whatever the cause: all are away by the roster, or the last account was closed. The instant at which a look found it
empty is kept with the program and names the letter, so that the next emptiness is told anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.consults.hearers import desk_of
from econsult.notices import Notice, NoticeKind, notify
from econsult.oversight import tell_of_stand_ins
from econsult.people.persons import Person, Program, Role
from econsult.picking import ANY, Pick
from econsult.rosters.homes import last_planned
from econsult.rosters.shifts import is_away


@dataclass(frozen=True)
class _Desk:
    """A program's desk as it is kept, and as it is now."""

    had: bool
    since: datetime | None
    has_had: bool
    empty_since: datetime | None

    @property
    def is_news(self) -> bool:
        return (self.had, self.since) != (self.has_had, self.empty_since)


def untold_desks(session: Session, now: datetime) -> list[int]:
    """The programs, by number, whose desk is empty or manned anew, or of which somebody who stands in has not heard."""
    return sorted(
        program
        for program, desk in _desks(session, now).items()
        if desk.is_news or (desk.empty_since and _untold(session, program, desk.empty_since, now))
    )


def watch_desks(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Tell whoever stands in from now on, so that they look at what the desk had heard of; returns how many people.

    Privacy officers hear that somebody does, who may read names of families. A desk at which nobody ever had an
    account is no news.
    """
    found = untold_desks(session, now)
    if not found:
        return 0
    # One clock process at a time for each program, and as it is then: two would both find that nobody was told.
    query = pick.narrow(select(Program).where(Program.id.in_(found)), Program.id).order_by(Program.id)
    locked = query.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    programs = {program.id: program for program in session.scalars(locked)}
    told = 0
    for number, desk in _desks(session, now, programs).items():
        programs[number].has_had_desk, programs[number].desk_empty_since = desk.has_had, desk.empty_since
        told += _tell(session, number, desk.empty_since, now) if desk.empty_since else 0
    session.flush()
    return told


def _tell(session: Session, program: int, since: datetime, now: datetime) -> int:
    heirs = _untold(session, program, since, now)
    for person in heirs:
        notify(session, person, NoticeKind.STANDS_IN, consult_id=None, about=_about(since), now=now)
    tell_of_stand_ins(session, heirs, since, now)
    return len(heirs)


def _desks(session: Session, now: datetime, programs: Collection[int] | None = None) -> dict[int, _Desk]:
    """Every desk, or those of these programs, by the program's number."""
    own = (Person.program_id == Program.id, Person.role == Role.COORDINATOR)
    is_there, had_one = exists().where(*own, Person.is_active, ~is_away(now)), exists().where(*own)
    query = select(Program.id, Program.has_had_desk, Program.desk_empty_since, is_there, had_one)
    query = query.where(Program.erased_at.is_(None)) if programs is None else query.where(Program.id.in_(programs))
    rows = session.execute(query).all()
    again = _went_again(session, [number for number, _, since, there, _ in rows if since and not there], now)
    found = {}
    for number, had, since, there, had_one_ever in rows:
        has_had = had or had_one_ever
        is_anew = since is None or again.get(number, since) > since
        empty_since = None if there or not has_had else now if is_anew else since
        found[number] = _Desk(had, since, has_had, empty_since)
    return found


def _went_again(session: Session, programs: Collection[int], now: datetime) -> dict[int, datetime]:
    """When the last coordinator of these went by plan: later than is kept where one was back while no clock ran."""
    return last_planned(session, programs, now, with_left=False, of=Person.program_id, role=Role.COORDINATOR)


def _untold(session: Session, program: int, since: datetime, now: datetime) -> list[Person]:
    heirs = [each for each in desk_of(session, program, now) if each.role != Role.COORDINATOR]
    ends = (Notice.kind == NoticeKind.STANDS_IN, Notice.dedupe_key.endswith(f":{_about(since)}", autoescape=True))
    told = set(
        session.scalars(select(Notice.person_id).where(Notice.person_id.in_([each.id for each in heirs]), *ends))
    )
    return [each for each in heirs if each.id not in told]


def _about(since: datetime) -> str:
    return f"desk:{since.isoformat()}"
