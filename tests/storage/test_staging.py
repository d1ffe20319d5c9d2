"""Staging: a container that grows, over every kind of interruption."""

from __future__ import annotations

import io
import os
import resource
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage import sealed
from storage.blobs import BlobExists, BlobMissing, StoreFull, open_store
from storage.sealed import SealBroken, Staging
from storage.segments import OVERHEAD, SEALED, SEGMENT
from storage.staging import discard

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


def begin(path: Path) -> Staging:
    return Staging.create(path, "upload", KEY)


def resume(path: Path) -> Staging:
    return Staging.resume(path, "upload", KEY)


def content_of(path: Path) -> bytes:
    """What a finished staged file holds."""
    with path.open("rb") as file:
        return sealed.open(file, "upload", KEY).read()


def flip(path: Path, position: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1]))


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the nearest thing to a full disk that needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_small_chunks_make_durable_progress(path: Path) -> None:
    content = secrets.token_bytes(1000)
    for at in range(0, 1000, 100):
        with resume(path) if at else begin(path) as staging:
            assert staging.offset == staging.durable == at
            staging.write(content[at : at + 100])
            staging.sync()
    with resume(path) as staging:
        staging.finish()
    assert content_of(path) == content


def test_a_finished_file_moves_to_a_store_as_it_is(path: Path, tmp_path: Path) -> None:
    content = secrets.token_bytes(5 * SEGMENT + 17)
    with begin(path) as staging:
        staging.write(content)
        staging.finish()
    store = open_store(f"file://{tmp_path}/blobs")
    with path.open("rb") as source:
        store.put("upload", source, path.stat().st_size)
    assert path.stat().st_size == sealed.sealed_size(len(content))
    assert sealed.open(sealed.BlobRange(store, "upload"), "upload", KEY).read() == content


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 9 * SEGMENT])
def test_finishing_is_lasting_and_may_be_repeated(path: Path, size: int) -> None:
    content = secrets.token_bytes(size)
    with begin(path) as staging:
        staging.write(content)
        staging.finish()
    with resume(path) as staging:
        assert (staging.finished, staging.offset, staging.durable) == (True, size, size)
        staging.finish()
        staging.sync()
        with pytest.raises(ValueError, match="finished"):
            staging.write(b"more")
    assert content_of(path) == content


@pytest.mark.parametrize("torn", [1, 11, OVERHEAD, OVERHEAD + 1, SEALED - 1])
def test_a_torn_segment_is_cut_and_the_tail_counts(path: Path, torn: int) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (2 * SEGMENT + 500))
        staging.sync()
    with path.open("ab") as file:
        file.write(secrets.token_bytes(torn))
    with resume(path) as staging:
        assert staging.offset == 2 * SEGMENT + 500
        assert path.stat().st_size == 2 * SEALED
        staging.write(b"b" * SEGMENT)
        staging.finish()
    assert content_of(path) == b"a" * (2 * SEGMENT + 500) + b"b" * SEGMENT


def test_segments_that_the_disk_lost_after_the_last_sync_are_cut(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (SEGMENT + 10))
        staging.sync()
        staging.write(b"b" * (4 * SEGMENT))
    with path.open("r+b") as file:
        file.seek(2 * SEALED)
        file.write(bytes(SEALED))
    with resume(path) as staging:
        assert staging.offset == 2 * SEGMENT
        staging.finish()
    assert content_of(path) == b"a" * (SEGMENT + 10) + b"b" * (SEGMENT - 10)


def test_what_was_synced_is_never_cut_in_silence(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (3 * SEGMENT + 10))
        staging.sync()
    os.truncate(path, 2 * SEALED)
    with pytest.raises(SealBroken, match="shorter"):
        resume(path)
    assert path.stat().st_size == 2 * SEALED


@pytest.mark.parametrize("position", [0, 8, 30])
def test_a_changed_tail_is_noticed(path: Path, position: int) -> None:
    with begin(path) as staging:
        staging.write(b"text")
        staging.sync()
    flip(path.with_name("data.tail"), position)
    with pytest.raises(SealBroken):
        resume(path)


