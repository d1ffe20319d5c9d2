"""A file's job is rung the moment the file has arrived; waiting for the clock's next tick would make people wait."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from econsult.consults.records import Consult
from econsult.jobs import Job, JobKind
from econsult.people.signin import make_token
from econsult.settings import load_settings
from tests.personas import Clinic
from tests.schema import lay_schema
from web import create_app
from workers.runtime import Runtime, open_runtime

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def runtime(tmp_path: Path, redis_url: str) -> Iterator[Runtime]:
    """A runtime with a Redis to ring, and no clock process that would ring by and by."""
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(tmp_path), "ECONSULT_REDIS_URL": redis_url}))
    lay_schema(runtime.database)
    yield runtime
    runtime.close()


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_draft(session, now=datetime.now(UTC))


def test_the_last_byte_rings(runtime: Runtime, clinic: Clinic, consult: Consult) -> None:
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    client = create_app(runtime).test_client()
    headers = {**TUS, "Authorization": f"Bearer {token}"}
    names = f"consult_id {_b64(consult.public_id)},kind {_b64('photo')}"
    made = client.post("/uploads", headers={**headers, "Upload-Length": "9", "Upload-Metadata": names})
    sent = client.patch(
        made.location,
        data=b"123456789",
        headers={**headers, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    )
    assert (made.status_code, sent.status_code) == (201, 204)
    with runtime.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.PREPARE)).one()
        assert (job.state, job.ring) == ("sent", 1)


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()
