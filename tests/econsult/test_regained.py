"""Free places are for requests: who hears that there is room again for what found none, and what a look at it costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, requests
from econsult.consults.clocks import open_clocks
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.jobs import Job, JobKind, JobPolicy
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import add_patient
from econsult.people.persons import Person, PractitionerSpecialty
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.pending import look_for_work
from econsult.queue.regained import _Seats
from econsult.queue.reoffering import roster_changed
from econsult.rosters.limits import FallbackPool, Limits
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import CoverWatch
from tests.crowd import Crowd, add_crowd
from tests.econsult.test_cover import HOUR, shift
from tests.econsult.test_room import MINUTE, heard, limit, take
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.timing import quickest

FREED = NOON + 10 * MINUTE


def _sign(session: Session, consult: Consult, at: datetime = FREED) -> None:
    holder = session.get_one(Person, consult.holder_id)
    answers.save_draft(session, consult, holder, ANSWER, now=at, lease=LEASE)
    answers.sign(session, consult, holder, now=at)


def _look(session: Session, minutes: int = 3, start: datetime = FREED) -> None:
    for minute in range(1, minutes + 1):
        watch_cover(session, start + minute * MINUTE)
    session.expire_all()


def _to_be_taken(session: Session, consult: Consult) -> datetime:
    return open_clocks(session, consult.id, ClockName.ALLOCATE)[0].deadline_at


def _full(session: Session, clinic: Clinic) -> list[Consult]:
    for person in (clinic.derm, clinic.derm2):
        limit(session, person, 1)
    return [take(session, clinic, person) for person in (clinic.derm, clinic.derm2)]


def _in_spanish(session: Session, clinic: Clinic) -> Clinic:
    """The same clinic with another child, whose family speaks Spanish."""
    key, home = clinic.vault.new_patient_key(session, clinic.program), clinic.home
    details = {"name": "Ana", "birth_date": "2021-01-15", "sex": "female", "organization": home, "now": NOON}
    child = add_patient(session, clinic.program, key_wrapped=key, **details)
    child.language = "es"
    session.flush()
    return dataclasses.replace(clinic, child=child)


@pytest.mark.parametrize("before", ["a test", "routine ones that were told"])
def test_a_place_is_for_the_most_pressing_child_whatever_else_waits(
    database: Database, clinic: Clinic, before: str
) -> None:
    with database.writing() as session:
        waiting = [clinic.econsult(session, is_test=before == "a test") for _ in range(3)]
        held = _full(session, clinic)
        urgency = "routine" if before == "a test" else "same_day"
        child = clinic.econsult(session, urgency=urgency, now=NOON + MINUTE)
        assert ([each.uncovered_at for each in waiting], child.uncovered_at) == ([None] * 3, NOON + MINUTE)
        _sign(session, held[0])
        _look(session)
        assert (child.uncovered_at, _to_be_taken(session, child)) == (None, FREED + MINUTE + HOUR)
        assert heard(session, child, NoticeKind.NEW_REQUEST)[-1] == clinic.derm.id


def test_a_place_is_not_for_what_its_owner_may_not_take(database: Database, clinic: Clinic) -> None:
    """One place each, of who speaks English and of who speaks Spanish, is no two places for the English ones."""
    with database.writing() as session:
        for person, language in ((clinic.derm, "en"), (clinic.derm2, "es")):
            session.add(Limits(person_id=person.id, capacity=1, languages=language))
        session.flush()
        in_spanish = _in_spanish(session, clinic)
        held = [take(session, clinic, clinic.derm), take(session, in_spanish, clinic.derm2)]
        waiting = [clinic.econsult(session), clinic.econsult(session), in_spanish.econsult(session)]
        for consult in held:
            _sign(session, consult)
        _look(session)
        assert [each.uncovered_at is None for each in waiting] == [True, False, True]
        told = [heard(session, each, NoticeKind.NEW_REQUEST)[-1] for each in (waiting[0], waiting[2])]
        assert told == [clinic.derm.id, clinic.derm2.id]


def test_whoever_may_take_either_makes_room_for_who_may_take_one(database: Database, clinic: Clinic) -> None:
    """The first request could have either place; it leaves the other to the second, which has no choice."""
    with database.writing() as session:
        held = _full(session, clinic)
        session.scalars(select(Limits).where(Limits.person_id == clinic.derm2.id)).one().languages = "en"
        first, second = clinic.econsult(session), _in_spanish(session, clinic).econsult(session)
        for consult in held:
            _sign(session, consult)
        _look(session)
        assert [each.uncovered_at for each in (first, second)] == [None, None]


def test_one_place_of_somebody_of_two_pools_is_given_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.add(PractitionerSpecialty(person_id=clinic.derm.id, specialty="neurology"))
        for person in (clinic.derm2, clinic.neuro):
            session.get_one(Person, person.id).is_active = False
        limit(session, clinic.derm, 1)
        held = take(session, clinic, clinic.derm)
        first, second = clinic.econsult(session), clinic.econsult(session, specialty="neurology")
        _sign(session, held)
        _look(session)
        assert (first.uncovered_at, second.uncovered_at) == (None, NOON)


@pytest.mark.parametrize("drift", [0, 20])
def test_the_place_is_for_the_most_pressing_of_all_pools_whichever_is_looked_at(
    database: Database, clinic: Clinic, drift: int
) -> None:
    with database.writing() as session:
        session.add(PractitionerSpecialty(person_id=clinic.derm.id, specialty="neurology"))
        limit(session, clinic.derm, 1)
        for person in (clinic.derm2, clinic.neuro):
            session.add(TimeOff(person_id=person.id, starts_at=NOON - HOUR, ends_at=NOON + 90 * HOUR))
        watch_cover(session, NOON)
        held = take(session, clinic, clinic.derm)
        routine = clinic.econsult(session)
        sooner = clinic.econsult(session, specialty="neurology", urgency="same_day")
        watch_cover(session, FREED)
        later = timedelta(seconds=drift)
        session.execute(update(CoverWatch).where(CoverWatch.specialty == "neurology").values(next_at=FREED + later))
        _sign(session, held)
        for tick in range(15):
            watch_cover(session, FREED + MINUTE + tick * timedelta(seconds=2))
        session.expire_all()
        assert (routine.uncovered_at is None, sooner.uncovered_at) == (False, None)


def test_places_are_given_at_once_however_many_wait_for_them() -> None:
    """What cannot have a place costs no more than a look, once the same people have had none for another."""

    def give() -> None:
        seats = _Seats(dict.fromkeys(range(30), 40) | {99: 1})
        assert sum(seats.take(request, range(30)) for request in range(10_000)) == 1200
        assert (seats.take(20_000, [3, 99]), seats.take(20_001, [99]), seats.free) == (True, False, 0)

    assert quickest(give, 1) < 1


def test_a_request_whose_words_do_not_open_keeps_nobody_else_waiting(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        held = _full(session, clinic)
        broken, whole = clinic.econsult(session), clinic.econsult(session)
        session.execute(text("UPDATE consult SET question = 'broken' WHERE id = :id"), {"id": broken.id})
        session.expunge(broken)
        for consult in held:
            _sign(session, consult)
        _look(session)
        assert whole.uncovered_at is None
        session.execute(text("UPDATE consult SET is_unallocated = :yes"), {"yes": True})
        _look(session, 1, FREED + 4 * MINUTE)


def test_no_mark_stays_on_what_ended_or_was_answered(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        held = _full(session, clinic)
        waiting = clinic.econsult(session)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON, ends_at=NOON + 9 * HOUR))
        session.flush()
        watch_absences(session, NOON + MINUTE)
        session.expire_all()
        assert None not in (held[0].uncovered_at, waiting.uncovered_at)
        _sign(session, held[0])
        requests.withdraw(session, waiting, clinic.pcp, "Seen", now=FREED)
        assert (held[0].uncovered_at, waiting.uncovered_at) == (None, None)


def test_a_gap_that_was_there_before_a_standstill_is_looked_at_after_it(database: Database, clinic: Clinic) -> None:
    """The clock stood still while somebody was there and a request was sent: to it nobody was there all the time."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, starts=6, hours=1)
        for minute in range(5):
            watch_cover(session, NOON + minute * MINUTE)
        sent = clinic.econsult(session, now=NOON + 110 * MINUTE)
        assert sent.uncovered_at is None
        watch_cover(session, NOON + 130 * MINUTE)
        session.expire_all()
        assert sent.uncovered_at == NOON + 130 * MINUTE


