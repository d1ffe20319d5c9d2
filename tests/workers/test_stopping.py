"""A worker that is told to stop stops, whatever Redis or its parent does at that moment."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq.exceptions import StopRequested

from econsult.jobs import Lane
from tests.services.redis import RedisServer
from tests.workers.clinic import Clinic, clinic_in, wait_until
from workers.bell import BellWorker
from workers.process import Lines, Wish

PARENT_IS_GONE = "from workers.process import die_with; die_with(parent=2 ** 22); print('alive')"


@pytest.fixture
def ringing(folder: Path, own_redis: RedisServer) -> Iterator[Clinic]:
    yield from clinic_in(folder, redis_url=own_redis.url)


@pytest.fixture
def wish() -> Iterator[Wish]:
    """A wish of this process, whose signals are given back afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Wish()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.wide
def test_a_worker_stops_when_redis_goes_away_while_it_stops(ringing: Clinic, own_redis: RedisServer) -> None:
    worker = ringing.start("workers", "fast")
    with redis.Redis.from_url(own_redis.url) as client:
        wait_until(lambda: client.info("clients")["blocked_clients"] == 1)
    own_redis.kill()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(20) == 0
    assert "Traceback" not in ringing.logs()


class Interrupted(io.StringIO):
    """A stream to which a signal comes while a line is written."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


def test_a_signal_amid_a_line_of_the_log_still_stops_a_worker(capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.makeLogRecord({"msg": "Redis is away."})
    with pytest.raises(StopRequested):
        Lines(Interrupted(StopRequested())).handle(record)
    assert "Traceback" not in capsys.readouterr().err
    Lines(Interrupted(OSError())).handle(record)
    assert "OSError" in capsys.readouterr().err


def test_a_wish_that_came_before_rq_heard_signals_is_not_lost(ringing: Clinic, wish: Wish) -> None:
    doorbell = ringing.runtime.doorbell
    assert doorbell is not None
    worker = BellWorker(doorbell, Lane.FAST, lambda _job_id: None, lambda: None, wish)
    os.kill(os.getpid(), signal.SIGTERM)
    assert worker.work(logging_level="ERROR") is False
    assert wish.is_made()


def test_a_child_whose_parent_died_before_it_could_ask_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", PARENT_IS_GONE], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")
