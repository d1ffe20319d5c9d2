"""The database part of the suite runs twice through the `database` fixture: on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from econsult.database import Database, TextCipher, open_database
from storage.keys import FieldCipher, KeyRing, generate
from tests.services.postgres import PostgresServer


@pytest.fixture(scope="session")
def cipher() -> TextCipher:
    """The cipher that every database of this run is opened with, under a key of this run."""
    return FieldCipher(KeyRing.parse(generate()))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, cipher: TextCipher) -> Path:
    """A migrated SQLite file to copy, since migrating once is cheaper than once a test."""
    path = tmp_path_factory.mktemp("migrated") / "econsult.db"
    _migrate(f"sqlite:///{path}", cipher)
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer, cipher: TextCipher) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    name = postgres_server.create()
    _migrate(postgres_server.url(name), cipher)
    return name


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path, cipher: TextCipher) -> Iterator[Database]:
    """A migrated, empty SQLite database in a file of the test's own."""
    path = tmp_path / "econsult.db"
    shutil.copyfile(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}", cipher)
    yield database
    database.close()


@pytest.fixture
def postgres_database(
    postgres_server: PostgresServer, migrated_postgres: str, cipher: TextCipher
) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database of the test's own."""
    name = postgres_server.create(template=migrated_postgres)
    database = open_database(postgres_server.url(name), cipher)
    yield database
    database.close()
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


def _migrate(url: str, cipher: TextCipher) -> None:
    database = open_database(url, cipher)
    database.migrate()
    # A WAL file left beside the template would be missing from its copies.
    database.close()
