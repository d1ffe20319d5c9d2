"""The door to the blobs: what a store promises, and `open_store` to get one from its address."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.contract import (
    BlobError,
    BlobExists,
    BlobMissing,
    BlobStat,
    BlobStore,
    SizeMismatch,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    check_key,
)
from storage.filestore import FileStore

__all__ = [
    "BlobError",
    "BlobExists",
    "BlobMissing",
    "BlobStat",
    "BlobStore",
    "SizeMismatch",
    "StoreFull",
    "StoreRefused",
    "StoreUnavailable",
    "check_key",
    "open_store",
]


def open_store(url: str) -> BlobStore:
    """Open the store at `file:///absolute/folder`.

    Raises ValueError with one sentence for an address that is wrong, StoreUnavailable where the store does not answer.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path != "/":
        return FileStore(Path(unquote(parts.path)))
    raise ValueError("a blob store is addressed as file:///absolute/folder")
