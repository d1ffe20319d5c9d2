"""The plain bytes of a copy, out of the store piece by piece, and what happens where they are not what was put there.

Before anything is sent that is an error with its sentence; afterwards the connection breaks, so that nobody takes what
came for the whole. Either way it is written down once, see `econsult.consults.damage`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from econsult.consults.attachments import Rendition
from econsult.consults.damage import DamagedError, note_damage
from econsult.database import Database
from storage import sealed
from storage.blobs import BlobMissing, BlobStore, StoreUnavailable
from storage.sealed import SealBroken, SealedReader

BLOCK = 256 * 1024


@dataclass(frozen=True)
class StoredCopy:
    """One copy and where it lies. It outlives the request."""

    records: Database
    blobs: BlobStore
    rendition: Rendition
    key: bytes

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """From `start` to before `stop`, or to the end. Raises DamagedError, StoreUnavailable."""
        with self._watched(), self._open() as reader:
            reader.seek(start)
            left = (self.rendition.size if stop is None else stop) - start
            while left:
                piece = reader.read(min(BLOCK, left))
                left -= len(piece)
                yield piece

    def _open(self) -> SealedReader:
        size = sealed.sealed_size(self.rendition.size)
        source = sealed.BlobRange(self.blobs, self.rendition.blob_key, size)
        return sealed.open(source, self.rendition.object_id, self.key)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except SealBroken:
            raise self._damaged() from None
        except (BlobMissing, StoreUnavailable):
            if not self._is_harmed():
                raise
            raise self._damaged() from None

    def _is_harmed(self) -> bool:
        """Whether it is this blob that is gone, or was cut short, and not the store that is away.

        Raises StoreUnavailable for a store that is away: a disk that is not there has lost no file.
        """
        self.blobs.check()
        try:
            return self.blobs.stat(self.rendition.blob_key).size != sealed.sealed_size(self.rendition.size)
        except BlobMissing:
            return True

    def _damaged(self) -> DamagedError:
        with self.records.writing() as session:
            note_damage(session, self.rendition, datetime.now(UTC))
        return DamagedError("This file was damaged where we keep it. It cannot be shown.")


def checked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, of which the first is read now. Raises DamagedError, StoreUnavailable now and no more later."""
    first = next(pieces, b"")
    return _sent(first, pieces)


def _sent(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    try:
        yield from rest
    except (DamagedError, StoreUnavailable):
        raise ConnectionResetError(errno.ECONNRESET, "what was being sent cannot be read any further") from None
