"""The commands that people type: what they refuse, what they skip, and whom a signal reaches."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.bench import signin
from tests.house.tree import ROOT

SERVER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit("drained"))
signal.signal(signal.SIGINT, lambda *_: sys.exit("drained"))
print("up", os.environ.get("PORT"), sys.argv[1:], flush=True)
signal.pause()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile with an installed environment, and a server in the place of ours that says what it is told."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "__main__.py").write_text(SERVER)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "imaging").mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "imaging/models.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


@contextmanager
def make(checkout: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """`make ...` in a session of its own, as a terminal would start it; all of it has ended afterwards."""
    with subprocess.Popen(
        ["make", *words],
        cwd=checkout,
        env=_plain_environ() | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def would_install(checkout: Path) -> bool:
    """Whether the next start would run pip."""
    with make(checkout, "--question", ".venv/.installed") as asked:
        return asked.wait(timeout=10) == 1


def _plain_environ() -> dict[str, str]:
    # The tests themselves may run under make, which talks to the makes below it through the environment.
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def test_an_old_python_is_refused_in_one_line(checkout: Path) -> None:
    (checkout / ".venv" / ".installed").unlink()
    with make(checkout, "run", f"PYTHON={shutil.which('false')}") as started:
        _, complaint = started.communicate(timeout=10)
    assert started.returncode == 2
    assert complaint.splitlines()[0].startswith("eConsult needs Python 3.11 or newer; name one with: make run PYTHON=")


def test_a_later_start_does_not_install_again(checkout: Path) -> None:
    assert would_install(checkout) is False
    later = time.time() + 60
    os.utime(checkout / "requirements.lock", (later, later))
    assert would_install(checkout) is True


def test_the_demo_starts_on_the_port_that_was_asked_for(checkout: Path) -> None:
    with make(checkout, "run", PORT="8123") as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "up 8123 ['--demo']\n"
        os.killpg(started.pid, signal.SIGTERM)


def test_a_term_signal_to_make_reaches_the_server(checkout: Path) -> None:
    with make(checkout, "run") as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith("up")
        started.send_signal(signal.SIGTERM)
        _, said = started.communicate(timeout=10)
    assert "drained" in said


def test_an_interrupt_from_the_terminal_reaches_the_server(checkout: Path) -> None:
    with make(checkout, "run") as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith("up")
        os.killpg(started.pid, signal.SIGINT)
        _, said = started.communicate(timeout=10)
    assert "drained" in said


def test_the_bench_of_signing_in_fails_where_a_figure_is_over_its_limit() -> None:
    kept = [signin.is_kept(signing_in, page) for signing_in, page in ((600.0, 100.0), (600.1, 1.0), (1.0, 100.1))]
    assert kept == [True, False, False]
