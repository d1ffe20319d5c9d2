"""The address of a bucket, and the credentials for it.

    s3://bucket/prefix?endpoint=http://host:port&region=us-east-1&credentials_file=/run/secrets/s3
    minio://host:port/bucket/prefix?secure=0&region=us-east-1&credentials_file=/run/secrets/s3

Addresses are shown in logs and in process lists, so credentials are never part of one: they come from the usual AWS_*
variables or from a file in the format of `~/.aws/credentials` (section `default`) that others cannot read.
"""

import configparser
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from storage.contract import KEY_LIMIT, check_prefix
from storage.keys import read_private

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Credentials:
    """An access key; its secret part stays out of every representation."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read section `default` of a shared credentials file. Raises ValueError without quoting its content."""
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(read_private(path))
            section = parser["default"]
            return cls(section["aws_access_key_id"], section["aws_secret_access_key"], section.get("aws_session_token"))
        except (configparser.Error, KeyError):
            raise ValueError(f"{path} lacks aws_access_key_id and aws_secret_access_key under [default]") from None


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is.

    `endpoint` is `http://host:port` or `https://host`, None for the provider's own; `prefix` ends in `/` or is empty.
    """

    bucket: str
    prefix: str
    endpoint: str | None
    region: str
    credentials: Credentials | None

    @classmethod
    def from_s3(cls, url: str) -> Self:
        """Read `s3://bucket/prefix?endpoint=&region=&credentials_file=`. Raises ValueError."""
        parts = urlsplit(url)
        options = _options(parts, {"endpoint", "region", "credentials_file"})
        endpoint = options.get("endpoint")
        if endpoint is not None:
            host = urlsplit(endpoint)
            if host.scheme not in {"http", "https"} or not host.netloc or host.path.strip("/") or host.username:
                raise ValueError("the endpoint of an s3:// address is http://host:port or https://host:port")
        return cls._build(parts.netloc, parts.path, endpoint, options)

    @classmethod
    def from_minio(cls, url: str) -> Self:
        """Read `minio://host:port/bucket/prefix?secure=&region=&credentials_file=`. Raises ValueError."""
        parts = urlsplit(url)
        options = _options(parts, {"secure", "region", "credentials_file"})
        secure = options.get("secure", "1")
        bucket, _, prefix = parts.path.lstrip("/").partition("/")
        if secure not in {"0", "1"} or not parts.hostname:
            raise ValueError("a minio:// address is minio://host:port/bucket/prefix, with secure=0 or secure=1")
        scheme = "https" if secure == "1" else "http"
        return cls._build(bucket, prefix, f"{scheme}://{parts.netloc}", options)

    @classmethod
    def _build(cls, bucket: str, path: str, endpoint: str | None, options: dict[str, str]) -> Self:
        if not _BUCKET.fullmatch(bucket):
            raise ValueError(f"{bucket[:70]!r} is no bucket name")
        prefix = check_prefix(unquote(path).strip("/"))
        if len(prefix) > KEY_LIMIT // 2:
            raise ValueError(f"the prefix in a bucket has at most {KEY_LIMIT // 2} characters")
        file = options.get("credentials_file")
        return cls(
            bucket=bucket,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=endpoint,
            region=options.get("region", _DEFAULT_REGION),
            credentials=Credentials.from_file(Path(file)) if file else None,
        )


def _options(parts: SplitResult, known: set[str]) -> dict[str, str]:
    if parts.username or parts.password:
        raise ValueError("credentials are not part of a blob store's address; use AWS_* variables or credentials_file")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - known)
    if unknown or parts.fragment:
        raise ValueError(
            f"a {parts.scheme}:// address takes {', '.join(sorted(known))}, not {', '.join(unknown) or '#'}"
        )
    return options
