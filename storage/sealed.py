"""The one container for bytes at rest, in staging and in blob stores: sealed segments with random access.

Full segments of 64 KiB follow each other; the last one, always shorter and possibly empty, is marked as the last. So
a cut shows without asking the database, every read is authenticated, and a finished upload moves to a store as it is.
"""

from __future__ import annotations

import io
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, runtime_checkable

from storage.contract import BlobStore, StoreUnavailable
from storage.segments import SEALED, SEGMENT, Bytes, Role, SealBroken, SegmentCipher, plain_size, sealed_size
from storage.staging import Staging

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["BlobRange", "FileRange", "Ranged", "SealBroken", "SealedReader", "SealedWriter", "Staging"]
__all__ += ["create", "open", "plain_size", "sealed_size"]

_AHEAD_LIMIT = 16


@runtime_checkable
class Ranged(Protocol):
    """Bytes of a known size, read from anywhere."""

    @property
    def size(self) -> int:
        """All of it, in bytes."""

    def read_at(self, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`. Raises StoreUnavailable where they cannot be had."""


class FileRange:
    """A seekable file as a source; the reader owns its position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)

    def read_at(self, start: int, length: int) -> bytes:
        """See `Ranged.read_at`."""
        self._file.seek(start)
        data = self._file.read(length)
        if len(data) != length:
            raise StoreUnavailable("the sealed file ended early")
        return data


class BlobRange:
    """A blob as a source. Each read is one ranged request, so the reader asks for several segments at once."""

    def __init__(self, store: BlobStore, key: str, size: int | None = None) -> None:
        """Give the sealed `size` where it is known, which saves one request. Raises BlobMissing, StoreUnavailable."""
        self._store, self._key = store, key
        self.size = store.stat(key).size if size is None else size

    def read_at(self, start: int, length: int) -> bytes:
        """See `Ranged.read_at`."""
        with self._store.open(self._key, start, length) as stream:
            data = stream.read(length)
        if len(data) != length:
            raise StoreUnavailable("the blob is shorter than it should be")
        return data


class _Opened(io.RawIOBase):
    """Plaintext of a container: holds the last segment, which proves the length, and one window of full ones."""

    def __init__(self, source: Ranged, cipher: SegmentCipher) -> None:
        self.size = plain_size(source.size)
        self._source, self._cipher = source, cipher
        self._full = self.size // SEGMENT
        start = self._full * SEALED
        self._last = cipher.open(source.read_at(start, source.size - start), self._full, Role.LAST)
        # The window is one buffer that only grows: fresh memory for each step costs as much as the decryption.
        self._window, self._first, self._held, self._ahead = bytearray(), 0, 0, 1
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("cannot seek before the start")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the whole of `buffer` unless the end comes first."""
        target, done = memoryview(buffer).cast("B"), 0
        while done < len(target) and self._position < self.size:
            piece = self._piece(len(target) - done)
            target[done : done + len(piece)] = piece
            done, self._position = done + len(piece), self._position + len(piece)
        return done

    def _piece(self, wanted: int) -> memoryview:
        """Up to `wanted` bytes at the position, from the last segment or from the window."""
        index = self._position // SEGMENT
        if index == self._full:
            held, start = memoryview(self._last), self._full * SEGMENT
        else:
            self._load(index, wanted)
            held, start = memoryview(self._window)[: self._held * SEGMENT], self._first * SEGMENT
        at = self._position - start
        return held[at : at + wanted]

    def _load(self, index: int, wanted: int) -> None:
        """Have segment `index` in the window. Reading on doubles the window, jumping about makes it small again."""
        after = self._first + self._held
        if self._first <= index < after:
            return
        self._ahead = min(self._ahead * 2, _AHEAD_LIMIT) if self._held and index == after else 1
        needed = (self._position % SEGMENT + wanted + SEGMENT - 1) // SEGMENT
        count = min(max(needed, self._ahead), _AHEAD_LIMIT, self._full - index)
        self._fill(index, count)

    def _fill(self, index: int, count: int) -> None:
        """Open `count` segments into the window, which counts as empty until all of them have opened."""
        self._held = 0
        run = self._source.read_at(index * SEALED, count * SEALED)
        if len(self._window) < count * SEGMENT:
            self._window = bytearray(count * SEGMENT)
        self._cipher.open_run(run, index, memoryview(self._window))
        self._first, self._held = index, count


class SealedReader(io.BufferedReader):
    """The plaintext of a container as a seekable file; `size` is its length in bytes."""

    def __init__(self, source: Ranged, object_id: str, key: bytes) -> None:
        opened = _Opened(source, SegmentCipher(object_id, key))
        super().__init__(opened, SEGMENT)
        self.size = opened.size


def open(source: BinaryIO | Ranged, object_id: str, key: bytes) -> SealedReader:  # noqa: A001 - read as `sealed.open`.
    """Read a container from a seekable file (which stays open) or from a ranged source.

    Opening authenticates the length. Raises SealBroken here and while reading, and whatever the source raises.
    """
    ranged = source if isinstance(source, Ranged) else FileRange(source)
    return SealedReader(ranged, object_id, key)


class SealedWriter(io.RawIOBase):
    """Seals what is written to it. Only `finish` makes a container; one that is just closed leaves a broken one."""

    def __init__(self, target: BinaryIO, object_id: str, key: bytes) -> None:
        self._target, self._cipher = target, SegmentCipher(object_id, key)
        self._pending, self._index, self._finished = bytearray(), 0, False
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Take all of `data`; return its length."""
        if self._finished:
            raise ValueError("the container is finished")
        view = memoryview(data).cast("B")
        room = SEGMENT - len(self._pending) if self._pending else 0
        self.size += len(view)
        if len(view) < room:
            self._pending += view
            return len(view)
        if room:
            self._seal(self._pending + view[:room])
        whole = (len(view) - room) // SEGMENT * SEGMENT
        self._seal(view[room : room + whole])
        self._pending = bytearray(view[room + whole :])
        return len(view)

    def _seal(self, plain: Bytes) -> None:
        for run in self._cipher.seal_runs(plain, self._index):
            self._target.write(run)
            self._index += len(run) // SEALED

    def tell(self) -> int:
        return self.size

    def finish(self) -> None:
        """Write the last segment. The target stays open, and is not synced."""
        if not self._finished:
            self._target.write(self._cipher.seal(self._pending, self._index, Role.LAST))
            self._finished = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish, unless the block failed: half a picture must not look like a whole one."""
        if kind is None:
            self.finish()
        self.close()


def create(target: BinaryIO, object_id: str, key: bytes) -> SealedWriter:
    """Write a container into `target`, in a `with` block or up to `finish()`; holds less than 64 KiB back."""
    return SealedWriter(target, object_id, key)
