"""Time off: listed by its days, ended or removed, and cover worked out anew."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.cursors import pack
from econsult.database import Database
from econsult.errors import InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Program, Role, add_person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.invariants import violations
from econsult.queue.reoffering import roster_changed
from econsult.rosters.planning import end_time_off, own_time_off, take_off, time_off_from
from econsult.rosters.shifts import Shift, TimeOff, on_duty
from econsult.rosters.watching import CoverWatch
from tests.personas import NOON, Clinic

HOUR = timedelta(hours=1)


def _always(session: Session, clinic: Clinic, person: Person) -> None:
    """On duty around the clock."""
    for weekday in range(7):
        shift = Shift(program_id=clinic.program.id, specialty="dermatology", person_id=person.id, weekday=weekday)
        shift.starts, shift.minutes, shift.time_zone, shift.from_day = 0, 1440, "America/Denver", date(2026, 1, 1)
        session.add(shift)
    session.flush()


def _off(session: Session, clinic: Clinic, hours: tuple[float, float], who: Person | None = None) -> TimeOff:
    person, starts, ends = who or clinic.derm, *(NOON + at * HOUR for at in hours)
    return take_off(session, clinic.coordinator, person.public_id, starts, ends, now=NOON)


def _listed(session: Session, clinic: Clinic, now: datetime) -> list[int]:
    return [off.id for off, _name in time_off_from(session, clinic.coordinator, now).rows]


def test_what_is_to_come_and_goes_on_is_listed_by_its_days(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        later, first, over = (_off(session, clinic, hours) for hours in ((50, 60), (-1, 30), (1, 2)))
        assert _listed(session, clinic, NOON + 3 * HOUR) == [first.id, later.id]
        assert own_time_off(session, clinic.derm2, NOON) == []
        assert [off.id for off in own_time_off(session, clinic.derm, NOON)] == [first.id, over.id, later.id]


def test_what_is_written_down_twice_is_one_time_off_and_ends_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first = _off(session, clinic, (5, 9))
        # "From now on" is some seconds later where the same form is sent again.
        again, other = _off(session, clinic, (5.001, 9)), _off(session, clinic, (5, 10))
        assert (again.id == first.id, other.id == first.id) == (True, False)
        assert [off.id for off in own_time_off(session, clinic.derm, NOON)] == [first.id, other.id]


def test_a_long_list_comes_in_pages_that_lose_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        numbers = [_off(session, clinic, (5, 6 + place)).id for place in range(7)]
        found, cursor = [], ""
        while True:
            page = time_off_from(session, clinic.coordinator, NOON, cursor, limit=3)
            found += [off.id for off, _name in page.rows]
            if not (cursor := page.next_cursor):
                break
        assert found == numbers


@pytest.mark.parametrize("wrong", ["x", pack("soon", 1), pack("2026-03-02T12:00", 1), pack(NOON.isoformat(), "1")])
def test_a_page_that_was_never_given_out_is_refused(database: Database, clinic: Clinic, wrong: str) -> None:
    with database.reading() as session, pytest.raises(InvalidError):
        time_off_from(session, clinic.coordinator, NOON, wrong)


def test_what_has_not_begun_is_removed_and_what_goes_on_ends(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _always(session, clinic, clinic.derm)
        current, later, over = (_off(session, clinic, hours) for hours in ((-1, 30), (50, 60), (-3, 0.5)))
        at = NOON + HOUR
        for off in (current, later, over, current):
            end_time_off(session, clinic.coordinator, off.id, now=at)
        session.expire_all()
        left = session.execute(select(TimeOff.id, TimeOff.ends_at).order_by(TimeOff.id)).all()
        assert [tuple(row) for row in left] == [(current.id, at), (over.id, NOON + HOUR / 2)]
        assert on_duty(session, clinic.program.id, "dermatology", at) == {clinic.derm.id}
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.DUTY_CHANGED)
        assert session.scalars(told).all() == [clinic.derm.id] * 5, "three written down, two ended"


def test_nobody_ends_the_time_off_of_another_program(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        other = Program(public_id="0" * 32, name="Another program", key_wrapped=b"", created_at=NOON)
        session.add(other)
        session.flush()
        cipher, email = database.cipher, "far@clinic.test"
        far = add_person(session, cipher, other, email=email, name="Far", role=Role.COORDINATOR, now=NOON)
        off = _off(session, clinic, (1, 2))
        for number in (off.id, off.id + 1):
            with pytest.raises(NotFoundError):
                end_time_off(session, far, number, now=NOON)
        assert time_off_from(session, far, NOON).rows == []


def test_whoever_is_back_takes_what_waits_sooner(database: Database, clinic: Clinic) -> None:
    """Nobody was there until tomorrow: what waits is due an hour after somebody is, and the alarm of the gap ends."""
    with database.writing() as session:
        _always(session, clinic, clinic.derm)
        off = _off(session, clinic, (-1, 30))
        watch_cover(session, NOON)
        waiting = clinic.econsult(session)
        assert _taken_by(session, waiting) == NOON + 4 * HOUR
        watch_cover(session, NOON + HOUR)
        end_time_off(session, clinic.coordinator, off.id, now=NOON + HOUR)
        assert roster_changed(session, clinic.program.id, NOON + HOUR) == 1
        assert roster_changed(session, clinic.program.id, NOON + HOUR) == 0
        assert _taken_by(session, waiting) == NOON + 2 * HOUR
        watch_cover(session, NOON + HOUR)
        assert set(session.scalars(select(CoverWatch.is_covered))) == {True}
        assert list(violations(session, NOON + HOUR)) == []


def test_more_time_off_gives_nobody_longer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _always(session, clinic, clinic.derm)
        waiting = clinic.econsult(session)
        _off(session, clinic, (0, 30))
        assert roster_changed(session, clinic.program.id, NOON) == 0
        assert _taken_by(session, waiting) == NOON + HOUR


def test_what_is_held_waits_for_nobody_any_more(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.claimed(session)
        off = _off(session, clinic, (-1, 30))
        end_time_off(session, clinic.coordinator, off.id, now=NOON)
        assert watch_absences(session, NOON + HOUR) == 0


def _taken_by(session: Session, consult: Consult) -> datetime:
    (clock,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
    return clock.deadline_at
