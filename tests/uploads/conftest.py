"""An upload door on a real folder and a real database, with the clinic's people in front of it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.database import Database
from storage import sealed
from tests.personas import NOON, Clinic, open_clinic
from uploads import verbs
from uploads.chunks import Chunk
from uploads.door import Door
from uploads.kinds import Wanted
from uploads.opened import Standing
from uploads.staged import staged_path


@dataclass
class Desk:
    """The door, a consult of the mother, and a clock that the test moves."""

    door: Door
    clinic: Clinic
    consult: Consult
    now = NOON + timedelta(minutes=5)

    def clock(self) -> datetime:
        return self.now

    def begin(self, length: int | None, kind: str = "photo", consult: Consult | None = None) -> str:
        wanted = Wanted((consult or self.consult).public_id, kind, length, metadata_text="kind cGhvdG8=")
        return verbs.begin(self.door, self.clinic.mother, wanted, now=self.now).public_id

    def append(self, object_id: str, offset: int, data: bytes, total: int | None = None, **more: Any) -> Standing:
        chunk = Chunk(offset, io.BytesIO(data), len(data), total=total, **more)
        return verbs.append(self.door, self.clinic.mother, object_id, chunk, clock=self.clock)

    def look(self, object_id: str) -> Standing:
        return verbs.look(self.door, self.clinic.mother, object_id, now=self.now)

    def row(self, object_id: str) -> Upload:
        with self.door.database.reading() as session:
            return session.query(Upload).filter_by(public_id=object_id).one()

    def key(self, object_id: str) -> bytes:
        with self.door.database.reading() as session:
            wrapped = session.query(Upload).filter_by(public_id=object_id).one().key_wrapped
            return self.door.vault.object_key(session, self.consult.patient_id, object_id, wrapped)

    def path(self, object_id: str) -> Path:
        return staged_path(self.door.staging, object_id)

    def stored(self, object_id: str) -> bytes:
        """The plaintext of a complete upload."""
        with self.path(object_id).open("rb") as file:
            return sealed.open(file, object_id, self.key(object_id)).read()


def open_desk(database: Database, folder: Path) -> Desk:
    clinic = open_clinic(database)
    with database.writing() as session:
        consult = clinic.family_draft(session)
    return Desk(Door(database, clinic.vault, folder / "staging"), clinic, consult)


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Desk:
    return open_desk(sqlite_database, tmp_path)


@pytest.fixture
def postgres_desk(postgres_database: Database, tmp_path: Path) -> Desk:
    return open_desk(postgres_database, tmp_path)
