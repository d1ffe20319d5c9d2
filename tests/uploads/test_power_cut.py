"""What a power cut takes: all that the disk was not told to keep. A kill proves nothing of it, so it is acted out.

Every write goes through a layer that remembers what the file held when it was last synced; the cut puts that back.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.spread import spread
from tests.uploads.conftest import Desk
from uploads.chunks import Checksum
from uploads.errors import ChecksumMismatchError, SignedOutError

DATA = os.urandom(20_000_000)


@dataclass
class ForgetfulDisk:
    """The staging folder of one upload, as a disk would have it after the power went."""

    folder: Path
    kept: dict[str, bytes] = field(default_factory=dict)
    synced_names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)

    def fdatasync(self, fd: int, really: Any) -> None:
        """The content of this file is kept."""
        really(fd)
        self.contents[os.fstat(fd).st_ino] = Path(f"/proc/self/fd/{fd}").read_bytes()

    def fsync(self, fd: int, really: Any) -> None:
        """The names in this folder are kept."""
        really(fd)
        synced = Path(f"/proc/self/fd/{fd}").resolve()
        self.folders.add(synced)
        if synced == self.folder:
            self.synced_names = {path.name: path.stat().st_ino for path in self.folder.iterdir()}

    def cut(self) -> None:
        """Only what was synced is left, under the names that were."""
        left = {name: self.contents.get(inode, b"") for name, inode in self.synced_names.items()}
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in left.items():
            (self.folder / name).write_bytes(content)


@contextmanager
def forgetful(folder: Path) -> Iterator[ForgetfulDisk]:
    disk, really = ForgetfulDisk(folder), {name: vars(os)[name] for name in ("fdatasync", "fsync")}
    vars(os)["fdatasync"] = lambda fd: disk.fdatasync(fd, really["fdatasync"])
    vars(os)["fsync"] = lambda fd: disk.fsync(fd, really["fsync"])
    try:
        yield disk
    finally:
        vars(os).update(really)


@pytest.mark.parametrize("seed", spread(range(3), 1))
def test_what_was_acknowledged_survives_a_power_cut_at_once_afterwards(desk: Desk, seed: int) -> None:
    dice, offset = random.Random(seed), 0
    upload = desk.begin(len(DATA), "video")
    with forgetful(desk.path(upload).parent) as disk:
        while offset < len(DATA):
            part = DATA[offset : offset + dice.choice([1, 1000, 65_536, 300_000, 2_000_000, 9_000_000])]
            offset = desk.append(upload, offset, part).offset
            disk.cut()
            if offset < len(DATA):
                assert desk.look(upload).offset == offset
    assert desk.stored(upload) == DATA


def test_the_folders_of_an_upload_have_durable_names(desk: Desk) -> None:
    upload = desk.begin(1000)
    folder = desk.path(upload).parent
    with forgetful(folder) as disk:
        desk.append(upload, 0, DATA[:100])
    assert {folder, folder.parent, folder.parent.parent} <= disk.folders


@pytest.mark.parametrize("good", [65_536, 200_000])
def test_a_chunk_that_was_refused_counts_for_nothing_after_a_power_cut(desk: Desk, good: int) -> None:
    upload = desk.begin(len(DATA), "video")
    with forgetful(desk.path(upload).parent) as disk:
        desk.append(upload, 0, DATA[:good])
        with pytest.raises(ChecksumMismatchError):
            desk.append(upload, good, DATA[good:], checksum=Checksum("sha256", b"x" * 32))
        disk.cut()
        assert desk.look(upload).offset == good


def test_the_last_byte_of_somebody_signed_out_is_gone_after_a_power_cut(desk: Desk) -> None:
    whole = 3 * 65_536
    upload = desk.begin(whole)
    with forgetful(desk.path(upload).parent) as disk:
        with pytest.raises(SignedOutError):
            desk.append(upload, 0, DATA[:whole], is_still_in=lambda: False)
        disk.cut()
        assert desk.look(upload).offset == whole - 1
    assert desk.append(upload, whole - 1, DATA[whole - 1 : whole]).is_complete


def test_the_disk_forgets_what_it_was_not_told_to_keep(desk: Desk) -> None:
    """The proof above could fail."""
    upload = desk.begin(len(DATA), "video")
    with forgetful(desk.path(upload).parent) as disk:
        desk.append(upload, 0, DATA[:1000])
        with desk.path(upload).open("ab") as file:
            file.write(b"not synced")
        disk.cut()
    assert not desk.path(upload).read_bytes().endswith(b"not synced")
