"""What PostgreSQL takes differently from SQLite, asked over HTTP: characters and numbers that it cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from econsult.people.signin import make_token
from tests.api.conftest import Program
from tests.personas import open_clinic
from tests.services.databases import CleanDatabases
from tests.services.homes import runtime_on_postgres
from web import create_app


@pytest.fixture
def program(tmp_path: Path, clean_databases: CleanDatabases) -> Iterator[Program]:
    """The clinic's program, on PostgreSQL."""
    with runtime_on_postgres(tmp_path, clean_databases) as runtime:
        clinic = open_clinic(runtime.database, vault=runtime.vault, now=datetime.now(UTC))
        with runtime.database.writing() as session:
            token = make_token(session, clinic.pcp, datetime.now(UTC))
        yield Program(create_app(runtime).test_client(), token)


def test_what_the_database_cannot_hold_is_refused_and_never_an_error_of_ours(program: Program) -> None:
    named = {"Authorization": f"Bearer {program.token}", "Tus-Resumable": "1.0.0"}
    for path in (
        "/api/v1/consults/%00",
        "/api/v1/consults/a%00b/claim",
        "/api/v1/attachments/%00/report",
        "/media/%00",
        "/media/papers/%00",
        "/uploads/%00",
        "/consults/%00",
        "/reviews/%00",
    ):
        method = "POST" if path.endswith("claim") else "GET"
        assert program.client.open(path, method=method, headers=named).status_code == 404, path
    for query in ("?cursor=WzkyMjMzNzIwMzY4NTQ3NzU4MDdd", "?cursor=%00", "?view=%00&specialty=%00"):
        for path in ("/patients", "/worklist", "/consults"):
            assert program.get(path + query).status_code < 500, path + query
    child = program.get("/patients").json["items"][0]["id"]
    for body in (
        {"patient_id": "a\x00b"},
        {"patient_id": child, "question": "Is this\x00 a rash that can wait?", "kind": "econsult"},
        {"patient_id": child, "kind": "econsult", "specialty": "\x00", "details": {"body_site": "\x00"}},
    ):
        reply = program.post("/consults", body)
        assert 400 <= reply.status_code < 500 or reply.status_code == 201, body
