"""A private PostgreSQL on a unix socket: started once, with a database of its own for every test that asks for one."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.services.processes import Launch, Service, ServiceError, as_user, start

# What a crash of the machine would lose does not matter here, and starting is five times faster without it.
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")

# A test leaves few rows: deleting them costs a third of TRUNCATE, which makes new files, let alone of a new database.
EMPTY = """
DO $$
DECLARE
    one text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    -- Without the triggers of foreign keys the order does not matter.
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %s', one);
    END LOOP;
    -- A table whose rows were taken back or deleted is empty, and its numbers have gone on all the same.
    FOR one IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        PERFORM setval(one::regclass, 1, false);
    END LOOP;
END
$$
"""


@dataclass
class PostgresServer:
    """One cluster. `url(name)` is what SQLAlchemy takes."""

    folder: Path
    service: Service

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://econsult@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Make a database as a copy of `template` and return its name."""
        name = f"t_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self._run(statement)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def shape(self, name: str) -> tuple[int, ...]:
        """The numbers of a database's tables: they change when a table is made again."""
        with self._connected(name) as connection:
            return _shape(connection)

    def is_up(self) -> bool:
        try:
            self._run(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        self.service.stop()

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        with self._connected("postgres") as connection:
            connection.execute(statement)

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="econsult", dbname=name, autocommit=True)


def empty(connection: psycopg.Connection[Any], shape: tuple[int, ...]) -> bool:
    """Remove every row but the schema's version, and whoever else is connected; False where the shape is another."""
    try:
        if _shape(connection) != shape:
            return False
        connection.execute(EMPTY)
        return True
    finally:
        connection.commit()


def _shape(connection: psycopg.Connection[Any]) -> tuple[int, ...]:
    rows = connection.execute("SELECT oid::int FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid")
    return tuple(row[0] for row in rows)


def start_postgres(folder: Path) -> PostgresServer:
    """Make a cluster in `folder` and start it. As root it becomes another user, since PostgreSQL refuses to be root."""
    binaries = find_binaries()
    user = _postgres_user()
    if user is not None:
        shutil.chown(folder, user, user)
    data = str(folder / "data")
    make = [str(binaries / "initdb"), "-D", data, "-U", "econsult", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(as_user(user, [*make, "--no-sync"]), check=True, capture_output=True, stdin=subprocess.DEVNULL)
    command = [str(binaries / "postgres"), "-D", data, "-k", str(folder), "-h", ""]
    for setting in FAST:
        command += ["-c", setting]
    # SIGINT asks PostgreSQL for a fast shutdown: sessions that a failed test left open do not hold it up.
    service = start(Launch(command, folder / "postgres.log", user=user, stop_signal=signal.SIGINT))
    server = PostgresServer(folder, service)
    service.wait_ready(server.is_up)
    return server


def find_binaries() -> Path:
    """The folder of the newest PostgreSQL; Debian keeps it off PATH. Raises ServiceError where there is none."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    found = Path(on_path) if on_path else (debian[-1] if debian else None)
    if found is None:
        raise ServiceError("PostgreSQL is not installed. Run: sudo apt-get install postgresql")
    return found.parent


def _version(initdb: Path) -> int:
    return int(re.sub(r"\D", "", initdb.parent.parent.name) or 0)


def _postgres_user() -> str | None:
    """Whom to become where we are root; None where we are somebody already."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="ec-pg-"))
    server = start_postgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a new, empty database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)
