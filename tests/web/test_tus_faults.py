"""Vanished phones, killed servers, two processes: what was acknowledged stays, and nobody waits."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import socket
import struct
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy import delete, func, select

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.people.signin import ApiToken
from storage import sealed
from tests.spread import spread
from tests.timing import TRIES
from tests.web.uploading import Phone, Server
from uploads.kinds import LIVES
from uploads.staged import staged_path

SIZE = 6_000_000


@pytest.fixture(scope="module")
def mother(server: Server) -> Phone:
    return server.phone(server.clinic.mother)


@pytest.fixture
def consult(server: Server) -> Consult:
    return server.consult(server.clinic.family_question)


def received(server: Server, path: str) -> bytes:
    object_id = path.rpartition("/")[2]
    with server.runtime.database.reading() as session:
        row = session.scalars(select(Attachment).where(Attachment.public_id == object_id)).one()
        key = server.runtime.vault.object_key(session, row.patient_id, object_id, row.key_wrapped)
    with staged_path(server.runtime.settings.staging, object_id).open("rb") as file:
        return sealed.open(file, object_id, key).read()


def staged_size(server: Server, path: str) -> int:
    try:
        return staged_path(server.runtime.settings.staging, path.rpartition("/")[2]).stat().st_size
    except FileNotFoundError:
        return 0


def wait_for_bytes(server: Server, path: str, least: int) -> None:
    deadline = time.monotonic() + 20
    while staged_size(server, path) < least:
        assert time.monotonic() < deadline, "the bytes did not reach the disk"
        time.sleep(0.005)


def await_unfinished(phone: Phone, consult: Consult) -> str:
    """The path of this person's unfinished upload to the consult, once there is one that has brought something."""
    deadline = time.monotonic() + 20
    while True:
        items = phone.ask("GET", "/uploads?state=incomplete").json["items"]
        if found := [item["url"] for item in items if item["consult_id"] == consult.public_id and item["offset"]]:
            return str(found[0])
        assert time.monotonic() < deadline, "no upload was found"
        time.sleep(0.02)


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_killing_the_server_in_the_middle_loses_nothing_acknowledged(
    server: Server, mother: Phone, consult: Consult, kills: int
) -> None:
    data, dice = os.urandom(SIZE), random.Random(7)
    path = mother.create(consult, SIZE, kind="video")
    offset = mother.patch(path, 0, data[:500_000]).offset
    for _ in range(kills):
        part = data[offset : offset + dice.randrange(700_000, 1_200_000)]
        before = staged_size(server, path)
        with mother.hanging_patch(path, offset, SIZE - offset, part):
            wait_for_bytes(server, path, before + 270_000)
            server.service.kill()
        server.start(server.ports[0])
        resumed = mother.head(path).offset
        assert offset < resumed <= offset + len(part)
        offset = resumed
    assert mother.patch(path, offset, data[offset:]).offset == SIZE
    assert received(server, path) == data


@pytest.mark.wide
def test_a_phone_that_vanished_delays_nobody(server: Server, mother: Phone, consult: Consult) -> None:
    data = os.urandom(SIZE)
    for _try in range(TRIES):
        path = mother.create(consult, SIZE, kind="video")
        with mother.hanging_patch(path, 0, SIZE, data[:1_000_000]):
            wait_for_bytes(server, path, 700_000)
            started = time.monotonic()
            offset = mother.head(path).offset
            assert mother.patch(path, offset, data[offset : offset + 1000]).offset == offset + 1000
            took = time.monotonic() - started
        assert offset >= 700_000
        if took < 2.5:
            break
    # A server that locks a file waits three seconds for the lock, each time; a busy machine once takes as long.
    assert took < 2.5


@pytest.mark.wide
def test_late_bytes_of_a_vanished_phone_change_nothing(server: Server, mother: Phone, consult: Consult) -> None:
    other = Phone(server.start(), mother.token)
    data, late = b"A" * 400_000, b"Z" * 400_000
    path = mother.create(consult, 1_000_000)
    with mother.hanging_patch(path, 0, 1_000_000, data) as line:
        wait_for_bytes(server, path, 256_000)
        offset = other.head(path).offset
        assert other.patch(path, offset, b"B" * 100_000).offset == offset + 100_000
        line.sendall(late)
        assert b" 409 " in line.recv(4096)
    assert other.head(path).offset == offset + 100_000
    rest = 1_000_000 - offset - 100_000
    assert other.patch(path, offset + 100_000, b"C" * rest).status == 204
    assert received(server, path) == b"A" * offset + b"B" * 100_000 + b"C" * rest


