"""The database part of the suite runs twice through the `database` fixture: on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
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
    """Migrated PostgreSQL databases: emptied and handed on after a test, unless it changed their tables.

    The engine is handed on too: SQLAlchemy keeps the statements that it has compiled with it, and compiling them anew
    in each test costs more than running them.
    """

    server: PostgresServer
    template: str
    cipher: TextCipher
    spare: list[tuple[Database, tuple[int, ...]]] = field(default_factory=list)

    def take(self) -> tuple[Database, tuple[int, ...]]:
        """An empty database, and the shape it must come back in."""
        if self.spare:
            return self.spare.pop()
        name = self.server.create(self.template)
        return open_database(self.server.url(name), self.cipher), self.server.shape(name)

    def give_back(self, database: Database, shape: tuple[int, ...]) -> None:
        database.close()
        name = str(database.engine.url.database)
        if self.server.empty(name, shape):
            self.spare.append((database, shape))
        else:
            self.server.drop(name)


@dataclass
class CleanFiles:
    """SQLite databases in files: laid anew and handed on after a test, with their engines as above."""

    folder: Path
    cipher: TextCipher
    spare: list[Database] = field(default_factory=list)

    def take(self) -> Database:
        if self.spare:
            return self.spare.pop()
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        database = open_database(f"sqlite:///{folder / 'econsult.db'}", self.cipher)
        lay_schema(database)
        return database

    def give_back(self, database: Database) -> None:
        database.close()
        path = Path(str(database.engine.url.database))
        for left in path.parent.iterdir():
            left.unlink()
        lay_schema(database)
        self.spare.append(database)


@pytest.fixture(scope="session")
def clean_databases(postgres_server: PostgresServer, cipher: TextCipher) -> CleanDatabases:
    """The session's stock of migrated PostgreSQL databases."""
    template = postgres_server.create()
    database = open_database(postgres_server.url(template), cipher)
    database.migrate()
    # Nothing may be connected to a database that is copied.
    database.close()
    return CleanDatabases(postgres_server, template, cipher)


@pytest.fixture(scope="session")
def clean_files(tmp_path_factory: pytest.TempPathFactory, cipher: TextCipher) -> CleanFiles:
    """The session's stock of migrated SQLite files."""
    return CleanFiles(tmp_path_factory.mktemp("sqlite"), cipher)


@pytest.fixture
def sqlite_database(clean_files: CleanFiles) -> Iterator[Database]:
    """A migrated, empty SQLite database in a file of the test's own."""
    database = clean_files.take()
    yield database
    clean_files.give_back(database)


@pytest.fixture
def postgres_database(clean_databases: CleanDatabases) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database of the test's own."""
    database, shape = clean_databases.take()
    yield database
    clean_databases.give_back(database, shape)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
