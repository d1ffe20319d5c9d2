"""What every blob store promises, tried on files, and on a real S3 server through both bucket drivers."""

from __future__ import annotations

import io
import itertools
import os
import secrets
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from storage.blobs import BlobExists, BlobMissing, BlobStore, SizeMismatch, open_store
from tests.services.rgw import Gateway

MIB = 1024 * 1024


@pytest.fixture(params=["file", "s3", "minio"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store."""
    if request.param == "file":
        return f"file://{tmp_path}/blobs"
    gateway: Gateway = request.getfixturevalue("rgw")
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    place = f"contract-{request.param}/{secrets.token_hex(8)}"
    return gateway.s3_url(place) if request.param == "s3" else gateway.minio_url(place)


@pytest.fixture
def store(address: str) -> BlobStore:
    return open_store(address)


def put(store: BlobStore, key: str, content: bytes) -> None:
    store.put(key, io.BytesIO(content), len(content))


def read(store: BlobStore, key: str, start: int = 0, length: int | None = None) -> bytes:
    with store.open(key, start, length) as stream:
        return stream.read()


def outcome(action: Callable[[], object]) -> str:
    """The name of the error that an action raises, or `done`."""
    try:
        action()
    except (BlobExists, BlobMissing) as error:
        return type(error).__name__
    return "done"


def test_what_was_put_is_read_back(store: BlobStore) -> None:
    put(store, "originals/ab12.sealed", b"\x00\xff sealed \r\n bytes")
    assert read(store, "originals/ab12.sealed") == b"\x00\xff sealed \r\n bytes"


RANGES: tuple[tuple[int, int | None, bytes], ...] = (
    (0, 4, b"0123"),
    (3, 4, b"3456"),
    (9, 1, b"9"),
    (4, None, b"456789"),
    (8, 50, b"89"),
    (10, 5, b""),
    (99, None, b""),
    (2, 0, b""),
)


def test_a_range_gives_the_bytes_that_there_are(store: BlobStore) -> None:
    put(store, "digits", b"0123456789")
    assert [read(store, "digits", start, length) for start, length, _ in RANGES] == [part for *_, part in RANGES]


def test_a_range_counts_forward(store: BlobStore) -> None:
    put(store, "digits", b"0123456789")
    for start, length in ((-1, None), (0, -1)):
        with pytest.raises(ValueError, match="range"):
            store.open("digits", start, length)


def test_a_blob_is_read_in_small_steps_too(store: BlobStore) -> None:
    content = secrets.token_bytes(300_000)
    put(store, "steps", content)
    with store.open("steps") as stream:
        pieces = list(iter(lambda: stream.read(7777), b""))
    assert b"".join(pieces) == content


def test_an_empty_blob_is_a_blob(store: BlobStore) -> None:
    put(store, "empty", b"")
    assert store.stat("empty").size == 0
    assert read(store, "empty") == read(store, "empty", 0, 5) == b""
    assert list(store.list()) == ["empty"]


def test_a_big_blob_arrives_whole(store: BlobStore) -> None:
    content = secrets.token_bytes(MIB) * 24
    put(store, "video", content)
    assert store.stat("video").size == len(content)
    assert read(store, "video") == content
    assert read(store, "video", 20 * MIB - 3, 6) == content[20 * MIB - 3 :][:6]


def test_stat_tells_size_and_an_aware_time(store: BlobStore) -> None:
    put(store, "a", b"abc")
    found = store.stat("a")
    assert found.size == 3
    assert found.modified_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=1)


def test_a_missing_blob_is_named_as_missing(store: BlobStore) -> None:
    for verb in (store.stat, store.open, lambda key: store.open(key, 0, 0), lambda key: store.open(key, 5)):
        with pytest.raises(BlobMissing, match="nothing/here"):
            verb("nothing/here")


def test_a_second_put_is_refused_and_changes_nothing(store: BlobStore) -> None:
    put(store, "once", b"first")
    with pytest.raises(BlobExists, match="once"):
        put(store, "once", b"other")
    assert read(store, "once") == b"first"


@pytest.mark.parametrize("size", [10, 9 * MIB])
def test_of_many_writers_at_once_exactly_one_wins(store: BlobStore, size: int) -> None:
    contents = [bytes([number]) * size for number in range(6)]
    with ThreadPoolExecutor(len(contents)) as pool:
        results = list(pool.map(lambda content: outcome(lambda: put(store, "race", content)), contents))
    assert sorted(results) == ["BlobExists"] * 5 + ["done"]
    assert read(store, "race") == contents[results.index("done")]


@pytest.mark.parametrize("declared", [4, 6])
def test_a_source_of_another_size_leaves_nothing(store: BlobStore, declared: int) -> None:
    with pytest.raises(SizeMismatch, match="5 bytes"):
        store.put("wrong", io.BytesIO(b"12345"), declared)
    assert list(store.list()) == []
    put(store, "wrong", b"12345")


def test_a_source_is_taken_from_where_it_stands(store: BlobStore) -> None:
    source = io.BytesIO(b"header|payload")
    source.seek(7)
    store.put("payload", source, 7)
    assert read(store, "payload") == b"payload"


def test_a_file_can_be_the_source(store: BlobStore) -> None:
    content = secrets.token_bytes(700_001)
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(1)
        store.put("from-file", source, len(content) - 1)
    assert read(store, "from-file") == content[1:]


def test_a_pipe_cannot_be_the_source(store: BlobStore) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source, os.fdopen(writer, "wb"), pytest.raises(ValueError, match="seekable"):
        store.put("pipe", source, 1)


def test_a_deleted_blob_is_gone_and_its_key_is_free(store: BlobStore) -> None:
    put(store, "gone/soon", b"1")
    store.delete("gone/soon")
    store.delete("gone/soon")
    assert outcome(lambda: store.stat("gone/soon")) == "BlobMissing"
    put(store, "gone/soon", b"2")
    assert read(store, "gone/soon") == b"2"


def test_list_gives_the_keys_under_a_prefix_in_order(store: BlobStore) -> None:
    keys = ["a", "a/b", "a/b-c", "a/b.d/e", "a_b", "ab/c", "b/a"]
    for key in reversed(keys):
        put(store, key, b"x")
    assert list(store.list()) == sorted(keys)
    assert list(store.list("a/")) == ["a/b", "a/b-c", "a/b.d/e"]
    assert list(store.list("a/b")) == ["a/b", "a/b-c", "a/b.d/e"]
    assert list(store.list("a/b/")) == list(store.list("nobody")) == []


@pytest.mark.parametrize("address", ["file", "s3", pytest.param("minio", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.wide
def test_list_goes_on_past_a_page_of_the_server(store: BlobStore) -> None:
    keys = [f"page/{number:04d}" for number in range(1_050)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: put(store, key, b""), keys))
    assert list(store.list("page/")) == keys


OUTSIDE = ("", "/a", "a/", "a//b", "../a", "a/../b", "a..b", "A", "a b", ".a", "-a", "ä", "a" * 201)


def test_a_key_outside_the_grammar_is_refused_by_every_verb(store: BlobStore) -> None:
    for key, verb in product(OUTSIDE, (store.stat, store.open, store.delete, lambda name: put(store, name, b"1"))):
        with pytest.raises(ValueError, match="blob key"):
            verb(key)


def test_a_prefix_outside_the_grammar_is_refused_at_once(store: BlobStore) -> None:
    for prefix in ("/", "..", "a/../b", "A", "a//"):
        with pytest.raises(ValueError, match="begins with"):
            store.list(prefix)


def test_the_longest_key_is_kept(store: BlobStore) -> None:
    key = "/".join(["k" * 99, "z" * 100])
    put(store, key, b"long")
    assert list(store.list()) == [key]
    assert read(store, key) == b"long"


def test_a_store_opened_again_holds_the_same_blobs(store: BlobStore, address: str) -> None:
    put(store, "kept", b"bytes")
    again = open_store(address)
    assert read(again, "kept") == b"bytes"
    assert outcome(lambda: put(again, "kept", b"other")) == "BlobExists"


def test_a_store_that_answers_passes_its_check(store: BlobStore) -> None:
    store.check()
    assert list(store.list()) == []


def test_threads_share_a_store(store: BlobStore) -> None:
    contents = {f"t/{number}": secrets.token_bytes(100_000 + number) for number in range(24)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, itertools.repeat(store), contents, contents.values()))
        found = list(pool.map(read, itertools.repeat(store), contents))
    assert found == list(contents.values())


def test_forked_processes_go_on_with_connections_of_their_own(store: BlobStore) -> None:
    """The parent leaves an idle connection behind; children that shared it would read each other's answers."""
    contents = {f"f/{number}": bytes([number]) * 50_000 for number in range(20)}
    for key, content in contents.items():
        put(store, key, content)
    children = [fork_reader(store, contents) for _ in range(4)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert read(store, "f/3") == contents["f/3"]


def fork_reader(store: BlobStore, contents: dict[str, bytes]) -> int:
    """A child that ends with 0 where it reads every blob as it should be."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if all(read(store, key) == content for key, content in contents.items()) else 1)
        finally:
            os._exit(2)
    return child
