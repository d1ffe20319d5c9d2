"""A child forked ahead of its job, with the memory that the job will need.

A job's memory is given back when it ends. Where the house runs on a virtual machine, the machine gives what lies free
to others within a second or two, and every large page that the next job takes must be fetched again, at twenty times
the cost of clearing it: a third of all that a photo costs. So as soon as a job has ended, a child is forked that takes
as much as its forerunners held, cleared by the kernel as for any process, and waits. It serves one job, as any child.

It has read no order and seen no file, and shuts itself in when it has its order, like every other.
"""

import contextlib
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from imaging import kernel

NAME = "jail-spare"
"""What a list of processes calls a child that waits."""
_JOB_NAME = "jail-job"
_WORD = b"J"


@dataclass(frozen=True)
class Spare:
    """A child that waits for a connection. It ends when its server does."""

    pid: int
    pidfd: int
    door: socket.socket

    def give(self, connection: socket.socket) -> bool:
        """Hand the connection of a job over, once. False where the child is no more, or ends now."""
        try:
            socket.send_fds(self.door, [_WORD], [connection.fileno()])
        except OSError:
            return False
        finally:
            self.door.close()
        return True

    def dismiss(self) -> None:
        """End it, with its memory."""
        self.door.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.pidfd)


def fork_spare(size: int, work: Callable[[socket.socket], None]) -> Spare:
    """Fork a child that takes `size` bytes of memory, waits for a connection, and does `work` with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        # With the server goes its end of the door, and with that this child.
        ours.close()
        try:
            _wait(theirs, size, work)
        finally:
            os._exit(70)
    theirs.close()
    return Spare(pid, os.pidfd_open(pid), ours)


def _wait(door: socket.socket, size: int, work: Callable[[socket.socket], None]) -> None:
    kernel.name_process(NAME)
    # The connections of other jobs are not its business, however long it waits.
    os.closerange(3, door.fileno())
    os.closerange(door.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    kernel.touch_heap(size)
    word, descriptors, *_ = socket.recv_fds(door, len(_WORD), 1)
    door.close()
    if word:
        kernel.name_process(_JOB_NAME)
        work(socket.socket(fileno=descriptors[0]))
