"""The processes of a jail: its server, the twin that serves what looks for nothing, and the jobs of both.

Each of the two may have a child that waits for its job.
"""

import io
import time

import psutil

from imaging import Jail, Policy, prepare
from imaging.jail.spare import NAME
from tests.imaging.conftest import Kept


def twin_of(server: int) -> psutil.Process | None:
    """The first that a server forks; None while it still loads."""
    return min(psutil.Process(server).children(), key=lambda child: (child.create_time(), child.pid), default=None)


def jobs_of(server: int) -> list[psutil.Process]:
    """The children that work on a file now."""
    return [child for child in _below_twin(server) if _name(child) != NAME]


def spares_of(server: int) -> list[psutil.Process]:
    """The children that wait for a file."""
    return [child for child in _below_twin(server) if _name(child) == NAME]


def _below_twin(server: int) -> list[psutil.Process]:
    twin = twin_of(server)
    if twin is None:
        return []
    return [child for child in psutil.Process(server).children(recursive=True) if child.pid != twin.pid]


def _name(child: psutil.Process) -> str:
    """Empty where it has just ended."""
    try:
        return child.name()
    except psutil.NoSuchProcess:
        return ""


class _Noting(io.BytesIO):
    """A file that notes when it was last read; a small one is given to its decoder in one piece."""

    at = 0.0

    def read(self, size: int | None = -1) -> bytes:
        self.at = time.monotonic()
        return super().read(size)


def start_of(photo: bytes, policy: Policy, jail: Jail) -> float:
    """After how many seconds the decoder of a small photo asked for its first byte. It must come out ready."""
    source, began = _Noting(photo), time.monotonic()
    assert prepare("photo", source, Kept(), policy, jail=jail).is_ready
    return source.at - began
