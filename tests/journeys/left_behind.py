"""What a running product leaves behind, as bytes to search: its Redis and its data folder."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import redis

from tests.services.product import Product


def in_redis(product: Product) -> list[bytes]:
    """Every key and every value of every type, packed and unpacked, and the files in which Redis keeps them."""
    with redis.Redis.from_url(f"unix://{next(product.data.glob('redis/*.sock'))}") as client:
        held = list(_everything(client))
    assert held
    return held + [read(path) for path in product.data.glob("redis/**/*") if path.is_file()]


def read(path: Path) -> bytes:
    """A file of a living product may be gone by now."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _everything(client: redis.Redis) -> Iterator[bytes]:
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
