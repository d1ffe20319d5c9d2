"""A disk that fails under the real upload process: 507 or 503, nothing promised beyond what is durable, then on again.

The system's own calls are made to fail inside the process while a file says so, and the kernel's limit on the size of
a file stands for a full disk; neither needs rights, so nothing is left out for an ordinary user.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from tests.spread import spread
from tests.web.uploading import Phone, Server, open_server

BAD_DISK = """
import os

SIGN, STAGING = {sign!r}, {staging!r}


def failing(really, names_file):
    def call(where, *arguments, **named):
        path = os.fspath(where) if names_file else os.readlink(f"/proc/self/fd/{{where}}")
        if path.startswith(STAGING) and os.path.exists(SIGN):
            with open(SIGN) as sign:
                number = int(sign.read())
            raise OSError(number, os.strerror(number))
        return really(where, *arguments, **named)

    return call


def post_worker_init(worker):
    for name in ("pwrite", "fdatasync", "ftruncate"):
        setattr(os, name, failing(vars(os)[name], False))
    for name in ("mkdir", "replace"):
        setattr(os, name, failing(vars(os)[name], True))
"""
DATA = os.urandom(3_000_000)
LARGE = 48 * 1024 * 1024
SPACE = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("disk")
    config = folder / "bad_disk.py"
    config.write_text(BAD_DISK.format(sign=str(folder / "bad"), staging=str(folder / "staging")))
    server = open_server(folder, arguments=("--config", str(config)))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mother(server: Server) -> Phone:
    return server.phone(server.clinic.mother)


@contextmanager
def bad_disk(server: Server, number: int) -> Iterator[None]:
    sign = server.folder / "bad"
    fresh = sign.with_name("bad.new")
    fresh.write_text(str(number))
    fresh.replace(sign)
    yield
    sign.unlink()


@contextmanager
def room_for(server: Server, size: int) -> Iterator[None]:
    """No file of the server's may grow beyond this."""
    master = psutil.Process(server.service.pid)
    pids = [process.pid for process in (master, *master.children(recursive=True))]
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid, (_soft, hard) in zip(pids, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    yield
    for pid, limits in zip(pids, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def go_on(phone: Phone, path: str, data: bytes, promised: int) -> None:
    offset = phone.head(path).offset
    assert promised <= offset <= len(data)
    assert phone.patch(path, offset, data[offset:]).offset == len(data)


FAULTS = {errno.ENOSPC: 507, errno.EDQUOT: 507, errno.EROFS: 503, errno.EIO: 503, errno.EACCES: 503}


@pytest.mark.parametrize(("number", "status"), FAULTS.items())
@pytest.mark.parametrize("promised", spread([1_000_000, 0], 1))
def test_a_bad_disk_is_said_and_the_upload_goes_on_afterwards(
    server: Server, mother: Phone, number: int, status: int, promised: int
) -> None:
    path = mother.create(server.consult(server.clinic.family_question), len(DATA), kind="video")
    if promised:
        assert mother.patch(path, 0, DATA[:promised]).offset == promised
    with bad_disk(server, number):
        refused = mother.patch(path, promised, DATA[promised:])
        # Stock clients begin from zero after any other refusal of a HEAD.
        look = mother.head(path)
    if promised:
        assert (look.status, look.headers["retry-after"]) == (423, "1")
    else:
        assert (look.status, look.offset) == (200, 0)
    assert (refused.status, "retry-after" in refused.headers) == (status, True)
    assert mother.head(path).offset == promised
    assert str(Path(server.folder)).encode() not in refused.body
    go_on(mother, path, DATA, promised)


def test_a_look_waits_for_a_database_that_is_away(server: Server, mother: Phone) -> None:
    path = mother.create(server.consult(server.clinic.family_question), len(DATA), kind="video")
    assert mother.patch(path, 0, DATA[:1000]).offset == 1000
    engine = server.runtime.database.engine
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_token RENAME TO away"))
    refused = [mother.head(path), mother.ask("GET", path), mother.ask("POST", path, X_HTTP_Method_Override="HEAD")]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO api_token"))
    assert [reply.status for reply in refused] == [423, 503, 423]
    assert all(reply.headers["retry-after"] for reply in refused)
    go_on(mother, path, DATA, 1000)


def test_a_disk_that_is_really_full_is_said_and_the_upload_goes_on_afterwards(server: Server, mother: Phone) -> None:
    data = os.urandom(LARGE)
    path = mother.create(server.consult(server.clinic.family_question), len(data), kind="video")
    promised = mother.patch(path, 0, data[:1_000_000]).offset
    with room_for(server, SPACE):
        assert mother.patch(path, promised, data[promised:]).status == 507
        assert mother.head(path).offset == promised
    go_on(mother, path, data, promised)
