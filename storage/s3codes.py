"""What the error codes of S3 servers mean for us; both bucket drivers translate through this one table."""

from storage.contract import BlobError, BlobExists, BlobMissing, StoreFull, StoreRefused, StoreUnavailable

EMPTY_RANGE = {"416", "InvalidRange"}
BUCKET_EXISTS = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}
_MISSING = {"404", "NoSuchKey", "NoSuchVersion"}
_TAKEN = {"412", "PreconditionFailed"}
_CROSSED = {"409", "ConditionalRequestConflict"}
_FULL = {"507", "QuotaExceeded", "XMinioStorageFull"}
_REFUSED = {
    "401",
    "403",
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}


class Conflict(StoreUnavailable):
    """Another conditional write crossed ours, and the server asks to try again; drivers do."""


def blob_error(code: str, key: str) -> BlobError:
    """Our error for a server's code, or for an HTTP status as text. It says the code or the key, never an address."""
    if code in _MISSING:
        return BlobMissing(key)
    if code in _TAKEN:
        return BlobExists(key)
    if code in _CROSSED:
        return Conflict("another writer crossed this one")
    if code in _FULL:
        return StoreFull(f"the bucket has no room: {code}")
    if code in _REFUSED:
        return StoreRefused(f"the server refuses our credentials: {code}")
    return StoreUnavailable(f"the server answers {code}")
