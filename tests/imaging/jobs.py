"""The processes of a jail: its server, the twin that serves what looks for nothing, and the jobs of both."""

import psutil


def twin_of(server: int) -> psutil.Process | None:
    """The first that a server forks; None while it still loads."""
    return min(psutil.Process(server).children(), key=lambda child: (child.create_time(), child.pid), default=None)


def jobs_of(server: int) -> list[psutil.Process]:
    """The children that work on a file now."""
    twin = twin_of(server)
    if twin is None:
        return []
    return [child for child in psutil.Process(server).children(recursive=True) if child.pid != twin.pid]