@pytest.mark.parametrize("length", [0, 8, 8 + OVERHEAD - 1, 8 + OVERHEAD])
def test_a_cut_tail_is_noticed(path: Path, length: int) -> None:
    with begin(path) as staging:
        staging.write(b"text")
        staging.sync()
    os.truncate(path.with_name("data.tail"), length)
    with pytest.raises(SealBroken):
        resume(path)


def test_a_lost_tail_is_noticed(path: Path) -> None:
    begin(path).close()
    path.with_name("data.tail").unlink()
    with pytest.raises(SealBroken, match="lost its tail"):
        resume(path)


def test_a_finished_file_whose_end_changed_does_not_become_unfinished(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (SEGMENT + 100))
        staging.finish()
    flip(path, SEALED + 5)
    with pytest.raises(SealBroken, match="lost its end"):
        resume(path)
    assert path.stat().st_size == sealed.sealed_size(SEGMENT + 100)


def test_a_finished_file_that_changed_in_the_middle_is_noticed_by_its_reader(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (SEGMENT + 100))
        staging.finish()
    flip(path, 5)
    with pytest.raises(SealBroken, match="segment 0"):
        content_of(path)


def test_the_wrong_key_or_name_touches_nothing(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (SEGMENT + 100))
        staging.finish()
    before = path.read_bytes()
    for name, key in (("upload", bytes(32)), ("other", KEY)):
        with pytest.raises(SealBroken):
            Staging.resume(path, name, key)
    assert path.read_bytes() == before


def test_a_tail_cannot_pass_for_the_end_of_a_file(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"half a story")
        staging.sync()
    tail = path.with_name("data.tail").read_bytes()
    with pytest.raises(SealBroken):
        sealed.open(io.BytesIO(tail[8:]), "upload", KEY)


def test_names_are_taken_once_and_missing_ones_are_missing(path: Path) -> None:
    begin(path).close()
    with pytest.raises(BlobExists, match="data"):
        begin(path)
    discard(path)
    discard(path)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(BlobMissing, match="data"):
        resume(path)


def test_only_the_owner_may_read_the_files(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"x" * SEGMENT)
        staging.sync()
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_plaintext_never_touches_the_disk(path: Path) -> None:
    secret = b"a name that nobody should find "
    with begin(path) as staging:
        staging.write(secret * 5000)
        staging.sync()
        files = [file.read_bytes() for file in path.parent.iterdir()]
    assert len(files) == 2
    assert not any(secret[:12] in content for content in files)


def test_a_full_disk_moves_no_offset_and_goes_on_when_there_is_room(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * 100)
        staging.sync()
        with room_for(SEALED + 1000), pytest.raises(StoreFull, match="EFBIG"):
            staging.write(b"b" * (3 * SEGMENT))
        assert staging.offset == staging.durable == 100
    with resume(path) as staging:
        assert staging.offset in {100, SEGMENT}
        staging.rewind(100)
        staging.write(b"c" * (3 * SEGMENT))
        staging.finish()
    assert content_of(path) == b"a" * 100 + b"c" * (3 * SEGMENT)


def test_a_disk_without_space_is_reported_as_full(tmp_path: Path) -> None:
    """In a user namespace anybody may mount a small disk."""
    script = """
import sys
from pathlib import Path
from storage.blobs import StoreFull
from storage.sealed import Staging
staging = Staging.create(Path(sys.argv[1]) / "data", "upload", bytes(range(32)))
staging.write(b"a" * 100_000)
staging.sync()
try:
    staging.write(bytes(2_000_000))
except StoreFull as error:
    print(error, staging.offset, staging.durable)
"""
    mount = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$0" -c "$1" {tmp_path}'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, sys.executable, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "the disk says ENOSPC 100000 100000", done.stderr


