"""A disk that fails at any of the calls that an upload makes: the right refusal, nothing promised that is not there."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.contract import StoreFull, StoreUnavailable
from tests.spread import spread
from tests.uploads.conftest import Desk
from uploads.errors import GoneError

DATA = os.urandom(700_000)
CALLS = ("open", "pwrite", "pread", "fdatasync", "fsync", "replace", "ftruncate", "mkdir", "flock", "utime")
OFTEN = ((errno.EIO, True), (errno.ENOSPC, False))
SELDOM = (
    (errno.EIO, False),
    (errno.ENOSPC, True),
    *((e, s) for e in (errno.EROFS, errno.EDQUOT) for s in (True, False)),
)
FAULTS = (*OFTEN, *(pytest.param(*fault, marks=pytest.mark.slow) for fault in SELDOM))


@dataclass
class BadDisk:
    """Fails the `turn`-th call of one kind, and every later one while it `stays` bad."""

    error: int
    turn: int
    stays: bool
    seen: int = field(default=0, init=False)

    def wrap(self, really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.seen += 1
            if self.seen == self.turn or (self.stays and self.seen > self.turn):
                raise OSError(self.error, os.strerror(self.error))
            return really(*arguments, **named)

        return call


@contextmanager
def bad(call: str, disk: BadDisk) -> Iterator[None]:
    """The system's own call, with this disk under it."""
    module = fcntl if call == "flock" else os
    really = vars(module)[call]
    vars(module)[call] = disk.wrap(really)
    try:
        yield
    finally:
        vars(module)[call] = really


@pytest.mark.parametrize(("error", "stays"), FAULTS)
@pytest.mark.parametrize("call", spread(CALLS, 5))
def test_a_fault_at_any_call_promises_nothing_and_the_upload_goes_on(
    desk: Desk, call: str, error: int, stays: bool
) -> None:
    for turn in range(1, 12):
        upload = desk.begin(len(DATA), "video")
        promised = desk.append(upload, 0, DATA[:100_000]).offset
        disk = BadDisk(error, turn, stays)
        with bad(call, disk):
            promised = _try(desk, upload, promised, error)
        assert _go_on(desk, upload, promised)
        assert desk.stored(upload) == DATA
        if disk.seen < turn:
            return


def _try(desk: Desk, upload: str, promised: int, error: int) -> int:
    """Send the rest; what was promised afterwards."""
    try:
        return desk.append(upload, promised, DATA[promised:]).offset
    except StoreFull:
        assert error in {errno.ENOSPC, errno.EDQUOT}
    except StoreUnavailable:
        assert error not in {errno.ENOSPC, errno.EDQUOT}
    return promised


def _go_on(desk: Desk, upload: str, promised: int) -> bool:
    """The disk is well again."""
    standing = desk.look(upload)
    assert promised <= standing.offset <= len(DATA)
    return standing.is_complete or desk.append(upload, standing.offset, DATA[standing.offset :]).is_complete


@pytest.mark.parametrize("call", ["open", "mkdir", "pwrite", "fdatasync", "fsync", "replace"])
def test_a_fault_at_the_first_byte_leaves_an_upload_that_can_begin(desk: Desk, call: str) -> None:
    for turn in range(1, 12):
        upload, disk = desk.begin(len(DATA), "video"), BadDisk(errno.EIO, turn, stays=False)
        with bad(call, disk):
            promised = _try(desk, upload, 0, errno.EIO)
        assert _go_on(desk, upload, promised)
        if disk.seen < turn:
            return


@pytest.mark.parametrize("call", ["open", "pwrite", "fsync", "flock"])
def test_looking_and_ending_say_that_the_disk_is_away(desk: Desk, call: str) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    with bad(call, BadDisk(errno.EIO, 1, stays=True)):
        try:
            desk.look(upload)
        except StoreUnavailable:
            pass
        except GoneError:
            pytest.fail("a disk that does not answer has lost nothing")
    assert desk.look(upload).offset == 1000
