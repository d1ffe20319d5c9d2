"""Blobs in a bucket, by the minio client: for MinIO servers, and for sites that want no AWS library.

The client's own upload can neither stream without multipart nor set a condition, so a blob is stored by one conditional
PUT to a presigned address that the client makes, with the same promises as the S3 driver.
"""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, cast

import urllib3
from minio import Minio
from minio.credentials.providers import (
    AWSConfigProvider,
    ChainedProvider,
    EnvAWSProvider,
    EnvMinioProvider,
    StaticProvider,
)
from minio.error import MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from storage.address import BucketAddress
from storage.contract import (
    BlobMissing,
    BlobStat,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    check_key,
    check_prefix,
    check_range,
    check_source,
    is_key,
)
from storage.exposure import opens_to_all
from storage.forks import PerProcess
from storage.s3codes import BUCKET_EXISTS, EMPTY_RANGE, blob_error
from storage.streams import Window, bounded

PUT_LIMIT = 5 * 1024**3
_ATTEMPTS = 3
_PUT_VALID = timedelta(minutes=1)


class MinioStore:
    """A bucket, or a prefix in one. Threads may share it; a forked process connects anew."""

    def __init__(self, address: BucketAddress) -> None:
        """Connect, create the bucket where it is missing, and refuse one that strangers can read.

        Raises StoreUnavailable, and StoreRefused for bad credentials and for a bucket open to the public.
        """
        self._address, self._bucket = address, address.bucket
        self._pool = PerProcess(lambda: _pool(read_timeout=30, retries=2))
        self._client = PerProcess(lambda: _connect(address, self._pool()))
        self._probe = PerProcess(lambda: _connect(address, _pool(read_timeout=2, retries=0)))
        self._ensure_bucket()
        self._refuse_public()

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        """See `BlobStore.put`."""
        name = self._name(key)
        start = check_source(source, size)
        if size > PUT_LIMIT:
            raise ValueError(f"a bucket takes blobs of up to {PUT_LIMIT} bytes")
        mark = f"application/octet-stream; put={secrets.token_hex(16)}"
        for left in reversed(range(_ATTEMPTS)):
            try:
                return self._put_once(name, Window(source, start, size), mark, key)
            except (StoreFull, StoreRefused):
                raise
            except StoreUnavailable:
                if not left:
                    raise
        return None

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `BlobStore.open`."""
        check_range(start, length)
        if length == 0:
            self.stat(key)
            return io.BytesIO()
        with _minio_errors(key):
            try:
                answer = self._client().get_object(self._bucket, self._name(key), start, length or 0)
            except S3Error as error:
                if error.code in EMPTY_RANGE:
                    return io.BytesIO()
                raise
        return bounded(answer, int(answer.headers["content-length"]), lambda: _minio_errors(key))

    def stat(self, key: str) -> BlobStat:
        """See `BlobStore.stat`."""
        with _minio_errors(key):
            found = self._client().stat_object(self._bucket, self._name(key))
        return BlobStat(cast("int", found.size), cast("datetime", found.last_modified).astimezone(UTC))

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        with _minio_errors(key), suppress(BlobMissing):
            self._client().remove_object(self._bucket, self._name(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `BlobStore.list`."""
        return self._names(self._address.prefix + check_prefix(prefix))

    def check(self) -> None:
        """See `BlobStore.check`."""
        with _minio_errors(self._bucket):
            if not self._probe().bucket_exists(self._bucket):
                raise StoreUnavailable("the bucket is gone")

    def _name(self, key: str) -> str:
        return self._address.prefix + check_key(key)

    def _names(self, prefix: str) -> Iterator[str]:
        with _minio_errors(self._bucket):
            for item in self._client().list_objects(self._bucket, prefix, recursive=True):
                name = (item.object_name or "").removeprefix(self._address.prefix)
                if is_key(name):
                    yield name

    def _put_once(self, name: str, body: Window, mark: str, key: str) -> None:
        """One conditional PUT that leaves a mark: where an earlier try got through but its answer was lost, it shows.

        The mark travels in the content type, because a presigned address admits no metadata that it did not sign.
        The pool must not repeat this request by itself: it would log the address, which is a right to write.
        """
        headers = {"If-None-Match": "*", "Content-Length": str(len(body)), "Content-Type": mark}
        with _minio_errors(key):
            url = self._client().get_presigned_url("PUT", self._bucket, name, expires=_PUT_VALID)
            answer = self._pool().request("PUT", url, body=cast("BinaryIO", body), headers=headers, retries=False)
            if answer.status == 200 or (answer.status == 412 and self._kind_of(name) == mark):
                return
        raise blob_error(_code(answer), key)

    def _kind_of(self, name: str) -> str | None:
        with suppress(S3Error):
            return self._client().stat_object(self._bucket, name).content_type
        return None

    def _ensure_bucket(self) -> None:
        with _minio_errors(self._bucket):
            if self._client().bucket_exists(self._bucket):
                return
            try:
                self._client().make_bucket(self._bucket, self._address.region)
            except S3Error as error:
                if error.code not in BUCKET_EXISTS:
                    raise

    def _refuse_public(self) -> None:
        """Ask in two ways, since a server may answer only one of them: its policy, and as a stranger."""
        if self._has_open_policy() or self._serves_strangers():
            raise StoreRefused(f"the bucket {self._bucket} is open to strangers; make it private first")

    def _has_open_policy(self) -> bool:
        with _minio_errors(self._bucket), suppress(S3Error, ServerError):
            return opens_to_all(self._client().get_bucket_policy(self._bucket))
        return False

    def _serves_strangers(self) -> bool:
        stranger = _connect(self._address, self._pool(), signed=False)
        with _minio_errors(self._bucket), suppress(S3Error, ServerError):
            next(iter(stranger.list_objects(self._bucket)), None)
            return True
        return False


