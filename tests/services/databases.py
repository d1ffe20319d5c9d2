"""The database part of the suite runs twice through the `database` fixture: on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from econsult.database import Database, TextCipher, open_database
from tests.services.postgres import PostgresServer


class FixedKeyCipher:
    """AES-256-GCM under one key of the test run: columns are as opaque as in production."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, text: str, context: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(self._key).encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        return AESGCM(self._key).decrypt(sealed[:12], sealed[12:], context.encode()).decode()

    def blind_index(self, text: str, context: str) -> str:
        return hmac.new(self._key, f"{context}\0{text}".encode(), hashlib.sha256).hexdigest()


@pytest.fixture(scope="session")
def cipher() -> TextCipher:
    """The cipher that every database of this run is opened with."""
    return FixedKeyCipher(os.urandom(32))


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
