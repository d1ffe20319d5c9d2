"""Nobody can act although somebody is named: barred, away, or gone. The desk hears of it at once, and once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults import threads
from econsult.consults.ledger import Clock, ClockEvent
from econsult.consults.offering import why_of
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Organization
from econsult.people.signin import close_account
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.rosters.limits import Conflict, Limits
from econsult.rosters.shifts import Swap, TimeOff, on_duty
from tests.econsult.test_cover import EDGE, HOUR, SECOND, shift, told
from tests.personas import NOON, Clinic


def no_cover(session: Session) -> list[tuple[int, str]]:
    lines = select(ClockEvent).where(ClockEvent.reason == "no_cover").order_by(ClockEvent.id)
    return [(line.consult_id, line.name) for line in session.scalars(lines)]


@pytest.mark.parametrize("bar", ["licence", "language", "conflict"])
def test_those_on_duty_may_not_take_it(database: Database, clinic: Clinic, bar: str) -> None:
    """Who may take it goes home; who comes may not: told at that very moment, once, and not for other requests."""
    with database.writing() as session:
        session.execute(update(Organization).where(Organization.id == clinic.home.id).values(state="NM"))
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, starts=12, hours=8)
        waiting = clinic.econsult(session)
        watch_cover(session, NOON)
        if bar == "conflict":
            session.add(Conflict(person_id=clinic.derm2.id, patient_id=clinic.child.id))
        else:
            rule = {"states": "TX"} if bar == "licence" else {"languages": "fr"}
            session.add(Limits(person_id=clinic.derm2.id, capacity=0, **rule))
        session.flush()
        watch_cover(session, EDGE - SECOND)
        assert told(session) == []
        for at in (EDGE, EDGE + SECOND, EDGE + HOUR / 6, EDGE + HOUR):
            watch_cover(session, at)
        assert told(session) == [(waiting.id, clinic.coordinator.id)]
        assert no_cover(session) == [(waiting.id, "allocate")]


@pytest.mark.parametrize("bar", ["licence", "language", "conflict"])
def test_letters_go_to_those_who_may_take_it_and_to_nobody_who_may_not(
    database: Database, clinic: Clinic, bar: str
) -> None:
    """The one on duty is barred, the one who may take it comes in two days: that one hears, however long it waits."""
    with database.writing() as session:
        session.execute(update(Organization).where(Organization.id == clinic.home.id).values(state="NM"))
        shift(session, clinic, clinic.derm, hours=20)
        shift(session, clinic, clinic.derm2, weekday=2)
        if bar == "conflict":
            session.add(Conflict(person_id=clinic.derm.id, patient_id=clinic.child.id))
        else:
            rule = {"states": "TX"} if bar == "licence" else {"languages": "fr"}
            session.add(Limits(person_id=clinic.derm.id, capacity=0, **rule))
        clinic.econsult(session)
        for hours in range(1, 60, 2):
            fire(session, NOON + hours * HOUR)
        heard = {person: kinds for person, kinds in _heard(session).items() if person in _both(clinic)}
    assert set(heard) == {clinic.derm2.id}
    assert {NoticeKind.REMINDER, NoticeKind.AT_RISK, NoticeKind.OVERDUE} <= heard[clinic.derm2.id]


def test_the_next_cover_is_somebody_who_may_take_it(database: Database, clinic: Clinic) -> None:
    """The barred one comes in an hour, the other in two days: nobody is promised within two hours."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, starts=6)
        shift(session, clinic, clinic.derm2, weekday=2)
        session.add(Conflict(person_id=clinic.derm.id, patient_id=clinic.child.id))
        waiting = clinic.econsult(session)
        allocate = session.scalars(select(Clock).where(Clock.name == "allocate")).one()
        assert why_of(waiting)[-1].code == "later"
        assert allocate.deadline_at == NOON + 4 * HOUR


def _both(clinic: Clinic) -> set[int]:
    return {clinic.derm.id, clinic.derm2.id}


def _heard(session: Session) -> dict[int, set[NoticeKind]]:
    found: dict[int, set[NoticeKind]] = {}
    for notice in session.scalars(select(Notice)):
        found.setdefault(notice.person_id, set()).add(NoticeKind(notice.kind))
    return found


def test_the_ladder_says_no_cover_where_those_on_duty_may_not_take_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.execute(update(Organization).where(Organization.id == clinic.home.id).values(state="NM"))
        shift(session, clinic, clinic.derm, hours=20)
        waiting = clinic.econsult(session)
        session.add(Limits(person_id=clinic.derm.id, capacity=0, states="TX", languages=""))
        session.flush()
        fire(session, NOON + HOUR / 2)
        assert told(session) == [(waiting.id, clinic.coordinator.id)]


def test_the_clinic_asks_again_while_the_holder_is_away(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 90 * HOUR))
        session.flush()
        assert watch_absences(session, NOON + 2 * HOUR) == 0
        threads.post(
            session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="And if it spreads?", now=NOON + 3 * HOUR
        )
        assert [watch_absences(session, NOON + at * HOUR) for at in (3, 4)] == [1, 0]
        assert no_cover(session) == [(consult.id, "next_reply")]
        assert told(session) == [(consult.id, clinic.coordinator.id)]


def test_the_account_of_a_holder_is_closed(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        close_account(session, session.merge(clinic.derm), NOON + SECOND)
        session.flush()
        assert [watch_absences(session, NOON + at * SECOND) for at in (2, 4)] == [1, 0]
        assert told(session) == [(consult.id, clinic.coordinator.id)]
        fire(session, NOON + 12 * HOUR)
        assert len(told(session)) == 1


def test_a_stand_in_whose_account_is_closed_is_no_cover(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        own = shift(session, clinic, clinic.derm)
        swap = Swap(shift_id=own.id, on_day=NOON.date(), to_id=clinic.derm2.id, asked_by_id=clinic.derm.id)
        swap.asked_at = swap.accepted_at = NOON
        session.add(swap)
        session.flush()
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == {clinic.derm2.id}
        close_account(session, session.merge(clinic.derm2), NOON)
        session.flush()
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == set()


def test_a_shift_that_an_open_account_took_over_outlives_its_owner(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        own = shift(session, clinic, clinic.derm)
        swap = Swap(shift_id=own.id, on_day=NOON.date(), to_id=clinic.derm2.id, asked_by_id=clinic.derm.id)
        swap.asked_at = swap.accepted_at = NOON
        session.add(swap)
        close_account(session, session.merge(clinic.derm), NOON)
        session.flush()
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == {clinic.derm2.id}
