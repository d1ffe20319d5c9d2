"""Asking how far an upload is, while others write to it: the answer is an offset, never that somebody else was faster.

tus-js-client forgets an upload whose HEAD is answered with anything but 200 or 423, and sends the file from its start.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from econsult import access
from tests.uploads.conftest import Desk
from uploads.errors import GoneError, LockedError, OffsetMismatchError, OvertakenError
from uploads.opened import open_upload, open_writer
from uploads.staged import Writer, discard_staged

DATA = os.urandom(300_000)


def forget_every_epoch(path: Path) -> None:
    """From now on every writer finds that a newer one has come, as if others came without end."""
    epoch = path.with_name("epoch")
    epoch.unlink()
    epoch.symlink_to(os.devnull)


def test_late_requests_that_overtake_a_look_do_not_spoil_it(desk: Desk) -> None:
    upload, is_over = desk.begin(len(DATA)), threading.Event()
    desk.append(upload, 0, DATA[:1000])

    def overtake() -> None:
        while not is_over.is_set():
            with Writer(desk.door.staging, upload, desk.key(upload)):
                is_over.wait(0.001)

    late = threading.Thread(target=overtake)
    late.start()
    try:
        assert {desk.look(upload).offset for _ in range(100)} == {1000}
    finally:
        is_over.set()
        late.join()


def test_a_look_that_is_overtaken_without_end_says_that_the_upload_is_in_use(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    forget_every_epoch(desk.path(upload))
    with pytest.raises(LockedError):
        desk.look(upload)


def test_the_first_line_of_an_upload_is_overtaken_before_it_is_written_down(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    with Writer(desk.door.staging, upload, desk.key(upload), may_create=True) as first:
        assert desk.look(upload).offset == 0
        with pytest.raises(OvertakenError):
            first.write(DATA)
    assert desk.append(upload, 0, DATA).is_complete


def test_bytes_that_the_worker_took_away_are_not_lost(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    with desk.door.database.reading() as session:
        row = access.upload_for(session, desk.clinic.mother, upload, now=desk.now)
        before = open_upload(desk.door, session, row, desk.now)
    desk.append(upload, 1000, DATA[1000:])
    discard_staged(desk.door.staging, upload)
    with pytest.raises(OvertakenError):
        open_writer(desk.door, before)
    assert desk.look(upload).is_complete
    with pytest.raises(OffsetMismatchError):
        desk.append(upload, 1000, DATA[1000:])


def test_bytes_that_are_lost_are_gone(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    discard_staged(desk.door.staging, upload)
    with pytest.raises(GoneError):
        desk.look(upload)
