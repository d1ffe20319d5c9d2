"""The schema of an empty database. Where every migration is run and proven is `tests/econsult/test_migrations.py`."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from econsult.database import Database, open_database
from econsult.installation import open_installation
from econsult.settings import load_settings
from storage.keys import FieldCipher, KeyRing, generate


def lay_schema(database: Database) -> None:
    """Bring a database to the newest schema; a new one on SQLite is a copy, since migrating costs a quarter second."""
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
    """A migrated SQLite file to copy, made once in a process. It holds no row but the schema's version."""
    folder = Path(tempfile.mkdtemp(prefix="ec-schema-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "econsult.db"
    database = open_database(f"sqlite:///{path}", FieldCipher(KeyRing.parse(generate())))
    database.migrate()
    # A WAL file left beside the template would be missing from its copies.
    database.close()
    return path
