"""Many rows in one statement: on both databases the same values arrive as by a record of each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from econsult.bulk import change, insert_all, insert_new
from econsult.consults.ledger import Clock, ClockEvent
from econsult.database import Database
from econsult.queue.due import due_consults, write_back
from tests.personas import NOON, Clinic

PART = timedelta(microseconds=1)


def _line(consult_id: int, **more: object) -> dict[str, object]:
    line = {"consult_id": consult_id, "name": "first_reply", "cycle": 7, "lane": "", "kind": "warned", "level": 50}
    rest = {"sequence": 0, "at": NOON + PART, "due_at": None, "deadline_at": NOON, "target_seconds": 60}
    return {**line, **rest, "is_late": True, "person_id": None, "reason": 'ñ "\\', **more}


def test_rows_arrive_as_they_are_and_only_new_ones(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        rows = [_line(consult.id), _line(consult.id, level=75, due_at=NOON + PART, is_late=False)]
        assert len(insert_new(session, ClockEvent, rows, ClockEvent.id)) == 2
        rows.append(_line(consult.id, level=90))
        assert [row.level for row in insert_new(session, ClockEvent, rows, ClockEvent.level)] == [90]
    with database.reading() as session:
        found = session.scalars(select(ClockEvent).where(ClockEvent.cycle == 7).order_by(ClockEvent.level)).all()
        assert [{name: getattr(event, name) for name in rows[0]} for event in found] == rows


def test_a_value_that_does_not_fit_is_refused_and_not_cut(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = clinic.claimed(session).id
    with pytest.raises((DBAPIError, StatementError)), database.writing() as session:
        insert_new(session, ClockEvent, [_line(number, deadline_at=None)])
    with database.reading() as session:
        assert session.scalars(select(ClockEvent).where(ClockEvent.cycle == 7)).all() == []


def test_of_rows_that_must_all_be_new_none_is_there_where_one_was_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = clinic.claimed(session).id
        insert_all(session, ClockEvent, [_line(number), _line(number, level=75)])
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_all(session, ClockEvent, [_line(number, level=90), _line(number)])
    with database.reading() as session:
        found = session.scalars(select(ClockEvent).where(ClockEvent.cycle == 7).order_by(ClockEvent.level)).all()
        assert [(line.level, line.at, line.reason) for line in found] == [
            (level, NOON + PART, 'ñ "\\') for level in (50, 75)
        ]


def test_a_change_touches_the_named_rows_and_columns_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first, second = clinic.claimed(session), clinic.claimed(session)
        session.flush()
        mine = session.scalars(select(Clock.id).where(Clock.consult_id == first.id)).all()
        change(session, Clock, [{"id": number, "fired_level": 75, "paused_until": NOON + PART} for number in mine])
    with database.reading() as session:
        levels = dict(session.execute(select(Clock.consult_id, Clock.fired_level).distinct()).all())
        assert levels == {first.id: 75, second.id: 0}
        clock = session.scalars(select(Clock).where(Clock.consult_id == first.id, Clock.name == "first_reply")).one()
        assert (clock.paused_until, clock.paused_at, clock.state) == (NOON + PART, None, "running")


def test_what_a_tick_did_not_change_is_not_written_and_records_see_what_it_did(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        (due,) = due_consults(session, NOON + timedelta(hours=12))
        assert due.id == consult.id
        consult.claim_until = NOON + PART  # Written by somebody else after it was read.
        session.flush()
        due.status = "needs_info"
        due.clocks[0].fired_level = 50
        write_back(session, [due])
        assert (consult.status, consult.claim_until) == ("needs_info", NOON + PART)
        session.rollback()
