"""A visit from the booking to whether the child came: who books, who hears what and when, and what stays watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from econsult.advice.late import tell_of_late_steps
from econsult.advice.lists import count_late
from econsult.advice.visit_lists import visit_lists
from econsult.advice.visiting import book, end, reply
from econsult.bereavement import mark_death
from econsult.consults.correcting import correct
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.undoing import take_back
from econsult.consults.visits import Visit, first_look, morning
from econsult.database import Database
from econsult.errors import (
    ForbiddenError,
    ImpossibleVerbError,
    InvalidError,
    NotFoundError,
    StaleVersionError,
    TooLateError,
)
from econsult.notices import NoticeKind
from econsult.people.deaths import AfterDeathError
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from tests.booking import BOOKING, DAY, DENVER, PLAN, answered, booked, look, step_of, told
from tests.personas import ANSWER, LEASE, NOON, Clinic


@pytest.fixture
def consult(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        return answered(session, clinic)


def test_a_visit_is_booked_reminded_of_and_asked_about(database: Database, clinic: Clinic, consult: Consult) -> None:
    number = booked(database, clinic, consult)
    assert told(database, NoticeKind.VISIT_SET) == [clinic.mother.id]
    before, after = morning(DAY, DENVER, -1), morning(DAY, DENVER, 1)
    assert (before.astimezone(ZoneInfo(DENVER)).hour, (DAY - before).days) == (9, 0)
    assert look(database, before - timedelta(seconds=1)) == 0
    assert look(database, before) == 1
    assert told(database, NoticeKind.VISIT_SOON) == [clinic.mother.id]
    assert look(database, after - timedelta(seconds=1)) == 0
    assert look(database, after) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]
    with database.writing() as session:
        end(session, clinic.pcp, consult.public_id, number, "came", now=after)
        assert steps_of(session, consult.id)[-1].state == "done"
        # Pressed twice is pressed once; anything else has come too late.
        end(session, clinic.pcp, consult.public_id, number, "came", now=after)
        with pytest.raises(StaleVersionError):
            end(session, clinic.pcp, consult.public_id, number, "missed", why="sick", now=after)
    assert look(database, after + timedelta(days=30)) == 0


def test_the_desk_hears_where_nobody_says_whether_the_child_came(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    with database.writing() as session:
        step = steps_of(session, consult.id)[-1]
        book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, now=NOON)
    after = morning(DAY, DENVER, 1)
    look(database, after)
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.pcp.id]
    assert look(database, after + timedelta(days=3)) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == sorted([clinic.pcp.id, clinic.coordinator.id])
    with database.reading() as session:
        assert [each.why for each in visit_lists(session, clinic.coordinator, after + timedelta(days=9))["needs"]] == [
            "past"
        ]
        # Its step is late again from here on, for whoever looks at that list.
        assert count_late(session, clinic.coordinator, NOON + timedelta(days=40)) == 1


def test_a_step_with_a_visit_ahead_is_not_late(database: Database, clinic: Clinic, consult: Consult) -> None:
    far = replace(BOOKING, starts_at=NOON + timedelta(days=60))
    booked(database, clinic, consult, far)
    late = NOON + timedelta(days=31)
    with database.writing() as session:
        tell_of_late_steps(session, late, Quiet())
        assert count_late(session, clinic.coordinator, late) == 0
        assert [each for each in violations(session, late) if "recommended step" in each] == []
    assert told(database, NoticeKind.STEP_LATE) == []
    with database.writing() as session:
        visit = session.scalars(select(Visit)).one()
        end(session, clinic.coordinator, consult.public_id, visit.public_id, "off", why="place", now=late)
        tell_of_late_steps(session, late + timedelta(days=1), Quiet())
        assert count_late(session, clinic.coordinator, late) == 1
    assert clinic.coordinator.id in told(database, NoticeKind.STEP_LATE)
    assert told(database, NoticeKind.VISIT_OFF) == [clinic.mother.id]


def test_another_day_is_a_new_row_and_whoever_did_not_see_it_changes_nothing(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    first = booked(database, clinic, consult)
    step = step_of(database, consult)
    later = replace(BOOKING, starts_at=DAY + timedelta(days=1))
    with database.writing() as session:
        with pytest.raises(StaleVersionError):
            book(session, clinic.pcp, consult.public_id, step.public_id, later, now=NOON)
        book(session, clinic.pcp, consult.public_id, step.public_id, later, instead_of=first, now=NOON)
        with pytest.raises(StaleVersionError):
            book(session, clinic.coordinator, consult.public_id, step.public_id, later, instead_of=first, now=NOON)
        rows = session.scalars(select(Visit).order_by(Visit.id)).all()
        assert [each.state for each in rows] == ["moved", "booked"]
    assert told(database, NoticeKind.VISIT_SET) == [clinic.mother.id] * 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"place": " "}, "place"),
        ({"place": "x" * 201}, "place"),
        ({"place": "\u200b"}, "place"),
        ({"phone": "ask Ana"}, "phone"),
        ({"starts_at": NOON - timedelta(minutes=1)}, "starts_at"),
        ({"starts_at": NOON + timedelta(days=800)}, "starts_at"),
        ({"bring": ("ham",)}, "bring"),
        ({"note": "x" * 301}, "note"),
        ({"note_language": "fr"}, "note_language"),
    ],
)
def test_a_booking_that_cannot_be_right_changes_nothing(
    database: Database, clinic: Clinic, consult: Consult, wrong: dict[str, Any], field: str
) -> None:
    with database.writing() as session:
        step = steps_of(session, consult.id)[-1]
        with pytest.raises(InvalidError) as refused:
            book(session, clinic.pcp, consult.public_id, step.public_id, replace(BOOKING, **wrong), now=NOON)
        assert set(refused.value.fields) == {field}
        assert session.scalars(select(Visit)).all() == []


def test_only_who_speaks_with_the_family_books(database: Database, clinic: Clinic, consult: Consult) -> None:
    step = step_of(database, consult)
    for person, error in (
        (clinic.derm, ForbiddenError),
        (clinic.mother, ForbiddenError),
        (clinic.stranger, NotFoundError),
    ):
        with database.writing() as session, pytest.raises(error):
            book(session, person, consult.public_id, step.public_id, BOOKING, now=NOON)


def test_what_a_family_says_reaches_those_who_booked_and_the_desk(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, number, "coming", now=NOON)
    assert told(database, NoticeKind.VISIT_NEEDS) == []
    with database.writing() as session:
        for _ in range(2):
            reply(session, clinic.mother, consult.public_id, number, "ride", now=NOON + timedelta(minutes=1))
        needs = visit_lists(session, clinic.pcp, NOON + timedelta(minutes=2))["needs"]
        assert [(each.why, each.patient.id) for each in needs] == [("ride", clinic.child.id)]
        with pytest.raises(InvalidError):
            reply(session, clinic.mother, consult.public_id, number, "perhaps", now=NOON)
        with pytest.raises(NotFoundError):
            reply(session, clinic.stranger, consult.public_id, number, "coming", now=NOON)
        with pytest.raises(ForbiddenError):
            reply(session, clinic.derm, consult.public_id, number, "coming", now=NOON)
        with pytest.raises(StaleVersionError):
            reply(session, clinic.mother, consult.public_id, number, "cannot", now=DAY)
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_what_is_on_a_waiting_list_is_asked_for_every_two_weeks(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult, replace(BOOKING, starts_at=None))
    for weeks in (2, 4):
        assert look(database, NOON + timedelta(weeks=weeks)) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id] * 2
    with database.reading() as session:
        lists = visit_lists(session, clinic.coordinator, NOON + timedelta(weeks=5))
    assert ([each.why for each in lists["needs"]], lists["arrange"]) == (["list"], [])


def test_nothing_can_come_of_a_visit_before_its_day_but_that_it_is_called_off(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        for verb in ("came", "missed"):
            with pytest.raises(ImpossibleVerbError):
                end(session, clinic.pcp, consult.public_id, number, verb, why="sick", now=DAY - timedelta(hours=1))
        with pytest.raises(InvalidError):
            end(session, clinic.pcp, consult.public_id, number, "off", now=NOON)
        with pytest.raises(ForbiddenError):
            end(session, clinic.derm, consult.public_id, number, "off", why="sick", now=NOON)


def test_a_clock_that_stood_still_reminds_nobody_of_what_is_over(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    look(database, DAY + timedelta(minutes=1))
    assert told(database, NoticeKind.VISIT_SOON) == []
    look(database, morning(DAY, DENVER, 1))
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_what_is_booked_for_the_same_day_is_reminded_of_by_its_own_letter_alone() -> None:
    soon = NOON + timedelta(hours=3)
    assert first_look(soon, DENVER, NOON) == morning(soon, DENVER, 1)


@pytest.mark.parametrize("day", ["2026-03-08T10:00", "2026-11-01T10:00"])
def test_a_morning_is_nine_by_the_clock_of_the_place_in_the_nights_when_it_is_put(day: str) -> None:
    at = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(DENVER))
    for days in (-1, 1):
        local = morning(at, DENVER, days).astimezone(ZoneInfo(DENVER))
        assert (local.hour, local.minute, (local.date() - at.date()).days) == (9, 0, days)


def test_a_child_that_has_died_is_reminded_of_nothing_and_staff_are_told_to_call_it_off(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        mark_death(session, clinic.child, clinic.coordinator, "", now=NOON)
    look(database, morning(DAY, DENVER, -1))
    assert told(database, NoticeKind.VISIT_SOON) == []
    with database.writing() as session:
        assert [each.why for each in visit_lists(session, clinic.coordinator, NOON)["needs"]] == ["died"]
        with pytest.raises(AfterDeathError):
            reply(session, clinic.mother, consult.public_id, number, "coming", now=NOON)
        step = steps_of(session, consult.id)[-1]
        with pytest.raises(AfterDeathError):
            book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, instead_of=number, now=NOON)
        end(session, clinic.coordinator, consult.public_id, number, "off", why="family", now=NOON)
        assert visit_lists(session, clinic.coordinator, NOON)["needs"] == []
    assert told(database, NoticeKind.VISIT_OFF) == []


def corrected(
    database: Database, clinic: Clinic, consult: Consult, plan: list[dict[str, str]], watch_for: str = "Fever"
) -> None:
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        content = {**ANSWER, "recommendations": plan, "watch_for": watch_for}
        correct(session, row, clinic.derm, content, "It said another clinic.", now=NOON + timedelta(hours=1))


def test_a_correction_takes_the_visit_on_and_its_undoing_gives_it_back(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number, first = booked(database, clinic, consult), step_of(database, consult)
    corrected(database, clinic, consult, PLAN)
    second = step_of(database, consult)
    with database.reading() as session:
        assert (second.version, session.scalars(select(Visit.recommendation_id)).one()) == (2, second.id)
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        take_back(session, row, clinic.derm, now=NOON + timedelta(hours=1, seconds=5), lease=LEASE)
        visit = session.scalars(select(Visit)).one()
        assert (visit.recommendation_id, visit.before_id) == (first.id, None)
        end(session, clinic.pcp, consult.public_id, number, "came", now=DAY)
        assert steps_of(session, consult.id)[-1].state == "done"


def test_two_corrections_are_taken_back_one_after_the_other(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    first = step_of(database, consult)
    corrected(database, clinic, consult, PLAN)
    corrected(database, clinic, consult, PLAN, "Fever, and blisters")
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        for second in (5, 7):
            take_back(session, row, clinic.derm, now=NOON + timedelta(hours=1, seconds=second), lease=LEASE)
        visit = session.scalars(select(Visit)).one()
        assert (visit.recommendation_id, visit.before_id) == (first.id, None)
        assert list(violations(session, NOON + timedelta(hours=1, seconds=9))) == []


def test_the_signer_takes_nothing_back_once_a_visit_was_booked(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    corrected(database, clinic, consult, [{**PLAN[0], "text": "See her in the allergy clinic"}])
    booked(database, clinic, consult, now=NOON + timedelta(hours=1, seconds=1))
    with database.writing() as session, pytest.raises(TooLateError):
        take_back(
            session,
            session.get_one(Consult, consult.id),
            clinic.derm,
            now=NOON + timedelta(hours=1, seconds=2),
            lease=LEASE,
        )


def test_invariants_name_a_visit_that_no_clock_watches(database: Database, clinic: Clinic, consult: Consult) -> None:
    booked(database, clinic, consult)
    with database.writing() as session:
        assert list(violations(session, NOON)) == []
        assert any("a visit needs somebody" in each for each in violations(session, DAY))
        session.execute(update(Visit).values(next_at=None))
        assert any("no clock watches it" in each for each in violations(session, NOON))
        for damage in (
            {"next_at": DAY + timedelta(days=2)},
            {"next_at": DAY + timedelta(days=900), "starts_at": DAY + timedelta(days=900)},
            {"next_at": None, "starts_at": DAY, "asked_at": NOON},
            {"next_at": None, "asked_at": DAY},
            {"next_at": DAY, "asked_at": None, "starts_at": None},
            {"state": "listed", "asked_at": NOON, "next_at": None},
            {"asked_at": NOON, "next_at": NOON + timedelta(days=15)},
        ):
            session.execute(update(Visit).values(**damage))
            assert [line for line in violations(session, NOON) if "too late for anybody" in line], damage
        session.execute(update(Visit).values(next_at=DAY, state="came"))
        assert any("although it is over" in each for each in violations(session, NOON))
