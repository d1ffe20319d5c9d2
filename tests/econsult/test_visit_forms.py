"""Visits whose forms came twice, or change little, and wrong buttons that are taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from econsult.advice.following import accept_and_read, mark
from econsult.advice.visit_figures import visit_figures
from econsult.advice.visit_lists import visit_lists
from econsult.advice.visiting import book, end, reply
from econsult.consults.records import Consult
from econsult.consults.visits import Booking, Visit, VisitState
from econsult.database import Database
from econsult.errors import StaleVersionError
from econsult.notices import NoticeKind
from econsult.queue.invariants import violations
from tests.booking import BOOKING, DAY, answered, booked, look, step_of, told
from tests.personas import NOON, Clinic

LATER = NOON + timedelta(hours=1)
LIST = replace(BOOKING, starts_at=None)


@pytest.fixture
def consult(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        return answered(session, clinic)


def again(database: Database, clinic: Clinic, consult: Consult, booking: Booking, seen: str) -> Visit:
    """The desk sends the form of a page on which it saw that booking."""
    step = step_of(database, consult)
    with database.writing() as session:
        desk, number = clinic.coordinator, consult.public_id
        return book(session, desk, number, step.public_id, booking, instead_of=seen, now=LATER)


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.state for each in session.scalars(select(Visit).order_by(Visit.id))]


@pytest.mark.parametrize("booking", [BOOKING, LIST])
def test_a_form_that_is_sent_twice_books_once(
    database: Database, clinic: Clinic, consult: Consult, booking: Booking
) -> None:
    first = booked(database, clinic, consult, booking)
    assert again(database, clinic, consult, booking, "").public_id == first
    moved = again(database, clinic, consult, replace(booking, place="Another place"), first)
    assert again(database, clinic, consult, replace(booking, place=" Another place"), first).id == moved.id
    with pytest.raises(StaleVersionError):
        again(database, clinic, consult, replace(booking, place="A third place"), first)
    assert states(database) == ["moved", moved.state]
    assert told(database, NoticeKind.VISIT_SET) == [clinic.mother.id] * 2


def test_what_changes_nothing_tells_nobody_but_a_list_that_was_asked_again_is_a_new_row(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    first = booked(database, clinic, consult)
    assert again(database, clinic, consult, BOOKING, first).public_id == first
    assert told(database, NoticeKind.VISIT_SET) == [clinic.mother.id]
    listed = again(database, clinic, consult, LIST, first)
    # The day is gone, which is no new one; that there still is none is no news.
    assert told(database, NoticeKind.VISIT_OFF) == [clinic.mother.id]
    assert again(database, clinic, consult, LIST, listed.public_id).id != listed.id
    assert told(database, NoticeKind.VISIT_SET) == told(database, NoticeKind.VISIT_OFF) == [clinic.mother.id]


@pytest.mark.parametrize(
    ("said", "changed", "kept"),
    [
        ("coming", {"phone": "505 555 0199"}, "coming"),
        ("ride", {"note": "The bus stops there"}, "ride"),
        ("ride", {"starts_at": DAY + timedelta(days=1)}, "ride"),
        ("cannot", {"starts_at": DAY + timedelta(days=1)}, None),
        ("coming", {"place": "Another place"}, None),
        ("ride", {"starts_at": None}, None),
    ],
)
def test_what_a_family_said_is_kept_as_long_as_it_holds(
    database: Database, clinic: Clinic, consult: Consult, said: str, changed: dict[str, Any], kept: str | None
) -> None:
    first = booked(database, clinic, consult)
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, first, said, now=NOON)
    made = again(database, clinic, consult, replace(BOOKING, **changed), first)
    assert made.reply == kept


@pytest.mark.parametrize(
    ("said", "chosen", "kept"),
    [
        ("Bring her to the second floor", "es", "en"),
        ("Traiga a su hija en ayunas", "en", "es"),
        ("Ayunas", "es", "es"),
    ],
)
def test_no_note_is_called_spanish_that_is_not(
    database: Database, clinic: Clinic, consult: Consult, said: str, chosen: str, kept: str
) -> None:
    booked(database, clinic, consult, replace(BOOKING, note=said, note_language=chosen))
    with database.reading() as session:
        assert session.scalars(select(Visit.note_language)).one() == kept


def test_a_wrong_button_is_taken_back_and_the_visit_is_asked_about_again(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    number, after = booked(database, clinic, consult), DAY + timedelta(hours=2)
    with database.writing() as session:
        # A reason why it did not take place is none of a visit that did.
        end(session, clinic.pcp, consult.public_id, number, "came", why="ride", now=after)
        assert session.scalars(select(Visit.why)).one() is None
    with database.writing() as session:
        mark(session, clinic.pcp, consult.public_id, step_of(database, consult).public_id, "again", now=after)
        assert [each.why for each in visit_lists(session, clinic.pcp, after)["needs"]] == ["past"]
        assert [each for each in violations(session, after) if "visit" in each] == []
    assert look(database, after + timedelta(days=3)) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]
    with database.writing() as session:
        end(session, clinic.pcp, consult.public_id, number, "missed", why="ride", now=after + timedelta(days=4))
    assert states(database) == [VisitState.MISSED]


def test_a_step_that_is_done_after_all_counts_as_come(database: Database, clinic: Clinic, consult: Consult) -> None:
    number = booked(database, clinic, consult)
    with database.writing() as session:
        end(session, clinic.pcp, consult.public_id, number, "missed", why="ride", now=DAY)
        mark(session, clinic.pcp, consult.public_id, step_of(database, consult).public_id, "done", now=DAY)
        whole, *_ = visit_figures(session, NOON, LATER)
    assert (whole.came, whole.lost, whole.why[0]) == (1, 0, 1)


def test_the_desk_hears_where_the_clinic_declines_what_it_has_booked(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    booked(database, clinic, consult)
    with database.writing() as session:
        row = session.get_one(Consult, consult.id)
        refused = {step_of(database, consult).public_id: "We do this ourselves."}
        accept_and_read(session, row, clinic.pcp, refused, now=LATER)
    assert look(database, LATER) == 1
    assert told(database, NoticeKind.VISIT_NEEDS) == [clinic.coordinator.id]


def test_a_ride_that_was_found_needs_nobody_any_more_and_a_family_that_has_one_ends_the_search(
    database: Database, clinic: Clinic, consult: Consult
) -> None:
    step = step_of(database, consult)
    with database.writing() as session:
        number = book(session, clinic.pcp, consult.public_id, step.public_id, BOOKING, now=NOON).public_id
        reply(session, clinic.mother, consult.public_id, number, "ride", now=NOON)
    both = sorted([clinic.pcp.id, clinic.coordinator.id])
    assert told(database, NoticeKind.VISIT_NEEDS) == both
    with database.writing() as session:
        reply(session, clinic.coordinator, consult.public_id, number, "coming", now=LATER)
    assert told(database, NoticeKind.VISIT_NEEDS) == both
    with database.writing() as session:
        reply(session, clinic.mother, consult.public_id, number, "cannot", now=LATER)
        reply(session, clinic.mother, consult.public_id, number, "coming", now=LATER + timedelta(minutes=1))
    assert told(database, NoticeKind.VISIT_NEEDS) == sorted(both * 3)
