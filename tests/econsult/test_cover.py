"""The moment at which nobody is there any more: the desk hears of what waits at once, not at its next deadline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import holding
from econsult.consults.choice import not_on_duty
from econsult.consults.ledger import ClockEvent
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.jobs import Job
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.queue.trial import try_out
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Shift, TimeOff
from econsult.staffing import answer_for
from tests.personas import LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
# NOON is a Monday, 5 in the morning in Denver; the shift ends at 13:00 there.
EDGE = NOON + 8 * HOUR


def shift(
    session: Session, clinic: Clinic, person: Person, *, weekday: int = 0, starts: int = 4, hours: int = 9
) -> Shift:
    found = Shift(program_id=clinic.program.id, specialty="dermatology", person_id=person.id, weekday=weekday)
    found.starts, found.minutes, found.time_zone = starts * 60, hours * 60, "America/Denver"
    found.from_day = date(2026, 1, 1)
    session.add(found)
    session.flush()
    return found


def told(session: Session) -> list[tuple[int | None, int]]:
    rows = select(Notice.consult_id, Notice.person_id).where(Notice.kind == NoticeKind.NO_COVER).order_by(Notice.id)
    return [(row.consult_id, row.person_id) for row in session.execute(rows)]


def watch(session: Session, start: datetime, end: datetime) -> None:
    """Two clock processes that look every half hour, and at the edge itself."""
    at = start
    while at < end:
        for _clock in range(2):
            watch_cover(session, at)
        at = min(at + HOUR / 2, end)


def test_the_end_of_the_last_shift_is_told_for_what_waits(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, weekday=1)
        waiting, held = clinic.econsult(session), clinic.claimed(session)
        watch(session, NOON, EDGE)
        assert told(session) == []
        assert watch_cover(session, EDGE) == 2
        # What waits, and what the one who goes home still has.
        both = [waiting.id, held.id]
        assert told(session) == [(number, clinic.coordinator.id) for number in both]
        watch(session, EDGE + SECOND, EDGE + 10 * HOUR)
        lines = select(ClockEvent).where(ClockEvent.reason == "no_cover")
        assert [(line.consult_id, line.at) for line in session.scalars(lines)] == [(number, EDGE) for number in both]
        assert held.holder_id == clinic.derm.id
        assert [line for line in violations(session, EDGE) if line.startswith("4")] == []


def test_whoever_answers_for_the_specialty_no_more_is_no_cover_by_a_shift_of_before(
    database: Database, clinic: Clinic
) -> None:
    """The shift stays on the plan, and nobody has it: the desk hears, and the forecast names the gap."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        waiting = clinic.econsult(session)
        watch_cover(session, NOON)
        assert (told(session), forecast(session, clinic.program.id, NOON, HOUR).gaps) == ([], [])

        def change(inner: Session) -> None:
            answer_for(inner, clinic.admin, clinic.derm.public_id, ["neurology"], now=NOON)

        assert [each.start for each in try_out(session, clinic.program.id, change, NOON).uncovered][:1] == [NOON]
        change(session)
        watch_cover(session, NOON + 60 * SECOND)
        assert told(session) == [(waiting.id, clinic.coordinator.id)]
        assert [gap.start for gap in forecast(session, clinic.program.id, NOON, HOUR).gaps] == [NOON]


def test_a_second_gap_is_told_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, starts=15, hours=2)
        clinic.econsult(session)
        watch(session, NOON, EDGE + 5 * HOUR)
        assert len(told(session)) == 2


def test_a_change_of_the_roster_is_seen_within_a_minute(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        clinic.econsult(session)
        watch_cover(session, NOON)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + SECOND, ends_at=NOON + 3 * HOUR))
        session.flush()
        assert (watch_cover(session, NOON + 30 * SECOND), watch_cover(session, NOON + 60 * SECOND)) == (0, 1)


def test_many_that_wait_are_told_in_batches_with_one_letter_for_the_desk(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        for _ in range(5):
            clinic.econsult(session)
        watch_cover(session, NOON)
        assert [watch_cover(session, EDGE + n * SECOND, 2) for n in range(4)] == [2, 2, 1, 0]
        assert len(told(session)) == 5
        letters = select(Job.id).join(Notice, Notice.id == Job.subject_id)
        # One for the first of each batch; the others are gathered into the digest of the hour.
        assert len(session.scalars(letters.where(Notice.kind == NoticeKind.NO_COVER)).all()) <= 4


def test_a_planned_absence_is_told_when_it_begins(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 9 * HOUR))
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON - 9 * HOUR, ends_at=NOON - HOUR))
        session.flush()
        assert [watch_absences(session, NOON + at * HOUR) for at in (0, 1, 2)] == [0, 1, 0]
        assert told(session) == [(consult.id, clinic.coordinator.id)]


