"""A clinic for each test, and files to send."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from econsult.people import dates
from imaging import Jail, open_jail, samples
from tests.workers.clinic import Clinic, clinic_in, now
from workers.desk import Desk
from workers.queue import job_policy


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as sockets need."""
    path = Path(tempfile.mkdtemp(prefix="ec-w-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def clinic(folder: Path) -> Iterator[Clinic]:
    """A clinic without Redis."""
    yield from clinic_in(folder)


@pytest.fixture(scope="session")
def jail() -> Iterator[Jail]:
    """One jail for every test that prepares files in its own process."""
    with open_jail(dates=dates.FOLDER) as jail:
        yield jail


@pytest.fixture
def desk(clinic: Clinic, jail: Jail) -> Desk:
    """What a job works with, in the test's own process."""
    return Desk(clinic.runtime, jail, job_policy(clinic.runtime), now)


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small drawn photo with a phone's metadata.

    The networks look at a fixed longer side, so a narrow picture costs a third of what a broad one of any size does.
    """
    return samples.photo("hives", size=(640, 128))
