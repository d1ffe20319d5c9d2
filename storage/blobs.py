"""The door to the blobs: what a store promises, and `open_store` to get one from its address."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.address import BucketAddress
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
    "check_address",
    "check_key",
    "open_store",
]

_UNKNOWN = "a blob store's address begins with file://, s3:// or minio://"


def check_address(url: str) -> None:
    """Read an address without opening anything. Raises ValueError with one sentence for one that is wrong."""
    readers = {"file": _folder_of, "s3": BucketAddress.from_s3, "minio": BucketAddress.from_minio}
    reader = readers.get(urlsplit(url).scheme)
    if reader is None:
        raise ValueError(_UNKNOWN)
    reader(url)


def open_store(url: str) -> BlobStore:
    """Open the store at an address; `storage.address` says what buckets take beside their name.

    `file:///absolute/folder`, `s3://bucket/prefix?endpoint=http://host:port` or `minio://host:port/bucket/prefix?secure=0`.
    Raises ValueError with one sentence for an address that is wrong, StoreUnavailable where the store does not answer,
    and StoreRefused where it knows us not, or where strangers can read the bucket.
    """
    scheme = urlsplit(url).scheme
    if scheme == "file":
        return FileStore(_folder_of(url))
    # The clients of object stores take a third of a second to import, in each of our processes: only who uses one pays.
    if scheme == "s3":
        from storage.s3store import S3Store  # noqa: PLC0415

        return S3Store(BucketAddress.from_s3(url))
    if scheme == "minio":
        from storage.miniostore import MinioStore  # noqa: PLC0415

        return MinioStore(BucketAddress.from_minio(url))
    raise ValueError(_UNKNOWN)


def _folder_of(url: str) -> Path:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or not path.startswith("/") or not path.strip("/"):
        raise ValueError("a folder of blobs is addressed as file:///absolute/folder")
    return Path(path)
