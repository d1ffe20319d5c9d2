"""Keeps the processes of the one-command mode alive: starts, restarts with backoff, drains, and ends Redis last.

There is one thread and no lock, so that preparing a child between fork and exec is safe, and nothing here can hang.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

from workers.process import die_with

log = logging.getLogger("supervisor")

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_SECONDS = 60.0
"""A child that lived this long has recovered; its next restart is quick again."""
DRAIN_SECONDS = 30.0
LAST_SECONDS = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
Handler = Callable[[int, FrameType | None], object] | int | None
"""Whatever `signal.signal` gives back."""


@dataclass(frozen=True)
class Program:
    """One process to keep alive.

    `is_last`: ends after all others. `is_once`: is done when it exits with 0. `sockets` are descriptors it inherits.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    sockets: tuple[int, ...] = ()
    is_last: bool = False
    is_once: bool = False


@dataclass
class _Child:
    """A program and its process, if one runs; `starts_at` (monotonic) when the next one is due."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    starts_at: float | None = None
    delay: float = FIRST_DELAY


@dataclass
class Supervisor:
    """Runs programs until it is told to stop. Use `with`, `start`, then `watch`; leaving the block drains."""

    children: list[_Child] = field(default_factory=list)
    stop_signals: int = 0
    _wake: tuple[int, int] = (-1, -1)
    _before: list[tuple[signal.Signals, Handler]] = field(default_factory=list)

    def __enter__(self) -> Supervisor:
        """Hear signals through a pipe, so that waiting ends at once and nothing is done inside a handler."""
        self._wake = os.pipe()
        for end in self._wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        self._before = [(number, signal.signal(number, self._note)) for number in SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        """Drain, and give the signals back: a later one is meant for whoever heard them before."""
        self.drain()
        for number, handler in self._before:
            # None stands for a handler that Python did not set and cannot set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(-1)
        for end in self._wake:
            os.close(end)

    @property
    def is_stopping(self) -> bool:
        return self.stop_signals > 0

    def start(self, program: Program) -> None:
        """Start a program and keep it alive from now on."""
        child = _Child(program)
        self.children.append(child)
        _launch(child)

    def watch(self, until: Callable[[], bool] = lambda: False, *, every: float = 1.0) -> None:
        """Keep the children alive until a signal asks to stop, or `until()`, which is asked about `every` seconds."""
        while not self.is_stopping and not until():
            self._look_after(every)

    def drain(self) -> None:
        """End all children in order, those marked last at the end. A second signal ends the patience."""
        rest = [child for child in self.children if not child.program.is_last]
        last = [child for child in self.children if child.program.is_last]
        self._end(rest, DRAIN_SECONDS)
        self._end(last, LAST_SECONDS)

    def _note(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self.stop_signals += 1

    def _look_after(self, patience: float) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                _bury(child, now)
            if child.starts_at is not None and child.starts_at <= now:
                _launch(child)
        due = [child.starts_at for child in self.children if child.starts_at is not None]
        self._wait(max(0.0, min([patience, *(at - now for at in due)])))

    def _wait(self, seconds: float) -> None:
        """Sleep until a signal comes or the time is over."""
        if select.select([self._wake[0]], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 4096)

    def _end(self, children: list[_Child], patience: float) -> None:
        running = [child.process for child in children if child.process is not None]
        for child in children:
            child.starts_at = None
        for process in running:
            process.terminate()
        deadline, signals = time.monotonic() + patience, self.stop_signals
        while any(process.poll() is None for process in running) and time.monotonic() < deadline:
            if self.stop_signals > max(signals, 1):
                break
            self._wait(0.2)
        for process in running:
            if process.poll() is None:
                log.warning("Process %d did not end in time and was killed; its work will be repeated.", process.pid)
                process.kill()
                process.wait()


def _launch(child: _Child) -> None:
    """Start the process in a session of its own, bound to our life."""
    program = child.program
    child.started_at, child.starts_at = time.monotonic(), None
    child.process = subprocess.Popen(
        program.command,
        env=dict(program.environ),
        stdin=subprocess.DEVNULL,
        pass_fds=program.sockets,
        start_new_session=True,
        preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - there is one thread only.
    )


def _bury(child: _Child, now: float) -> None:
    """Say how a child ended, and when it comes back."""
    status = child.process.returncode if child.process is not None else 0
    child.process = None
    if child.program.is_once and status == 0:
        return
    if now - child.started_at >= STEADY_SECONDS:
        child.delay = FIRST_DELAY
    child.starts_at = now + child.delay
    cause = f"signal {-status}" if status < 0 else f"exit {status}"
    log.warning("%s ended (%s); starting it again in %.1f s.", child.program.name, cause, child.delay)
    child.delay = min(child.delay * 2, LONGEST_DELAY)
