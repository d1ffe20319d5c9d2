"""One worker: `python -m workers [fast|slow]`. Start as many as there is work for; each works one lane."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from rq.exceptions import StopRequested

from econsult.errors import SettingError
from econsult.jobs import Lane
from econsult.people import dates
from econsult.settings import Settings
from imaging import Jail, open_jail
from workers.bell import BellWorker
from workers.confinement import check_confinement
from workers.desk import Desk
from workers.doorbell import Doorbell
from workers.process import Heart, Wish, read_clock, start_log
from workers.queue import job_policy
from workers.rehearsal import rehearse
from workers.runtime import Runtime, open_runtime
from workers.stable import Poller, run_in_horse

log = logging.getLogger("workers")

BEAT_SECONDS = 5
STUMBLE_SECONDS, MOST_STUMBLES = 5, 3
SLOW_NICENESS = 5
"""Long videos give way to pages and photos."""


def main(arguments: list[str] | None = None) -> int:
    """Work until SIGTERM. Exit 0 drained, 1 with one line for a setting that cannot work."""
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("queue", nargs="?", choices=[str(lane) for lane in Lane], default=str(Lane.FAST))
    lane = Lane(parser.parse_args(arguments).queue)
    start_log(lane)
    try:
        runtime = open_runtime()
        check_confinement(runtime.settings)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 1
    if lane == Lane.SLOW:
        os.nice(SLOW_NICENESS)
    _work(runtime, lane)
    runtime.close()
    return 0


def _work(runtime: Runtime, lane: Lane) -> None:
    runtime.settings.staging.mkdir(parents=True, exist_ok=True, mode=0o700)
    heart, wish = Heart(runtime, lane), Wish()
    with _open_jail(runtime.settings) as jail:
        for missing in jail.models.missing():
            log.warning("There is no model to find %s: photos and videos wait for a person.", missing)
        desk = Desk(runtime, jail, job_policy(runtime), read_clock)
        rehearse(desk)
        # What was loaded until now is never collected, so a forked job need not copy the pages it lies on.
        gc.freeze()
        beat = _beater(desk, heart)
        poller = Poller(desk, lane, beat, wish)
        if runtime.doorbell is None:
            poller.work()
        else:
            # RQ leaves its work by this exception when it is told to stop, wherever it stands.
            with contextlib.suppress(StopRequested):
                _listen(_Ear(desk, lane, runtime.doorbell, beat, wish), poller)
    heart.stop()


def _open_jail(settings: Settings) -> Jail:
    return open_jail(
        face_model=settings.face_model, text_model=settings.text_model, dates=dates.FOLDER, least=settings.confinement
    )


def _beater(desk: Desk, heart: Heart) -> Callable[[], None]:
    """A beat that may be called as often as one likes, and leaves no connection behind for a fork to share."""
    last = -BEAT_SECONDS

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last < BEAT_SECONDS:
            return
        last = int(time.monotonic())
        desk.jail.ensure()
        heart.beat(desk.now())
        desk.runtime.database.close()

    return beat


@dataclass(frozen=True)
class _Ear:
    """What a worker of one lane needs to hear rings."""

    desk: Desk
    lane: Lane
    doorbell: Doorbell
    beat: Callable[[], None]
    wish: Wish


def _listen(ear: _Ear, poller: Poller) -> None:
    """Hear rings; whenever Redis is away, poll the job table until it is back."""
    stumbles = 0
    while not ear.wish.is_made():
        if not ear.doorbell.is_up():
            log.warning("Redis does not answer; polling the job table until it does.")
            poller.work(is_over=ear.doorbell.is_up)
            continue
        began = time.monotonic()
        worker = _hear(ear)
        stumbles = stumbles + 1 if time.monotonic() - began < STUMBLE_SECONDS else 0
        if worker is not None and stumbles >= MOST_STUMBLES and not ear.wish.is_made():
            _sweep(worker)
            poller.drain()
        ear.wish.wait(min(0.2 * stumbles, 2))


def _hear(ear: _Ear) -> BellWorker | None:
    """Let RQ work until it stops for whatever reason; None where Redis went away before it was done."""
    pid = os.getpid()
    try:
        worker = BellWorker(
            ear.doorbell, ear.lane, lambda job_id: run_in_horse(ear.desk, job_id, pid), ear.beat, ear.wish
        )
        worker.work(logging_level="ERROR")
    except redis.RedisError:
        return None
    return worker


def _sweep(worker: BellWorker) -> None:
    """Something in Redis makes RQ stumble again and again. Nothing of value lives there, so it goes."""
    log.warning("The queue in Redis could not be read and was emptied; its jobs are done without it.")
    try:
        worker.sweep()
    except redis.RedisError:
        return


if __name__ == "__main__":
    raise SystemExit(main())
