"""The fork-server: loads the decoders once, then forks one confined child per job.

Before it loads the networks it forks a twin of itself, which serves the jobs that look for nothing: a child has all of
its server's memory to begin with, and the networks are two thirds of it.

It is started as a program of its own with an empty environment, so neither it nor a child ever held a key, a
database connection or a path to a patient's file. It decodes nothing itself.
"""

import contextlib
import gc
import os
import select
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from imaging import kernel
from imaging.jail import wire
from imaging.jail.spare import Spare, fork_spare
from imaging.limits import MIB
from imaging.models import Models

HEAP = 376 * MIB
"""What a photo of some megapixels takes from start to end with all looks; it is addresses until it is used."""
_BLIND_READY = 28 * MIB
"""What a child that looks for nothing takes before it has a job: as much as a photo of twelve megapixels takes.

One that looks takes all of its heap: most of it is what the networks work in, and so the same for every photo.
"""
_ENOUGH = 0.75
"""Of what the next child takes, how much the last job must have held."""
_IDLE = 30.0
"""Seconds after which a child that has no job is let go with its memory."""
_LIFELINE = 0
"""Standard input is a pipe held by the process that opened the jail; when it closes, the server ends."""


@dataclass(frozen=True)
class _Child:
    pid: int
    pidfd: int
    connection: socket.socket


@dataclass(frozen=True)
class _Twin:
    pid: int
    pidfd: int
    listener: socket.socket


class Server:
    """Accepts one connection per job, forks a child for it, and says how the child ended. Stands in for a dead twin."""

    def __init__(self, listener: socket.socket, ready: int, twin: _Twin | None = None) -> None:
        self._listeners = {listener.fileno(): listener}
        self._twin = twin
        self._poll = select.poll()
        for descriptor in (_LIFELINE, *self._listeners, *([twin.pidfd] if twin else ())):
            self._poll.register(descriptor, select.POLLIN)
        self._by_pidfd: dict[int, _Child] = {}
        self._by_connection: dict[int, _Child] = {}
        self._spare: Spare | None = None
        self._ready, self._own = ready, kernel.own_memory()

    def serve(self) -> None:
        """Work until the lifeline closes, then kill what still runs."""
        while True:
            ready = self._poll.poll(_IDLE * 1000 if self._spare else None)
            if not ready:
                self._drop_spare()
            for descriptor, _ in ready:
                if descriptor == _LIFELINE:
                    self._kill_all()
                    return
                self._handle(descriptor)

    def _handle(self, descriptor: int) -> None:
        if descriptor in self._listeners:
            self._accept(self._listeners[descriptor])
        elif self._twin is not None and descriptor == self._twin.pidfd:
            self._stand_in(self._twin)
        elif self._spare is not None and descriptor == self._spare.pidfd:
            # It died before it had a job, of which nobody has been told anything.
            self._drop_spare()
        elif descriptor in self._by_pidfd:
            self._reap(self._by_pidfd[descriptor])
        elif descriptor in self._by_connection:
            # The customer hung up: its job has nobody to report to. The pidfd tells when the child is gone.
            self._poll.unregister(descriptor)
            os.kill(self._by_connection[descriptor].pid, signal.SIGKILL)

    def _stand_in(self, twin: _Twin) -> None:
        """Serve what a twin that has died would have served; here it costs more memory, and nothing else."""
        self._poll.unregister(twin.pidfd)
        os.waitpid(twin.pid, 0)
        os.close(twin.pidfd)
        self._twin = None
        self._listeners[twin.listener.fileno()] = twin.listener
        self._poll.register(twin.listener, select.POLLIN)

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        child = self._hand_over(connection)
        if child is None:
            pid = os.fork()
            if pid == 0:
                _become_job(connection)
            child = _Child(pid, os.pidfd_open(pid), connection)
        self._by_pidfd[child.pidfd] = child
        self._by_connection[connection.fileno()] = child
        self._poll.register(child.pidfd, select.POLLIN)
        # An empty mask still reports a hang-up, and leaves the messages to the child.
        self._poll.register(connection, 0)

    def _hand_over(self, connection: socket.socket) -> _Child | None:
        """Give the job to the child that waits. None where none does."""
        spare = self._spare
        # One that is no more is let go once its end is heard of.
        if spare is None or not spare.give(connection):
            return None
        self._spare = None
        self._poll.unregister(spare.pidfd)
        return _Child(spare.pid, spare.pidfd, connection)

    def _keep_spare(self, given_back: int) -> None:
        """Have a child take the memory that the last job gave back, while it is at hand; if that was enough."""
        if self._spare is None and not self._by_pidfd and given_back >= self._ready * _ENOUGH:
            self._spare = fork_spare(self._ready, _become_job)
            self._poll.register(self._spare.pidfd, select.POLLIN)

    def _drop_spare(self) -> None:
        if self._spare is not None:
            self._poll.unregister(self._spare.pidfd)
            self._spare.dismiss()
            self._spare = None

    def _reap(self, child: _Child) -> None:
        """Send the last word of a child that ended: its signal or exit code and what it used."""
        _, status, usage = os.wait4(child.pid, 0)
        with contextlib.suppress(wire.Gone):
            wire.send_json(
                child.connection,
                wire.EXIT,
                {
                    "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                    "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
                    "cpu": usage.ru_utime + usage.ru_stime,
                    "rss": usage.ru_maxrss * 1024,
                },
            )
        self._forget(child)
        self._keep_spare(usage.ru_maxrss * 1024 - self._own)

    def _forget(self, child: _Child) -> None:
        self._poll.unregister(child.pidfd)
        with contextlib.suppress(KeyError):
            self._poll.unregister(child.connection)
        del self._by_pidfd[child.pidfd]
        del self._by_connection[child.connection.fileno()]
        os.close(child.pidfd)
        child.connection.close()

    def _kill_all(self) -> None:
        self._drop_spare()
        for child in self._by_pidfd.values():
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)


