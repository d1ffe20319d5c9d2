"""Locks the door behind a job: limits, another user, landlock, seccomp, once, before the child reads a byte."""

import os
import resource
import signal

from imaging import kernel, remarks
from imaging.jail import filters, landlock
from imaging.jail.levels import LANDLOCK, OTHER_USER, SECCOMP
from imaging.limits import JobLimits

_OPEN_FILES = 32
_PROCESSES = 8
"""Where processes cannot be told from the threads that some decoders start."""
_NOBODY = 65534


def prepare() -> None:
    """Find out once, before jobs are forked, what this kernel can close, and write down the filter on calls."""
    landlock.version()
    if filters.is_available():
        filters.for_anybody(kernel.machine())


def confine(limits: JobLimits, keep: int) -> list[str]:
    """Give up everything a decoder does not need and return the names of the locks that closed.

    `keep` is the one descriptor that stays open. The order matters: what needs more rights comes first, so a later
    lock can forbid it, and the wish to die with the parent comes after the change of user, which would take it back.
    """
    server = os.getppid()
    _close_all_but(keep)
    locks = [OTHER_USER] if _become_nobody() else []
    if not filters.is_available():
        _live_alone()
    _die_with(server)
    kernel.forbid_tracing()
    _limit_resources(limits)
    kernel.forbid_gaining()
    if landlock.version():
        landlock.close_all()
        locks.append(LANDLOCK)
    if filters.is_available():
        filters.install(filters.for_this_process(kernel.machine()))
        locks.append(SECCOMP)
    return locks


def extend_cpu(seconds: float) -> None:
    """Allow this process `seconds` more of processor time from now on, up to the hard limit it was given."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(wanted, hard), hard))


def _die_with(server: int) -> None:
    """Ask the kernel to kill this process with the server, and check that the server did not die just before."""
    kernel.die_with(signal.SIGKILL)
    if os.getppid() != server or server == 1:
        os._exit(1)


def _close_all_but(keep: int) -> None:
    """Point the standard streams at nothing, or at this process itself, and close every other descriptor but one.

    Decoders like to print what they find in a file, so their streams must not lead to a log.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    remarks.listen()
    os.closerange(3, keep)
    os.closerange(keep + 1, max(keep + 2, resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def _become_nobody() -> bool:
    """Where we are root, become a user who owns nothing; without such a user, at least keep none of root's rights."""
    if os.geteuid() != 0:
        return False
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        kernel.drop_capabilities()
        return False
    return True


def _live_alone() -> None:
    """Where calls cannot be filtered, let a decoder start few processes, and leave nothing for the next job to find.

    In a namespace of users the kernel counts the processes in it and no others. It comes with every right inside, which
    are given up at once.
    """
    if kernel.leave_the_others():
        kernel.drop_capabilities()
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))


def _limit_resources(limits: JobLimits) -> None:
    """Set the limits. Processes are not among them: the kernel counts a user's threads everywhere, and some
    decoders start one thread of their own; the filter on calls tells a thread from a process, or see `_live_alone`.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu_most + 1))
