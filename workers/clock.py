"""The clock process: `python -m workers.clock`. Any number of them may run; none of them leads.

Each tick rings what is due, takes back jobs whose worker fell silent, fires deadlines, releases answers, returns lapsed
claims and sweeps what has expired. Everything is claimed by row, so that a tick may be repeated or cut off anywhere.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from econsult.anchors import anchor_due
from econsult.consults.by_code import sweep_codes
from econsult.consults.presence import sweep_presence
from econsult.erasure.carrying import Tools, came_back, replay
from econsult.erasure.register import size_of
from econsult.errors import SettingError
from econsult.heartbeats import Heartbeat, aside_text
from econsult.incoming.sweeping import sweep_mail
from econsult.people.signin import sweep_sign_ins
from econsult.people.typed import sweep_typed
from econsult.people.unsent import sweep_unsent
from econsult.queue.pending import Pending, look_for_work
from econsult.queue.quiet import Quiet, quiet_of
from storage.blobs import BlobError
from storage.keys import WrongKey
from uploads.door import Door
from uploads.finishing import sweep
from uploads.root import StagingAwayError
from workers.lateness import Due, find_due, lag
from workers.net import IN_THE_DATA, Net, place_of
from workers.process import Heart, read_clock, start_log
from workers.queue import job_policy, relay
from workers.runtime import Runtime, open_runtime
from workers.shared_clock import SharedClock
from workers.work import deadlines, endings, lapses, lost_jobs, rounds, sweeps

log = logging.getLogger("workers.clock")

TICK = timedelta(seconds=2)
SWEEP_EVERY = timedelta(minutes=1)
FORGET_AFTER = timedelta(days=1)
BATCHES = 20
"""How many transactions with due consults one tick takes, so that a backlog silences nothing."""


class JumpGuard:
    """Compares the wall clock with the one that only runs forward.

    A backward step merely delays deadlines. A forward step of more than two ticks would fire them early, so firing is
    held for one tick: by then somebody, or the time service, may have put the clock right. Jobs are not taken back for
    as long as a lease lives: a worker that is well renews its own meanwhile.
    """

    def __init__(self, wall: datetime, steady: float) -> None:
        self._wall, self._steady = wall, steady

    def jump(self, wall: datetime, steady: float) -> timedelta | None:
        """How far the wall clock has leapt since the last call; None where that is no more than two ticks."""
        leapt = (wall - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        return leapt if leapt > 2 * TICK else None


@dataclass
class Ticker:
    """One clock process's ticks over one installation."""

    runtime: Runtime
    swept_at: datetime | None = None
    held_at: datetime | None = None
    net: Net = field(init=False)

    def __post_init__(self) -> None:
        self.net = Net(self.runtime.database)

    @property
    def quiet(self) -> Quiet:
        """The hours in which nobody is reminded."""
        return quiet_of(self.runtime.settings)

    def tick(self, now: datetime, *, is_held: bool = False) -> int:
        """Do everything that is due at `now`; returns the lag of deadlines in seconds. Raises SQLAlchemyError.

        The lag is how late the oldest is of what this tick found due, or of what it left: whichever is more. One look
        without a lock says what there is to do; where there is nothing, nothing is written.
        """
        is_sweep_due = not is_held and not _is_between(self.swept_at, now, SWEEP_EVERY)
        if is_sweep_due:
            self.swept_at = now
            # Before anything that writes a row: on a full disk this makes room for it.
            self._sweep_uploads(now)
        pending = self._look(now)
        if pending.has_ring:
            relay(self.runtime, now)
        if is_held:
            self.held_at = now
            return self._lag(pending, now)
        if pending.has_lost_job and not _is_between(self.held_at, now, self.runtime.settings.lease):
            self.net.run(lost_jobs(self.runtime), now)
        due = self._due(now) if pending.lag(now) else {}
        has_fired = self._fire(now, pending)
        if is_sweep_due:
            self._sweep(now)
        left = self._lag(self._look(now) if has_fired else pending, now)
        return max(left, lag(due, self.net.numbers_aside(), now))

    def _lag(self, pending: Pending, now: datetime) -> int:
        """How late the oldest deadline is that can be done: what is put aside has an alarm of its own."""
        aside = self.net.numbers_aside()
        return lag(self._due(now), aside, now) if aside else pending.lag(now)

    def _due(self, now: datetime) -> Due:
        with self.runtime.database.reading() as session:
            return find_due(session, now, self.net.numbers_aside())

    def _fire(self, now: datetime, pending: Pending) -> bool:
        """Fire in small transactions, oldest deadline first, so that a crash repeats at most one batch."""
        is_due = pending.deadline_at is not None and pending.deadline_at <= now
        if is_due:
            self._fire_deadlines(now)
        if pending.has_round:
            for work in rounds(self.quiet):
                self.net.run(work, now)
        if pending.has_lapse:
            self.net.run(lapses(), now)
        return is_due or pending.has_round

    def _fire_deadlines(self, now: datetime) -> None:
        work = deadlines(self.quiet)
        for _ in range(BATCHES):
            if not self.net.run(work, now):
                break

    def _look(self, now: datetime) -> Pending:
        with self.runtime.database.reading(is_whole=False) as session:
            return look_for_work(session, now, job_policy(self.runtime))

    def _sweep(self, now: datetime) -> None:
        self._forget(now)
        for work in sweeps(self.quiet):
            self.net.run(work, now)
        self._sweep_mail(now)
        self._end_records(now)
        self._anchor(now)

    def _end_records(self, now: datetime) -> None:
        """Erase what has waited, and again what a restored copy of the database brought back."""
        tools = Tools(self.runtime.database.cipher, self.runtime.settings.audit_anchors)
        try:
            if size_of(tools.folder):
                self._erase_again(tools, now)
            for work in endings(tools):
                self.net.run(work, now)
        except OSError:
            log.warning("ALARM: the register of what was erased cannot be used: see ECONSULT_AUDIT_ANCHORS.")
        except IN_THE_DATA as error:
            log.warning("ALARM: what was erased cannot be compared with the register (%s).", place_of(error))

    def _forget(self, now: datetime) -> None:
        try:
            with self.runtime.database.writing() as session:
                sweep_sign_ins(session, now)
                sweep_typed(session, now)
                sweep_unsent(session, now)
                sweep_codes(session, now)
                sweep_presence(session, now)
                session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGET_AFTER))
        except IN_THE_DATA as error:
            log.warning("ALARM: what has expired cannot be swept (%s).", place_of(error))

    def _sweep_mail(self, now: datetime) -> None:
        """End what came by e-mail and nobody confirmed. A store that is away keeps no deadline waiting."""
        try:
            sweep_mail(self.runtime.database, lambda: self.runtime.blobs, now=now)
        except (BlobError, *IN_THE_DATA, SQLAlchemyError):
            log.warning("What came by e-mail could not be swept: the store or the database does not answer.")

    def _sweep_uploads(self, now: datetime) -> None:
        runtime = self.runtime
        try:
            swept = sweep(Door(runtime.database, runtime.vault, runtime.settings.staging), now=now)
        except StagingAwayError:
            log.warning("ALARM: the staging folder is not the one in which uploads rest: see docs/operations.md.")
            return
        except (BlobError, OSError, SQLAlchemyError, WrongKey):
            # Deadlines are not kept waiting for it.
            log.warning("Uploads could not be swept: the staging folder or the database does not answer.")
            return
        if swept.failed:
            log.warning("%d uploads could not be swept: their folder or their row reports an error.", swept.failed)

    def _erase_again(self, tools: Tools, now: datetime) -> None:
        with self.runtime.database.reading() as session:
            is_back = bool(came_back(session, tools))
        if is_back:
            with self.runtime.database.writing() as session:
                found = replay(session, tools, now)
            if not found:
                return
            log.warning("%d records that had been erased were in the database again; they are not now.", found)

    def _anchor(self, now: datetime) -> None:
        """Write down outside of the database how far the audit trail has come."""
        try:
            with self.runtime.database.reading() as session:
                anchor_due(session, self.runtime.settings.audit_anchors, now)
        except OSError:
            log.warning("ALARM: the end of the audit trail could not be written down: see ECONSULT_AUDIT_ANCHORS.")


