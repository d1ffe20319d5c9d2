"""The few calls into the kernel for which Python has no name, made with ctypes alone."""

import ctypes
import functools
import os
import platform

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITIES_V3 = 0x20080522
_CAPSET = {"x86_64": 126, "aarch64": 91}


def machine() -> str:
    """The processor's family in the kernel's words; `x86_64` and `aarch64` are the ones we know calls of."""
    return platform.machine()


def call(number: int, *arguments: object) -> int:
    """Make a system call by its number. Raises OSError where the kernel refuses."""
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    answer: int = _libc().syscall(ctypes.c_long(number), *given)
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer


def die_with(signal_number: int) -> None:
    """Ask for a signal once the parent dies. A change of user takes the wish back."""
    _prctl(_PR_SET_PDEATHSIG, signal_number)


def forbid_tracing() -> None:
    """Let no process of the same user look into this one's memory, and leave no core file."""
    _prctl(_PR_SET_DUMPABLE, 0)


def forbid_gaining() -> None:
    """Make sure that no later exec could gain a right; unprivileged filters need it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def give_back_memory() -> None:
    """Return freed memory to the system, so that it does not count as this process's and its children's."""
    _libc().malloc_trim(0)


def drop_capabilities() -> None:
    """Give up every capability, for a root that has no other user to become."""
    head = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    empty = (ctypes.c_uint32 * 6)()
    call(_CAPSET[machine()], ctypes.byref(head), ctypes.byref(empty))


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl refused")


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
