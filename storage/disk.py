"""The few things about local files that are easy to get wrong: durable writes and what an errno means for a caller."""

import errno
import os
import shutil
import threading
from itertools import takewhile
from pathlib import Path

from storage.contract import StoreFull, StoreUnavailable

SPARE = 32 * 1024 * 1024
"""So much of a disk is never filled with files: the records, which mostly lie on the same one, need room to go on, and
without them nothing can be removed either."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DiskErrors:
    """A context that holds nothing: every block of an upload passes it, so it costs as little as it can."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Say it in the words of a store."""
        if isinstance(error, OSError):
            name = errno.errorcode.get(error.errno or 0, "unknown error")
            worse = StoreFull if error.errno in _FULL else StoreUnavailable
            raise worse(f"the disk says {name}") from None


_DISK_ERRORS = DiskErrors()


def disk_errors() -> DiskErrors:
    """Translate an OSError: StoreFull where space ran out, StoreUnavailable otherwise; no path gets into a log."""
    return _DISK_ERRORS


def free_bytes(folder: Path) -> int:
    """How many bytes the disk of a folder can still take, also before the folder is there."""
    with disk_errors():
        there = next(place for place in (folder, *folder.parents) if place.exists())
        return shutil.disk_usage(there).free


def open_private(path: Path, flags: int) -> int:
    """Open a file descriptor whose file, if it is created, only its owner may read."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def write_at(fd: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    """Write all of `data` at `offset`; the kernel may take it in parts."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


class SyncAhead(threading.Thread):
    """Makes what a file holds durable while its writer goes on. Wait for it before the file is closed."""

    def __init__(self, fd: int) -> None:
        super().__init__(name="sync", daemon=True)
        self._fd = fd
        self._error: OSError | None = None
        self.start()

    def run(self) -> None:
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            self._error = error

    def wait(self) -> None:
        """Return once it is done. Raises what the disk said."""
        self.join()
        if self._error is not None:
            raise self._error


def sync_folder(path: Path) -> None:
    """Make the names inside a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(path: Path) -> None:
    """Create a private folder and its missing parents, durably; one that is there already costs one stat."""
    missing = list(takewhile(lambda folder: not folder.is_dir(), (path, *path.parents)))
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    # All are made before the first is synced, which the disk then does for all of them at once.
    for folder in missing:
        sync_folder(folder.parent)


def replace_file(path: Path, content: bytes | bytearray) -> None:
    """Put `content` under `path` so that a crash leaves either the old file or the new one, whole and durable."""
    fresh = path.with_name(path.name + ".new")
    fd = open_private(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        write_at(fd, content, 0)
        os.fdatasync(fd)
    finally:
        os.close(fd)
    fresh.replace(path)
    sync_folder(path.parent)
