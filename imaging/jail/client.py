"""The parent's side of the jail: starts the fork-server, orders jobs, answers for bytes, keeps the time."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from imaging.exiftool import Exiftool
from imaging.jail import levels
from imaging.jail.conversation import Conversation, Outcome, Teller
from imaging.limits import JOB_LIMITS, VERIFICATION
from imaging.models import Models, find_models
from imaging.policy import KEEP

_CODE = Path(__file__).resolve().parents[1]
"""The package that the fork-server loads. It needs nothing else of the house but what `Models` names."""
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from imaging.jail.server import main; main(*sys.argv[2:])"
_PATH_MOST = 100
"""A unix socket's path is bounded at 108 bytes by the kernel."""


class JailError(Exception):
    """The fork-server cannot be reached or started; nothing is known about the file."""


class Jail:
    """A running fork-server. Safe to use from a forked child of the process that opened it.

    Every job has a connection of its own, so nothing is shared between processes but the socket's address. Only the
    process that opened the jail closes it. A job that could not be confined at the level `least` gets no byte to
    decode and fails. `code` is the `imaging` package that decodes. `reader` is asked for a second opinion.
    """

    def __init__(self, models: Models | None = None, *, least: str = levels.RLIMITS, code: Path = _CODE) -> None:
        self.models = find_models() if models is None else models
        self._least, self._code = least, code
        self._owner = os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix="jail-"))
        if len(os.fsencode(self._folder)) > _PATH_MOST - len("/socket"):
            self._folder.rmdir()
            self._folder = Path(tempfile.mkdtemp(prefix="jail-", dir="/tmp"))
        self.address, self.twin_address = str(self._folder / "socket"), str(self._folder / "twin")
        self.reader = Exiftool()
        self._server = self._start()

    @property
    def pid(self) -> int:
        """The process id of the fork-server."""
        return self._server.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the fork-server and every job in it. Calling it twice, or in a forked child, does nothing."""
        if os.getpid() != self._owner:
            return
        self._stop()
        self.reader.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def ensure(self) -> None:
        """Start the fork-server again if it has died. A worker may call this between jobs."""
        if os.getpid() == self._owner and self._server.poll() is not None:
            self._stop()
            self._server = self._start()

    def run(
        self,
        kind: str,
        media_type: str,
        source: BinaryIO,
        size: int,
        policy: dict[str, object],
        *,
        tell: Teller | None = None,
    ) -> Outcome:
        """Run one job to its end and return its outcome; what goes wrong inside is an outcome too.

        `source` is read here, in the caller's process, wherever the child asks. Its own errors reach the caller.
        """
        limits = JOB_LIMITS[kind]
        try:
            connection = self._connect(self.twin_address if _looks_for_nothing(kind, policy) else self.address)
        except JailError:
            return Outcome("failed", "crash")
        with connection:
            order = {"kind": kind, "media_type": media_type, "size": size, "policy": policy}
            return Conversation(connection, source, limits, self._least, tell=tell).hold(order)

    def _start(self) -> "subprocess.Popen[bytes]":
        """Bind the addresses and start a server on them; connections queue until the decoders are loaded."""
        paths = [str(path or "") for path in self.models.paths()]
        with _listening(self.address) as listener, _listening(self.twin_address) as twins:
            descriptors = listener.fileno(), twins.fileno()
            wrapping = levels.wrap([str(self._code), *filter(None, paths)]) if levels.needs_wrap() else []
            return subprocess.Popen(
                [*wrapping, sys.executable, "-I", "-c", _BOOT, str(self._code.parent), *map(str, descriptors), *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=descriptors,
                env={},
                cwd="/",
                # A signal for the worker's process group must not end the jobs that the worker is draining.
                start_new_session=True,
            )

    def _stop(self) -> None:
        if self._server.stdin is not None:
            self._server.stdin.close()
        self._server.kill()
        self._server.wait()

    def _connect(self, address: str) -> socket.socket:
        """Connect for one job; a server that died is started again once."""
        connection = _try_connect(address)
        if connection is None:
            self._restart()
            connection = _try_connect(address)
        if connection is None:
            raise JailError("the fork-server does not answer")
        return connection

    def _restart(self) -> None:
        """Start a server in place of a dead one; a forked child starts its own, which ends with that child."""
        if os.getpid() == self._owner:
            self._stop()
        self._server = self._start()


def _looks_for_nothing(kind: str, policy: dict[str, object]) -> bool:
    """Whether a job needs no network, and so none of the memory of the process that holds them."""
    is_open = policy.get("faces") == KEEP and policy.get("text") == KEEP
    return kind == VERIFICATION or is_open or bool(policy.get("is_review"))


def _listening(address: str) -> socket.socket:
    """Return a socket at this address; whatever was there before is gone."""
    Path(address).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen(64)
    return listener


def _try_connect(address: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(address)
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None
    return connection


def open_jail(
    *, face_model: str = "", text_model: str = "", dates: Path | None = None, least: str = levels.RLIMITS
) -> Jail:
    """Start a fork-server for decoding. Use it as a context manager, or call `close`.

    The models are found in the installed wheels, unless a path is given; without one, files that need it are held.
    `dates` is the folder of what reads dates, which documents need (`imaging.reading.date_reader`). Where a job cannot
    be confined at the level `least`, one of `imaging.jail.levels.LEVELS`, it fails undecoded.
    """
    return Jail(find_models(face_model, text_model, dates), least=least)
