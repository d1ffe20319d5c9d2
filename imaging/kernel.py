"""The few calls into the kernel for which Python has no name, made with ctypes alone."""

import ctypes
import functools
import os
import platform
import resource
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_NO_NEW_PRIVS = 1, 4, 15, 38
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_ALWAYS, _LARGE_PAGE, _MADV_HUGEPAGE, _MADV_POPULATE_WRITE = 1 << 30, 1 << 21, 14, 23
_HOLE_MOST, _HOLE_LEAST = 1 << 26, 1 << 8
_NOTES = 24
"""Bytes that the C library keeps for itself: before a piece, and before what is free behind it."""
_CAPABILITIES_V3 = 0x20080522
_NEW_USER, _NEW_IPC, _NEW_NET = 0x10000000, 0x08000000, 0x40000000


class _MallocInfo(ctypes.Structure):
    """What the C library tells of its heap, in ten numbers; the last is how much is free at its end."""

    _fields_ = (("others", ctypes.c_size_t * 9), ("keepcost", ctypes.c_size_t))


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


def name_process(name: str) -> None:
    """Give this process a name of at most 15 letters, as lists of processes show it."""
    _libc().prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode("ascii")), 0, 0, 0)


def forbid_tracing() -> None:
    """Let no process of the same user look into this one's memory, and leave no core file."""
    _prctl(_PR_SET_DUMPABLE, 0)


def forbid_gaining() -> None:
    """Make sure that no later exec could gain a right; unprivileged filters need it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def give_back_memory() -> None:
    """Return freed memory to the system, so that it does not count as this process's and its children's."""
    _libc().malloc_trim(0)


def keep_heap(size: int) -> None:
    """Let this process and its children take `size` bytes from one heap, in large pages, and give none back between.

    Fresh memory is dear on a virtual machine: a fault for every 4 KiB of it costs more than what is done with them. So
    large pieces come from the heap too, what was let go is used again, and the heap's room to grow is marked for large
    pages now: a later piece of it could not be. Nothing of it is in use before it is touched. Where the C library is
    another one, or the kernel has no such pages, all of that changes nothing.
    """
    libc = _libc()
    if not hasattr(libc, "mallinfo2"):
        return
    for option, value in ((_M_MMAP_THRESHOLD, _ALWAYS), (_M_TRIM_THRESHOLD, _ALWAYS), (_M_TOP_PAD, size)):
        libc.mallopt(option, value)
    _lay_room(libc)
    libc.mallopt(_M_TOP_PAD, _LARGE_PAGE)


def _lay_room(libc: ctypes.CDLL) -> None:
    """Let the heap grow, and let what is taken next lie at the beginning of a large page that nobody has touched.

    The C library notes the size of what is free in front of it: one such note in a large page, and the kernel would
    fill all of that page by pieces of 4 KiB. So the end of what is in use is moved to just before one, for good.
    """
    libc.mallinfo2.restype = _MallocInfo
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    free = libc.mallinfo2().keepcost
    top = libc.sbrk(0) - free
    # More than is free, so that the heap must grow; and more than fits into a hole.
    start = -(-(top + free + _LARGE_PAGE) // _LARGE_PAGE) * _LARGE_PAGE
    libc.malloc(ctypes.c_size_t(start - top - _NOTES))
    end = libc.sbrk(0)
    libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_HUGEPAGE)


def touch_heap(size: int) -> None:
    """Have the kernel lay `size` bytes, in whole large pages, behind what is in use of the heap, and clear them now.

    Only after `keep_heap`. Kernels before Linux 5.14 do not know of it, and nothing is lost by that but time.
    """
    libc = _libc()
    if not hasattr(libc, "mallinfo2"):
        return
    end = libc.sbrk(0)
    start = -(-(end - libc.mallinfo2().keepcost) // _LARGE_PAGE) * _LARGE_PAGE
    whole = min(size, end - start) // _LARGE_PAGE * _LARGE_PAGE
    if whole > 0:
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(whole), _MADV_POPULATE_WRITE)


def own_memory() -> int:
    """Bytes of memory that this process holds now, without what it reads from files, such as programs.

    Where nothing is told of processes, as in bubblewrap, the most that it ever held, with all.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


def fill_holes() -> None:
    """Take what is free between what is in use, for good, so that what comes next lies in the heap's room to grow.

    A hole has been written to and given back, and the kernel gives a large page only where there never was a small one:
    a photo that is laid into holes costs five thousand faults. Nothing but addresses is taken. Call it before
    `keep_heap`, and `give_back_memory` in between, for the heap may have grown.
    """
    libc = _libc()
    if not hasattr(libc, "mallinfo2"):
        return
    libc.mallinfo2.restype = _MallocInfo
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    size = _HOLE_MOST
    while size >= _HOLE_LEAST:
        top = libc.sbrk(0) - libc.mallinfo2().keepcost
        place = libc.malloc(ctypes.c_size_t(size))
        if place is None or place >= top:
            libc.free(ctypes.c_void_p(place))
            size //= 2


def drop_capabilities() -> None:
    """Give up every capability, for a root that has no other user to become."""
    head = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    empty = (ctypes.c_uint32 * 6)()
    if _libc().capset(ctypes.byref(head), ctypes.byref(empty)) != 0:
        raise OSError(ctypes.get_errno(), "capset refused")


def leave_the_others() -> bool:
    """Begin namespaces of this process's own: no network, no memory or queue that others know by its name.

    Its processes are counted by themselves from here on. False where the kernel lets nobody do that.
    """
    return bool(_libc().unshare(_NEW_USER | _NEW_IPC | _NEW_NET) == 0)


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl refused")


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
