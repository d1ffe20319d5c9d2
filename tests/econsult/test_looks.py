"""What one look at cover and one tick cost: hundreds of programs have a look in every minute."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from econsult.database import Database
from econsult.people.persons import SPECIALTIES, PractitionerSpecialty
from econsult.queue.cover import watch_cover
from econsult.queue.firing import fire
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import CoverWatch
from tests.econsult.test_cover import shift
from tests.personas import NOON, Clinic, open_clinic

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_a_look_sends_as_few_statements_for_many_pools_with_rosters_as_for_a_few(
    sqlite_database: Database,
) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        clinic.take(session, clinic.econsult(session))
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON, ends_at=NOON + 24 * HOUR))
    few = _statements_of_a_look(sqlite_database, clinic, SPECIALTIES[:4], NOON)
    many = _statements_of_a_look(sqlite_database, clinic, SPECIALTIES[4:], NOON + HOUR)
    assert len(many) == len(few) <= 20, many


def test_whoever_comes_within_the_minute_is_not_there_yet(database: Database, clinic: Clinic) -> None:
    edge = NOON - MINUTE
    with database.writing() as session:
        shift(session, clinic, clinic.derm2, starts=4).minutes = 59
        shift(session, clinic, clinic.derm, starts=5)
        clinic.econsult(session, now=NOON - HOUR / 2)
        assert [watch_cover(session, edge + at * MINUTE / 6) for at in (-6, 1, 2)] == [0, 1, 0]
        own = select(CoverWatch.next_at).where(CoverWatch.specialty == "dermatology")
        assert session.scalars(own).one() == NOON


def test_a_tick_sends_as_few_statements_for_what_is_due_of_many_rosters(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        _put_into(session, clinic, SPECIALTIES)
        for specialty in SPECIALTIES:
            shift(session, clinic, clinic.neuro, starts=0, hours=24).specialty = specialty
            clinic.take(session, clinic.econsult(session)).specialty = specialty
            clinic.econsult(session, specialty=specialty)
    with sqlite_database.writing() as session, listening(session) as sent:
        assert fire(session, NOON + 12.5 * HOUR)[0] == 2 * len(SPECIALTIES)
    assert len(sent) <= 25, sent


def _statements_of_a_look(database: Database, clinic: Clinic, pools: Collection[str], start: datetime) -> list[str]:
    """What a look sends a few minutes after somebody was put into these pools, of which each other has a roster."""
    with database.writing() as session:
        _put_into(session, clinic, pools)
        for specialty in sorted(pools)[::2]:
            shift(session, clinic, clinic.neuro).specialty = specialty
    for minute in range(4):
        with database.writing() as session:
            watch_cover(session, start + minute * MINUTE)
    with database.writing() as session:
        with listening(session) as sent:
            watch_cover(session, start + 4 * MINUTE)
        looks = session.scalars(select(CoverWatch.next_at).where(CoverWatch.specialty.in_(pools))).all()
    assert looks == [start + 5 * MINUTE] * len(pools)
    return sent


def _put_into(session: Session, clinic: Clinic, pools: Collection[str]) -> None:
    known = select(PractitionerSpecialty.specialty).where(PractitionerSpecialty.person_id == clinic.neuro.id)
    for specialty in set(pools) - set(session.scalars(known)):
        session.add(PractitionerSpecialty(person_id=clinic.neuro.id, specialty=specialty))
    session.flush()


@contextmanager
def listening(session: Session) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []
    connection = session.connection()

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", keep)
    yield sent
    event.remove(connection, "before_cursor_execute", keep)