def test_urgent_is_not_offered_where_nobody_could_take_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert {"dermatology", "neurology"} & set(not_on_duty(session, clinic.program.id, NOON)) == set()
        assert "genetics" in not_on_duty(session, clinic.program.id, NOON)
        session.add_all(Limits(person_id=person.id, capacity=1) for person in (clinic.derm, clinic.derm2))
        session.flush()
        held, waiting = clinic.claimed(session), clinic.econsult(session)
        holding.claim(session, clinic.econsult(session), clinic.derm2, now=NOON, lease=LEASE)
        with pytest.raises(InvalidError) as error:
            change_urgency(session, waiting, clinic.pcp, "urgent", "worse", now=NOON, targets=TARGETS)
        assert error.value.fields == {"urgency": "no_one_on_call"}
        change_urgency(session, held, clinic.pcp, "urgent", "worse", now=NOON, targets=TARGETS)
        assert held.urgency == "urgent"


@pytest.mark.parametrize(
    ("evening", "edge"),
    [
        ((2026, 3, 8, 1), (2026, 3, 8, 12)),  # Clocks go forward in this night: 6 in the morning comes an hour sooner.
        ((2026, 11, 1, 0), (2026, 11, 1, 13)),  # They go back: an hour later.
        ((2028, 2, 29, 1), (2028, 2, 29, 13)),  # The night into a leap day.
    ],
)
def test_the_end_of_a_night_shift_is_seen_by_the_clock_on_the_wall(
    database: Database, clinic: Clinic, evening: tuple[int, ...], edge: tuple[int, ...]
) -> None:
    begins, ends = (datetime(*each, tzinfo=UTC) for each in (evening, edge))  # type: ignore[arg-type, misc]
    with database.writing() as session:
        shift(session, clinic, clinic.derm, weekday=(begins - HOUR * 7).weekday(), starts=18, hours=12)
        clinic.econsult(session, now=begins + HOUR)
        watch(session, begins + HOUR, ends)
        assert told(session) == []
        assert (watch_cover(session, ends), len(told(session))) == (1, 1)


@pytest.mark.parametrize("how", ["away", "left"])
def test_a_pool_without_a_roster_of_whom_nobody_is_left_is_told_at_once(
    database: Database, clinic: Clinic, how: str
) -> None:
    """One goes at ten, the last one at eleven: what waits is told then, and not at half of its time."""
    with database.writing() as session:
        waiting, other = clinic.econsult(session), clinic.econsult(session, specialty="neurology")
        watch(session, NOON, NOON + HOUR)
        for person, at in ((clinic.derm, 1), (clinic.derm2, 2)):
            if how == "away":
                off = TimeOff(person_id=person.id, starts_at=NOON + at * HOUR, ends_at=NOON + 90 * HOUR)
                session.add(off)
                session.flush()
        watch(session, NOON + HOUR, NOON + 2 * HOUR - SECOND)
        assert told(session) == []
        for person in (clinic.derm, clinic.derm2):
            session.get_one(Person, person.id).is_active = how == "away"
        session.flush()
        # A time off begins on the minute; that somebody has left is seen within one.
        watch_cover(session, NOON + 2 * HOUR)
        watch(session, NOON + 2 * HOUR + 60 * SECOND, NOON + 5 * HOUR)
        assert told(session) == [(waiting.id, clinic.coordinator.id)]
        later = clinic.econsult(session, now=NOON + 5 * HOUR)
        watch(session, NOON + 5 * HOUR, NOON + 9 * HOUR)
        kinds = select(Notice.kind).where(Notice.consult_id == later.id, Notice.person_id == clinic.coordinator.id)
        assert list(session.scalars(kinds)) == [NoticeKind.NO_COVER if how == "away" else NoticeKind.UNALLOCATED]
        assert other.id not in {number for number, _person in told(session)}
        assert [line for line in violations(session, NOON + HOUR) if line.startswith("4")] == []