def test_what_the_look_at_what_people_hold_finds_waits_for_no_morning(database: Database, clinic: Clinic) -> None:
    """No pool is looked at in that moment; the desk's people are asleep."""
    night = NOON + 18 * HOUR
    with database.writing() as session:
        held = take(session, clinic, clinic.derm)
        watch_cover(session, NOON)
        shift(session, clinic, clinic.derm, hours=2)
        session.execute(update(CoverWatch).where(CoverWatch.specialty != "").values(next_at=night + MINUTE))
        watch_cover(session, night)
        session.expire_all()
        assert held.uncovered_at == night
        number = select(Notice.id).where(Notice.kind == NoticeKind.NO_COVER, Notice.consult_id == held.id)
        letters = session.scalars(select(Job.run_after).where(Job.subject_id.in_(number), Job.kind == JobKind.NOTIFY))
        assert set(letters) == {night}


def test_an_instant_with_a_part_of_a_second_is_the_same_in_the_ledger(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, starts=7, hours=8)
        at = NOON + timedelta(microseconds=123_456)
        clinic.econsult(session, now=at)
        roster_changed(session, clinic.program.id, at + timedelta(seconds=3, microseconds=777))
        shift(session, clinic, clinic.derm2, starts=6, hours=8)
        roster_changed(session, clinic.program.id, at + timedelta(seconds=9, microseconds=777))
    with database.reading() as session:
        assert list(violations(session, at)) == []


