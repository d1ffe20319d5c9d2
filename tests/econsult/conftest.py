"""The clinic of the personas, in each of the two databases; and an installation around it, with its keys in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from econsult.database import Database
from econsult.people.persons import Person, Role, add_person
from tests.econsult.keyed_house import House
from tests.personas import NOON, Clinic, open_clinic


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return open_clinic(database)


@pytest.fixture
def officer(database: Database, clinic: Clinic) -> Person:
    """The program's privacy officer."""
    details = {"email": "v@clinic.test", "name": "Vera", "role": Role.PRIVACY, "now": NOON}
    with database.writing() as session:
        return add_person(session, database.cipher, clinic.program, **details)


@pytest.fixture
def house(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[House]:
    found = House(tmp_path, database, capsys)
    for name, value in found.environ.items():
        monkeypatch.setenv(name, value)
    yield found
    found.installation.close()
