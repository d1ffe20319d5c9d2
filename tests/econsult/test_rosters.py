"""Rosters: local hours over changing clocks, time off, swaps, gaps; and the router that explains itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.consults.choice import ask_of
from econsult.consults.clocks import clocks_of
from econsult.consults.hands import loads_of
from econsult.consults.offering import why_of
from econsult.database import Database
from econsult.people.persons import Person
from econsult.queue.forecast import forecast
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Conflict
from econsult.rosters.routing import WORDS, route
from econsult.rosters.shifts import Shift, Swap, TimeOff, first_cover, on_duty, spans
from econsult.rosters.stretches import gaps
from tests.personas import NOON, Clinic

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # Midnight in Denver.


def on(session: Session, clinic: Clinic, person: Person, weekday: int, starts: int, hours: int) -> Shift:
    shift = Shift(program_id=clinic.program.id, specialty="dermatology", person_id=person.id, weekday=weekday)
    shift.starts, shift.minutes, shift.time_zone = starts * 60, hours * 60, "America/Denver"
    shift.from_day = date(2026, 1, 1)
    session.add(shift)
    session.flush()
    return shift


def lengths(session: Session, clinic: Clinic, start: datetime, days: int) -> list[float]:
    found = spans(session, clinic.program.id, "dermatology", start, start + timedelta(days=days))
    return [(span.end - span.start) / HOUR for span in found]


@pytest.mark.parametrize(
    ("saturday", "hours"),
    [
        (datetime(2026, 3, 7, 12, tzinfo=UTC), 11.0),  # The night on which clocks go forward.
        (datetime(2026, 10, 31, 12, tzinfo=UTC), 13.0),  # The night on which they go back.
        (datetime(2028, 2, 26, 12, tzinfo=UTC), 12.0),  # Before a leap day.
    ],
)
def test_a_night_shift_follows_the_clock_on_the_wall(
    database: Database, clinic: Clinic, saturday: datetime, hours: float
) -> None:
    with database.writing() as session:
        on(session, clinic, clinic.derm, weekday=5, starts=18, hours=12)
        assert lengths(session, clinic, saturday, 2) == [hours]


def test_a_leap_day_has_its_shift(database: Database, clinic: Clinic) -> None:
    leap = datetime(2028, 2, 29, 7, tzinfo=UTC)
    with database.writing() as session:
        on(session, clinic, clinic.derm, weekday=1, starts=8, hours=8)
        assert on_duty(session, clinic.program.id, "dermatology", leap + 9 * HOUR) == {clinic.derm.id}


def test_time_off_is_cut_out_of_a_shift(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        on(session, clinic, clinic.derm, weekday=0, starts=8, hours=10)
        off = {"starts_at": MONDAY + 10 * HOUR, "ends_at": MONDAY + 12 * HOUR}
        session.add(TimeOff(person_id=clinic.derm.id, **off))
        assert lengths(session, clinic, MONDAY, 1) == [2.0, 6.0]
        found = spans(session, clinic.program.id, "dermatology", MONDAY, MONDAY + 24 * HOUR)
        assert [(end - start) / HOUR for start, end in gaps(found, MONDAY, MONDAY + 24 * HOUR)] == [8.0, 2.0, 6.0]


def test_a_swap_counts_once_it_is_accepted(database: Database, clinic: Clinic) -> None:
    at = MONDAY + 9 * HOUR
    with database.writing() as session:
        shift = on(session, clinic, clinic.derm, weekday=0, starts=8, hours=10)
        swap = Swap(shift_id=shift.id, on_day=date(2026, 3, 2), to_id=clinic.derm2.id, asked_by_id=clinic.derm.id)
        swap.asked_at = MONDAY
        session.add(swap)
        session.flush()
        assert on_duty(session, clinic.program.id, "dermatology", at) == {clinic.derm.id}
        swap.accepted_at = MONDAY
        session.flush()
        assert on_duty(session, clinic.program.id, "dermatology", at) == {clinic.derm2.id}
        assert on_duty(session, clinic.program.id, "dermatology", at + timedelta(days=7)) == {clinic.derm.id}


def test_the_next_cover_is_found(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        on(session, clinic, clinic.derm, weekday=3, starts=8, hours=4)
        on(session, clinic, clinic.derm2, weekday=1, starts=8, hours=4)
        program, both = clinic.program.id, {clinic.derm.id, clinic.derm2.id}
        assert first_cover(session, program, "dermatology", both, MONDAY) == MONDAY + timedelta(days=1, hours=8)
        found = first_cover(session, program, "dermatology", {clinic.derm.id}, MONDAY)
        assert found == MONDAY + timedelta(days=3, hours=8)
        assert first_cover(session, program, "dermatology", set(), MONDAY) is None


def test_the_router_says_why_and_says_it_again_the_same(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.add(Conflict(person_id=clinic.derm2.id, patient_id=clinic.child.id))
        consult = clinic.econsult(session)
        chosen = [route(session, ask_of(session, consult), lambda ids: loads_of(session, ids), NOON) for _ in range(3)]
        assert [person.id for person in chosen[0].ready] == [clinic.derm.id]
        assert chosen[0].explain() == "2 answer for dermatology; 1 left out: conflict of interest; 1 on duty now."
        assert len({each.explain("es") for each in chosen}) == 1


def test_a_pool_without_a_roster_is_covered_when_the_first_is_back(database: Database, clinic: Clinic) -> None:
    back = NOON + timedelta(minutes=30)
    with database.writing() as session:
        for person, ends_at in ((clinic.derm, back), (clinic.derm2, back + timedelta(days=1))):
            session.add(TimeOff(person_id=person.id, starts_at=NOON - timedelta(hours=1), ends_at=ends_at))
        consult = clinic.econsult(session)
        said = [line.sentence() for line in why_of(consult)]
        assert said == ["2 answer for dermatology", "2 away or off duty", "nobody on duty; next cover is planned"]
        taken = next(clock for clock in clocks_of(session, consult.id) if clock.name == "allocate")
        assert taken.deadline_at == back + timedelta(hours=1)


def test_another_specialty_stands_in_where_nobody_qualifies(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.let_neurology_stand_in(session)
        consult = clinic.econsult(session)
        assert (consult.is_unallocated, consult.fallback_specialty) == (False, "neurology")


def test_every_word_of_the_router_is_there_in_both_languages() -> None:
    assert {code for code, words in WORDS.items() if set(words) == {"en", "es"}} == set(WORDS)


def test_the_forecast_names_gaps_and_what_runs_out_in_them(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        on(session, clinic, clinic.derm, weekday=3, starts=8, hours=4)
        consult = clinic.econsult(session, now=NOON)
        found = forecast(session, clinic.program.id, NOON + HOUR)
        assert [(risk.consult.id, risk.why) for risk in found.risks] == [(consult.id, "no_cover")]
        assert [(gap.specialty, gap.at_stake) for gap in found.gaps] == [("dermatology", 1)]


@pytest.mark.parametrize(
    ("hour", "until"), [(20, 20), (21, 31), (23, 31), (2, 7), (7, 7)], ids=["evening", "nine", "eleven", "two", "seven"]
)
def test_nights_are_quiet_in_the_readers_own_time(clinic: Clinic, hour: int, until: int) -> None:
    midnight = datetime(2026, 7, 1, 6, tzinfo=UTC)  # In Denver.
    at = midnight + hour * HOUR
    assert Quiet("America/Denver").until(clinic.derm, at) == midnight + until * HOUR


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 8, 13, tzinfo=UTC)),  # Clocks go forward.
        (datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 14, tzinfo=UTC)),  # They go back.
        (datetime(2028, 2, 29, 5, tzinfo=UTC), datetime(2028, 2, 29, 14, tzinfo=UTC)),  # Into a leap day.
    ],
)
def test_a_night_ends_at_seven_by_the_clock_on_the_wall(clinic: Clinic, evening: datetime, morning: datetime) -> None:
    assert Quiet("America/Denver").until(clinic.derm, evening) == morning
