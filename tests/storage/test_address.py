"""Addresses of stores: what is read, and what is refused with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.address import BucketAddress
from storage.blobs import open_store
from storage.exposure import opens_to_all


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = ID\naws_secret_access_key = very%secret\n")
    file.chmod(0o600)
    return file


def test_an_s3_address_is_read(credentials: Path) -> None:
    url = f"s3://clinic-media/site/a?endpoint=https://s3.local:9000&region=eu-west-1&credentials_file={credentials}"
    found = BucketAddress.from_s3(url)
    assert (found.bucket, found.prefix, found.region) == ("clinic-media", "site/a/", "eu-west-1")
    assert found.endpoint == "https://s3.local:9000"
    assert found.credentials is not None
    assert found.credentials.secret == "very%secret"
    assert "very" not in repr(found)


def test_an_s3_address_needs_only_a_bucket() -> None:
    found = BucketAddress.from_s3("s3://clinic-media")
    assert found == BucketAddress("clinic-media", "", None, "us-east-1", None)


def test_a_minio_address_is_read() -> None:
    found = BucketAddress.from_minio("minio://minio.local:9000/clinic-media/site?secure=0")
    assert (found.bucket, found.prefix, found.endpoint) == ("clinic-media", "site/", "http://minio.local:9000")
    assert BucketAddress.from_minio("minio://minio.local/clinic-media").endpoint == "https://minio.local"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "begins with"),
        ("/var/blobs", "begins with"),
        ("ftp://host/blobs", "begins with"),
        ("file://relative/blobs", "absolute"),
        ("file:///", "absolute"),
        ("file:///blobs?x=1", "absolute"),
        ("s3://", "no bucket name"),
        ("s3://UPPER", "no bucket name"),
        ("s3://bucket/../up", "begins with"),
        ("s3://bucket/" + "p" * 101, "at most"),
        ("s3://bucket?endpoint=host:9000", "http://host:port"),
        ("s3://bucket?endpoint=http://host/path", "http://host:port"),
        ("s3://bucket?endpoint=http://me:secret@host", "http://host:port"),
        ("s3://bucket?password=x", "not password"),
        ("s3://key:secret@bucket", "credentials are not part"),
        ("minio://bucket", "no bucket name"),
        ("minio://host/bucket?secure=maybe", "secure=0 or secure=1"),
        ("minio://key:secret@host/bucket", "credentials are not part"),
        ("s3://bucket?credentials_file=/nowhere/at/all", "cannot be read"),
    ],
)
def test_a_wrong_address_is_refused_without_showing_a_secret(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        open_store(url)
    assert "secret@" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_credentials_file_that_others_can_read_is_refused(credentials: Path) -> None:
    credentials.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        BucketAddress.from_s3(f"s3://bucket?credentials_file={credentials}")


@pytest.mark.parametrize("text", ["", "[default]\n", "[default]\naws_access_key_id = ID\n", "no section"])
def test_an_incomplete_credentials_file_is_refused(credentials: Path, text: str) -> None:
    credentials.write_text(text)
    with pytest.raises(ValueError, match="lacks"):
        BucketAddress.from_s3(f"s3://bucket?credentials_file={credentials}")


OPEN = '{"Effect": "Allow", "Principal": %s, "Action": "s3:GetObject", "Resource": "*"}'


@pytest.mark.parametrize("principal", ['"*"', '{"AWS": "*"}', '{"AWS": ["arn:aws:iam::1:root", "*"]}'])
def test_a_policy_for_everybody_is_open(principal: str) -> None:
    assert opens_to_all('{"Statement": [%s]}' % (OPEN % principal))
    assert opens_to_all('{"Statement": %s}' % (OPEN % principal))


@pytest.mark.parametrize(
    "statement",
    [
        OPEN % '{"AWS": "arn:aws:iam::1:root"}',
        OPEN % '{"Service": "logging.s3.amazonaws.com"}',
        (OPEN % '"*"').replace("Allow", "Deny"),
        (OPEN % '"*"').replace("}", ', "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}'),
    ],
)
def test_a_policy_for_somebody_is_not_open(statement: str) -> None:
    assert not opens_to_all(f'{{"Statement": [{statement}]}}')
    assert not opens_to_all("{}")


def test_everybody_but_a_few_is_everybody() -> None:
    assert opens_to_all('{"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "*"}]}')
