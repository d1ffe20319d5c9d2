"""Start a server as its own process group and be sure that it ends, even when the test run is killed."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class ServiceError(RuntimeError):
    """A server that the tests need is missing or does not come up; the message says what to do."""


@dataclass(frozen=True)
class Launch:
    """How to start a server: its command, where its output goes, and the user to become where we are root."""

    command: Sequence[str]
    log: Path
    user: str | None = None
    environ: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass
class Service:
    """A running server. `stop()` may be called twice."""

    launch: Launch
    process: subprocess.Popen[bytes]
    is_stopped: bool = field(default=False, init=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """End the server at once and without a goodbye, as a power cut would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, patience: float = 10.0) -> None:
        """Ask politely, then insist. `patience` in seconds."""
        if self.is_stopped:
            return
        self.is_stopped = True
        atexit.unregister(self.stop)
        self._signal(self.launch.stop_signal)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # Children that the server left behind share its group.
        self._signal(signal.SIGKILL)

    def wait_ready(self, is_ready: Callable[[], bool], patience: float = 30.0) -> None:
        """Poll until `is_ready()`. Raises ServiceError with the end of the server's log."""
        deadline = time.monotonic() + patience
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServiceError(f"{self.launch.command[0]} did not come up:\n{tail(self.launch.log)}")
            time.sleep(0.02)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


def start(launch: Launch) -> Service:
    """Start it in its own process group; it is stopped at exit at the latest."""
    with launch.log.open("ab") as log:
        process = subprocess.Popen(
            as_user(launch.user, _tied_to_us(launch)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if launch.environ is None else dict(launch.environ),
            start_new_session=True,
        )
    service = Service(launch, process)
    atexit.register(service.stop)
    return service


def as_user(user: str | None, command: Sequence[str]) -> list[str]:
    """The same command, run as `user` where we are root; unchanged otherwise."""
    if user is None or os.geteuid() != 0:
        return list(command)
    return [need("setpriv", "util-linux"), "--reuid", user, "--regid", user, "--clear-groups", "--", *command]


def need(binary: str, package: str) -> str:
    """The full path of a program. Raises ServiceError naming the Debian package that holds it."""
    path = shutil.which(binary)
    if path is None:
        raise ServiceError(f"{binary} is not installed. Run: sudo apt-get install {package}")
    return path


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a server's output."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _tied_to_us(launch: Launch) -> list[str]:
    """Where the system can, the kernel ends the server when this process dies, even by SIGKILL."""
    if shutil.which("setpriv") is None or not os.path.exists("/proc/self"):  # noqa: PTH110 - a probe for Linux.
        return list(launch.command)
    return ["setpriv", "--pdeathsig", launch.stop_signal.name.removeprefix("SIG"), "--", *launch.command]