@pytest.mark.parametrize("ending", spread(["overtaken", "killed"], 1))
def test_nothing_of_a_chunk_counts_before_its_checksum_is_compared(
    server: Server, mother: Phone, consult: Consult, ending: str
) -> None:
    data = os.urandom(1_000_000)
    damaged = data[:300_000] + bytes(400_000)
    sum_of = base64.b64encode(hashlib.sha1(data[100_000:], usedforsecurity=False).digest()).decode()
    path = mother.create(consult, len(data))
    assert mother.patch(path, 0, data[:100_000]).status == 204
    other = Phone(server.start(), mother.token)
    with mother.hanging_patch(path, 100_000, 900_000, damaged[100_000:], f"Upload-Checksum: sha1 {sum_of}"):
        wait_for_bytes(server, path, 500_000)
        if ending == "killed":
            server.services[0].kill()
        assert other.head(path).offset == 100_000
    rest = other.patch(path, 100_000, data[100_000:], Upload_Checksum=f"sha1 {sum_of}")
    assert (rest.status, received(server, path) == data) == (204, True)
    if ending == "killed":
        server.start(server.ports[0])


@pytest.mark.parametrize("ending", ["fin", "rst"])
def test_a_connection_that_ends_keeps_what_arrived(
    server: Server, mother: Phone, consult: Consult, ending: str
) -> None:
    data = os.urandom(1_000_000)
    path = mother.create(consult, len(data))
    with mother.hanging_patch(path, 0, len(data), data[:400_000]) as line:
        wait_for_bytes(server, path, 256_000)
        if ending == "rst":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            line.shutdown(socket.SHUT_WR)
            assert b" 204 " in line.recv(4096)
    offset = mother.head(path).offset
    assert offset == 400_000 if ending == "fin" else offset >= 256_000
    assert mother.patch(path, offset, data[offset:]).offset == len(data)
    assert received(server, path) == data


@pytest.mark.slow
def test_a_silent_phone_is_let_go_after_half_a_minute(server: Server, mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 1_000_000)
    with mother.hanging_patch(path, 0, 1_000_000, b"x" * 300_000) as line:
        answer = line.recv(4096)
        assert b" 204 " in answer
        assert line.recv(4096) == b""
    assert mother.head(path).offset >= 256_000


@pytest.mark.parametrize("all_of_it", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.wide
def test_a_creation_that_was_overtaken_takes_nothing_away(
    server: Server, consult: Consult, elsewhere: bool, all_of_it: bool
) -> None:
    """A phone begins with its first bytes, falls silent, finds its upload and goes on; then the old line wakes."""
    mother = server.phone(server.clinic.mother)
    if elsewhere and len(server.ports) == 1:
        server.start()
    again = Phone(server.ports[-1], mother.token)
    data = os.urandom(600_000)
    with mother.hanging_creation(consult, data[:300_000], len(data)) as line:
        found = await_unfinished(again, consult)
        offset = again.head(found).offset
        end = len(data) if all_of_it else 400_000
        assert again.patch(found, offset, data[offset:end]).offset == end
        with suppress(OSError):
            line.sendall(data[300_000:310_000])
            line.shutdown(socket.SHUT_WR)
            assert not line.recv(4096).startswith(b"HTTP/1.1 2")
    assert (again.head(found).status, again.head(found).offset) == (200, end)
    if not all_of_it:
        # Nor does it shorten the time that whoever went on was told.
        assert parsedate_to_datetime(again.head(found).headers["upload-expires"]) > datetime.now(UTC) + LIVES / 2
        assert again.patch(found, end, data[end:]).status == 204
    assert received(server, found) == data


@pytest.mark.wide
def test_whoever_is_signed_out_meanwhile_completes_nothing_and_loses_one_byte(server: Server, consult: Consult) -> None:
    mother, data = server.phone(server.clinic.mother), os.urandom(400_000)
    path = mother.create(consult, len(data))
    with mother.hanging_patch(path, 0, len(data), data[:200_000]) as line:
        wait_for_bytes(server, path, 65_536)
        with server.runtime.database.writing() as session:
            newest = select(func.max(ApiToken.id)).scalar_subquery()
            session.execute(delete(ApiToken).where(ApiToken.id == newest))
        line.sendall(data[200_000:])
        line.settimeout(20)
        assert line.recv(4096).startswith(b"HTTP/1.1 401 ")
    again = server.phone(server.clinic.mother)
    with server.runtime.database.reading() as session:
        assert session.scalars(select(Attachment.id).where(Attachment.consult_id == consult.id)).all() == []
    assert again.head(path).offset == len(data) - 1
    assert again.patch(path, len(data) - 1, data[-1:]).status == 204
    assert received(server, path) == data
