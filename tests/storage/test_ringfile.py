"""The ring in a file: read again when it changes, replaced whole, kept readable for its owner alone."""

from __future__ import annotations

import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.keys import FieldCipher, WrongKey, generate
from storage.ringfile import RingFile, add_key, make_current, set_aside


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(f"# masters\n{generate()}\n")
    path.chmod(0o600)
    return path


def test_another_process_meets_the_new_key_when_it_needs_it(file: Path) -> None:
    here, there = FieldCipher(RingFile(file)), FieldCipher(RingFile(file))
    (old,) = here.ids
    before = here.seal("Ana", "c")
    new = add_key(file)
    assert here.ids == (old, new)
    assert here.seal("Ana", "c").startswith(old)
    make_current(file, new)
    after = here.seal("Ana", "c")
    assert after.startswith(new)
    assert (there.open(after, "c"), there.open(before, "c")) == ("Ana", "Ana")
    assert there.blind_index("Ana", "c").startswith(new)
    assert len(there.blind_indexes("Ana", "c")) == 2


def test_threads_that_meet_a_new_key_at_once_all_find_it(file: Path) -> None:
    for _ in range(40):
        cipher = FieldCipher(RingFile(file))
        make_current(file, add_key(file))
        sealed = FieldCipher(RingFile(file)).seal("Ana", "c")
        start = threading.Barrier(8)

        def open_it(cipher: FieldCipher = cipher, sealed: str = sealed, start: threading.Barrier = start) -> str:
            start.wait()
            return cipher.open(sealed, "c")

        with ThreadPoolExecutor(8) as pool:
            assert {run.result() for run in [pool.submit(open_it) for _ in range(8)]} == {"Ana"}


def test_rights_that_were_mended_are_noticed(file: Path) -> None:
    cipher = FieldCipher(RingFile(file))
    before = list(cipher.ids)
    new = add_key(file)
    file.chmod(0o644)
    assert list(cipher.ids) == before
    file.chmod(0o600)
    assert list(cipher.ids) == [*before, new]


def test_a_key_that_was_set_aside_opens_nothing_for_who_starts_later(file: Path) -> None:
    cipher = FieldCipher(RingFile(file))
    (old,) = cipher.ids
    sealed = cipher.seal("Ana", "c")
    make_current(file, add_key(file))
    kept = set_aside(file, old)
    assert kept.read_text().startswith(f"{old}:")
    assert (kept.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o600, 0o600)
    assert file.read_text().startswith("# masters\n") or "# masters" in file.read_text()
    with pytest.raises(WrongKey):
        FieldCipher(RingFile(file)).open(sealed, "c")


def test_the_last_key_cannot_be_taken(file: Path) -> None:
    (only,) = RingFile(file).fresh().ids
    with pytest.raises(ValueError, match="empty"):
        set_aside(file, only)
    assert RingFile(file).fresh().ids == (only,)


def test_a_file_that_becomes_unreadable_changes_nothing_for_those_who_run(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = RingFile(file)
    ids = ring.fresh().ids
    file.write_text("rubbish\n")
    assert ring.fresh().ids == ids
    assert ring.fresh().ids == ids
    assert [record.message for record in caplog.records].count(caplog.records[0].message) == 1
    file.unlink()
    assert ring.fresh().ids == ids


def test_a_failure_to_read_that_passes_leaves_nobody_with_the_old_keys(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = RingFile(file)
    before = ring.fresh().ids
    new = add_key(file)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # No file can be opened, though the new date is seen.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        found = [ring.fresh().ids, ring.fresh().ids]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == [before, before]
    assert len(caplog.records) == 1
    assert ring.fresh().ids == (*before, new)


def test_a_link_to_the_file_is_followed_and_stays(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    ring = RingFile(link)
    new = add_key(link)
    assert link.is_symlink()
    assert new in ring.fresh().ids


def test_the_new_file_belongs_to_the_owner_of_the_old(file: Path) -> None:
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    before = file.stat()
    add_key(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (before.st_uid, before.st_gid)
    assert [path.name for path in file.parent.iterdir()] == ["keys"]