def test_a_gap_is_one_letter_however_many_looks_it_takes(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, hours=5)
        ends = NOON + 4 * HOUR
        session.get_one(Person, clinic.derm2.id).is_active = False
        add_crowd(
            session, clinic.econsult(session), Crowd(450, NOON + 24 * HOUR, timedelta(seconds=1), ("dermatology",))
        )
        watch_cover(session, ends - MINUTE)
        told = 0
        for tick in range(6):
            told += watch_cover(session, ends + tick * timedelta(seconds=2))
        assert told == 451
        letters = select(Notice.id).where(Notice.kind == NoticeKind.NO_COVER, Notice.state == "pending")
        assert len(session.scalars(letters.where(Notice.person_id == clinic.coordinator.id)).all()) == 1


def test_all_that_nobody_there_may_take_any_more_is_found_however_much_it_is(
    database: Database, clinic: Clinic
) -> None:
    """Within two ticks of a change of languages, and not again at each minute's look: nothing has changed since."""
    with database.writing() as session:
        crowd = Crowd(520, NOON + 24 * HOUR, timedelta(seconds=1), ("dermatology",))
        add_crowd(session, clinic.econsult(session), crowd)
        watch_cover(session, NOON)
        session.add_all(Limits(person_id=each.id, languages="fr") for each in (clinic.derm, clinic.derm2))
        session.flush()
        told = [watch_cover(session, NOON + MINUTE + tick * timedelta(seconds=2)) for tick in range(3)]
        assert told == [500, 21, 0]
        assert [watch_cover(session, NOON + minute * MINUTE) for minute in (2, 3, 4)] == [0, 0, 0]
        session.execute(update(Consult).where(Consult.specialty == "dermatology").values(uncovered_at=None))
        again = [watch_cover(session, NOON + minute * MINUTE) for minute in (5, 6)]
        assert again == [0, 0]


