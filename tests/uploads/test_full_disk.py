"""A disk that fills up while files arrive: the records keep their room, and whoever can be whole becomes whole."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from econsult.consults.intake import Upload
from storage.contract import StoreFull
from storage.disk import SPARE, free_bytes
from tests.uploads.conftest import Desk
from tests.uploads.test_sweep import age, whole_but_not_complete
from uploads import ending, slots, verbs
from uploads.chunks import Checksum, Chunk
from uploads.finishing import QUIET, Swept, sweep
from uploads.kinds import FLOOR, FORGOTTEN, LIVES, MEGABYTE, Wanted
from uploads.room import RESTS
from uploads.root import MARK
from uploads.staged import staged_bytes

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


@dataclass
class SmallDisk:
    """A disk of so many bytes, of which those in the folder are used."""

    folder: Path
    size: int

    def wrap(self, really: Callable[[Any], os.statvfs_result]) -> Callable[[Any], os.statvfs_result]:
        def call(where: Any) -> os.statvfs_result:
            told = list(really(where))
            used = sum(path.stat().st_size for path in self.folder.rglob("*"))
            told[0], told[1], told[4] = 1, 1, self.size - used
            return os.statvfs_result(told)

        return call


@pytest.fixture
def disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> SmallDisk:
    small = SmallDisk(desk.door.staging, 300 * MEGABYTE)
    for name in ("statvfs", "fstatvfs"):
        monkeypatch.setitem(vars(os), name, small.wrap(vars(os)[name]))
    return small


def begin(desk: Desk, megabytes: int, kind: str = "lab_document") -> str:
    """One that somebody has sent a byte of."""
    upload = desk.begin(megabytes * MEGABYTE, kind)
    desk.append(upload, 0, b"x")
    return upload


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
    assert [path.name for path in left] == [MARK]
    with desk.door.database.reading() as session:
        assert session.scalars(select(Upload.state)).all() == ["terminated"]


def test_a_file_that_would_leave_less_than_the_floor_is_not_begun(desk: Desk, disk: SmallDisk) -> None:
    disk.size = 10 * MEGABYTE + FLOOR
    assert desk.begin(10 * MEGABYTE)
    with pytest.raises(StoreFull):
        desk.begin(10 * MEGABYTE + 1)


def test_room_that_others_still_need_is_not_promised_again(desk: Desk, disk: SmallDisk) -> None:
    begin(desk, 100)
    begin(desk, 100)
    with pytest.raises(StoreFull):
        desk.begin(100 * MEGABYTE, "lab_document")
    # Neither was heard of for hours: the room is there for who comes, and they wait for it as others do.
    desk.now += RESTS * 2
    assert desk.begin(100 * MEGABYTE, "lab_document")
    disk.size = FLOOR + 101 * MEGABYTE
    desk.now += FORGOTTEN / 2
    with pytest.raises(StoreFull):
        desk.begin(100 * MEGABYTE, "lab_document")
    desk.now += FORGOTTEN
    assert desk.begin(100 * MEGABYTE, "lab_document")


def test_what_has_arrived_is_not_set_aside_twice(desk: Desk, disk: SmallDisk) -> None:
    disk.size = 12 * MEGABYTE + FLOOR
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:-1])
    assert desk.begin(6 * MEGABYTE)


def test_a_film_waits_for_photos_and_keeps_none_waiting(desk: Desk, disk: SmallDisk) -> None:
    film = begin(desk, 230, "video")
    photo = desk.begin(50 * MEGABYTE)
    with pytest.raises(StoreFull):
        desk.append(film, 1, DATA)
    assert desk.look(film).offset == 1
    ending.abandon(desk.door, desk.clinic.mother, photo, now=desk.now)
    assert desk.append(film, 1, DATA).offset == 1 + len(DATA)


def test_of_two_that_do_not_fit_together_the_older_becomes_whole(desk: Desk, disk: SmallDisk) -> None:
    older, younger = (desk.begin(len(DATA)) for _ in range(2))
    for upload in (older, younger):
        desk.append(upload, 0, DATA[:1_000_000])
    disk.size = SPARE + 8_000_000
    with pytest.raises(StoreFull):
        desk.append(younger, 1_000_000, DATA[1_000_000:])
    assert desk.append(older, 1_000_000, DATA[1_000_000:]).is_complete
    disk.size += 5_000_000
    assert desk.append(younger, 1_000_000, DATA[1_000_000:]).is_complete


def test_one_that_has_no_room_itself_holds_up_nobody(desk: Desk, disk: SmallDisk) -> None:
    huge, small = begin(desk, 100), desk.begin(len(DATA))
    disk.size = SPARE + 20 * MEGABYTE
    with pytest.raises(StoreFull):
        desk.append(huge, 1, DATA)
    assert desk.append(small, 0, DATA).is_complete


class Filling(io.BytesIO):
    """Bytes that come while others fill the disk."""

    def __init__(self, data: bytes, disk: SmallDisk) -> None:
        super().__init__(data)
        self.disk = disk

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 3_000_000:
            self.disk.size = SPARE
        return super().read(size)


@pytest.mark.parametrize("is_proven", [False, True])
def test_the_last_of_the_disk_is_kept_for_the_records(desk: Desk, disk: SmallDisk, is_proven: bool) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    checksum = Checksum("sha1", hashlib.sha1(DATA[1000:], usedforsecurity=False).digest()) if is_proven else None
    chunk = Chunk(1000, Filling(DATA[1000:], disk), len(DATA) - 1000, checksum)
    with pytest.raises(StoreFull):
        verbs.append(desk.door, desk.clinic.mother, upload, chunk, clock=desk.clock)
    # What came before is kept, where it counts without the rest.
    offset = desk.look(upload).offset
    assert offset == 1000 if is_proven else 2_000_000 < offset <= 4_000_000
    disk.size = 300 * MEGABYTE
    assert desk.append(upload, offset, DATA[offset:]).is_complete
    assert desk.stored(upload) == DATA


@contextmanager
def full_database(desk: Desk, least: int) -> Iterator[None]:
    """No row can be written while more than so many bytes are staged."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        staged = sum(path.stat().st_size for path in desk.door.staging.rglob("data"))
        if staged > least and statement.startswith(("UPDATE", "INSERT")):
            raise OperationalError(statement, {}, sqlite3.OperationalError("database or disk is full"))

    engine = desk.door.database.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_an_upload_can_be_ended_where_the_disk_has_no_room_for_saying_so(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1_000_000])
    with full_database(desk, 0):
        ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)
    assert (desk.row(upload).state, staged_bytes(desk.door.staging, upload)) == ("terminated", 0)