def _is_between(since: datetime | None, now: datetime, span: timedelta) -> bool:
    """Whether so long has not passed yet; what lies in the future was noted by a wrong clock and counts not."""
    return since is not None and since <= now < since + span


def turn(ticker: Ticker, guard: JumpGuard, now: datetime, steady: float) -> int:
    """One tick by a wall clock that may have leapt; returns the lag in seconds. Raises SQLAlchemyError."""
    leapt = guard.jump(now, steady)
    if leapt is not None:
        log.warning("The clock leapt forward by %d s; deadlines wait for one tick.", leapt.total_seconds())
    return ticker.tick(now, is_held=leapt is not None)


def run(
    runtime: Runtime,
    wish: threading.Event,
    steady: Callable[[], float] = time.monotonic,
    machine: Callable[[], datetime] = read_clock,
) -> None:
    """Tick until `wish` is set. A database that is away is waited for."""
    # What is loaded by now stays: a tick need not wait until the collector has been through all of it once more.
    gc.freeze()
    heart, ticker, shared = Heart(runtime, "clock"), Ticker(runtime), SharedClock(runtime.database, machine)
    guard: JumpGuard | None = None
    while not wish.is_set():
        try:
            now = shared.read()
            guard = guard or JumpGuard(now, steady())
            late = turn(ticker, guard, now, steady())
            heart.beat(now, lag_seconds=late, aside=aside_text(ticker.net.numbers_aside()))
            if late > 2 * TICK.total_seconds():
                log.warning("ALARM: deadlines fire %d s late.", late)
        except SQLAlchemyError:
            log.warning("The database does not answer; trying again.")
        wish.wait(TICK.total_seconds())
    heart.stop()


def main() -> int:
    """Run until SIGTERM. Exit 0, or 1 with one line for a setting that cannot work."""
    start_log("clock")
    try:
        runtime = open_runtime()
    except SettingError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that a wrong setting is answered with.
        return 1
    wish = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wish.set())
    run(runtime, wish)
    runtime.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
