"""Where uploads rest while they grow, and the fence that lets only the newest request write.

A folder per upload holds `data` and `data.tail` (a growing sealed container) and `epoch`, eight bytes under a short
lock. Whoever opens the upload counts the epoch up; a writer looks at it again for each block and stops where it has
moved on. The lock is never held while anybody waits for the network, so a vanished phone delays nobody, and the rule
holds across processes that share the folder.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from storage.contract import BlobMissing, StoreFull, StoreUnavailable
from storage.disk import SPARE, disk_errors, make_folder, open_private, sync_folder
from storage.segments import SEALED, SEGMENT, Bytes
from storage.staging import Staging, discard
from uploads.errors import OvertakenError

SYNC_EVERY, MARK_EVERY = 8 * 1024 * 1024, 64 * 1024 * 1024
_EPOCH = struct.Struct(">Q")
TRIES = 5


class NoSpaceError(StoreFull):
    """The disk is as full as uploads may make it. What was written before is well, and can be made durable."""


def staged_path(staging: Path, object_id: str) -> Path:
    """The sealed bytes of the upload `object_id`: a container that `storage.sealed.open` reads once it is complete."""
    return staging / object_id[:2] / object_id / "data"


def staged_bytes(staging: Path, object_id: str) -> int:
    """About how many plain bytes are there, without a look inside: those of a chunk that is still to be proven too."""
    try:
        size = staged_path(staging, object_id).stat().st_size
    except OSError:
        return 0
    return size // SEALED * SEGMENT


def is_staged(staging: Path, object_id: str) -> bool:
    """Whether anybody has begun to write it, now or at any time before."""
    with disk_errors():
        return staged_path(staging, object_id).parent.is_dir()


def discard_staged(staging: Path, object_id: str) -> None:
    """Remove what was staged; a writer that is still at it is overtaken first. Nothing there is no error."""
    path = staged_path(staging, object_id)
    for tries_left in reversed(range(TRIES)):
        if not path.parent.is_dir():
            return
        try:
            with Fence.create(path) as fence, fence.taken(), disk_errors():
                _remove(path.parent)
        except StoreUnavailable:
            # Somebody else may be removing it at the same moment, and have put a fence of their own there.
            if not tries_left and path.parent.is_dir():
                raise


def discard_part(staging: Path, object_id: str, whole: int) -> bool:
    """Remove what was staged of a file of `whole` bytes, unless all of it may be there; returns whether it was removed.

    A whole file may become an attachment at this moment, which nothing may take away; a part never can any more.
    """
    path = staged_path(staging, object_id)
    if not path.parent.is_dir():
        return False
    with Fence.create(path) as fence, fence.taken(), disk_errors():
        # The rest of less than a segment waits in the tail.
        if staged_bytes(staging, object_id) + SEGMENT > whole:
            return False
        _remove(path.parent)
        return True


@contextmanager
def unshared(staging: Path, object_id: str) -> Iterator[Callable[[], None] | None]:
    """What removes it, or None where anybody but its first writer ever opened it. Nobody can while the block lasts."""
    folder = staged_path(staging, object_id).parent
    if not folder.is_dir():
        yield lambda: None
        return
    with Fence.create(folder / "data") as fence, fence.kept() as epoch:
        yield partial(_remove_here, folder) if epoch <= 1 else None


def _remove_here(folder: Path) -> None:
    with disk_errors():
        if folder.is_dir():
            _remove(folder)


def _remove(folder: Path) -> None:
    # Everything, also what a crash left half written; the epoch last, because whoever comes meanwhile waits for it.
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == "epoch"):
        entry.unlink(missing_ok=True)
    folder.rmdir()
    sync_folder(folder.parent)


class Held:
    """The lock of an epoch file, as the writer of one epoch. It is passed for every block, so it takes few steps."""

    __slots__ = ("_epoch", "_fd")

    def __init__(self, fd: int, epoch: bytes) -> None:
        self._fd, self._epoch = fd, epoch

    def __enter__(self) -> None:
        """Raises OvertakenError, and what the disk says."""
        with disk_errors():
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            if os.pread(self._fd, _EPOCH.size, 0) == self._epoch:
                return
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        raise OvertakenError

    def __exit__(self, *error: object) -> None:
        """Let go."""
        with disk_errors():
            fcntl.flock(self._fd, fcntl.LOCK_UN)


class Fence:
    """The epoch of one upload."""

    def __init__(self, fd: int) -> None:
        """Use `create` or `open`."""
        self._fd = fd

    @classmethod
    def create(cls, path: Path) -> Self:
        """The fence beside the staged `path`, with its folder, made where they are not there yet."""
        with disk_errors():
            make_folder(path.parent)
            return cls(open_private(path.parent / "epoch", os.O_RDWR | os.O_CREAT))

    @classmethod
    def open(cls, path: Path) -> Self:
        """The fence beside the staged `path`. Raises BlobMissing where nothing was ever staged, or it is gone."""
        with disk_errors():
            try:
                return cls(open_private(path.parent / "epoch", os.O_RDWR))
            except FileNotFoundError:
                raise BlobMissing(path.parent.name) from None

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Count the epoch up, which ends every earlier writer, and hold the lock; gives the new epoch."""
        with self._locked():
            epoch = self._read() + 1
            os.pwrite(self._fd, _EPOCH.pack(epoch), 0)
            yield epoch

    @contextmanager
    def kept(self) -> Iterator[int]:
        """Hold the lock and change nothing; gives the epoch."""
        with self._locked():
            yield self._read()

    def held(self, epoch: int) -> Held:
        """Hold the lock as the writer of `epoch`. Raises OvertakenError when a newer one has come."""
        return Held(self._fd, _EPOCH.pack(epoch))

    def touch(self) -> None:
        """Show the sweep that somebody is sending, although what was sent still waits in memory. Under the lock."""
        with disk_errors():
            os.utime(self._fd)

    def check_space(self, size: int) -> None:
        """Raise NoSpaceError, with nothing tried, where so many bytes would take what the records need."""
        with disk_errors():
            disk = os.fstatvfs(self._fd)
        if disk.f_bavail * disk.f_frsize < size + SPARE:
            raise NoSpaceError("The disk has no room beside the records.")

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Once for all that is done under the lock: this is passed for every block.
        with disk_errors():
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _read(self) -> int:
        content = os.pread(self._fd, _EPOCH.size, 0)
        return int(_EPOCH.unpack(content)[0]) if len(content) == _EPOCH.size else 0


