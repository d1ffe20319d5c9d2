"""A month in figures: what is counted where, and that fifty consults take no more statements than five."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from econsult.billing.export import as_safe_csv, note_export, signed_in, streamed
from econsult.billing.monthly import month_of, span_of
from econsult.billing.rules import Side
from econsult.consults import answers
from econsult.database import Database
from econsult.trail import AuditEvent
from tests.econsult.billing.test_timing import DENVER, at, ready
from tests.personas import ANSWER, LEASE, Clinic

MARCH = date(2026, 3, 1)


def add_answered(database: Database, clinic: Clinic, count: int) -> None:
    for _each in range(count):
        with database.writing() as session:
            consult = clinic.claimed(session)
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=at(60), lease=LEASE)
            answers.sign(session, consult, clinic.derm, now=at(60))


def test_a_month_is_of_the_programs_zone() -> None:
    assert span_of(date(2026, 12, 5), DENVER) == (
        datetime(2026, 12, 1, 7, tzinfo=UTC),
        datetime(2027, 1, 1, 7, tzinfo=UTC),
    )
    # The night of March that loses an hour is in between.
    assert span_of(MARCH, DENVER)[1] == datetime(2026, 4, 1, 6, tzinfo=UTC)


def test_a_month_tells_what_is_ready_and_what_is_missing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        ready(session, clinic)
    add_answered(database, clinic, 1)
    with database.reading() as session:
        found = month_of(session, clinic.program.id, MARCH, DENVER, now=at(9999))
        assert [(row.side, row.code, row.count, row.ready, row.minutes) for row in found.totals] == [
            (Side.CONSULTANT, "", 1, 0, 0),
            (Side.CONSULTANT, "99451", 1, 0, 20),
            (Side.REQUESTER, "", 1, 0, 0),
            (Side.REQUESTER, "99452", 1, 1, 20),
        ]
        assert (found.ready, len(found.listed)) == (1, 4)
        lacking = dict(found.lacking)
        # Two answers on one day for one child: the window stands against the later one alone.
        assert lacking["window"] == 1
        assert (lacking["minutes"], lacking["f2f_prior"]) == (2, 1)
        assert [count for _key, count in found.lacking] == sorted(lacking.values(), reverse=True)
        assert {row["name"]: (row["consults"], row["minutes"], row["ready"]) for row in found.by_clinician} == {
            clinic.derm.name: ("2", "20", "0"), clinic.pcp.name: ("2", "20", "1"),
        }  # fmt: skip
        for empty in (date(2026, 2, 1), date(2026, 4, 1)):
            assert month_of(session, clinic.program.id, empty, DENVER, now=at(9999)).listed == []
        assert month_of(session, clinic.program.id + 1, MARCH, DENVER, now=at(9999)).listed == []


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.wide
def test_fifty_consults_take_as_many_statements_as_five(database: Database, clinic: Clinic) -> None:
    statements: list[str] = []
    listen = lambda *told: statements.append(told[2])  # noqa: E731 - it is taken off again below.
    taken = []
    for more in (5, 45):
        add_answered(database, clinic, more)
        event.listen(database.engine, "before_cursor_execute", listen)
        with database.reading() as session:
            found = month_of(session, clinic.program.id, MARCH, DENVER, now=at(9999))
        text = "".join(streamed(database, [1, *range(2, 400)], span_of(MARCH, DENVER), DENVER, now=at(9999)))
        event.remove(database.engine, "before_cursor_execute", listen)
        taken.append((len(found.listed), text.count("not a claim"), len(statements)))
        statements.clear()
    assert [counts[:2] for counts in taken] == [(10, 10), (100, 100)]
    assert taken[0][2] == taken[1][2] <= 64, taken


def test_a_file_that_is_sent_in_pieces_is_the_same_file(database: Database, clinic: Clinic) -> None:
    add_answered(database, clinic, 3)
    with database.writing() as session:
        ids = signed_in(session, (at(0), at(0) + timedelta(days=1)), program_id=clinic.program.id)
        note_export(session, ids, person_id=clinic.coordinator.id, now=at(9999))
    pieces = list(streamed(database, ids, span_of(MARCH, DENVER), DENVER, now=at(9999)))
    assert (len(pieces), pieces[0].count("\n")) == (1, 7)
    assert as_safe_csv([]) == "".join(streamed(database, [], span_of(MARCH, DENVER), DENVER, now=at(9999)))
    with database.reading() as session:
        query = select(func.count(AuditEvent.id)).where(AuditEvent.action == "export_billing")
        assert session.scalar(query.where(AuditEvent.person_id == clinic.coordinator.id)) == 3
