"""A staging folder that is away, as where a disk is mounted too late: nothing is given up for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from econsult.consults.intake import UploadState
from tests.uploads.conftest import Desk
from tests.uploads.test_sweep import age
from uploads import ending
from uploads.errors import GoneError
from uploads.finishing import QUIET, Swept, sweep
from uploads.kinds import LIVES
from uploads.root import MARK, StagingAwayError

DATA = os.urandom(100_000)


@contextmanager
def away(desk: Desk, *, is_missing: bool = False) -> Iterator[Path]:
    """The folder is not the one it was; gives where that one is meanwhile."""
    staging = desk.door.staging
    hidden = staging.rename(staging.with_name("hidden"))
    if not is_missing:
        staging.mkdir()
    yield hidden
    if staging.exists():
        staging.rmdir()
    hidden.rename(staging)


@pytest.mark.parametrize("is_missing", [False, True])
def test_nothing_is_lost_and_nothing_is_written_while_the_folder_is_away(desk: Desk, is_missing: bool) -> None:
    upload, fresh = desk.begin(len(DATA)), desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:500])
    asks = (
        lambda: desk.look(upload),
        lambda: desk.append(upload, 500, DATA[500:]),
        lambda: desk.append(fresh, 0, DATA),
        lambda: desk.begin(10),
        lambda: sweep(desk.door, now=desk.now),
    )
    with away(desk, is_missing=is_missing):
        for ask in asks:
            with pytest.raises(StagingAwayError):
                ask()
        assert not is_missing or not desk.door.staging.exists()
    assert desk.row(upload).state == "receiving"
    assert desk.append(upload, 500, DATA[500:]).is_complete
    assert desk.stored(upload) == DATA


def test_a_file_that_waits_for_its_worker_keeps_the_folder_known(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA)
    desk.now += LIVES * 2
    with away(desk), pytest.raises(StagingAwayError):
        sweep(desk.door, now=desk.now)
    assert desk.row(upload).state == UploadState.COMPLETE


def test_an_upload_can_be_ended_all_the_same(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:500])
    with away(desk):
        ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)
    assert desk.row(upload).state == "terminated"
    # What it had brought goes with the next sweep.
    age(desk.path(upload).parent, desk, LIVES)
    assert sweep(desk.door, now=desk.now).removed == 1


def test_a_folder_in_which_uploads_rested_before_there_were_marks_is_marked(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:500])
    (desk.door.staging / MARK).unlink()
    assert desk.look(upload).offset == 500
    assert (desk.door.staging / MARK).exists()


def test_a_new_folder_serves_once_nothing_rests_in_the_old_one_any_more(desk: Desk) -> None:
    late = desk.begin(len(DATA))
    desk.append(late, 0, DATA[:500])
    desk.door.staging.rename(desk.door.staging.with_name("gone"))
    desk.now += LIVES - QUIET
    with pytest.raises(StagingAwayError):
        desk.begin(10)
    desk.now += QUIET
    assert desk.append(desk.begin(len(DATA)), 0, DATA).is_complete
    assert sweep(desk.door, now=desk.now) == Swept(expired=1)


def test_an_operator_may_say_that_the_old_folder_is_lost(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:500])
    desk.door.staging.rename(desk.door.staging.with_name("gone"))
    desk.door.staging.mkdir()
    (desk.door.staging / MARK).touch()
    with pytest.raises(GoneError):
        desk.look(upload)
    assert (desk.row(upload).state, desk.row(upload).reason) == ("failed", "lost")
