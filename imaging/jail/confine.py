"""Locks the door behind a job: resource limits and process flags, set once in the child before it reads a byte."""

import ctypes
import os
import resource
import signal

from imaging.limits import JobLimits

LEVEL = "rlimits"
"""The level of confinement that reports name. Landlock and seccomp will raise it, as further steps of `confine`."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 32


def confine(limits: JobLimits, keep: int) -> None:
    """Give up everything a decoder does not need. `keep` is the one descriptor that stays open.

    The order matters: what needs more rights comes first, so a later filter can forbid it.
    """
    _die_with_parent()
    _close_all_but(keep)
    _limit_resources(limits)
    _drop_privileges()


def extend_cpu(seconds: float) -> None:
    """Allow this process `seconds` more of processor time from now on, up to the hard limit it was given."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(wanted, hard), hard))


def _die_with_parent() -> None:
    """Ask the kernel to kill this process with the server, and check that the server did not die just before."""
    server = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server or server == 1:
        os._exit(1)


def _close_all_but(keep: int) -> None:
    """Point the standard streams at nothing and close every other descriptor but one.

    Decoders like to print what they find in a file, so their streams must not lead to a log.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, keep)
    os.closerange(keep + 1, max(keep + 2, resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def _limit_resources(limits: JobLimits) -> None:
    """Set the limits. Processes are not among them: the kernel counts a user's threads everywhere, and some
    decoders start one thread of their own; a filter on calls will tell a thread from a process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu_most + 1))


def _drop_privileges() -> None:
    """Make sure that no later exec could gain a right. A landlock ruleset and a seccomp filter go after this line."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl refused")