def test_a_killed_writer_loses_nothing_that_it_called_durable(path: Path) -> None:
    script = """
import sys
from pathlib import Path
from storage.sealed import Staging
with Staging.create(Path(sys.argv[1]), "upload", bytes(range(32))) as staging:
    while True:
        staging.write(bytes([staging.offset // 50_000 % 251]) * 50_000)
        staging.sync()
        print(staging.durable, flush=True)
"""
    for number in range(3):
        target = path.with_name(f"data{number}")
        child = subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE, text=True)
        with child:
            assert child.stdout is not None
            promised = [int(child.stdout.readline()) for _ in range(5 + 7 * number)][-1]
            child.send_signal(signal.SIGKILL)
        with resume(target) as staging:
            assert staging.offset >= promised
            size = staging.offset
            staging.finish()
        assert content_of(target) == b"".join(bytes([n % 251]) * 50_000 for n in range(size // 50_000 + 1))[:size]


def test_a_chunk_that_fails_its_checksum_is_forgotten(path: Path) -> None:
    with begin(path) as staging:
        staging.write(b"a" * (SEGMENT + 100))
        staging.sync()
        staging.write(b"b" * (3 * SEGMENT))
        staging.rewind(SEGMENT + 100)
        assert staging.offset == staging.durable == SEGMENT + 100
        with pytest.raises(ValueError, match="rewind"):
            staging.rewind(SEGMENT + 101)
    with resume(path) as staging:
        staging.write(b"c")
        staging.finish()
    assert content_of(path) == b"a" * (SEGMENT + 100) + b"c"


@pytest.mark.parametrize("before", [0, 100, SEGMENT, 2 * SEGMENT + 7])
@pytest.mark.parametrize("after", [1, 5 * SEGMENT, 5 * SEGMENT + 3])
def test_what_is_held_counts_for_nobody_until_it_is_synced(path: Path, before: int, after: int) -> None:
    with begin(path) as staging:
        staging.write(b"a" * before)
        staging.hold()
        staging.write(b"b" * after)
        staging.sync_ahead()
        staging.mark()
    with resume(path) as staging:
        assert (staging.offset, staging.durable) == (before, before)
        # What comes next is not held any more.
        staging.write(b"c" * (2 * SEGMENT))
        staging.close()
    with resume(path) as staging:
        assert before < staging.offset
        staging.hold()
        staging.write(b"d" * after)
        staging.sync()
        size = staging.offset
    with resume(path) as staging:
        assert staging.offset == size
        staging.finish()
    assert content_of(path).count(b"b") == 0


class GrowingFile(RuleBasedStateMachine):
    """Writes, syncs, rewinds and crashes in any order, beside the bytes that should be there."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "data"
        self.expected, self.acknowledged = b"", 0
        self.proven: int | None = None
        self.staging = begin(self.path)

    @rule(size=st.one_of(st.integers(0, 300), st.integers(0, 5 * SEGMENT)))
    def write(self, size: int) -> None:
        piece = secrets.token_bytes(size)
        self.staging.write(piece)
        self.expected += piece

    @rule()
    def sync(self) -> None:
        self.staging.sync()
        self.acknowledged, self.proven = len(self.expected), None

    @rule()
    def hold(self) -> None:
        self.staging.hold()
        self.acknowledged = self.proven = len(self.expected)

    @rule(part=st.floats(0, 1))
    def rewind(self, part: float) -> None:
        offset = int(len(self.expected) * part)
        self.staging.rewind(offset)
        self.expected, self.acknowledged, self.proven = self.expected[:offset], offset, None

    @rule(torn=st.integers(0, SEALED + 50), lost=st.booleans())
    def crash(self, torn: int, lost: bool) -> None:
        """Bytes of a next segment arrive in part; or the disk loses what was not synced."""
        self.staging.close()
        if lost:
            os.truncate(self.path, max(self.acknowledged // SEGMENT * SEALED, self.path.stat().st_size - torn))
        else:
            with self.path.open("ab") as file:
                file.write(secrets.token_bytes(torn))
        self.staging = resume(self.path)
        most = len(self.expected) if self.proven is None else self.proven
        assert self.acknowledged <= self.staging.offset <= most
        self.proven = None
        self.expected = self.expected[: self.staging.offset]

    @precondition(lambda self: hasattr(self, "staging"))
    @invariant()
    def offset_is_what_was_taken(self) -> None:
        assert self.staging.offset == len(self.expected)

    def teardown(self) -> None:
        if hasattr(self, "staging"):
            self.staging.finish()
            self.staging.close()
            assert content_of(self.path) == self.expected
            self.folder.cleanup()


TestGrowingFile = GrowingFile.TestCase
TestGrowingFile.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