class Writer:
    """The one who may add to a staged upload, until somebody overtakes it.

    Every method may raise OvertakenError, and StoreFull or StoreUnavailable for what the disk says.
    """

    def __init__(self, staging: Path, object_id: str, key: bytes, *, may_create: bool = False) -> None:
        """Overtake whoever writes, and cut a torn end. `may_create`: files that are not there yet are made.

        Raises BlobMissing where the bytes are gone, SealBroken where they are damaged.
        """
        path = staged_path(staging, object_id)
        self._fence = Fence.create(path) if may_create else Fence.open(path)
        try:
            with self._fence.taken() as self._epoch:
                self._staging = _open_staging(path, object_id, key, may_create=may_create)
        except BaseException:
            self._fence.close()
            raise

    @property
    def offset(self) -> int:
        """Plaintext bytes taken."""
        return self._staging.offset

    @property
    def durable(self) -> int:
        """Bytes that the disk has vouched for and that the tail on disk stands for."""
        return max(0, self._staging.durable)

    def write(self, block: Bytes) -> None:
        """Add the block; every 8 MiB the bytes begin to be made durable, while the next ones come.

        Every 64 MiB the tail says so too: whoever comes after a crash reads what lies behind it, and must be quick.
        """
        with self._fence.held(self._epoch):
            self._fence.check_space(len(block))
            if len(block) < SEGMENT:
                self._fence.touch()
            self._staging.write(block)
            if self._staging.underway - self.durable >= MARK_EVERY:
                self._staging.mark()
            if self._staging.offset - self._staging.underway >= SYNC_EVERY:
                self._staging.sync_ahead()

    def hold(self) -> None:
        """Count nothing that comes from now on until the next `sync`: its checksum is still to be compared."""
        with self._fence.held(self._epoch):
            self._staging.hold()

    def sync(self) -> None:
        """Make everything up to `offset` durable."""
        with self._fence.held(self._epoch):
            self._staging.sync()

    def rewind(self, offset: int) -> None:
        """Durably forget what came after `offset`."""
        with self._fence.held(self._epoch):
            self._staging.rewind(offset)

    def finish(self) -> None:
        """Write the end of the container, durably; doing it again changes nothing."""
        with self._fence.held(self._epoch):
            self._staging.finish()

    def close(self) -> None:
        """Let go of the files; the epoch stands until somebody else comes."""
        self._staging.close()
        self._fence.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_staging(path: Path, object_id: str, key: bytes, *, may_create: bool) -> Staging:
    if may_create and not path.with_name("data.tail").exists():
        # The tail is made last, so without it a crash interrupted the beginning, before any byte was taken.
        discard(path)
        return Staging.create(path, object_id, key)
    return Staging.resume(path, object_id, key)
