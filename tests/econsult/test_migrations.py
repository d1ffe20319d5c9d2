"""The schema's history runs up and down with data in it, and ends where the models are."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from econsult.database import Database
from econsult.people.persons import person_by_email
from econsult.tables import METADATA
from tests.personas import Clinic, open_clinic


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_going_down_and_up_again_works_with_data(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.answered(session)
    database.migrate("base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    database.migrate()
    again = open_clinic(database)
    with database.reading() as session:
        found = person_by_email(session, database.cipher, "mother@clinic.test")
        assert found is not None
        assert found.name == again.mother.name


def test_migrating_twice_changes_nothing(database: Database, clinic: Clinic) -> None:
    database.migrate()
    with database.reading() as session:
        assert person_by_email(session, database.cipher, "pcp@clinic.test") is not None
