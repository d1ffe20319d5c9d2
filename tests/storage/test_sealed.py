"""The sealed container: its format, random access, and that no change to it goes unseen."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import sealed
from storage.blobs import BlobMissing, open_store
from storage.sealed import SealBroken
from storage.segments import OVERHEAD, SEALED, SEGMENT

KEY = bytes(range(32))
VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "sealed_vectors.json").read_text())


def seal(content: bytes, object_id: str = "object", key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    with sealed.create(target, object_id, key) as writer:
        writer.write(content)
    return target.getvalue()


def unseal(container: bytes, object_id: str = "object", key: bytes = KEY) -> bytes:
    return sealed.open(io.BytesIO(container), object_id, key).read()


def pattern(size: int) -> bytes:
    """Bytes that differ from segment to segment: the vectors say only their length."""
    return b"".join(hashlib.sha256(struct.pack(">Q", block)).digest() for block in range(size // 32 + 1))[:size]


def build_by_hand(vector: dict[str, Any]) -> bytes:
    """The container of a vector, written from the format's description and not with the code under test."""
    name = vector["object_id"].encode()
    content, container = pattern(vector["plain_size"]), b""
    for index in range(len(content) // SEGMENT + 1):
        is_last = index == len(content) // SEGMENT
        bound = struct.pack(">BH", 1, len(name)) + name + struct.pack(">QB", index, is_last)
        nonce = hashlib.sha256(b"nonce" + struct.pack(">Q", index)).digest()[:12]
        part = content[index * SEGMENT : (index + 1) * SEGMENT]
        container += nonce + AESGCM(bytes.fromhex(vector["key"])).encrypt(nonce, part, bound)
    return container


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["plain_size"]))
def test_published_vectors_open(vector: dict[str, Any]) -> None:
    container = build_by_hand(vector)
    assert hashlib.sha256(container).hexdigest() == vector["container_sha256"]
    assert container.hex().startswith(vector["container_start"])
    assert unseal(container, vector["object_id"], bytes.fromhex(vector["key"])) == pattern(vector["plain_size"])


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 1_000_000])
def test_size_is_known_both_ways(size: int) -> None:
    container = seal(pattern(size))
    assert len(container) == sealed.sealed_size(size)
    assert sealed.plain_size(len(container)) == size
    assert unseal(container) == pattern(size)


@pytest.mark.parametrize("size", [0, 1, OVERHEAD - 1, SEALED, SEALED + OVERHEAD - 1])
def test_a_size_that_no_container_has_is_refused(size: int) -> None:
    with pytest.raises(SealBroken, match="bytes long"):
        sealed.plain_size(size)


def test_two_seals_of_the_same_bytes_share_nothing() -> None:
    first, second = seal(bytes(SEGMENT)), seal(bytes(SEGMENT))
    assert first[:12] != second[:12]
    assert first[12:64] != second[12:64]


@pytest.mark.parametrize("size", [0, 1, 300])
def test_every_single_bit_that_flips_is_noticed(size: int) -> None:
    container = seal(pattern(size))
    for bit in range(len(container) * 8):
        changed = bytearray(container)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            unseal(bytes(changed))


@given(position=st.integers(0, 3 * SEALED + OVERHEAD + 99), mask=st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_anywhere_in_a_long_container_is_noticed(position: int, mask: int) -> None:
    changed = bytearray(seal(pattern(3 * SEGMENT + 100)))
    changed[position] ^= mask
    with pytest.raises(SealBroken):
        unseal(bytes(changed))


@given(length=st.integers(0, 3 * SEALED + OVERHEAD + 99))
@settings(max_examples=60, deadline=None)
def test_a_cut_at_any_place_is_noticed_when_opening(length: int) -> None:
    container = seal(pattern(3 * SEGMENT + 100))
    with pytest.raises(SealBroken):
        sealed.open(io.BytesIO(container[:length]), "object", KEY)


@pytest.mark.parametrize("length", [SEALED, 2 * SEALED, 2 * SEALED + OVERHEAD])
def test_a_cut_between_segments_is_noticed_when_opening(length: int) -> None:
    with pytest.raises(SealBroken):
        sealed.open(io.BytesIO(seal(pattern(3 * SEGMENT))[:length]), "object", KEY)


def test_bytes_added_at_the_end_are_noticed() -> None:
    container = seal(pattern(SEGMENT + 5))
    for more in (b"\0", bytes(OVERHEAD), container[-33:]):
        with pytest.raises(SealBroken):
            unseal(container + more)


def test_segments_in_another_order_are_noticed() -> None:
    container = seal(pattern(3 * SEGMENT))
    first, second = container[:SEALED], container[SEALED : 2 * SEALED]
    for mixed in (second + first, first + first, second + second):
        with pytest.raises(SealBroken):
            unseal(mixed + container[2 * SEALED :])


def test_a_segment_of_another_object_is_noticed_even_under_the_same_key() -> None:
    ours, theirs = seal(pattern(2 * SEGMENT), "ours"), seal(pattern(2 * SEGMENT), "theirs")
    with pytest.raises(SealBroken):
        unseal(theirs[:SEALED] + ours[SEALED:], "ours")
    with pytest.raises(SealBroken):
        unseal(theirs, "ours")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"text"), key=secrets.token_bytes(32))


