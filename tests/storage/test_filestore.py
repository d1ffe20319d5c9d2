"""What is particular about blobs kept as files."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.blobs import BlobExists, SizeMismatch, StoreFull, StoreUnavailable, open_store
from storage.disk import SPARE
from storage.filestore import FileStore

MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "blobs")


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_only_the_owner_may_look_at_files_and_folders(store: FileStore, tmp_path: Path) -> None:
    store.put("a/b", io.BytesIO(b"x"), 1)
    made = [tmp_path / "blobs", *(tmp_path / "blobs").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}


def test_a_folder_of_keys_is_spread_out(store: FileStore, tmp_path: Path) -> None:
    for number in range(200):
        store.put(f"originals/{number:032x}", io.BytesIO(b""), 0)
    folders = list((tmp_path / "blobs" / "originals").iterdir())
    assert len(folders) > 100
    assert len(list(store.list("originals/"))) == 200


def test_a_refused_put_leaves_no_file(store: FileStore, tmp_path: Path) -> None:
    store.put("a", io.BytesIO(b"1"), 1)
    with pytest.raises(BlobExists, match="a"):
        store.put("a", io.BytesIO(b"2"), 1)
    assert [path.read_bytes() for path in files_under(tmp_path)] == [b"1"]


class Shrinking(io.BytesIO):
    """A source that loses its second half while it is read."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return b"" if self.tell() else super().read(3)


def test_a_source_that_shrinks_while_it_is_read_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(SizeMismatch, match="gave 3 bytes where 6"):
        store.put("a", Shrinking(b"123456"), 6)
    assert files_under(tmp_path) == []


def test_a_full_disk_is_told_apart_and_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        with pytest.raises(StoreFull, match="EFBIG"):
            store.put("big", io.BytesIO(bytes(3 * MIB)), 3 * MIB)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files_under(tmp_path) == []
    store.put("big", io.BytesIO(bytes(3 * MIB)), 3 * MIB)


def test_a_put_that_is_killed_shows_no_blob_and_is_swept(store: FileStore, tmp_path: Path) -> None:
    script = """
import io, sys
from pathlib import Path
from storage.filestore import FileStore

class Slow(io.BytesIO):
    def read(self, size=-1):
        if self.tell():
            print("half", flush=True)
            sys.stdin.read()
        return super().read(min(size, 1000))

FileStore(Path(sys.argv[1])).put("video", Slow(bytes(5000)), 5000)
"""
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "blobs")], stdin=pipe, stdout=pipe)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        child.send_signal(signal.SIGKILL)
    now = datetime.now(UTC)
    assert list(store.list()) == []
    assert store.sweep_unfinished(now - timedelta(hours=1)) == 0
    assert store.sweep_unfinished(now + timedelta(hours=1)) == 1
    assert files_under(tmp_path) == []


def test_what_is_not_ours_in_the_folder_is_passed_over(store: FileStore, tmp_path: Path) -> None:
    store.put("a/b", io.BytesIO(b"x"), 1)
    (tmp_path / "blobs" / "lost+found").mkdir(mode=0)
    (tmp_path / "blobs" / "readme.txt").write_text("by an operator")
    assert list(store.list()) == ["a/b"]


def test_a_folder_that_vanished_is_unavailable(store: FileStore, tmp_path: Path) -> None:
    store.check()
    (tmp_path / "blobs").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable, match="missing"):
        store.check()
    with pytest.raises(StoreUnavailable, match="ENOENT"):
        store.put("a", io.BytesIO(b"1"), 1)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="EEXIST"):
        open_store(f"file://{tmp_path}/file/blobs")


def test_a_blob_that_shrinks_under_a_reader_is_no_silent_end(store: FileStore, tmp_path: Path) -> None:
    store.put("a", io.BytesIO(bytes(MIB)), MIB)
    with store.open("a") as stream:
        os.truncate(files_under(tmp_path)[0], 10)
        with pytest.raises(StoreUnavailable, match="early"):
            stream.read()


def test_an_address_with_a_blank_in_it_is_unquoted(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/my%20blobs").put("a", io.BytesIO(b"1"), 1)
    assert (tmp_path / "my blobs").is_dir()


def test_a_blob_leaves_the_last_of_the_disk_to_the_records(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.statvfs

    def nearly_full(path: str) -> os.statvfs_result:
        told = list(really(path))
        told[0], told[1], told[4] = 1, 1, SPARE + 99
        return os.statvfs_result(told)

    monkeypatch.setitem(vars(os), "statvfs", nearly_full)
    store.put("small", io.BytesIO(bytes(99)), 99)
    with pytest.raises(StoreFull):
        store.put("large", io.BytesIO(bytes(100)), 100)
    assert list(store.list()) == ["small"]
