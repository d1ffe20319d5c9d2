"""The database part of the suite runs twice through the `database` fixture: on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.pool import QueuePool

from econsult.database import Database, TextCipher, open_database
from storage.keys import FieldCipher, KeyRing, generate
from tests.schema import Shape, files_of, laid_anew, lay_schema, shape_of
from tests.services.postgres import PostgresServer, empty


@pytest.fixture(scope="session")
def cipher() -> TextCipher:
    """The cipher that every database of this run is opened with, under a key of this run."""
    return FieldCipher(KeyRing.parse(generate()))


@dataclass
class CleanDatabases:
    """Migrated PostgreSQL databases: emptied and handed on after a test, unless it changed their tables.

    The engine is handed on too, with a connection: SQLAlchemy keeps the statements that it has compiled with the one,
    PostgreSQL what it knows of the tables with the other, and either costs more to begin anew than a test's statements.
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
        name = str(database.engine.url.database)
        if isinstance(database.engine.pool, QueuePool) and database.engine.pool.checkedout():
            # Whoever still has a connection loses it, and the pool must not count it for ever.
            database.close()
        with database.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            is_as_before = empty(driver, shape)
        if is_as_before:
            self.spare.append((database, shape))
        else:
            database.close()
            self.server.drop(name)


@dataclass
class CleanFiles:
    """SQLite databases in files: emptied and handed on after a test, with their engines as above."""

    folder: Path
    cipher: TextCipher
    spare: list[tuple[Database, Shape]] = field(default_factory=list)

    def take(self) -> tuple[Database, Shape]:
        """An empty database, and the shape it must come back in."""
        if self.spare:
            return self.spare.pop()
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        database = open_database(f"sqlite:///{folder / 'econsult.db'}", self.cipher)
        lay_schema(database)
        return database, shape_of(database)

    def give_back(self, database: Database, shape: Shape) -> None:
        self.spare.append((database, laid_anew(database, shape)))
        kept = files_of(database)
        for left in kept[0].parent.iterdir():
            if left not in kept:
                left.unlink()


@pytest.fixture(scope="session")
def clean_databases(postgres_server: PostgresServer, cipher: TextCipher) -> Iterator[CleanDatabases]:
    """The session's stock of migrated PostgreSQL databases."""
    template = postgres_server.create()
    database = open_database(postgres_server.url(template), cipher)
    database.migrate()
    # Nothing may be connected to a database that is copied.
    database.close()
    stock = CleanDatabases(postgres_server, template, cipher)
    yield stock
    for spare, _shape in stock.spare:
        spare.close()


@pytest.fixture(scope="session")
def clean_files(tmp_path_factory: pytest.TempPathFactory, cipher: TextCipher) -> Iterator[CleanFiles]:
    """The session's stock of migrated SQLite files."""
    stock = CleanFiles(tmp_path_factory.mktemp("sqlite"), cipher)
    yield stock
    for spare, _shape in stock.spare:
        spare.close()


@pytest.fixture
def sqlite_database(clean_files: CleanFiles) -> Iterator[Database]:
    """A migrated, empty SQLite database in a file of the test's own."""
    database, shape = clean_files.take()
    yield database
    clean_files.give_back(database, shape)


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
