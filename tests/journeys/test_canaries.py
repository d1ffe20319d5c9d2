"""Who the child is and what was asked never leaves the sealed records: not into logs, Redis, mails, blobs or names."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import redis

from tests.journeys import story
from tests.journeys.media import BIRTH_DATE, FILE_NAME, NAME
from tests.journeys.prepared import readable
from tests.journeys.told import Told
from tests.services.product import Product

# "zarzamora" is in the question, the answer and the file's name, and nowhere else.
SECRETS = (
    NAME,
    BIRTH_DATE,
    story.PHONE,
    FILE_NAME,
    story.QUESTION,
    story.ON,
    "zarzamora",
    "¿Hola?",
    "asthma or hay fever",
)


def secrets(told: Told) -> list[bytes]:
    """What must not be found, as bytes."""
    child = told.child
    return [word.encode() for word in (*SECRETS, child["name"], child["birth_date"])]


def test_the_log_tells_no_secret(product: Product, told: Told) -> None:
    log = product.log.read_bytes()
    assert b"Ready: " in log
    assert [word for word in secrets(told) if word in log] == []
    assert told.consult_id.encode() not in log


def test_redis_holds_no_secret(product: Product, told: Told) -> None:
    with redis.Redis.from_url(f"unix://{next(product.data.glob('redis/*.sock'))}") as client:
        held = list(_everything(client))
    assert held
    assert [word for word in secrets(told) if any(word in value for value in held)] == []
    files = [path.read_bytes() for path in product.data.glob("redis/**/*") if path.is_file()]
    assert [word for word in secrets(told) if any(word in data for data in files)] == []


def test_mails_say_only_that_there_is_something_to_read(product: Product, told: Told) -> None:
    mails = [path.read_bytes() for path in product.data.glob("outbox/*")]
    assert any(b"parent@demo.test" in mail for mail in mails)
    assert [word for word in secrets(told) if any(word in mail for mail in mails)] == []


def test_no_file_of_the_data_folder_tells_a_secret_or_can_be_looked_at(product: Product, told: Told) -> None:
    files = [path for path in product.data.rglob("*") if path.is_file()]
    named = [path.name for path in files for word in secrets(told) if word in str(path).encode()]
    assert named == []
    blobs = [path for path in files if {"blobs", "staging"} & set(path.parts)]
    assert len(blobs) >= 20
    for path in files:
        data = _read(path)
        assert [word for word in secrets(told) if word in data] == [], path.name
        assert path not in blobs or readable(data) == [], path.name


def _everything(client: redis.Redis) -> Iterator[bytes]:
    """Every key and every value of every type, unpacked where it was packed."""
    readers: dict[Any, Callable[[Any], Any]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }
    for key in client.scan_iter():
        yield from _leaves([key, readers[client.type(key)](key)])


def _leaves(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
        yield _unpacked(value)
    elif isinstance(value, Mapping):
        yield from _leaves(list(value.items()))
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _leaves(part)


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""


def _read(path: Path) -> bytes:
    """A file of a living product may be gone by now."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
