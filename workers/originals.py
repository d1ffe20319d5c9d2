"""Where the bytes of an attachment rest: staged after the upload, a blob after the first finished attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from econsult.consults.attachments import original_key
from storage import sealed
from storage.blobs import BlobExists, BlobMissing, BlobStore
from storage.sealed import SealedReader
from uploads.root import StagingAwayError, is_marked
from uploads.staged import discard_staged, staged_path


@dataclass(frozen=True)
class Original:
    """The sealed file of one attachment; `object_id` and `key` open it."""

    object_id: str
    key: bytes
    staging: Path
    blobs: BlobStore

    @property
    def blob_key(self) -> str:
        return original_key(self.object_id)

    @property
    def is_staged(self) -> bool:
        return staged_path(self.staging, self.object_id).exists()

    @contextmanager
    def opened(self) -> Iterator[SealedReader]:
        """The plain bytes as a seekable file, decrypted as they are read.

        Raises BlobMissing where they are in neither place, StagingAwayError where nobody knows now, SealBroken,
        StoreUnavailable.
        """
        path = staged_path(self.staging, self.object_id)
        self._check_place(path)
        if path.exists():
            with path.open("rb") as file, sealed.open(file, self.object_id, self.key) as reader:
                yield reader
        else:
            source = sealed.BlobRange(self.blobs, self.blob_key)
            with sealed.open(source, self.object_id, self.key) as reader:
                yield reader

    def promote(self) -> str:
        """Copy the ciphertext to the store as it is, and return its key. Doing it again changes nothing."""
        path = staged_path(self.staging, self.object_id)
        self._check_place(path)
        if path.exists():
            with path.open("rb") as file:
                try:
                    self.blobs.put(self.blob_key, file, path.stat().st_size)
                except BlobExists:
                    return self.blob_key
        else:
            # The row will say that it is there, and then the staged bytes go.
            self.blobs.stat(self.blob_key)
        return self.blob_key

    def _check_place(self, path: Path) -> None:
        """What is in neither place is lost only where the staging folder is surely the right one."""
        if path.exists() or is_marked(self.staging):
            return
        try:
            self.blobs.stat(self.blob_key)
        except BlobMissing:
            raise StagingAwayError from None

    def discard_staged(self) -> None:
        """Remove the staged file; the attachment's row no longer needs it."""
        discard_staged(self.staging, self.object_id)