def _pool(*, read_timeout: int, retries: int) -> urllib3.PoolManager:
    """Connections with bounded waiting: without this the client waits five minutes and tries five times."""
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=min(3, read_timeout), read=read_timeout),
        maxsize=32,
        blocksize=256 * 1024,
        retries=urllib3.Retry(
            retries, redirect=0, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), raise_on_status=False
        ),
    )


def _connect(address: BucketAddress, pool: urllib3.PoolManager, *, signed: bool = True) -> Minio:
    endpoint = urllib3.util.parse_url(address.endpoint or "")
    return Minio(
        endpoint.netloc or "",
        secure=endpoint.scheme == "https",
        region=address.region,
        http_client=pool,
        credentials=_provider(address) if signed else None,
    )


def _code(answer: urllib3.BaseHTTPResponse) -> str:
    """The server's own code where it sent one; the status alone does not tell a full bucket from a refused key."""
    if answer.data and "xml" in answer.headers.get("content-type", ""):
        return S3Error.fromxml(answer).code or str(answer.status)
    return str(answer.status)


def _provider(address: BucketAddress) -> StaticProvider | ChainedProvider:
    given = address.credentials
    if given:
        return StaticProvider(given.key_id, given.secret, given.token)
    chain = ChainedProvider([EnvAWSProvider(), EnvMinioProvider(), AWSConfigProvider()])
    try:
        chain.retrieve()
    except ValueError:
        raise StoreRefused("there are no credentials for the bucket") from None
    return chain


@contextmanager
def _minio_errors(key: str) -> Iterator[None]:
    """Translate what the client and its transport raise; messages name the code and the key, never an address."""
    try:
        yield
    except S3Error as error:
        raise blob_error(error.code or "unknown", key) from None
    except ServerError as error:
        raise blob_error(str(error.status_code), key) from None
    except (MinioException, HTTPError) as error:
        raise StoreUnavailable(f"the server does not answer: {type(error).__name__}") from None
