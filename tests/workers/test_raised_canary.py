"""An error that holds in its message what somebody wrote tells nobody: no page, no log, no job, no prompt.

The error of a damaged cell carries what lies in it. That nobody reads what an error of our own code says is held in
`tests/web/test_shell.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from econsult.jobs import Job, JobKind
from econsult.people.links import ask_link
from econsult.people.signin import open_session
from tests.web.browsing import SESSION
from tests.workers.clinic import Clinic
from web import create_app
from workers.desk import Desk
from workers.horse import run_job

CANARY = "ZQ7PHI-Luz-Prueba"


@pytest.fixture
def token(clinic: Clinic) -> str:
    """The mother's session; her name in the record is damaged since."""
    with clinic.runtime.database.writing() as session:
        token = open_session(session, clinic.mother, datetime.now(UTC))
        damage = text("UPDATE person SET name = :value WHERE id = :id")
        session.execute(damage, {"value": CANARY, "id": clinic.mother.id})
    return token


def test_nobody_reads_what_an_error_quotes(
    clinic: Clinic, desk: Desk, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = create_app(clinic.runtime).test_client()
    browser.set_cookie(SESSION, token)
    page = browser.get("/family")
    assert (page.status_code, CANARY in page.text) == (500, False)
    ask_link(clinic.runtime.database, "mother@example.test", source="192.0.2.1", browser="here", now=datetime.now(UTC))
    with clinic.runtime.database.reading() as session:
        number = session.scalars(select(Job.id).where(Job.kind == JobKind.LINK)).one()
    run_job(desk, number)
    with clinic.runtime.database.reading() as session:
        error = session.get_one(Job, number).last_error or ""
    assert ("UnreadableError" in error, CANARY in error) == (True, False)
    assert ("person.name" in caplog.text, CANARY in caplog.text) == (True, False)


def test_nor_does_who_types_a_command(clinic: Clinic, token: str) -> None:
    assert token
    command = [sys.executable, "-m", "econsult", "link", "--person", "mother@example.test"]
    environ = {**os.environ, "ECONSULT_DATA": str(clinic.runtime.settings.data)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("It broke off: econsult.unreadable.UnreadableError at ")
    assert CANARY not in done.stderr
