"""The clinic of the personas, in each of the two databases."""

from __future__ import annotations

import pytest

from econsult.database import Database
from tests.personas import Clinic, open_clinic


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return open_clinic(database)
