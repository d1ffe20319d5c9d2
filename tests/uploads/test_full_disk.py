"""A disk that fills up while files arrive."""

from __future__ import annotations

import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from econsult.consults.intake import Upload
from storage.contract import StoreFull
from tests.uploads.conftest import Desk
from uploads import slots, verbs
from uploads.door import check_room, free_bytes
from uploads.kinds import FLOOR, Wanted

DATA = os.urandom(5_000_000)
ROOM = 2_000_000


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the nearest thing to a full disk that needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_chunk_that_finds_no_room_does_not_keep_the_disk_full(desk: Desk) -> None:
    upload = desk.begin(len(DATA), "video")
    desk.append(upload, 0, DATA[:300_000])
    before = desk.path(upload).stat().st_size
    with room_for(ROOM), pytest.raises(StoreFull):
        desk.append(upload, 300_000, DATA[300_000:])
    assert desk.path(upload).stat().st_size == before
    assert desk.look(upload).offset == 300_000
    assert desk.append(upload, 300_000, DATA[300_000:]).is_complete
    assert desk.stored(upload) == DATA


def test_a_whole_file_that_finds_no_room_leaves_nothing_behind(desk: Desk) -> None:
    wanted = Wanted(desk.consult.public_id, "video", len(DATA))
    with room_for(ROOM), pytest.raises(StoreFull):
        verbs.receive(desk.door, desk.clinic.mother, wanted, io.BytesIO(DATA), clock=desk.clock)
    left = [path for path in desk.door.staging.rglob("*") if path.is_file() and path.parent.name != slots.FOLDER]
    assert left == []
    with desk.door.database.reading() as session:
        assert session.scalars(select(Upload.state)).all() == ["terminated"]


def test_a_file_that_would_leave_less_than_the_floor_is_not_begun(desk: Desk) -> None:
    free = free_bytes(desk.door.staging)
    check_room(desk.door, 1)
    with pytest.raises(StoreFull):
        check_room(desk.door, free - FLOOR + FLOOR // 2)
