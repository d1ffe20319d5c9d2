"""A program without a coordinator: somebody else hears at once what the desk would hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.telephone import callers
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Role
from econsult.people.signin import close_account
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.rosters.limits import Limits
from tests.personas import NOON, Clinic


def _close(session: Session, clinic: Clinic, *roles: Role) -> None:
    for person in session.scalars(select(Person).where(Person.role.in_(roles))).all():
        close_account(session, person, NOON)
    session.flush()


@pytest.mark.parametrize(
    ("gone", "heir"),
    [
        ([], Role.COORDINATOR),
        ([Role.COORDINATOR], Role.DIRECTOR),
        ([Role.COORDINATOR, Role.DIRECTOR], Role.ADMIN),
    ],
)
def test_whoever_stands_in_for_the_desk_hears_at_once(
    database: Database, clinic: Clinic, gone: list[Role], heir: Role
) -> None:
    with database.writing() as session:
        _close(session, clinic, *gone)
        barred = (clinic.derm.id, clinic.derm2.id)
        session.add_all(Limits(person_id=number, languages="fr") for number in barred)
        session.flush()
        consult = clinic.econsult(session)
        told = select(Person.role).join(Notice, Notice.person_id == Person.id)
        assert set(session.scalars(told.where(Notice.kind == NoticeKind.UNALLOCATED))) == {heir}
        fire(session, NOON + timedelta(hours=4))
        assert heir in set(session.scalars(told.where(Notice.kind == NoticeKind.UNTAKEN)))
        assert heir in {person.role for person in callers(session, consult, is_late=False)}
        assert _lines(session) == []
        _close(session, clinic, *DESKS)
        assert len(_lines(session)) == 1


DESKS = (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN)


def _lines(session: Session) -> list[str]:
    return [line for line in violations(session, NOON + timedelta(hours=4)) if "no desk to turn to" in line]
