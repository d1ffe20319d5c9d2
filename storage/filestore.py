"""Blobs as files under one folder: the default, and the one that everything is tried on first."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from storage.contract import (
    BlobExists,
    BlobMissing,
    BlobStat,
    SizeMismatch,
    StoreFull,
    StoreUnavailable,
    check_key,
    check_prefix,
    check_range,
    check_source,
)
from storage.disk import SPARE, disk_errors, free_bytes, make_folder, open_private, sync_folder
from storage.streams import bounded

_COPY = 1024 * 1024
_FRESH = "=new"


class FileStore:
    """Keys become folders and files. A file's name ends in `=`, which no key holds, so `a` and `a/b` live together.

    The files of one folder are spread over 256 fan-out folders, `+00` to `+ff`: a year of random object ids
    would otherwise lie in a single one.
    """

    def __init__(self, root: Path) -> None:
        """Use the folder `root` and create it where it is missing. Raises StoreUnavailable."""
        self._root = root
        with disk_errors():
            make_folder(root / _FRESH)

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        """See `BlobStore.put`: written aside, synced, then linked under its name, which fails where it is taken."""
        path = self._path(key)
        check_source(source, size)
        with disk_errors():
            if path.exists():
                raise BlobExists(key)
            if free_bytes(self._root) < size + SPARE:
                raise StoreFull("the disk has no room for this blob beside the records")
            fresh = self._root / _FRESH / secrets.token_hex(16)
            try:
                _write_file(fresh, source, size)
                make_folder(path.parent)
                _link_file(fresh, path, key)
            finally:
                fresh.unlink(missing_ok=True)
            sync_folder(path.parent)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `BlobStore.open`."""
        check_range(start, length)
        path = self._path(key)
        with disk_errors():
            try:
                file = path.open("rb", buffering=0)
            except FileNotFoundError:
                raise BlobMissing(key) from None
            rest = max(0, os.fstat(file.fileno()).st_size - start)
            file.seek(start)
        return bounded(file, rest if length is None else min(length, rest), disk_errors)

    def stat(self, key: str) -> BlobStat:
        """See `BlobStore.stat`."""
        path = self._path(key)
        with disk_errors():
            try:
                found = path.stat()
            except FileNotFoundError:
                raise BlobMissing(key) from None
        return BlobStat(found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`. Folders stay: removing one could cross a put into it."""
        path = self._path(key)
        with disk_errors():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            sync_folder(path.parent)

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `BlobStore.list`. Looks only into the folders that the prefix names."""
        folder = check_prefix(prefix).rpartition("/")[0]
        with disk_errors():
            keys = sorted(key for key in _walk(self._root, folder) if key.startswith(prefix))
        return iter(keys)

    def check(self) -> None:
        """See `BlobStore.check`."""
        if not os.access(self._root / _FRESH, os.R_OK | os.W_OK | os.X_OK):
            raise StoreUnavailable("the blob folder is missing or may not be written")

    def sweep_unfinished(self, before: datetime) -> int:
        """Remove what puts left behind that died before the aware time `before`; return how many files that were."""
        with disk_errors():
            stale = [file for file in (self._root / _FRESH).iterdir() if file.stat().st_mtime < before.timestamp()]
            for file in stale:
                file.unlink(missing_ok=True)
        return len(stale)

    def _path(self, key: str) -> Path:
        folder, _, name = check_key(key).rpartition("/")
        return self._root / folder / f"+{sha256(key.encode()).hexdigest()[:2]}" / f"{name}="


def _write_file(path: Path, source: BinaryIO, size: int) -> None:
    """Copy `size` bytes into a new durable file; a source that changed its length meanwhile is refused."""
    fd = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(fd, "wb", buffering=0) as target:
        written = 0
        while data := source.read(min(_COPY, size - written + 1)):
            written += len(data)
            if written > size:
                break
            view = memoryview(data)
            while view:
                view = view[target.write(view) :]
        if written != size:
            raise SizeMismatch(f"the source gave {written} bytes where {size} were declared")
        os.fsync(fd)


def _link_file(fresh: Path, path: Path, key: str) -> None:
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise BlobExists(key) from None


def _walk(root: Path, folder: str) -> Iterator[str]:
    """Every key under `folder`; nothing where the folder does not exist."""
    start = root / folder
    if not start.is_dir():
        return
    for entry in start.iterdir():
        if entry.name.startswith("+"):
            names = (file.name for file in entry.iterdir() if file.name.endswith("="))
            yield from (f"{folder}/{name[:-1]}".lstrip("/") for name in names)
        elif entry.name[0] != "=" and "+" not in entry.name:  # A mounted disk brings a folder named lost+found.
            yield from _walk(root, f"{folder}/{entry.name}".lstrip("/"))
