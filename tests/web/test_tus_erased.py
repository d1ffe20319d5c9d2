"""A record is erased while a phone and a clinic send files to it: nothing of them stays, and both are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import SHUT_WR, socket
from typing import cast

import pytest
from sqlalchemy import select

from econsult.consults.intake import Upload, UploadState
from econsult.erasure.asking import Wish, ask_erasure
from econsult.erasure.records import Basis, Erasure
from econsult.jobs import Job, JobKind
from econsult.people.patients import Patient
from imaging import Jail
from tests.web.uploading import Server, open_server, told
from workers.clock import Ticker
from workers.desk import Desk
from workers.horse import run_job
from workers.queue import job_policy

WHOLE, FIRST = 300_000, 140_000


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = open_server(tmp_path)
    yield server
    server.stop()


def erase(server: Server) -> None:
    """Let the time of an erasure come, and let a worker sweep what it left."""
    wish = Wish(Basis.ORDER, "The family court ordered it in case 12-345.")
    with server.runtime.database.writing() as session:
        child = session.get_one(Patient, server.clinic.child.id)
        row = ask_erasure(session, child, None, wish, now=now() - timedelta(days=7))
    Ticker(server.runtime).tick(row.due_at)
    with server.runtime.database.reading() as session:
        number = session.scalars(select(Job.id).where(Job.kind == JobKind.ERASE)).one()
    # No file is opened by this job, so that it needs no jail.
    assert run_job(Desk(server.runtime, cast("Jail", None), job_policy(server.runtime), now), number)
    with server.runtime.database.reading() as session:
        assert session.get_one(Erasure, row.id).swept_at is not None


def status(line: socket) -> int:
    """What the server answers on this line once the rest of the file has come."""
    line.sendall(bytes(WHOLE - FIRST))
    line.shutdown(SHUT_WR)
    return int(line.recv(65_536).split()[1])


def test_nothing_stays_of_files_that_are_on_their_way_to_an_erased_record(server: Server) -> None:
    clinic, staging = server.clinic, server.runtime.settings.staging
    mother, pcp = server.phone(clinic.mother), server.phone(clinic.pcp)
    draft, request = server.consult(clinic.family_draft), server.consult(clinic.draft)
    paths = mother.create(draft, WHOLE), pcp.create(request, WHOLE)
    with (
        mother.hanging_patch(paths[0], 0, WHOLE, bytes(FIRST)) as phone,
        pcp.hanging_patch(paths[1], 0, WHOLE, bytes(FIRST)) as desk,
    ):
        while len([each for each in staging.glob("??/*/data") if each.stat().st_size > 60_000]) < 2:
            pass
        erase(server)
        assert list(staging.glob("??/*")) == []
        assert {status(phone), status(desk)} <= {401, 404, 409, 410}
    # The phone's account is gone with the record; the clinic's computer is told that this is the end of it.
    assert (mother.head(paths[0]).status, pcp.head(paths[1]).status) == (401, 410)
    words = told(consult_id=request.public_id, kind="photo", filename="IMG_0001.jpg", filetype="image/jpeg")
    again = pcp.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=words)
    assert (again.status, again.json["code"]) == (410, "erased")
    assert list(staging.glob("??/*")) == []
    assert list(server.runtime.blobs.list()) == []
    with server.runtime.database.reading() as session:
        rows = session.scalars(select(Upload)).all()
        assert {(row.state, row.filename, row.key_wrapped, row.attachment_id) for row in rows} == {
            (UploadState.TERMINATED, "", b"", None)
        }
        assert session.scalars(select(Job.kind).where(Job.kind == JobKind.PREPARE)).all() == []
    assert "Traceback" not in (server.folder / "web.log").read_text()