def test_an_absence_is_told_each_time_where_nobody_is_a_specialist(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.execute(delete(PractitionerSpecialty))
        question = clinic.family_question(session)
        holding.claim(session, question, session.get_one(Person, clinic.pcp.id), now=NOON, lease=99 * HOUR)
        for hour in (1, 4):
            start = NOON + hour * HOUR
            session.add(TimeOff(person_id=clinic.pcp.id, starts_at=start, ends_at=start + 2 * HOUR))
        session.flush()
        for minute in range(0, 5 * 60, 5):
            now = NOON + minute * MINUTE
            if look_for_work(session, now, JobPolicy()).has_round:
                watch_cover(session, now)
                watch_absences(session, now)
        told = heard(session, question, NoticeKind.NO_COVER)
        assert told.count(clinic.coordinator.id) == 2


def test_the_figure_of_being_taken_counts_from_the_first_offer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        held = _full(session, clinic)
        waiting = clinic.econsult(session)
        at = NOON + 160 * MINUTE
        _sign(session, held[0], at)
        _look(session, 1, at)
        holding.claim(session, waiting, clinic.derm, now=at + 51 * MINUTE, lease=LEASE)
        found = figures(session, NOON - HOUR, NOON + 24 * HOUR, NOON + 24 * HOUR)
        taken = next(each for each in found if (each.clock, each.by) == (ClockName.ALLOCATE, "all"))
        # Two were taken at once. As families live through it, and as they are judged who could take it.
        assert (taken.count, taken.wall[2], taken.net[2]) == (3, 3.52, 0.83)


@pytest.mark.wide
def test_what_nobody_may_take_is_offered_to_whoever_stands_in_later(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            session.add(Limits(person_id=person.id, languages="fr"))
        session.flush()
        waiting = [clinic.econsult(session) for _ in range(53)]
        assert all(each.is_unallocated for each in waiting)
        session.add(FallbackPool(program_id=clinic.program.id, specialty="dermatology", fallback="neurology"))
        session.flush()
        _look(session, 2)
        assert {(each.is_unallocated, each.fallback_specialty) for each in waiting} == {(False, "neurology")}
        assert clinic.neuro.id in heard(session, waiting[-1], NoticeKind.NEW_REQUEST)


def test_many_programs_are_looked_at_part_by_part(database: Database, clinic: Clinic) -> None:
    """The longest due first: nobody who writes waits for all of them, and none is left out."""
    with database.writing() as session:
        watch_cover(session, NOON)
        same = {"program_id": clinic.program.id, "is_covered": True, "people": ""}
        session.add_all(CoverWatch(specialty=f"s{number}", next_at=NOON, **same) for number in range(150))
        session.flush()
        late = [
            session.scalar(select(func.count()).where(CoverWatch.next_at <= NOON + at * MINUTE))
            for at in (0, 1, 1)
            if watch_cover(session, NOON + at * MINUTE) == 0
        ]
        assert late == [50, 53, 0]


def test_a_look_reads_what_is_marked_and_not_what_waits(sqlite_database: Database) -> None:
    """Once the looks after a change are over: neither all of a program, nor all of a pool, nor all accounts."""
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        _full(session, clinic)
        session.execute(text("UPDATE consult SET is_taken_off_duty = 1 WHERE holder_id IS NOT NULL"))
        assert clinic.econsult(session).uncovered_at is not None
        _look(session, 4)
        asked: list[tuple[str, Any]] = []
        with _listening(session, asked):
            _look(session, 1, FREED + 4 * MINUTE)
        plans = [
            (row[3], said)
            for said, given in asked
            if said.startswith("SELECT")
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given)
        ]
    wide = ("SCAN consult", "ix_consult_desk ", "uq_consult_program_number", "SCAN person USING INDEX ix_person_closed")
    found = [(plan, said) for plan, said in plans if any(each in plan for each in wide[:3])]
    assert (found, any(wide[3] in plan for plan, _said in plans)) == ([], True)


@contextmanager
def _listening(session: Session, asked: list[tuple[str, Any]]) -> Iterator[None]:
    """Note every statement and what it was given."""

    def note(_connection: Any, _cursor: Any, said: str, given: Any, *_rest: Any) -> None:
        asked.append((said, given))

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    yield
    event.remove(engine, "before_cursor_execute", note)
