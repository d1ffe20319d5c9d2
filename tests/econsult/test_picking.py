"""Many numbers as one parameter: found by an index, in both databases, and none of them finds nothing."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.database import Database
from econsult.picking import one_of
from econsult.queue.due import RUNNING
from tests.personas import Clinic


@pytest.mark.parametrize("wanted", [[], [1], [3, 1], list(range(2, 500)), {2}])
def test_those_of_many_numbers_are_found(database: Database, clinic: Clinic, wanted: list[int]) -> None:
    with database.writing() as session:
        known = [clinic.econsult(session).id for _ in range(3)]
        numbers = [known[0] - 1 + number for number in wanted]
        found = session.scalars(select(Consult.id).where(one_of(Consult.id, "numbers")), {"numbers": numbers})
        assert set(found) == set(known) & set(numbers)


def test_the_clocks_of_a_batch_are_found_by_their_index(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        assert "SEARCH clock USING INDEX ix_clock_open (consult_id=?)" in _plan(session)


def _plan(session: Session) -> str:
    statement = RUNNING.compile(dialect=session.get_bind().dialect)
    given = [json.dumps([1, 2]) if name == "numbers" else statement.params[name] for name in statement.positiontup]
    return "".join(
        str(row[3]) for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(given))
    )
