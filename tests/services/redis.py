"""A private Redis on a unix socket: one for the session, emptied before every test that asks for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.exceptions import RedisError

from tests.services.processes import Launch, Service, ServiceError, start


@dataclass
class RedisServer:
    """A Redis that tests may flush, kill and start again; its append-only file survives a restart."""

    folder: Path
    service: Service

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def is_up(self) -> bool:
        """Whether it answers a ping."""
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def flush(self) -> None:
        """Empty it, as somebody's FLUSHALL would."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        self.service.kill()

    def restart(self) -> None:
        """Come back on the same socket with what the append-only file kept."""
        self.service.stop()
        self.service = _launch(self.folder)
        self.service.wait_ready(self.is_up)

    def stop(self) -> None:
        self.service.stop()


def start_redis(folder: Path) -> RedisServer:
    """Start a Redis of your own in `folder` (a short path: a socket's name has room for 100 characters)."""
    server = RedisServer(folder, _launch(folder))
    server.service.wait_ready(server.is_up)
    return server


def _launch(folder: Path) -> Service:
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        raise ServiceError("redis-server is not installed. Run: sudo apt-get install redis-server")
    options = {
        "port": "0",
        "unixsocket": str(folder / "redis.sock"),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
    }
    command = [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]
    return start(Launch(command, folder / "redis.log"))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The session's Redis; a test that kills or restarts it starts its own with `own_redis` instead."""
    folder = Path(tempfile.mkdtemp(prefix="ec-redis-"))
    server = start_redis(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis of the test's own, to kill, flush and restart."""
    folder = Path(tempfile.mkdtemp(prefix="ec-redis-"))
    server = start_redis(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)
