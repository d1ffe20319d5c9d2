"""What the sweep finishes, what it removes, and what it leaves alone."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from tests.uploads.conftest import Desk
from uploads import verbs
from uploads.finishing import ORPHAN_AGE, QUIET, Swept, sweep
from uploads.kinds import LIVES
from uploads.staged import Writer

DATA = os.urandom(150_000)


def age(folder: Path, desk: Desk, by: timedelta) -> None:
    """Make the files as old as if they had last changed so long ago."""
    then = (desk.now - by).timestamp()
    for path in folder.iterdir():
        os.utime(path, (then, then))


def whole_but_not_complete(desk: Desk, *, is_closed: bool) -> str:
    """An upload whose process died after the last byte."""
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    with Writer(desk.door.staging, upload, desk.key(upload)) as writer:
        writer.write(DATA[10:])
        writer.sync()
        if is_closed:
            writer.finish()
    return upload


def test_a_whole_file_is_finished_for_a_process_that_died(desk: Desk) -> None:
    uploads = [whole_but_not_complete(desk, is_closed=is_closed) for is_closed in (False, True)]
    for upload in uploads:
        age(desk.path(upload).parent, desk, QUIET)
    assert sweep(desk.door, now=desk.now) == Swept(finished=2)
    assert [desk.row(upload).state for upload in uploads] == ["complete", "complete"]
    assert [desk.stored(upload) for upload in uploads] == [DATA, DATA]
    assert sweep(desk.door, now=desk.now) == Swept()


def test_trouble_with_one_upload_keeps_no_other_waiting(desk: Desk) -> None:
    bad, good = (whole_but_not_complete(desk, is_closed=False) for _ in range(2))
    late, orphan = desk.begin(200_000), "0" * 32
    desk.append(late, 0, b"x")
    (desk.path(orphan).parent / "folder").mkdir(parents=True)
    (desk.path(orphan).parent / "epoch").touch()
    # A folder where the tail belongs is what no call of the system can read.
    desk.path(bad).with_name("data.tail").unlink()
    desk.path(bad).with_name("data.tail").mkdir()
    for upload in (bad, good, late, orphan):
        age(desk.path(upload).parent, desk, ORPHAN_AGE)
    desk.now += LIVES + ORPHAN_AGE
    with desk.door.database.writing() as session:
        for upload in (bad, good):
            session.scalars(select(Upload).where(Upload.public_id == upload)).one().expires_at = desk.now + LIVES
    assert sweep(desk.door, now=desk.now) == Swept(finished=1, expired=1, failed=2)
    assert [desk.row(upload).state for upload in (bad, good, late)] == ["receiving", "complete", "expired"]


def test_looking_finishes_it_too(desk: Desk) -> None:
    upload = whole_but_not_complete(desk, is_closed=True)
    assert desk.look(upload).is_complete
    with desk.door.database.reading() as session:
        assert session.scalars(select(Attachment.public_id)).one() == upload


def test_a_live_upload_is_left_alone(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    with Writer(desk.door.staging, upload, desk.key(upload)) as writer:
        age(desk.path(upload).parent, desk, timedelta(seconds=0))
        assert sweep(desk.door, now=desk.now) == Swept()
        age(desk.path(upload).parent, desk, ORPHAN_AGE)
        assert sweep(desk.door, now=desk.now) == Swept()
        writer.write(DATA[10:])
        writer.sync()


def test_an_expired_upload_loses_its_bytes(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    desk.now += LIVES
    age(desk.path(upload).parent, desk, timedelta(seconds=0))
    assert sweep(desk.door, now=desk.now) == Swept(), "somebody is writing to it right now"
    age(desk.path(upload).parent, desk, QUIET)
    assert sweep(desk.door, now=desk.now) == Swept(expired=1)
    assert desk.row(upload).state == "expired"
    assert not desk.path(upload).exists()


def test_files_that_nobody_knows_or_needs_go_after_an_hour(desk: Desk) -> None:
    stray = "cd" * 16
    Writer(desk.door.staging, stray, bytes(32), may_create=True).close()
    ended = desk.begin(len(DATA))
    desk.append(ended, 0, DATA[:10])
    with desk.door.database.writing() as session:
        session.scalars(select(Upload).where(Upload.public_id == ended)).one().state = "accepted"
    for name in (stray, ended):
        age(desk.path(name).parent, desk, ORPHAN_AGE - timedelta(minutes=1))
    assert sweep(desk.door, now=desk.now) == Swept()
    desk.now += timedelta(minutes=1)
    assert sweep(desk.door, now=desk.now) == Swept(removed=2)
    assert list(desk.door.staging.glob("??/*")) == []


def test_a_complete_file_that_waits_for_its_worker_is_kept(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA)
    age(desk.path(upload).parent, desk, timedelta(days=30))
    assert sweep(desk.door, now=desk.now) == Swept()
    assert desk.stored(upload) == DATA


def test_whoever_lost_the_right_meanwhile_gets_nothing_finished(desk: Desk) -> None:
    upload = whole_but_not_complete(desk, is_closed=True)
    age(desk.path(upload).parent, desk, QUIET)
    with desk.door.database.writing() as session:
        session.merge(desk.consult).status = "closed"
    assert sweep(desk.door, now=desk.now).finished == 0
    assert desk.row(upload).state == "rejected"
    assert verbs.unfinished(desk.door, desk.clinic.mother, now=desk.now) == []


def test_a_whole_file_that_changed_a_moment_ago_is_left_to_its_own_process(desk: Desk) -> None:
    upload = whole_but_not_complete(desk, is_closed=False)
    age(desk.path(upload).parent, desk, QUIET - timedelta(seconds=1))
    assert sweep(desk.door, now=desk.now) == Swept()
    assert desk.row(upload).state == "receiving"


def test_what_a_crash_left_half_written_goes_too(desk: Desk) -> None:
    half, empty = desk.door.staging / "ab" / ("ab" * 16), desk.door.staging / "cd" / ("cd" * 16)
    for folder in (half, empty):
        folder.mkdir(parents=True)
    (half / "data.tail.new").write_bytes(b"x")
    age(half, desk, ORPHAN_AGE)
    then = (desk.now - ORPHAN_AGE).timestamp()
    os.utime(empty, (then, then))
    assert sweep(desk.door, now=desk.now) == Swept(removed=2)
    assert list(desk.door.staging.glob("??/*")) == []


def test_uploads_that_still_arrive_do_not_hide_one_that_is_stuck(desk: Desk) -> None:
    for _ in range(5):
        going = desk.begin(len(DATA))
        desk.append(going, 0, DATA[:10])
        age(desk.path(going).parent, desk, QUIET)
    stuck = whole_but_not_complete(desk, is_closed=True)
    age(desk.path(stuck).parent, desk, QUIET)
    assert sweep(desk.door, now=desk.now, limit=2) == Swept(finished=1)
    assert desk.row(stuck).state == "complete"


def test_a_phone_that_sends_a_drop_now_and_then_counts_as_live(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    with Writer(desk.door.staging, upload, desk.key(upload), may_create=True) as writer:
        age(desk.path(upload).parent, desk, QUIET)
        before = max(path.stat().st_mtime for path in desk.path(upload).parent.iterdir())
        writer.write(b"x")
        assert max(path.stat().st_mtime for path in desk.path(upload).parent.iterdir()) > before


def test_hundreds_of_orphans_go_and_nobody_elses_bytes(desk: Desk) -> None:
    going = desk.begin(len(DATA))
    desk.append(going, 0, DATA[:10])
    age(desk.path(going).parent, desk, ORPHAN_AGE)
    for number in range(500):
        name = hashlib.md5(bytes(number), usedforsecurity=False).hexdigest()
        folder = desk.door.staging / name[:2] / name
        folder.mkdir(parents=True)
        (folder / "epoch").touch()
        age(folder, desk, ORPHAN_AGE)
    assert sweep(desk.door, now=desk.now) == Swept(removed=500)
    assert [path.name for path in desk.door.staging.glob("??/*")] == [going]
