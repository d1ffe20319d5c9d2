"""Hears what C libraries write to the standard error of this process, which is all that some of them tell of damage.

A job in the jail has no descriptor to spare and may not make one: its pipe to itself is laid before it is confined.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STANDARD_INPUT, _STANDARD_ERROR = 0, 2
_MOST = 65_536
_own: int | None = None


def listen() -> None:
    """Lead the standard error of this process to its own standard input, for ever: no other descriptor is needed."""
    global _own  # noqa: PLW0603 - a process has one standard error.
    end, begin = _pipe()
    os.dup2(end, _STANDARD_INPUT)
    os.dup2(begin, _STANDARD_ERROR)
    os.close(end)
    os.close(begin)
    _own = _STANDARD_INPUT


@contextmanager
def heard() -> Iterator[list[bytes]]:
    """Collect, into one entry, what is written to the standard error meanwhile."""
    remarks: list[bytes] = []
    if _own is not None:
        _read(_own)
        try:
            yield remarks
        finally:
            remarks.append(_read(_own))
        return
    end, begin = _pipe()
    kept = os.dup(_STANDARD_ERROR)
    try:
        os.dup2(begin, _STANDARD_ERROR)
        try:
            yield remarks
        finally:
            os.dup2(kept, _STANDARD_ERROR)
            remarks.append(_read(end))
    finally:
        for descriptor in (end, begin, kept):
            os.close(descriptor)


def _pipe() -> tuple[int, int]:
    """One that never keeps anybody waiting: what does not fit into it is lost."""
    end, begin = os.pipe()
    for descriptor in (end, begin):
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_NONBLOCK)
    return end, begin


def _read(end: int) -> bytes:
    with suppress(BlockingIOError):
        return os.read(end, _MOST)
    return b""
