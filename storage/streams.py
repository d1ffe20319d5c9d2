"""Two views of a stream: a bounded one for readers of blobs, and a relative one for senders that must rewind."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from storage.contract import StoreUnavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Translate = Callable[[], AbstractContextManager[None]]


class Readable(Protocol):
    """What a file, a boto3 body and a urllib3 response have in common."""

    def read(self, amount: int, /) -> bytes:
        """Return up to `amount` bytes, none at the end."""

    def close(self) -> object:
        """Give back what is held."""


class _Bounded(io.RawIOBase):
    """Exactly `length` bytes of `source`; an early end is an error, as a silent one would pass for a short blob."""

    def __init__(self, source: Readable, length: int, translate: Translate) -> None:
        self._source, self._left, self._translate = source, length, translate

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        wanted = min(len(target), self._left)
        if not wanted:
            return 0
        with self._translate():
            data = self._source.read(wanted)
        if not data:
            raise StoreUnavailable(f"the store ended the blob {self._left} bytes early")
        target[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def bounded(source: Readable, length: int, translate: Translate) -> BinaryIO:
    """Read exactly `length` bytes of `source`, with its library's errors translated by `translate`."""
    return io.BufferedReader(_Bounded(source, length, translate), 256 * 1024)


class Window(io.RawIOBase):
    """The `size` bytes of `source` from `start`, as a seekable file of its own.

    Clients rewind to zero before they send a body again, so a source that does not begin at zero needs this.
    """

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        self._source, self._start, self._size = source, start, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._size

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        wanted = max(0, min(len(target), self._size - self._position))
        self._source.seek(self._start + self._position)
        data = self._source.read(wanted)
        target[: len(data)] = data
        self._position += len(data)
        return len(data)
