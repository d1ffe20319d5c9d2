"""The epoch fence: only the newest request writes, in whatever process it is, and nobody waits for a vanished phone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.contract import BlobMissing
from storage.sealed import SealBroken
from storage.segments import SEALED, SEGMENT
from uploads.errors import OvertakenError
from uploads.staged import MARK_EVERY, SYNC_EVERY, Fence, Writer, discard_staged, staged_path

ID, KEY = "ab" * 16, bytes(32)
ZOMBIE = """
import sys
from pathlib import Path
from uploads.errors import OvertakenError
from uploads.staged import Writer
writer = Writer(Path(sys.argv[1]), sys.argv[2], bytes(32), may_create=True)
writer.write(b"A" * 64)
writer.sync()
print("wrote", flush=True)
sys.stdin.readline()
try:
    writer.write(b"Z" * 64)
    writer.sync()
except OvertakenError:
    print("overtaken", flush=True)
"""


def test_a_newer_writer_overtakes_the_older_for_every_verb(tmp_path: Path) -> None:
    old = Writer(tmp_path, ID, KEY, may_create=True)
    old.write(b"A" * 100)
    old.sync()
    with Writer(tmp_path, ID, KEY) as new:
        for verb in (lambda: old.write(b"Z"), old.sync, lambda: old.rewind(0), old.finish):
            with pytest.raises(OvertakenError):
                verb()
        assert new.offset == 100
        new.write(b"B" * 100)
        new.sync()
    old.close()
    with Writer(tmp_path, ID, KEY) as last:
        assert last.offset == 200


def test_a_zombie_in_another_process_changes_no_acknowledged_byte(tmp_path: Path) -> None:
    zombie = subprocess.Popen(
        [sys.executable, "-c", ZOMBIE, str(tmp_path), ID], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert zombie.stdin is not None
    assert zombie.stdout is not None
    assert zombie.stdout.readline() == "wrote\n"
    with Writer(tmp_path, ID, KEY) as writer:
        assert writer.offset == 64
        writer.write(b"B" * 64)
        writer.sync()
        before = staged_path(tmp_path, ID).with_name("data.tail").read_bytes()
        zombie.stdin.write("go\n")
        zombie.stdin.flush()
        assert zombie.communicate(timeout=30)[0] == "overtaken\n"
        assert staged_path(tmp_path, ID).with_name("data.tail").read_bytes() == before
        assert writer.offset == 128


def test_many_writers_at_once_leave_one(tmp_path: Path) -> None:
    Writer(tmp_path, ID, KEY, may_create=True).close()
    writers = [Writer(tmp_path, ID, KEY) for _ in range(8)]
    outcomes: list[bool] = []

    def write(writer: Writer) -> None:
        try:
            writer.write(os.urandom(1000))
            writer.sync()
        except OvertakenError:
            outcomes.append(False)
        else:
            outcomes.append(True)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.close()
    assert sorted(outcomes) == [False] * 7 + [True]


def test_the_lock_is_free_while_a_writer_waits_for_the_network(tmp_path: Path) -> None:
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        writer.write(b"x")
        with Fence.open(staged_path(tmp_path, ID)) as fence, fence.taken() as epoch:
            assert epoch == 2


def test_long_uploads_are_made_durable_on_their_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    really = os.fdatasync

    def watched(fd: int) -> None:
        really(fd)
        synced.append(os.fstat(fd).st_size // SEALED * SEGMENT)

    block = bytes(SEGMENT * 4)
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        monkeypatch.setitem(vars(os), "fdatasync", watched)
        for turn in range(1, MARK_EVERY // len(block) + 1):
            writer.write(block)
            if turn * len(block) % SYNC_EVERY == 0:
                _wait(lambda turn=turn: max(synced, default=0) >= turn * len(block))  # type: ignore[misc]
        writer.write(block)
        # Nobody asked for it, and yet the tail on disk already stands for all of it.
        tail = staged_path(tmp_path, ID).with_name("data.tail").read_bytes()
        assert int.from_bytes(tail[:8], "big") == MARK_EVERY // SEGMENT
        assert writer.durable == MARK_EVERY
    with Writer(tmp_path, ID, KEY) as writer:
        assert writer.offset == MARK_EVERY + len(block)


def _wait(is_true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_a_beginning_that_a_crash_interrupted_starts_anew(tmp_path: Path) -> None:
    Writer(tmp_path, ID, KEY, may_create=True).close()
    staged_path(tmp_path, ID).with_name("data.tail").unlink()
    with pytest.raises(SealBroken):
        Writer(tmp_path, ID, KEY)
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        assert writer.offset == 0


def test_bytes_that_are_there_are_never_begun_anew(tmp_path: Path) -> None:
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        writer.write(b"kept")
        writer.sync()
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        assert writer.offset == 4


def test_discarding_ends_the_writer_and_leaves_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path, ID, KEY, may_create=True)
    discard_staged(tmp_path, ID)
    discard_staged(tmp_path, ID)
    with pytest.raises(OvertakenError):
        writer.write(b"late")
    writer.close()
    assert not staged_path(tmp_path, ID).parent.exists()
    with pytest.raises(BlobMissing):
        Writer(tmp_path, ID, KEY)


def test_a_torn_segment_is_cut_and_the_rest_stands(tmp_path: Path) -> None:
    with Writer(tmp_path, ID, KEY, may_create=True) as writer:
        writer.write(bytes(SEGMENT * 2))
        writer.sync()
    path = staged_path(tmp_path, ID)
    with path.open("ab") as file:
        file.write(os.urandom(1000))
    with Writer(tmp_path, ID, KEY) as writer:
        assert writer.offset == SEGMENT * 2
    assert path.stat().st_size == SEALED * 2


def test_many_that_discard_the_same_upload_leave_nothing_and_report_nothing(tmp_path: Path) -> None:
    for _ in range(40):
        Writer(tmp_path, ID, KEY, may_create=True).close()
        with ThreadPoolExecutor(3) as pool:
            for ended in [pool.submit(discard_staged, tmp_path, ID) for _ in range(3)]:
                ended.result()
        assert not staged_path(tmp_path, ID).parent.exists()
