"""The `database` fixture hands out migrated databases that do not know of each other, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, inspect, text

from econsult.database import Base, Database
from econsult.errors import InvalidError
from econsult.heartbeats import Heartbeat, beat, latest
from econsult.tables import METADATA
from econsult.vault import Vault
from storage.keys import KeyRing, generate
from tests.personas import NOON, open_clinic


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


def test_a_clinic_that_was_made_once_comes_back_as_it_was_and_can_be_worked_in(database: Database) -> None:
    made, rows = open_clinic(database), _rows(database)
    _empty(database)
    brought = open_clinic(database)
    assert _rows(database) == rows
    assert (brought.child.public_id, brought.child.name) == (made.child.public_id, "Luz Prueba")
    assert brought.child is not made.child
    with database.writing() as session:
        brought.answered(session)
    # What is not empty is written to as ever, and so is what is asked for as of another time.
    with pytest.raises(InvalidError, match="already uses"):
        open_clinic(database)


def test_a_clinic_of_other_keys_or_of_another_hour_is_made_anew(database: Database) -> None:
    known = open_clinic(database).program.public_id
    for changes in ({"vault": Vault(KeyRing.parse(generate()))}, {"now": NOON + timedelta(minutes=1)}):
        _empty(database)
        assert open_clinic(database, **changes).program.public_id != known


def _empty(database: Database) -> None:
    with database.writing() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text(f"TRUNCATE {','.join(METADATA.tables)} RESTART IDENTITY"))
        for table in reversed(METADATA.sorted_tables):
            session.execute(table.delete())


def _rows(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        found = {each: connection.exec_driver_sql(f"SELECT * FROM {each}") for each in METADATA.tables}  # noqa: S608
        return {name: sorted(map(str, rows)) for name, rows in found.items()}
