"""A clinic's form with a photo in it, from a browser without JavaScript on a slow line."""

from __future__ import annotations

import http.client
import io
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.people.signin import open_session
from tests.web.browsing import SESSION, token_from
from tests.web.test_clinic_request import FIELDS
from tests.web.uploading import Phone, Server, open_server

# What must come within half a minute must here come within a second, so that nobody waits that long.
IN_A_HURRY = """
def post_worker_init(worker):
    import gc, os, pathlib
    pathlib.Path(os.environ["ECONSULT_DATA"], "frozen").write_text(str(gc.get_freeze_count()))
    from workers import server
    from workers.callers import Pace
    server.SMALL = Pace(1.0)
"""
PHOTO = os.urandom(120_000)
FEW = 90


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    (folder / "hurry.py").write_text(IN_A_HURRY)
    server = open_server(folder, arguments=("--config", str(folder / "hurry.py")))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cookie(server: Server) -> str:
    with server.runtime.database.writing() as session:
        return f"{SESSION}={open_session(session, server.clinic.pcp, datetime.now(UTC))}"


@pytest.fixture
def head(server: Server, cookie: str) -> tuple[str, str, str]:
    """The path of a draft, the proof of its form, and the cookies."""
    draft = server.consult(server.clinic.draft)
    path = f"/clinic/requests/{draft.public_id}"
    connection = http.client.HTTPConnection("localhost", server.ports[0], timeout=20)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    text, given = answer.read().decode(), answer.headers.get_all("Set-Cookie") or []
    connection.close()
    return path, token_from(text), "; ".join([cookie, *(line.split(";")[0] for line in given)])


def begin(server: Server, head: tuple[str, str, str]) -> tuple[socket.socket, bytes]:
    """A line on which the head of the form was sent, and the body that follows."""
    fields: MultiDict[str, object] = MultiDict({"csrf_token": head[1], **FIELDS})
    fields.add("photo:far", FileStorage(io.BytesIO(PHOTO), filename="a.jpg"))
    fields.add("verb", "save")
    boundary, body = encode_multipart(fields)
    line = socket.create_connection(("localhost", server.ports[0]), timeout=20)
    lines = [
        f"POST {head[0]} HTTP/1.1",
        f"Host: localhost:{server.ports[0]}",
        f"Origin: http://localhost:{server.ports[0]}",
        f"Cookie: {head[2]}",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"Content-Type: multipart/form-data; boundary={boundary}", "", ""]
    line.sendall("\r\n".join(lines).encode())
    return line, body


def test_a_photo_in_a_form_may_take_its_time(server: Server, head: tuple[str, str, str]) -> None:
    line, body = begin(server, head)
    with line:
        for start in range(0, len(body), 4000):
            line.sendall(body[start : start + 4000])
            time.sleep(0.07)
        told = line.recv(40960)
        assert b" 303 " in told.split(b"\r\n")[0], told
    with server.runtime.database.reading() as session:
        # The server is shared with a test that leaves a photo in a request of its own.
        mine = (
            select(Attachment.size)
            .join(Consult, Consult.id == Attachment.consult_id)
            .where(Consult.public_id == head[0].rpartition("/")[2])
        )
        assert session.scalars(mine).all() == [len(PHOTO)]


@pytest.mark.wide
def test_the_collector_leaves_alone_what_the_pages_stand_on(server: Server) -> None:
    # The port listens before the worker has loaded the pages; who answers has loaded them.
    connection = http.client.HTTPConnection("localhost", server.ports[0], timeout=20)
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200
    connection.close()
    assert int((server.folder / "frozen").read_text()) > 100_000


def test_a_form_that_breaks_says_so_and_its_words_are_kept(server: Server, head: tuple[str, str, str]) -> None:
    line, body = begin(server, head)
    with line:
        line.sendall(body[:60_000])
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while part := line.recv(65536):
            answer += part
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"The connection broke before everything had arrived." in answer, answer


def test_a_process_that_may_hold_no_more_files_lets_the_others_wait_and_goes_on(server: Server) -> None:
    phone = server.phone(server.clinic.mother)
    path = phone.create(server.consult(server.clinic.family_question), 1_000_000)
    [worker] = psutil.Process(server.service.pid).children()
    before = worker.rlimit(psutil.RLIMIT_NOFILE)
    with ExitStack() as stack, phone.hanging_patch(path, 0, 1_000_000, b"x" * 100_000) as sending:
        worker.rlimit(psutil.RLIMIT_NOFILE, (worker.num_fds() + 10, before[1]))
        for _number in range(FEW):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.ports[0]), timeout=20))
        time.sleep(0.5)
        sending.sendall(b"x" * 900_000)
        # Without a file to put the end into, the disk counts as away; what had come is there all the same.
        assert sending.recv(4096)[:13] in {b"HTTP/1.1 204 ", b"HTTP/1.1 503 "}
    worker.rlimit(psutil.RLIMIT_NOFILE, before)
    offset = phone.head(path).offset
    assert 0 <= offset <= 1_000_000
    assert phone.patch(path, offset, b"x" * (1_000_000 - offset)).offset == 1_000_000
    assert psutil.Process(server.service.pid).children() == [worker]


@pytest.mark.wide
def test_the_process_holds_as_many_files_as_it_may(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    try:
        server = open_server(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        assert Phone(server.ports[0], "").ask("GET", "/health/live").status == 200
        [worker] = psutil.Process(server.service.pid).children()
        assert worker.rlimit(psutil.RLIMIT_NOFILE)[0] >= min(hard, 65536)
    finally:
        server.stop()
