"""What another rule of names would do at once, for the privacy officer who weighs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from econsult.access import may_look
from econsult.consults.glass import running
from econsult.consults.lifecycle import OPEN
from econsult.consults.names_shown import NamesShown, names_shown
from econsult.consults.records import Consult
from econsult.people.persons import Person, Role
from econsult.rights import Right
from econsult.unreadable import UnreadableError


@dataclass(frozen=True)
class Change:
    """Names that open, or close, to how many people who hold them, and names whose exceptions end."""

    opens: int = 0
    closes: int = 0
    people: int = 0
    ends: int = 0


def would_change(session: Session, program_id: int, wish: NamesShown, now: datetime) -> Change:
    """What this rule would do in place of the one that stands."""
    standing = names_shown(session, program_id)
    if wish == standing:
        return Change()
    excepted = _excepted(session, program_id, now) if standing != NamesShown.NOBODY else frozenset()
    ends = len({consult_id for consult_id, _ in excepted}) if wish == NamesShown.NOBODY else 0
    if NamesShown.HOLDER not in (wish, standing):
        return Change(ends=ends)
    # What its holder has open by exception stays so; where nobody may open any, it closes like all that are held.
    stays = excepted if wish != NamesShown.NOBODY else frozenset()
    names, people = _held(session, program_id, stays)
    found = Change(people=people, ends=ends)
    return replace(found, opens=names) if wish == NamesShown.HOLDER else replace(found, closes=names)


def _held(session: Session, program_id: int, stays: frozenset[tuple[int, int]]) -> tuple[int, int]:
    """How many open requests specialists hold, and how many hold them, without these of a consult and its holder."""
    held = (
        select(func.count(), func.count(Consult.holder_id.distinct()))
        .join(Person, Person.id == Consult.holder_id)
        .where(Consult.program_id == program_id, Consult.status.in_(OPEN), Person.role == Role.SPECIALIST)
        .where(tuple_(Consult.id, Consult.holder_id).not_in(stays))
    )
    names, people = session.execute(held).one()
    return names, people


def _excepted(session: Session, program_id: int, now: datetime) -> frozenset[tuple[int, int]]:
    """The consults and people of exceptions that run and still open the name: whose right is gone reads none."""
    pairs = running(session, program_id, now)
    return frozenset(pair for pair in pairs if _opens(session, *pair, now))


def _opens(session: Session, consult_id: int, person_id: int, now: datetime) -> bool:
    try:
        consult, person = session.get_one(Consult, consult_id), session.get_one(Person, person_id)
        return may_look(session, person, consult, now, Right.BREAK_GLASS)
    except UnreadableError:
        # What nobody can read opens to nobody.
        return False
