"""`python -m web` as people start it, without the demo: ready, kept alive, drained."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.services.processes import Launch, Service, start
from tests.workers.clinic import wait_until

COMMAND = (sys.executable, "-m", "web")


@dataclass
class House:
    """A running one-command mode."""

    folder: Path
    port: int
    service: Service

    @property
    def log(self) -> str:
        return self.service.launch.log.read_text()

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def child(self, *words: str) -> int | None:
        """The process below the supervisor whose command holds these words."""
        children = Path(f"/proc/{self.service.pid}/task/{self.service.pid}/children").read_text().split()
        commands = {int(pid): _command(pid) for pid in children}
        return next((pid for pid, command in commands.items() if all(word in command for word in words)), None)


def _command(pid: str) -> str:
    """The command line; empty of one that has ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _open_house(folder: Path, **environ: str) -> House:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = folder / "log"
    environ = {"PATH": os.environ["PATH"], "PORT": str(port), "HOME": str(folder), **environ}
    environ |= {name: value for name, value in os.environ.items() if name.startswith("COV")}
    service = start(Launch([*COMMAND, "--data", str(folder / "var")], log, environ=environ))
    house = House(folder, port, service)
    service.wait_ready(lambda: "Ready: " in log.read_text(), 60)
    return house


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One for all tests. Whatever befell it meanwhile, it drains in the end, and with exit 0."""
    folder = Path(tempfile.mkdtemp(prefix="ec-h-"))
    house = _open_house(folder)
    yield house
    status = _end(house)
    house.service.stop()
    assert (status, "Traceback" in house.log) == (0, False)
    assert not (folder / "var" / "redis" / "econsult-embedded.sock").exists()
    shutil.rmtree(folder)


def _end(house: House) -> int:
    os.kill(house.service.pid, signal.SIGTERM)
    return house.service.process.wait(60)


def test_it_says_ready_when_everything_is(house: House) -> None:
    assert f"Ready: http://localhost:{house.port}" in house.log
    status, told = house.ask("/health/ready")
    assert (status, told["status"], told["redis"]["mode"]) == (200, "ready", "embedded")
    for name in ("keys", "secret_key"):
        assert (house.folder / "var" / name).stat().st_mode & 0o777 == 0o600


def test_a_child_that_is_killed_comes_back(house: House) -> None:
    for words in (("workers", "fast"), ("gunicorn",), ("redis-server",)):
        first = house.child(*words)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda words=words, first=first: house.child(*words) not in {None, first})  # type: ignore[misc]
    wait_until(lambda: house.ask("/health/ready")[0] == 200)
    assert house.log.count("ended (signal 9); starting it again") == 3


@pytest.mark.wide
def test_a_second_one_on_the_same_folder_or_port_is_refused_in_one_line(house: House, tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"]}
    for folder, port, word in ((house.folder / "var", 0, "Another"), (tmp_path / "new", house.port, "Port")):
        command = [*COMMAND, "--data", str(folder), "--port", str(port)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(word)
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_health_tells_a_missing_clock_and_no_secrets(house: House) -> None:
    clock = house.child("workers.clock")
    assert clock is not None
    os.kill(clock, signal.SIGSTOP)
    wait_until(lambda: house.ask("/health/ready")[0] == 503)
    _, told = house.ask("/health/ready")
    assert told["clock"]["ok"] is False
    assert str(house.folder) not in json.dumps(told)
    os.kill(clock, signal.SIGCONT)
    wait_until(lambda: house.ask("/health/ready")[0] == 200)
    assert house.ask("/health/live") == (200, {"status": "live"})


def test_what_it_writes_is_for_the_owner_alone(house: House) -> None:
    written = [path for path in (house.folder / "var").rglob("*") if path.is_file()]
    open_to_others = [str(path) for path in written if path.stat().st_mode & 0o077]
    assert written
    assert open_to_others == []
