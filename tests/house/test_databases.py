"""The `database` fixture hands out migrated databases that do not know of each other, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, inspect, text

from econsult.database import Base, Database
from econsult.heartbeats import Heartbeat, beat, latest


def test_a_database_is_migrated(database: Database) -> None:
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_sees_the_rows_of_another(database: Database, turn: int) -> None:
    with database.writing() as session:
        assert latest(session) == {}
        beat(session, f"worker-{turn}", "fast", datetime.now(UTC))


@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_sees_the_tables_that_another_made(database: Database, turn: int) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE leftover (id integer)"))


@pytest.mark.parametrize("turn", [1, 2])
def test_numbers_start_at_one_in_every_test(database: Database, turn: int) -> None:
    with database.writing() as session:
        beat(session, f"worker-{turn}", "fast", datetime.now(UTC))
        session.flush()
        assert latest(session)["fast"].id == 1
        # An empty table has used numbers too.
        session.execute(delete(Heartbeat))
