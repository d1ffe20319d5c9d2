"""The database part of the suite runs twice through the `database` fixture: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from econsult.database import Database, TextCipher, open_database
from storage.keys import FieldCipher, KeyRing, generate
from tests.schema import lay_schema
from tests.services.postgres import PostgresServer


@pytest.fixture(scope="session")
def cipher() -> TextCipher:
    """The cipher that every database of this run is opened with, under a key of this run."""
    return FieldCipher(KeyRing.parse(generate()))


@dataclass
class CleanDatabases:
    """Migrated PostgreSQL databases: emptied and handed on after a test, unless it changed their tables."""

    server: PostgresServer
    template: str
    spare: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def take(self) -> tuple[str, tuple[int, ...]]:
        """The name of an empty database, and the shape it must come back in."""
        if self.spare:
            return self.spare.pop()
        name = self.server.create(self.template)
        return name, self.server.shape(name)

    def give_back(self, name: str, shape: tuple[int, ...]) -> None:
        if self.server.shape(name) == shape:
            self.server.empty(name)
            self.spare.append((name, shape))
        else:
            self.server.drop(name)


@pytest.fixture(scope="session")
def clean_databases(postgres_server: PostgresServer, cipher: TextCipher) -> CleanDatabases:
    """The session's stock of migrated PostgreSQL databases."""
    template = postgres_server.create()
    database = open_database(postgres_server.url(template), cipher)
    database.migrate()
    # Nothing may be connected to a database that is copied.
    database.close()
    return CleanDatabases(postgres_server, template)


@pytest.fixture
def sqlite_database(tmp_path: Path, cipher: TextCipher) -> Iterator[Database]:
    """A migrated, empty SQLite database in a file of the test's own."""
    database = open_database(f"sqlite:///{tmp_path / 'econsult.db'}", cipher)
    lay_schema(database)
    yield database
    database.close()


@pytest.fixture
def postgres_database(clean_databases: CleanDatabases, cipher: TextCipher) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database of the test's own."""
    name, shape = clean_databases.take()
    database = open_database(clean_databases.server.url(name), cipher)
    yield database
    database.close()
    clean_databases.give_back(name, shape)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
