"""The resumable door beyond the core: lengths told later, many files at once, other names of methods, other servers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.errors import SettingError
from tests.services.processes import Launch, start
from tests.web.uploading import CHUNK, Phone, Server, free_port, is_listening, told
from uploads.kinds import MOST_AT_ONCE
from web.uploading.servers import refuse_buffering, unproven

DATA = bytes(range(256)) * 1200


@pytest.fixture
def mother(server: Server) -> Phone:
    return server.phone(server.clinic.mother)


@pytest.fixture
def consult(server: Server) -> Consult:
    return server.consult(server.clinic.family_question)


def begin_later(mother: Phone, consult: Consult, **headers: str) -> str:
    metadata = told(consult_id=consult.public_id, kind="photo")
    reply = mother.ask("POST", "/uploads", Upload_Defer_Length="1", Upload_Metadata=metadata, **headers)
    assert reply.status == 201, reply.body
    return reply.headers["location"]


def test_a_length_may_be_told_later(mother: Phone, consult: Consult) -> None:
    assert "creation-defer-length" in mother.ask("OPTIONS", "/uploads").headers["tus-extension"].split(",")
    path = begin_later(mother, consult)
    assert mother.patch(path, 0, DATA[:1000]).offset == 1000
    asked = mother.head(path)
    assert (asked.headers["upload-defer-length"], asked.headers.get("upload-length")) == ("1", None)
    assert mother.patch(path, 1000, DATA[1000:2000], Upload_Length=str(len(DATA))).offset == 2000
    told_now = mother.head(path)
    assert (told_now.headers.get("upload-defer-length"), told_now.headers["upload-length"]) == (None, str(len(DATA)))
    assert mother.patch(path, 2000, DATA[2000:], Upload_Length=str(len(DATA))).status == 204
    assert mother.ask("GET", path).json["state"] == "complete"


@pytest.mark.parametrize(
    "headers", [{"Upload_Defer_Length": "0"}, {"Upload_Defer_Length": "1", "Upload_Length": "9"}, {}]
)
def test_a_new_upload_says_either_its_length_or_that_it_comes_later(
    mother: Phone, consult: Consult, headers: dict[str, str]
) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    assert mother.ask("POST", "/uploads", Upload_Metadata=metadata, **headers).status == 400


@pytest.mark.parametrize(
    ("length", "status"), [("-1", 400), ("ten", 400), ("999", 422), ("0", 422), (str(50 * 2**20 + 1), 413)]
)
def test_a_later_length_that_cannot_be_changes_nothing(
    mother: Phone, consult: Consult, length: str, status: int
) -> None:
    path = begin_later(mother, consult)
    mother.patch(path, 0, DATA[:1000])
    assert mother.patch(path, 1000, b"x", Upload_Length=length).status == status
    assert (mother.head(path).offset, mother.head(path).headers["upload-defer-length"]) == (1000, "1")
    mother.ask("DELETE", path)


@pytest.mark.wide
def test_one_person_sends_four_files_at_once_and_a_fifth_is_told_when_to_come(server: Server, consult: Consult) -> None:
    pcp = server.phone(server.clinic.pcp)
    paths = [pcp.create(consult, len(DATA)) for _ in range(MOST_AT_ONCE + 1)]
    with ExitStack() as stack:
        for path in paths[:-1]:
            stack.enter_context(pcp.hanging_patch(path, 0, len(DATA), DATA[:70_000]))
            # The fifth must not come before the fourth; a status asks without ending the line.
            while not pcp.ask("GET", path).json["offset"]:
                pass
        reply = _until_refused(pcp, paths[-1])
        assert (reply.headers["retry-after"], reply.json["code"]) == ("5", "too_many")
        # The same file goes on; the line that hangs may still be putting away what it had.
        assert 204 in {pcp.patch(paths[0], pcp.head(paths[0]).offset, b"x").status for _ in range(3)}
    for path in paths:
        pcp.ask("DELETE", path)


def _until_refused(phone: Phone, path: str):  # type: ignore[no-untyped-def]
    """The lines that hang reach the server one after another."""
    for _ in range(200):
        reply = phone.patch(path, phone.head(path).offset, b"x")
        if reply.status == 429:
            return reply
    raise AssertionError("the fifth was never refused")


def test_a_newer_line_ends_the_older_at_once(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, len(DATA))
    with mother.hanging_patch(path, 0, len(DATA), DATA[:70_000]) as line:
        # A HEAD that came before the first bytes would end the line with none, and the next would see none either.
        while not mother.ask("GET", path).json["offset"]:
            pass
        assert mother.head(path).offset
        line.settimeout(5)
        answer = line.recv(4096)
        assert answer.startswith((b"HTTP/1.1 409 ", b"HTTP/1.1 204 "))
    mother.ask("DELETE", path)


def test_a_file_that_was_refused_later_still_counts_as_sent(server: Server, mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 5)
    mother.patch(path, 0, b"hello")
    with server.runtime.database.writing() as session:
        object_id = path.rpartition("/")[2]
        session.scalars(select(Upload).where(Upload.public_id == object_id)).one().state = "rejected"
        attachment = session.scalars(select(Attachment).where(Attachment.public_id == object_id)).one()
        attachment.state, attachment.reason = "rejected", "not_an_image"
    assert (mother.head(path).status, mother.head(path).offset) == (200, 5)
    told = mother.ask("GET", path).json["attachment"]
    assert (told["reason"], told["words"]) == (
        "not_an_image",
        "Esto no es una foto. Para un PDF o un papel, use “Papel de laboratorio”.",
    )


def test_what_was_ended_is_not_there_any_more(server: Server, mother: Phone) -> None:
    draft = server.consult(server.clinic.family_draft)
    path = mother.create(draft, 5)
    mother.patch(path, 0, b"hello")
    assert [mother.ask("DELETE", path).status, mother.ask("GET", path).status] == [204, 404]
    assert [mother.head(path).status, mother.patch(path, 5, b"").status] == [410, 410]


def test_parts_of_files_are_not_taken_for_files(mother: Phone, consult: Consult) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    for concat in ("partial", "final;/uploads/a /uploads/b"):
        reply = mother.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=metadata, Upload_Concat=concat)
        assert reply.status == 400


CHUNKS = [
    (b"5\r\nhel", 3, "cut in a chunk"),
    (b"5\r\nhello\r\nzz\r\nxxx\r\n0\r\n\r\n", 5, "no number"),
    (b"5\r\nhelloXX3\r\nabc\r\n0\r\n\r\n", 5, "no end of a chunk"),
    (b"5\r\nhello\r\n" + b"0" * 5000, 5, "a head that does not end"),
    (b"-1\r\nhello\r\n0\r\n\r\n", 0, "a negative number"),
    (b"5;name=value\r\nhello\r\n00\r\nTrailer: x\r\n\r\n", 5, "extension and trailer"),
    (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", 5, "two chunks"),
]


@pytest.mark.parametrize(("body", "kept", "what"), CHUNKS, ids=[what for _body, _kept, what in CHUNKS])
def test_of_chunks_that_make_no_sense_what_came_before_is_kept(
    mother: Phone, consult: Consult, body: bytes, kept: int, what: str
) -> None:
    path = mother.create(consult, 1000)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mother.token}\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: {CHUNK['Content-Type']}\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", mother.port), timeout=20) as line:
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(4096).startswith(b"HTTP/1.1 204 "), what
    assert mother.head(path).offset == kept
    mother.ask("DELETE", path)


def test_after_a_chunked_body_the_line_goes_on(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 1000)
    line = http.client.HTTPConnection("127.0.0.1", mother.port, timeout=20)
    named = {"Authorization": f"Bearer {mother.token}", "Tus-Resumable": "1.0.0", **CHUNK}
    for turn in range(3):
        headers = {**named, "Upload-Offset": str(turn * 5), "Transfer-Encoding": "chunked"}
        line.request("PATCH", path, iter([b"he", b"llo"]), headers, encode_chunked=True)
        answer = line.getresponse()
        assert (answer.status, answer.read(), answer.getheader("Upload-Offset")) == (204, b"", str(turn * 5 + 5))
    line.close()
    mother.ask("DELETE", path)


def test_only_what_can_go_on_can_be_asked_for(mother: Phone) -> None:
    assert mother.ask("GET", "/uploads").status == 200
    assert mother.ask("GET", "/uploads?state=accepted").status == 400


def test_another_method_is_named_in_a_post_because_only_that_needs_proof(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 5)
    for method in ("DELETE", "PATCH"):
        assert mother.ask("GET", path, X_HTTP_Method_Override=method, Upload_Offset="0", **CHUNK).status == 400
    assert mother.head(path).offset == 0
    assert mother.ask("POST", path, X_HTTP_Method_Override="OPTIONS").headers["tus-version"] == "1.0.0"
    assert mother.ask("POST", path, X_HTTP_Method_Override="delete").status == 204


@pytest.mark.parametrize("name", ["waitress", "hypercorn", "bjoern", "meinheld", "uvicorn", "tornado"])
def test_a_server_that_keeps_uploads_back_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(SettingError, match=rf"{name} keeps uploads back .* Run: gunicorn"):
        refuse_buffering({"sys", name})


@pytest.mark.parametrize(
    ("kinds", "told"),
    [(("base", "gthread"), ""), (("base", "sync"), "sync"), (("ggevent", "of_next_year"), "ggevent, of_next_year")],
)
def test_workers_that_were_not_proven_are_named(kinds: tuple[str, ...], told: str) -> None:
    assert unproven({"sys", *(f"gunicorn.workers.{kind}" for kind in kinds)}) == told


@pytest.mark.wide
def test_the_workers_that_gunicorn_takes_by_itself_start_and_say_which_ones_uploads_need(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "gunicorn", "web:create_app()", f"--bind=127.0.0.1:{port}", "--no-control-socket"]
    service = start(Launch(command, log, environ={**os.environ, "ECONSULT_DATA": str(tmp_path / "var")}))
    try:
        service.wait_ready(lambda: is_listening(port))
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", "/health/live")
        assert line.getresponse().status == 200
        line.close()
    finally:
        service.stop()
    assert "workers of the kind sync may stand still for one slow phone. For uploads run: gunicorn" in log.read_text()


@pytest.mark.wide
def test_the_application_does_not_start_under_such_a_server() -> None:
    program = "import sys, types; sys.modules['waitress'] = types.ModuleType('waitress'); import web; web.create_app()"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "waitress keeps uploads back" in child.stderr.splitlines()[-1]


@pytest.mark.parametrize(("name", "value"), [("Content-Encoding", "gzip"), ("Transfer-Encoding", "gzip, chunked")])
def test_a_body_that_is_packed_on_its_way_is_refused(server: Server, name: str, value: str) -> None:
    pcp = server.phone(server.clinic.pcp)
    path = pcp.create(server.consult(server.clinic.econsult), len(DATA))
    packed: bytes | Iterator[bytes] = iter([DATA]) if name == "Transfer-Encoding" else DATA
    assert pcp.patch(path, 0, packed, **{name: value}).status == 415  # type: ignore[arg-type]
    assert pcp.head(path).offset == 0
