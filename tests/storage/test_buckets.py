"""What is particular about blobs in buckets, by both drivers: credentials, strangers, and servers that fail."""

from __future__ import annotations

import io
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from storage.blobs import BlobExists, BlobStore, StoreFull, StoreRefused, StoreUnavailable, open_store
from tests.services.rgw import Gateway
from tests.spread import spread
from tests.storage.cutting import CuttingProxy

MIB = 1024 * 1024

Address = Callable[..., str]


@pytest.fixture
def bucket() -> str:
    return f"bucket-{secrets.token_hex(6)}"


@pytest.fixture(params=["s3", "minio"])
def address(request: pytest.FixtureRequest, bucket: str, rgw: Gateway, monkeypatch: pytest.MonkeyPatch) -> Address:
    """Makes the address of this test's bucket, on the server itself or on a port before it."""
    for name, value in rgw.environment.items():
        monkeypatch.setenv(name, value)

    def make(port: int = rgw.port, more: str = "") -> str:
        if request.param == "s3":
            return f"s3://{bucket}?endpoint=http://127.0.0.1:{port}{more}"
        return f"minio://127.0.0.1:{port}/{bucket}?secure=0{more}"

    return make


@pytest.fixture
def proxy(rgw: Gateway) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(rgw.port)
    yield proxy
    proxy.close()


def put(store: BlobStore, key: str, content: bytes) -> None:
    store.put(key, io.BytesIO(content), len(content))


def operator(rgw: Gateway) -> Any:
    """A client that sees the bucket as its operator does."""
    given = {"aws_access_key_id": rgw.key_id, "aws_secret_access_key": rgw.secret}
    return boto3.client("s3", endpoint_url=rgw.endpoint, region_name="us-east-1", **given)


def test_the_first_start_makes_a_private_bucket(address: Address, bucket: str, rgw: Gateway) -> None:
    open_store(address())
    open_store(address())
    assert bucket in [found["Name"] for found in operator(rgw).list_buckets()["Buckets"]]


def test_a_wrong_secret_is_refused_when_opening(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with pytest.raises(StoreRefused, match="credentials") as caught:
        open_store(address())
    assert "not-the-secret" not in str(caught.value)


def test_no_credentials_at_all_are_refused_when_opening(
    address: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreRefused, match="no credentials"):
        open_store(address())


def test_credentials_come_from_a_private_file_too(
    address: Address, rgw: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id={rgw.key_id}\naws_secret_access_key={rgw.secret}\n")
    file.chmod(0o600)
    store = open_store(address(more=f"&credentials_file={file}"))
    put(store, "a", b"1")
    assert list(store.list()) == ["a"]


def test_a_bucket_that_strangers_may_list_is_refused(address: Address, bucket: str, rgw: Gateway) -> None:
    open_store(address())
    operator(rgw).put_bucket_acl(Bucket=bucket, ACL="public-read")
    with pytest.raises(StoreRefused, match="open to strangers"):
        open_store(address())
    operator(rgw).put_bucket_acl(Bucket=bucket, ACL="private")
    open_store(address())


def test_a_bucket_whose_blobs_strangers_may_read_is_refused(address: Address, bucket: str, rgw: Gateway) -> None:
    open_store(address())
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    operator(rgw).put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    with pytest.raises(StoreRefused, match="open to strangers"):
        open_store(address())


def test_two_prefixes_of_a_bucket_do_not_see_each_other(address: Address, bucket: str) -> None:
    stores = [open_store(address().replace(bucket, f"{bucket}/{name}")) for name in ("a", "ab")]
    put(stores[0], "b", b"first")
    assert [list(store.list()) for store in stores] == [["b"], []]
    put(stores[1], "b", b"second")
    assert stores[0].open("b").read() == b"first"


def test_what_is_not_ours_in_the_bucket_is_passed_over(address: Address, bucket: str, rgw: Gateway) -> None:
    store = open_store(address())
    put(store, "ours", b"1")
    operator(rgw).put_object(Bucket=bucket, Key="Backup of May.zip", Body=b"2")
    assert list(store.list()) == ["ours"]


def test_a_bucket_over_its_quota_is_full(address: Address, bucket: str, rgw: Gateway) -> None:
    store = open_store(address())
    rgw.administer("quota", "set", "--quota-scope=bucket", f"--bucket={bucket}", f"--max-size={MIB}")
    rgw.administer("quota", "enable", "--quota-scope=bucket", f"--bucket={bucket}")
    with pytest.raises(StoreFull, match="no room"):
        put(store, "big", bytes(2 * MIB))
    assert list(store.list()) == []


@pytest.mark.parametrize("size", spread([9 * MIB, 10], 1))
def test_a_put_whose_answer_is_lost_is_still_one_success(address: Address, proxy: CuttingProxy, size: int) -> None:
    store, content = open_store(address(proxy.port)), secrets.token_bytes(size)
    proxy.cut_once(lambda data: data.startswith(b"HTTP/1.1 200"))
    put(store, "once", content)
    assert proxy.cuts == 1
    assert store.open("once").read() == content
    with pytest.raises(BlobExists):
        put(store, "once", content)


def test_a_server_that_fails_leaves_no_right_to_write_in_the_log(
    address: Address, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(address(proxy.port))
    proxy.close()
    with pytest.raises(StoreUnavailable):
        put(store, "a", b"1")
    assert "Signature" not in caplog.text


def test_a_download_that_breaks_off_is_no_short_blob(address: Address, proxy: CuttingProxy) -> None:
    store = open_store(address(proxy.port))
    put(store, "video", bytes(9 * MIB))
    proxy.cut_once(lambda data: not data.startswith(b"HTTP"))
    with store.open("video") as stream, pytest.raises(StoreUnavailable):
        stream.read()
    assert proxy.cuts == 1
    assert len(store.open("video").read()) == 9 * MIB


def test_a_server_that_is_down_is_unavailable_soon(address: Address, proxy: CuttingProxy) -> None:
    store = open_store(address(proxy.port))
    put(store, "a", b"1")
    proxy.close()
    verbs: list[Callable[[], object]] = [
        store.check,
        lambda: store.open("a"),
        lambda: store.stat("a"),
        lambda: store.delete("a"),
        lambda: list(store.list()),
        lambda: put(store, "b", b"2"),
        lambda: open_store(address(proxy.port)),
    ]
    for verb in verbs:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            verb()
        assert time.monotonic() - started < 10


def test_a_server_that_says_nothing_fails_its_check_soon(address: Address, proxy: CuttingProxy) -> None:
    store = open_store(address(proxy.port))
    proxy.fall_silent()
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.check()
    assert time.monotonic() - started < 6
