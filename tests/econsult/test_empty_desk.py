"""A program without a coordinator: somebody else hears at once what the desk would hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.telephone import callers
from econsult.database import Database
from econsult.notices import Notice, NoticeKind, letter
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import close_account
from econsult.queue.empty_desks import untold_desks, watch_desks
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.trial import try_out
from econsult.rosters import planning
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
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
        assert heir in {person.role for person in callers(session, consult, NOON, is_late=False)}
        assert _lines(session) == []
        _close(session, clinic, *DESKS)
        assert len(_lines(session)) == 1


@pytest.mark.parametrize(
    ("away", "heirs"),
    [
        ("coordinator", {Role.COORDINATOR, Role.DIRECTOR}),
        ("director", {Role.COORDINATOR}),
        ("coordinator director", {Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN}),
        ("coordinator director admin", {Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN}),
    ],
)
def test_while_every_coordinator_is_away_the_next_who_is_there_hears_at_once(
    database: Database, clinic: Clinic, away: str, heirs: set[Role]
) -> None:
    with database.writing() as session:
        for name in away.split():
            _off(session, getattr(clinic, name))
        session.add_all(Limits(person_id=each.id, languages="fr") for each in (clinic.derm, clinic.derm2))
        session.flush()
        clinic.econsult(session)
        told = select(Person.role).join(Notice, Notice.person_id == Person.id)
        assert set(session.scalars(told.where(Notice.kind == NoticeKind.UNALLOCATED))) == heirs


def test_whoever_stands_in_hears_it_once_for_each_time_and_reads_why(database: Database, clinic: Clinic) -> None:
    heirs = select(Notice.person_id).where(Notice.kind == NoticeKind.STANDS_IN).order_by(Notice.id)
    with database.writing() as session:
        second = _second(session, database, clinic)
        _off(session, clinic.coordinator)
        # A colleague is at the desk.
        assert (untold_desks(session, NOON), watch_desks(session, NOON)) == ([], 0)
        away = _off(session, second)
        assert untold_desks(session, NOON) == [clinic.program.id]
        assert [watch_desks(session, NOON), watch_desks(session, NOON), untold_desks(session, NOON)] == [1, 0, []]
        assert list(session.scalars(heirs)) == [clinic.director.id]
        planning.end_time_off(session, clinic.admin, away.id, now=NOON + HOUR)
        assert watch_desks(session, NOON + HOUR) == 0
        _off(session, second, 2)
        assert watch_desks(session, NOON + 2 * HOUR) == 1
        told = Notice(kind=NoticeKind.NO_COVER, language="es", consult_id=1)
        words = [letter(told, "", is_family=False, stands_in=heir)[1] for heir in (False, True)]
    assert [text.count("no hay nadie de coordinación") for text in words] == [0, 1]


def test_a_time_off_that_empties_the_desk_says_so_before_it_is_saved(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        trial = try_out(session, clinic.program.id, lambda within: _off(within, clinic.coordinator, 1, 3), NOON)
    found = [(each.specialty, each.start, each.end) for each in trial.uncovered]
    assert found == [("", NOON + HOUR, NOON + 3 * HOUR)]


HOUR = timedelta(hours=1)


def _off(session: Session, person: Person, start: int = 0, end: int = 99) -> TimeOff:
    return planning.take_off(session, person, person.public_id, NOON + start * HOUR, NOON + end * HOUR, now=NOON)


def _second(session: Session, database: Database, clinic: Clinic) -> Person:
    details = {"name": "second", "role": Role.COORDINATOR, "now": NOON}
    return add_person(session, database.cipher, clinic.program, email="second@clinic.test", **details)


DESKS = (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN)


def _lines(session: Session) -> list[str]:
    return [line for line in violations(session, NOON + timedelta(hours=4)) if "no desk to turn to" in line]
