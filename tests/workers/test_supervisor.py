"""The supervisor, with small real processes as its children."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.processes import Launch, start
from tests.workers.clinic import wait_until
from workers.supervisor import DRAIN_SECONDS, SIGNALS, Program, Supervisor

NOTE = "import os,sys,time;open(sys.argv[1],'a').write(f'{os.getpid()}\\n');"
PATIENT = NOTE + "time.sleep(600)"
STUBBORN = "import signal;signal.signal(signal.SIGTERM,signal.SIG_IGN);" + PATIENT
LEAVING = (
    "import signal,sys,time;"
    "delay=float(sys.argv[3]);"
    "signal.signal(signal.SIGTERM,lambda *_:(time.sleep(delay),open(sys.argv[1],'a').write(sys.argv[2]),sys.exit(0)));"
    "open(sys.argv[1]+'.up','a').write(sys.argv[2]);time.sleep(600)"
)


def _program(name: str, code: str, *arguments: object, is_last: bool = False, is_once: bool = False) -> Program:
    command = (sys.executable, "-c", code, *map(str, arguments))
    return Program(name, command, dict(os.environ), is_last=is_last, is_once=is_once)


def _pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def _soon(path: Path, least: int) -> bool:
    """A condition to watch until: so many starts were noted, or too much time went by."""
    return len(_pids(path)) >= least


@contextmanager
def _told_to_stop(*delays: float) -> Iterator[None]:
    """Send this process SIGTERM after so many seconds each. None comes after the block, when it would meet others."""
    timers = [threading.Timer(delay, os.kill, (os.getpid(), signal.SIGTERM)) for delay in delays]
    for timer in timers:
        timer.start()
    yield
    for timer in timers:
        timer.join()


def test_a_child_that_dies_is_started_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notes = tmp_path / "notes"
    with Supervisor() as supervisor:
        supervisor.start(_program("child", PATIENT, notes))
        supervisor.watch(lambda: _soon(notes, 1), every=0.02)
        os.kill(_pids(notes)[0], signal.SIGKILL)
        supervisor.watch(lambda: _soon(notes, 2), every=0.02)
    assert len(set(_pids(notes))) == 2
    assert "child ended (signal 9); starting it again in 0.5 s." in caplog.text


@pytest.mark.wide
def test_a_child_that_keeps_dying_is_started_ever_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notes = tmp_path / "notes"
    with Supervisor() as supervisor:
        supervisor.start(_program("child", NOTE + "sys.exit(3)", notes))
        supervisor.watch(lambda: "in 2.0 s" in caplog.text, every=0.02)
        assert not supervisor.is_stopping
    assert [
        word for word in ("0.5 s", "1.0 s", "2.0 s") if f"(exit 3); starting it again in {word}" in caplog.text
    ] == [
        "0.5 s",
        "1.0 s",
        "2.0 s",
    ]


@pytest.mark.wide
def test_a_child_that_is_done_once_stays_done(tmp_path: Path) -> None:
    notes, other = tmp_path / "notes", tmp_path / "other"
    with Supervisor() as supervisor:
        supervisor.start(_program("once", NOTE, notes, is_once=True))
        supervisor.watch(lambda: _soon(notes, 1), every=0.02)
        supervisor.start(_program("other", PATIENT, other))
        until = time.monotonic() + 1.5
        supervisor.watch(lambda: time.monotonic() > until, every=0.02)
    assert len(_pids(notes)) == 1


def test_what_is_marked_last_ends_after_all_others(tmp_path: Path) -> None:
    notes, up = tmp_path / "notes", tmp_path / "notes.up"
    with Supervisor() as supervisor:
        supervisor.start(_program("redis", LEAVING, notes, "L", 0, is_last=True))
        supervisor.start(_program("one", LEAVING, notes, "1", 0.5))
        supervisor.start(_program("two", LEAVING, notes, "2", 0.7))
        supervisor.watch(lambda: up.exists() and len(up.read_text()) == 3, every=0.02)
    assert notes.read_text() == "12L"


def test_a_signal_ends_the_watch_at_once() -> None:
    with Supervisor() as supervisor:
        began = time.monotonic()
        with _told_to_stop(0.2):
            supervisor.watch(every=30)
    assert time.monotonic() - began < 10


def test_a_second_signal_ends_a_child_that_will_not_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notes = tmp_path / "notes"
    with Supervisor() as supervisor:
        supervisor.start(_program("child", STUBBORN, notes))
        supervisor.watch(lambda: _soon(notes, 1), every=0.02)
        began = time.monotonic()
        with _told_to_stop(0.0, 0.5, 1.0):
            supervisor.watch(every=30)
            supervisor.drain()
    assert time.monotonic() - began < DRAIN_SECONDS - 5
    assert "did not end in time and was killed" in caplog.text


def test_signals_are_given_back_to_whoever_heard_them_before() -> None:
    heard: list[int] = []
    before = [(number, signal.signal(number, lambda number, _: heard.append(number))) for number in SIGNALS]
    try:
        with Supervisor() as supervisor:
            os.kill(os.getpid(), signal.SIGTERM)
            supervisor.watch(every=30)
        for number in SIGNALS:
            os.kill(os.getpid(), number)
        assert (supervisor.stop_signals, set(heard)) == (1, set(SIGNALS))
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def test_children_die_with_their_supervisor_even_when_it_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    code = (
        "import sys;from workers.supervisor import *;s=Supervisor().__enter__();"
        f"s.start(Program('c',(sys.executable,'-c',{PATIENT!r},{str(notes)!r}),{{}}));s.watch()"
    )
    service = start(Launch([sys.executable, "-c", code], tmp_path / "log"))
    wait_until(lambda: _soon(notes, 1))
    os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{_pids(notes)[0]}/cmdline").exists() or _is_zombie(_pids(notes)[0]))
    service.stop()


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()