def test_no_whole_file_is_thrown_away_to_make_room(desk: Desk) -> None:
    arrived = desk.begin(len(DATA))
    desk.append(arrived, 0, DATA)
    stuck = whole_but_not_complete(desk, is_closed=True)
    with full_database(desk, 0):
        for upload in (arrived, stuck):
            with pytest.raises(OperationalError):
                ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)
    assert desk.stored(arrived) == DATA
    assert desk.look(stuck).is_complete


def test_what_has_expired_makes_room_for_the_records(desk: Desk) -> None:
    late, stuck = desk.begin(len(DATA)), whole_but_not_complete(desk, is_closed=True)
    desk.append(late, 0, DATA[:1_000_000])
    for upload in (late, stuck):
        age(desk.path(upload).parent, desk, QUIET)
    desk.now += LIVES + QUIET
    with full_database(desk, 500_000):
        assert sweep(desk.door, now=desk.now) == Swept(expired=1, failed=1)
    assert (desk.row(late).state, staged_bytes(desk.door.staging, late)) == ("expired", 0)
    # A whole file is no part that could go: it becomes an attachment next time.
    age(desk.path(stuck).parent, desk, QUIET)
    assert sweep(desk.door, now=desk.now) == Swept(finished=1)


def test_free_space_is_known_before_the_folder_is_there(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") == pytest.approx(free_bytes(tmp_path), rel=0.5)