def test_a_key_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sealed.create(io.BytesIO(), "object", b"short")


def test_a_writer_that_failed_leaves_no_container() -> None:
    target = io.BytesIO()
    with pytest.raises(RuntimeError, match="half"), sealed.create(target, "object", KEY) as writer:
        writer.write(pattern(SEGMENT + 10))
        raise RuntimeError("half way")
    with pytest.raises(SealBroken):
        unseal(target.getvalue())


def test_a_finished_writer_takes_no_more() -> None:
    writer = sealed.create(io.BytesIO(), "object", KEY)
    writer.finish()
    writer.finish()
    with pytest.raises(ValueError, match="finished"):
        writer.write(b"more")


@given(sizes=st.lists(st.integers(0, 3 * SEGMENT), max_size=8))
@settings(max_examples=40, deadline=None)
def test_how_writes_are_cut_makes_no_difference(sizes: list[int]) -> None:
    content, target, at = pattern(sum(sizes)), io.BytesIO(), 0
    with sealed.create(target, "object", KEY) as writer:
        for size in sizes:
            assert writer.write(content[at : at + size]) == size
            at += size
            assert writer.tell() == at
    assert unseal(target.getvalue()) == content


@given(
    steps=st.lists(st.tuples(st.integers(0, 6 * SEGMENT), st.integers(0, 3 * SEGMENT)), max_size=12),
    whole=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_reading_here_and_there_equals_reading_a_plain_file(steps: list[tuple[int, int]], whole: bool) -> None:
    content = pattern(5 * SEGMENT + (0 if whole else 777))
    reader, plain = sealed.open(io.BytesIO(seal(content)), "object", KEY), io.BytesIO(content)
    assert reader.size == len(content)
    for position, length in steps:
        assert reader.seek(position) == plain.seek(position)
        assert reader.read(length) == plain.read(length)
        assert reader.read(10) == plain.read(10)
        assert reader.tell() == plain.tell()


def test_a_reader_seeks_like_a_file() -> None:
    reader = sealed.open(io.BytesIO(seal(pattern(SEGMENT + 9))), "object", KEY)
    assert reader.seek(-9, io.SEEK_END) == SEGMENT
    assert reader.seek(4, io.SEEK_CUR) == SEGMENT + 4
    assert reader.read() == pattern(SEGMENT + 9)[-5:]
    with pytest.raises(ValueError, match="before the start"):
        reader.seek(-1)


def test_lines_are_read_as_from_any_file() -> None:
    text = b"".join(b"line %d\n" % number for number in range(20_000))
    assert list(sealed.open(io.BytesIO(seal(text)), "object", KEY)) == text.splitlines(keepends=True)


class CountingRange:
    """A ranged source that notes what was asked of it."""

    def __init__(self, content: bytes) -> None:
        self.size, self.content = len(content), content
        self.asked: list[tuple[int, int]] = []

    def read_at(self, start: int, length: int) -> bytes:
        self.asked.append((start, length))
        return self.content[start : start + length]


def test_a_jump_reads_only_the_segments_it_needs() -> None:
    source = CountingRange(seal(pattern(40 * SEGMENT)))
    reader = sealed.open(source, "object", KEY)
    reader.seek(20 * SEGMENT + 5)
    assert reader.read(10) == pattern(20 * SEGMENT + 15)[-10:]
    assert source.asked == [(40 * SEALED, OVERHEAD), (20 * SEALED, 2 * SEALED)]


def test_reading_on_asks_for_more_at_once() -> None:
    source = CountingRange(seal(pattern(200 * SEGMENT)))
    reader = sealed.open(source, "object", KEY)
    while reader.read(SEGMENT):
        pass
    assert len(source.asked) < 20
    assert max(length for _, length in source.asked) == 16 * SEALED


def test_a_blob_is_read_in_place(tmp_path: Path) -> None:
    store, container = open_store(f"file://{tmp_path}/blobs"), seal(pattern(7 * SEGMENT + 1))
    store.put("view", io.BytesIO(container), len(container))
    for size in (None, len(container)):
        reader = sealed.open(sealed.BlobRange(store, "view", size), "object", KEY)
        assert reader.read() == pattern(7 * SEGMENT + 1)
    with pytest.raises(BlobMissing):
        sealed.BlobRange(store, "other")


def test_a_broken_segment_stays_unreadable_while_the_others_are_read() -> None:
    container = bytearray(seal(pattern(4 * SEGMENT)))
    container[2 * SEALED + 100] ^= 1
    reader = sealed.open(io.BytesIO(container), "object", KEY)
    for _ in range(2):
        reader.seek(0)
        assert reader.read(10) == pattern(10)
        reader.seek(2 * SEGMENT)
        with pytest.raises(SealBroken, match="segment 2"):
            reader.read(10)