def _become_job(connection: socket.socket) -> None:
    """Turn the forked copy of the server into a job; it ends inside."""
    from imaging.jail.job import run_job  # noqa: PLC0415 - loaded by `preload`; here it only gets its name.

    try:
        run_job(connection)
    finally:
        os._exit(70)


def preload() -> None:
    """Load every decoder now, so that a job starts with a fork alone. One thread each: the cores are for jobs."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"
    import imaging.jail.job  # noqa: PLC0415 - numpy reads the two variables above when it is first imported.

    imaging.jail.job.preload()


def settle() -> None:
    """Forget the environment and tidy up, before children are forked that would have it all."""
    # Libraries leave their own notes there, such as where they are installed; a job needs none of them.
    os.environ.clear()
    gc.collect()
    gc.freeze()
    kernel.give_back_memory()
    kernel.fill_holes()
    kernel.give_back_memory()
    kernel.keep_heap(HEAP)


def _fork_twin(listener: socket.socket, twins: socket.socket) -> _Twin:
    """Leave a copy of this process, as it is now, to serve `twins`. It dies with this one."""
    this = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            listener.close()
            kernel.die_with(signal.SIGKILL)
            if os.getppid() == this:
                Server(twins, _BLIND_READY).serve()
        finally:
            os._exit(0)
    return _Twin(pid, os.pidfd_open(pid), twins)


def main(descriptor: str, twins_descriptor: str, *models: str) -> None:
    """Serve on two inherited sockets until standard input closes. `models` are the paths of a `Models`, or empty.

    On the first come jobs that may need a network, on the other those that need none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The networks' weights lie in large pages then: a fork has to copy one entry for each, and not five hundred.
    kernel.keep_heap(HEAP)
    listener, twins = (socket.socket(fileno=int(number)) for number in (descriptor, twins_descriptor))
    preload()
    settle()
    twin = _fork_twin(listener, twins)
    from imaging.jail.job import load_networks  # noqa: PLC0415 - loaded by `preload`; here it only gets its name.

    load_networks(Models(*(Path(path) if path else None for path in models)))
    settle()
    Server(listener, HEAP, twin).serve()
