"""What every blob store promises: its verbs, its errors and the grammar of its keys.

A caller may rely on all of this with any driver; a new driver has to pass one shared suite before it is used.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

KEY_LIMIT = 200
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._/-]*|")


class BlobError(Exception):
    """The root of everything a store reports."""


class BlobMissing(BlobError):  # noqa: N818 - errors of this room are named after the fact they state.
    """There is no blob under this key."""


class BlobExists(BlobError):  # noqa: N818 - errors of this room are named after the fact they state.
    """The key is taken; a blob is never overwritten."""


class SizeMismatch(BlobError):  # noqa: N818 - errors of this room are named after the fact they state.
    """The source held fewer or more bytes than the caller declared; nothing was stored."""


class StoreUnavailable(BlobError):  # noqa: N818 - errors of this room are named after the fact they state.
    """The store cannot answer now; the same call may succeed later."""


class StoreFull(StoreUnavailable):
    """There is no room left; somebody has to make some."""


class StoreRefused(StoreUnavailable):
    """The store rejects our credentials, or they lack a right that is needed."""


@dataclass(frozen=True, slots=True)
class BlobStat:
    """`size` in bytes, `modified_at` as aware UTC."""

    size: int
    modified_at: datetime


class BlobStore(Protocol):
    """Named, immutable bytes.

    The caller shall pass keys in the grammar of `check_key`, and sealed bytes only: a store neither encrypts nor
    inspects. The store shall raise the errors of this module and no others, apart from ValueError for a wrong argument.
    """

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        """Store the `size` bytes that follow the position of `source`, which must be seekable.

        When it returns the blob is durable. It appears whole or not at all, and only one of several callers wins.
        Raises BlobExists, SizeMismatch, StoreFull, StoreUnavailable; the position of `source` is then undefined.
        """

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Read `length` bytes from `start`, or to the end; a range past the end gives what there is, maybe nothing.

        Raises BlobMissing, StoreUnavailable; reading may raise StoreUnavailable, and never ends early in silence.
        """

    def stat(self, key: str) -> BlobStat:
        """Size and time of a blob. Raises BlobMissing, StoreUnavailable."""

    def delete(self, key: str) -> None:
        """Remove a blob; one that is not there is no error, so that a delete can be repeated after a crash."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """Every key that begins with `prefix`, ascending. Raises StoreUnavailable."""

    def check(self) -> None:
        """Raise StoreUnavailable, within seconds, unless the store can be reached. Reads and writes no blob."""


def is_key(name: str) -> bool:
    """Whether `name` could be the key of a blob: a path of lowercase segments within the length limit."""
    return len(name) <= KEY_LIMIT and ".." not in name and _KEY.fullmatch(name) is not None


def check_key(key: str) -> str:
    """Return `key`, or raise ValueError where it is not in the grammar of `is_key`."""
    if not is_key(key):
        raise ValueError(f"a blob key is 1-{KEY_LIMIT} of a-z 0-9 . _ - in segments parted by '/', not {key[:80]!r}")
    return key


def check_prefix(prefix: str) -> str:
    """Return `prefix`, or raise ValueError where no key could begin with it."""
    if len(prefix) > KEY_LIMIT or ".." in prefix or "//" in prefix or not _PREFIX.fullmatch(prefix):
        raise ValueError(f"no blob key begins with {prefix[:80]!r}")
    return prefix


def check_range(start: int, length: int | None) -> None:
    """Raise ValueError for a range that counts backwards."""
    if start < 0 or (length is not None and length < 0):
        raise ValueError("a range needs a start and a length of zero or more")


def check_source(source: BinaryIO, size: int) -> int:
    """Return the position of `source`. Raises SizeMismatch unless `size` bytes follow it, ValueError on a pipe."""
    if not source.seekable():
        raise ValueError("a blob is stored from a seekable source; spool a stream into a file first")
    start = source.tell()
    found = source.seek(0, io.SEEK_END) - start
    source.seek(start)
    if found != size:
        raise SizeMismatch(f"the source holds {found} bytes where {size} were declared")
    return start
