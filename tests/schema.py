"""The schema of an empty database. Where every migration is run and proven is `tests/econsult/test_migrations.py`."""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic
import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

import econsult.tables  # noqa: F401 - so that all are known.
from econsult.database import MIGRATIONS, Base, Database, open_database
from econsult.engines import PATIENCE
from econsult.installation import open_installation
from econsult.settings import load_settings
from storage.keys import FieldCipher, KeyRing, generate

KEPT = Path(__file__).parents[1] / ".pytest_cache" / "schema"
"""Where a migrated file is kept for the runs after this one: to make it takes some seconds of a processor."""
Shape = tuple[object, ...]
MOST_GROWN = 1 << 18
"""So many bytes an emptied file may be larger than a new one."""
CARRIED_OUT_BY = ("database.py", "engines.py", "sqlite.py", "keycheck.py", "turns.py", "unreadable.py")
"""The modules that migrating runs through."""


def lay_schema(database: Database) -> None:
    """Bring a database to the newest schema; a new one on SQLite is a copy, since migrating costs seconds."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        shutil.copyfile(migrated_sqlite(), url.database)
    else:
        database.migrate()


def laid_anew(database: Database, shape: Shape) -> Shape:
    """Empty a SQLite database, or lay its file anew where that cannot be; returns the shape it must come back in."""
    if _empty(database, shape):
        return shape
    database.close()
    for file in files_of(database):
        file.unlink(missing_ok=True)
    lay_schema(database)
    return shape_of(database)


def files_of(database: Database) -> list[Path]:
    """Where a SQLite database rests: its file, and what SQLite keeps beside it."""
    path = str(database.engine.url.database)
    return [Path(path + more) for more in ("", "-wal", "-shm")]


def shape_of(database: Database) -> Shape:
    """Which file a SQLite database is, and what tables and version it has: what must be so before it is used again."""
    file = files_of(database)[0].stat()
    with _driver_of(database) as driver:
        tables = driver.execute("PRAGMA schema_version").fetchall()
        return file.st_dev, file.st_ino, *tables, *driver.execute("SELECT version_num FROM alembic_version").fetchall()


def _empty(database: Database, shape: Shape) -> bool:
    """Remove every row of a SQLite database but the schema's version; False where it must be laid anew.

    What is connected stays so, with all that it has prepared: to connect and to prepare anew costs more than most of a
    test's statements.
    """
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    try:
        if pool.checkedout() or shape_of(database) != shape:
            return False
        with _driver_of(database) as driver:
            _delete_all(driver)
        file, log, _index = files_of(database)
        grown = file.stat().st_size + log.stat().st_size - migrated_sqlite().stat().st_size
    except (OSError, sqlite3.Error, SQLAlchemyError):
        return False
    # Some tests allow a file so many bytes.
    return grown < MOST_GROWN


def _delete_all(driver: sqlite3.Connection) -> None:
    # Nobody else should be at work; and without the keys that point to it, a table is emptied as a whole.
    for statement in ("PRAGMA busy_timeout=0", "PRAGMA foreign_keys=off", "BEGIN IMMEDIATE"):
        driver.execute(statement)
    for (name,) in driver.execute(_filled()).fetchall():
        driver.execute(f"DELETE FROM {name}")  # noqa: S608 - of our own tables.
    told = ("COMMIT", "PRAGMA wal_checkpoint(truncate)", "PRAGMA foreign_keys=on")
    for statement in (*told, f"PRAGMA busy_timeout={PATIENCE * 1000}"):
        driver.execute(statement)


@functools.cache
def _filled() -> str:
    """What asks which tables hold a row."""
    asked = (f"SELECT '{name}' WHERE EXISTS(SELECT 1 FROM {name})" for name in Base.metadata.tables)  # noqa: S608 - as above.
    return " UNION ALL ".join(asked)


@contextmanager
def _driver_of(database: Database) -> Iterator[sqlite3.Connection]:
    connection = database.engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        yield driver
    finally:
        connection.close()


def lay_installation(folder: Path) -> None:
    """Leave a data folder as `python -m econsult migrate` leaves it, with its keys."""
    installation = open_installation(load_settings({"ECONSULT_DATA": str(folder)}))
    lay_schema(installation.database)
    installation.close()


@functools.cache
def migrated_sqlite() -> Path:
    """A migrated SQLite file to copy, of this process alone. It holds no row but the schema's version."""
    folder = Path(tempfile.mkdtemp(prefix="ec-schema-"))
    atexit.register(shutil.rmtree, folder)
    try:
        KEPT.mkdir(parents=True, exist_ok=True)
        with (KEPT / "lock").open("w") as lock:
            # Of several processes that begin together one migrates, and the others take what it made.
            fcntl.flock(lock, fcntl.LOCK_EX)
            return Path(shutil.copy(_kept(), folder))
    except OSError:
        # Somebody else keeps theirs there, or nothing can be written in this checkout.
        return _migrated(folder / "own.db")


def _kept() -> Path:
    """The file that these migrations make; those that others made are thrown away."""
    path = KEPT / f"{_fingerprint()}.db"
    if not path.exists():
        for other in KEPT.glob("*.db*"):
            other.unlink()
        _migrated(path.with_suffix(".db-draft")).rename(path)
    return path


def _migrated(path: Path) -> Path:
    database = open_database(f"sqlite:///{path}", FieldCipher(KeyRing.parse(generate())))
    database.migrate()
    # A WAL file left beside the template would be missing from its copies.
    database.close()
    return path


def _fingerprint() -> str:
    """Of all that says what migrating makes: the migrations, the types of their columns, and who carries them out."""
    told = hashlib.sha256(f"{alembic.__version__} {sqlalchemy.__version__}".encode())
    for path in (*sorted(MIGRATIONS.rglob("*.py")), *(MIGRATIONS.with_name(name) for name in CARRIED_OUT_BY)):
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()[:20]
