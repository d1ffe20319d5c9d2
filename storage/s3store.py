"""Blobs in an S3 bucket, by boto3.

One conditional PUT stores a blob of any size up to 5 GiB. Multipart is left out on purpose: completing an upload is
create-only on some servers and silently overwrites on others, and a video of ours fits a single PUT.
"""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import partial
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from storage.address import BucketAddress
from storage.contract import (
    BlobExists,
    BlobMissing,
    BlobStat,
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
from storage.s3codes import BUCKET_EXISTS, EMPTY_RANGE, Conflict, blob_error
from storage.streams import Window, bounded

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PUT_LIMIT = 5 * 1024**3
_CONFLICTS = 3
_EVERYBODY = {
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
}


class S3Store:
    """A bucket, or a prefix in one. Threads may share it; a forked process connects anew."""

    def __init__(self, address: BucketAddress) -> None:
        """Connect, create the bucket where it is missing, and refuse one that strangers can read.

        Raises StoreUnavailable, and StoreRefused for bad credentials and for a bucket open to the public.
        """
        self._address, self._bucket = address, address.bucket
        # One session for all clients: it holds the parsed service model, which takes long to load, and no connection.
        connect = partial(_connect, boto3.session.Session(), address)
        self._client = PerProcess(lambda: connect(read_timeout=30, attempts=3))
        self._probe = PerProcess(lambda: connect(read_timeout=2, attempts=1))
        self._stranger = PerProcess(lambda: connect(read_timeout=5, attempts=1, signed=False))
        self._ensure_bucket()
        self._refuse_public()

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        """See `BlobStore.put`."""
        name = self._name(key)
        start = check_source(source, size)
        if size > PUT_LIMIT:
            raise ValueError(f"an S3 store takes blobs of up to {PUT_LIMIT} bytes")
        for _ in range(_CONFLICTS):
            with suppress(Conflict):
                self._put_once(name, Window(source, start, size), size, key)
                return
        raise StoreUnavailable("other writers kept changing this key")

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `BlobStore.open`."""
        check_range(start, length)
        if length == 0:
            self.stat(key)
            return io.BytesIO()
        wanted: dict[str, Any] = {}
        if start or length:
            wanted["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        with _s3_errors(key):
            try:
                answer = self._client().get_object(Bucket=self._bucket, Key=self._name(key), **wanted)
            except ClientError as error:
                if _code(error) in EMPTY_RANGE:
                    return io.BytesIO()
                raise
        return bounded(answer["Body"], answer["ContentLength"], lambda: _s3_errors(key))

    def stat(self, key: str) -> BlobStat:
        """See `BlobStore.stat`."""
        with _s3_errors(key):
            found = self._client().head_object(Bucket=self._bucket, Key=self._name(key))
        return BlobStat(found["ContentLength"], found["LastModified"].astimezone(UTC))

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        with _s3_errors(key), suppress(BlobMissing):
            self._client().delete_object(Bucket=self._bucket, Key=self._name(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `BlobStore.list`."""
        return self._names(self._address.prefix + check_prefix(prefix))

    def check(self) -> None:
        """See `BlobStore.check`."""
        with _s3_errors("bucket"):
            self._probe().head_bucket(Bucket=self._bucket)

    def _name(self, key: str) -> str:
        return self._address.prefix + check_key(key)

    def _names(self, prefix: str) -> Iterator[str]:
        with _s3_errors("bucket"):
            for page in self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                names = (item["Key"].removeprefix(self._address.prefix) for item in page.get("Contents", []))
                yield from filter(is_key, names)

    def _put_once(self, name: str, body: Window, size: int, key: str) -> None:
        """One conditional PUT under a mark of its own.

        The client repeats a PUT whose answer was lost, and the repetition then finds the key taken - by the first try.
        """
        mark = secrets.token_hex(16)
        try:
            with _s3_errors(key):
                self._client().put_object(
                    Bucket=self._bucket,
                    Key=name,
                    Body=cast("IO[bytes]", body),
                    ContentLength=size,
                    ContentType="application/octet-stream",
                    IfNoneMatch="*",
                    Metadata={"put": mark},
                )
        except BlobExists:
            if self._mark_of(name, key) != mark:
                raise

    def _mark_of(self, name: str, key: str) -> str | None:
        with _s3_errors(key), suppress(BlobMissing):
            return self._client().head_object(Bucket=self._bucket, Key=name)["Metadata"].get("put")
        return None

    def _ensure_bucket(self) -> None:
        try:
            with _s3_errors(self._bucket):
                self._client().head_bucket(Bucket=self._bucket)
        except BlobMissing:
            self._create_bucket()

    def _create_bucket(self) -> None:
        place: dict[str, Any] = {}
        if self._address.endpoint is None and self._address.region != "us-east-1":
            place["CreateBucketConfiguration"] = {"LocationConstraint": self._address.region}
        with _s3_errors(self._bucket):
            try:
                self._client().create_bucket(Bucket=self._bucket, **place)
            except ClientError as error:
                if _code(error) not in BUCKET_EXISTS:
                    raise

    def _refuse_public(self) -> None:
        """Ask in three ways, since a server may answer only one of them: policy, access list, and as a stranger."""
        if self._has_open_policy() or self._has_open_list() or self._serves_strangers():
            raise StoreRefused(f"the bucket {self._bucket} is open to strangers; make it private first")

    def _has_open_policy(self) -> bool:
        with _s3_errors("policy"), suppress(ClientError):
            return opens_to_all(self._client().get_bucket_policy(Bucket=self._bucket)["Policy"])
        return False

    def _has_open_list(self) -> bool:
        with _s3_errors("access list"), suppress(ClientError):
            grants = self._client().get_bucket_acl(Bucket=self._bucket)["Grants"]
            return any(grant.get("Grantee", {}).get("URI") in _EVERYBODY for grant in grants)
        return False

    def _serves_strangers(self) -> bool:
        with _s3_errors("bucket"), suppress(ClientError):
            self._stranger().list_objects_v2(Bucket=self._bucket, MaxKeys=1)
            return True
        return False


def _connect(
    session: boto3.session.Session, address: BucketAddress, *, read_timeout: int, attempts: int, signed: bool = True
) -> "S3Client":
    given = address.credentials
    return session.client(
        "s3",
        endpoint_url=address.endpoint,
        region_name=address.region,
        aws_access_key_id=given.key_id if given else None,
        aws_secret_access_key=given.secret if given else None,
        aws_session_token=given.token if given else None,
        config=Config(
            signature_version="s3v4" if signed else UNSIGNED,
            s3={"addressing_style": "path" if address.endpoint else "auto"},
            connect_timeout=min(3, read_timeout),
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=32,
            # Servers before 2025 do not know the newer checksum trailers; sealed bytes bring their own tags.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _s3_errors(key: str) -> Iterator[None]:
    """Translate what boto3 raises; messages name the server's code and the key, never credentials or addresses."""
    try:
        yield
    except ClientError as error:
        raise blob_error(_code(error), key) from None
    except NoCredentialsError:
        raise StoreRefused("there are no credentials for the S3 store") from None
    except BotoCoreError as error:
        raise StoreUnavailable(f"the S3 store does not answer: {type(error).__name__}") from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
