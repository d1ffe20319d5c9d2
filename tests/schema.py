"""The schema of an empty database. Where every migration is run and proven is `tests/econsult/test_migrations.py`."""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import shutil
import tempfile
from pathlib import Path

import alembic
import sqlalchemy

from econsult.database import MIGRATIONS, Database, open_database
from econsult.installation import open_installation
from econsult.settings import load_settings
from storage.keys import FieldCipher, KeyRing, generate

KEPT = Path(__file__).parents[1] / ".pytest_cache" / "schema"
"""Where a migrated file is kept for the runs after this one: to make it takes some seconds of a processor."""
CARRIED_OUT_BY = ("database.py", "sqlite.py", "keycheck.py", "turns.py", "unreadable.py")
"""The modules that migrating runs through."""


def lay_schema(database: Database) -> None:
    """Bring a database to the newest schema; a new one on SQLite is a copy, since migrating costs seconds."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        shutil.copyfile(migrated_sqlite(), url.database)
    else:
        database.migrate()


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
