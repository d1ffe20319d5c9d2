"""How many files one person sends at the same moment, counted across all processes that share the staging folder.

Each person has a few slots, small files that say which upload holds them. Whoever sends holds a shared lock on a slot
and the system lets go of it when the process dies, so a crash leaves nothing taken. All lines of one upload share one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.disk import disk_errors, make_folder, open_private
from uploads.errors import TooManyError
from uploads.kinds import MOST_AT_ONCE

FOLDER, LONGEST_NAME = "sending", 64
"""Not two letters long, as the folders of uploads are, so that the sweep does not look inside."""


@contextmanager
def slot(staging: Path, person_id: int, object_id: str) -> Iterator[None]:
    """Hold a slot for as long as the block lasts.

    Raises TooManyError where the person sends as many other files already, and what the disk says.
    """
    with disk_errors():
        make_folder(staging / FOLDER)
        fd = _take(staging / FOLDER, person_id, object_id.encode())
    if fd is None:
        raise TooManyError(f"At most {MOST_AT_ONCE} files can be sent at the same moment.", retry_after=5)
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def alone(staging: Path, person_id: int) -> Iterator[None]:
    """Be the only line of this person that hands over the files of an e-mail; whoever comes second waits for the first.

    Raises what the disk says.
    """
    with disk_errors():
        make_folder(staging / FOLDER)
        fd = open_private(staging / FOLDER / f"{person_id}-mail", os.O_RDWR | os.O_CREAT)
    try:
        with disk_errors():
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _take(folder: Path, person_id: int, name: bytes) -> int | None:
    """A slot that other lines of this upload hold, else a free one."""
    paths = [folder / f"{person_id}-{number}" for number in range(MOST_AT_ONCE)]
    for take in (_join, _claim):
        for path in paths:
            fd = open_private(path, os.O_RDWR | os.O_CREAT)
            try:
                is_taken = take(fd, name)
            except OSError:
                os.close(fd)
                raise
            if is_taken:
                return fd
            os.close(fd)
    return None


def _join(fd: int, name: bytes) -> bool:
    # Read again under the lock: it may have been somebody else's in between.
    return _holder(fd) == name and _locks(fd, fcntl.LOCK_SH) and _holder(fd) == name


def _claim(fd: int, name: bytes) -> bool:
    if not _locks(fd, fcntl.LOCK_EX):
        return False
    os.pwrite(fd, name.ljust(LONGEST_NAME, b"\0"), 0)
    # Sharing it is not one step for the system: another may have claimed it meanwhile.
    return _locks(fd, fcntl.LOCK_SH) and _holder(fd) == name


def _holder(fd: int) -> bytes:
    return os.pread(fd, LONGEST_NAME, 0).rstrip(b"\0")


def _locks(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
