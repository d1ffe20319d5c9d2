"""Requests that no honest client sends, written byte by byte: a clear answer, and never a byte that was not meant."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from tests.web.uploading import CHUNK, Phone, Reply, Server, open_server, told

FIVE, CHUNKED = "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = open_server(tmp_path_factory.mktemp("attacks"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def phones(server: Server) -> list[Phone]:
    """One person's, on each of two processes."""
    one = server.phone(server.clinic.pcp)
    return [one, Phone(server.ports[1], one.token)]


@pytest.fixture(scope="module")
def consult(server: Server) -> Consult:
    return server.consult(server.clinic.econsult)


def patch_head(phone: Phone, path: str, more: str, version: str = "1.1") -> bytes:
    named = {"Host": "x", "Authorization": f"Bearer {phone.token}", "Tus-Resumable": "1.0.0", **CHUNK}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"PATCH {path} HTTP/{version}\r\n{lines}Upload-Offset: 0\r\n{more}\r\n".encode()


def say(port: int, *pieces: bytes) -> bytes:
    """All that the server answers to these bytes, up to the end of the line."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
        return answer


TAKEN = [
    ("Expect: 100-continue\r\n" + FIVE, b"hello", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 ", 5),
    ("Transfer_Encoding: chunked\r\n" + FIVE, b"hello", b"HTTP/1.1 204 ", 5),
    ("Connection: close\r\n", b"", b"HTTP/1.1 204 ", 0),
    (CHUNKED, b"5 \r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 204 ", 5),
    (CHUNKED, b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 5000, b"HTTP/1.1 204 ", 5),
    (CHUNKED, b" 5\r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 204 ", 0),
    (CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 204 ", 0),
    (CHUNKED, b"5\nhello\n0\n\n", b"HTTP/1.1 204 ", 0),
]
REFUSED = [
    ("Expect: 200-ok\r\n" + FIVE, b"hello", b"HTTP/1.1 417 "),
    (FIVE + CHUNKED, HELLO, b"HTTP/1.1 400 "),
    (CHUNKED + CHUNKED, HELLO, b"HTTP/1.1 400 "),
    ("Transfer-Encoding : chunked\r\n", HELLO, b"HTTP/1.1 400 "),
    ("Transfer-Encoding: xchunked\r\n", HELLO, b"HTTP/1.1 501 "),
    ("Transfer-Encoding: chunked, identity\r\n", HELLO, b"HTTP/1.1 400 "),
    ("Content-Length: 6\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
    ("Content-Length: +5\r\n", b"hello", b"HTTP/1.1 400 "),
    ("Content-Length: 99999999999999999999999\r\n", b"hello", b"HTTP/1.1 413 "),
    (CHUNKED, b"FFFFFFFFFFFFFFFF\r\n" + b"x" * 5000, b"HTTP/1.1 413 "),
    ("Upload-Offset: 0\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
    ("Tus-Resumable: 0.2.2\r\n" + FIVE, b"hello", b"HTTP/1.1 412 "),
    ("Content-Type: text/plain\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
    ("X-HTTP-Method-Override: GUESS\r\n" + FIVE, b"hello", b"HTTP/1.1 405 "),
    ("Upload-Checksum: md5 XUFAKrxLKna5cZ2REBfFkg==\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
    ("Trailer: Upload-Checksum\r\n" + CHUNKED, b"5\r\nhello\r\n0\r\nUpload-Checksum: sha1 x\r\n\r\n", b"HTTP/1.1 400 "),
    ("X-A: a\0b\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
    ("X-A: a\r\n b\r\n" + FIVE, b"hello", b"HTTP/1.1 400 "),
]


@pytest.mark.parametrize(("more", "body", "answer", "kept"), TAKEN)
@pytest.mark.wide
def test_a_strange_request_keeps_what_it_plainly_brings(
    phones: list[Phone], consult: Consult, more: str, body: bytes, answer: bytes, kept: int
) -> None:
    path = phones[0].create(consult, 1000)
    assert say(phones[0].port, patch_head(phones[0], path, more), body).startswith(answer)
    assert phones[0].head(path).offset == kept
    phones[0].ask("DELETE", path)


@pytest.mark.parametrize(("more", "body", "answer"), REFUSED)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    phones: list[Phone], consult: Consult, more: str, body: bytes, answer: bytes
) -> None:
    path = phones[0].create(consult, 1000)
    assert say(phones[0].port, patch_head(phones[0], path, more), body).startswith(answer)
    assert phones[0].head(path).offset == 0
    phones[0].ask("DELETE", path)


def test_an_old_version_of_http_is_spoken(phones: list[Phone], consult: Consult) -> None:
    path = phones[0].create(consult, 1000)
    head = patch_head(phones[0], path, FIVE, version="1.0")
    assert say(phones[0].port, head + b"hello").startswith(b"HTTP/1.0 204 ")
    assert say(phones[0].port, patch_head(phones[0], path, CHUNKED, version="1.0") + HELLO).split()[1] == b"400"
    assert phones[0].head(path).offset == 5
    phones[0].ask("DELETE", path)


def test_requests_behind_each_other_on_one_line_do_not_mix(phones: list[Phone], consult: Consult) -> None:
    path = phones[0].create(consult, 1000)
    first = patch_head(phones[0], path, FIVE) + b"hello"
    second = patch_head(phones[0], path, "Content-Length: 3\r\n").replace(b"Offset: 0", b"Offset: 5") + b"abc"
    answer = say(phones[0].port, first + second)
    assert [answer.count(b" 204 "), answer.count(b"Upload-Offset: 8")] == [2, 1]
    # A body that is longer than it says: the rest is no request.
    third = patch_head(phones[0], path, "Content-Length: 2\r\n").replace(b"Offset: 0", b"Offset: 8")
    assert b" 400 " in say(phones[0].port, third + b"de is more\r\n\r\n")
    assert phones[0].head(path).offset == 10
    phones[0].ask("DELETE", path)


def at_once(*asks: Callable[[], Reply]) -> list[int]:
    """The statuses of requests that are sent at the same moment, sorted."""
    found: list[Reply] = []
    threads = [threading.Thread(target=lambda one: found.append(one()), args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(reply.status for reply in found)


def test_of_many_that_send_the_same_bytes_to_two_processes_all_leave_one_file(
    server: Server, phones: list[Phone], consult: Consult
) -> None:
    for _ in range(8):
        data = os.urandom(400_000)
        path = phones[0].create(consult, len(data))
        statuses = at_once(*(partial(phone.patch, path, 0, data) for phone in phones * 2))
        assert set(statuses) <= {204, 409}
        while (offset := phones[1].head(path).offset) < len(data):
            phones[0].patch(path, offset, data[offset:])
        assert phones[0].ask("GET", path).json["state"] == "complete"
        with server.runtime.database.reading() as session:
            rows = session.scalars(select(Upload).where(Upload.public_id == path.rpartition("/")[2])).all()
        assert [(row.length, row.attachment_id is not None) for row in rows] == [(len(data), True)]


def look_on(phone: Phone, path: str, is_over: threading.Event, heads: list[int]) -> None:
    while not is_over.is_set():
        heads.append(phone.head(path).status)


def test_looks_from_everywhere_while_a_file_becomes_whole_are_all_answered(
    phones: list[Phone], consult: Consult
) -> None:
    for _ in range(6):
        data, is_over, heads = os.urandom(200_000), threading.Event(), list[int]()
        path = phones[0].create(consult, len(data))

        lookers = [threading.Thread(target=look_on, args=(phone, path, is_over, heads)) for phone in phones]
        for looker in lookers:
            looker.start()
        while (offset := phones[0].head(path).offset) < len(data):
            assert phones[0].patch(path, offset, data[offset : offset + 100_000]).status in {204, 409}
        is_over.set()
        for looker in lookers:
            looker.join()
        assert set(heads) <= {200}
        assert phones[0].ask("GET", path).json["state"] == "complete"


def test_an_upload_that_is_ended_while_it_is_sent_stays_ended(phones: list[Phone], consult: Consult) -> None:
    for _ in range(5):
        path = phones[0].create(consult, 1_000_000)
        data = os.urandom(900_000)
        statuses = at_once(partial(phones[0].patch, path, 0, data), partial(phones[1].ask, "DELETE", path))
        assert 204 in statuses
        assert set(statuses) <= {204, 409, 410, 503}
        assert [phones[0].head(path).status, phones[1].patch(path, 0, b"x").status] == [410, 410]
        assert [phones[0].ask("DELETE", path).status, phones[0].ask("GET", path).status] == [410, 404]


def test_an_expired_upload_is_gone_for_every_verb(server: Server, phones: list[Phone], consult: Consult) -> None:
    path = phones[0].create(consult, 1000)
    assert phones[0].patch(path, 0, b"hello").status == 204
    with server.runtime.database.writing() as session:
        object_id = path.rpartition("/")[2]
        session.scalars(select(Upload).where(Upload.public_id == object_id)).one().expires_at -= timedelta(days=4)
    assert [phones[0].head(path).status, phones[0].patch(path, 5, b"x").status] == [410, 410]
    assert phones[0].ask("DELETE", path).status == 204
    assert phones[0].head(path).status == 410


LENGTHS = [("Upload-Length", "0", 422), ("Upload-Length", "9" * 19, 400), ("Upload-Length", "5, 5", 400)]
METADATA = [
    ("", 422),
    ("filename " + base64.b64encode(b"\xff\xfe").decode(), 400),
    ("filename YS5qcG", 400),
    ("kind cGhvdG8=", 400),
    ("", 422),
    (",", 400),
    ("filename " + "QUFB" * 1500, 400),
    ("filename " + "QUFB" * 3000, 431),
]


@pytest.mark.parametrize(("name", "value", "status"), LENGTHS)
def test_a_length_that_no_file_has_begins_nothing(
    phones: list[Phone], consult: Consult, name: str, value: str, status: int
) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    headers = {name.replace("-", "_"): value}
    assert phones[0].ask("POST", "/uploads", Upload_Metadata=metadata, **headers).status == status


@pytest.mark.parametrize(("more", "status"), METADATA)
def test_metadata_that_makes_no_sense_begins_nothing(
    phones: list[Phone], consult: Consult, more: str, status: int
) -> None:
    text = f"{told(consult_id=consult.public_id, kind='photo')},{more}" if more else ""
    assert phones[0].ask("POST", "/uploads", Upload_Length="5", Upload_Metadata=text).status == status


CREATIONS = [
    ({"Upload_Checksum": "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, 460),
    ({"Upload_Checksum": "md5 AAAA"}, 400),
    ({"Content_Encoding": "gzip"}, 415),
    ({"Upload_Length": "2"}, 413),
]


@pytest.mark.parametrize(("headers", "status"), CREATIONS)
def test_a_creation_whose_first_bytes_are_refused_leaves_no_upload_behind(
    phones: list[Phone], consult: Consult, headers: dict[str, str], status: int
) -> None:
    before = phones[0].ask("GET", "/uploads").json["items"]
    named = {"Upload_Length": "9", "Upload_Metadata": told(consult_id=consult.public_id, kind="photo"), **CHUNK}
    assert phones[0].ask("POST", "/uploads", b"hello", **named | headers).status == status
    assert phones[0].ask("GET", "/uploads").json["items"] == before


NO_REQUESTS = {
    "version": (400, b"GET /sign-in/link/CANARY HTTP/1.1 \r\nHost: x\r\n\r\n"),
    "no version": (400, b"GET /invitation/CANARY \r\nHost: x\r\n\r\n"),
    "blanks": (400, b"GET /family?q=CANARY Ana HTTP/1.1\r\nHost: x\r\n\r\n"),
    "method": (400, b"G(CANARY) / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "length": (400, b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9 CANARY\r\n\r\n"),
    "field": (400, b"GET / HTTP/1.1\r\nHost: x\r\nCookie CANARY: 1\r\n\r\n"),
    "folded": (400, b"GET / HTTP/1.1\r\nHost: x\r\nCookie: 1\r\n CANARY\r\n\r\n"),
    "coding": (501, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CANARY\r\n\r\n"),
    "expectation": (417, b"POST / HTTP/1.1\r\nHost: x\r\nExpect: CANARY\r\nContent-Length: 1\r\n\r\n"),
    "long address": (414, b"GET /" + b"CANARY" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "many fields": (431, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: CANARY\r\n" * 200 + b"\r\n"),
}
WITH_IT = ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control", "connection")


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request_is_refused_with_every_header_and_repeated_nowhere(server: Server, name: str) -> None:
    status, sent = NO_REQUESTS[name]
    with socket.create_connection(("127.0.0.1", server.ports[-1]), 20) as line:
        line.sendall(sent)
        got = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    fields = {row.partition(":")[0].lower() for row in head.decode().split("\r\n")[1:]}
    assert head.startswith(b"HTTP/1.1 %d " % status), head[:60]
    assert set(WITH_IT) - fields == set()
    assert json.loads(body)["status"] == status
    assert b"CANARY" not in got
    assert b"CANARY" not in server.service.launch.log.read_bytes()
