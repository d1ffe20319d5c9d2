"""Seccomp: a filter over system calls, written as the kernel's own small programs."""

import ctypes
import errno
import functools
import os
import struct
from collections.abc import Iterable

from imaging.jail import calls, kernel

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
KILL, ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_FOREIGN_CALLS = 0x40000000
"""On x86-64 the calls of the x32 interface begin here; nothing of ours makes any."""
_SET_FILTER, _ASK_ACTION = 1, 2
_EXECUTABLE, _THREAD, _SET_NAME = 0x4, 0x10000, 15

Line = tuple[int, int, int, int]


@functools.cache
def is_available() -> bool:
    """Whether this kernel filters calls and can end a whole process for one."""
    number = calls.number(calls.SECCOMP)
    if not calls.is_known() or number is None:
        return False
    action = ctypes.c_uint32(KILL)
    try:
        kernel.call(number, _ASK_ACTION, 0, ctypes.byref(action))
    except OSError:
        return False
    return True


def install(program: list[Line]) -> None:
    """Put a filter over this process, for ever. Raises OSError."""
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    # A length, padding up to a pointer, and the pointer to the lines.
    head = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    number = calls.number(calls.SECCOMP)
    if number is None:
        raise OSError(errno.ENOSYS, "no filter on this processor")
    kernel.call(number, _SET_FILTER, 0, ctypes.create_string_buffer(head, len(head)))


def for_decoders() -> list[Line]:
    """The filter under which files are decoded: all calls end the process but those that `calls` names."""
    lines = _only_this_machine()
    lines += _answer(calls.numbers(calls.ALLOWED), ALLOW)
    lines += _answer(calls.numbers(calls.REFUSED), refusing(errno.EPERM))
    no, own = refusing(errno.EPERM), os.getpid()
    # New code cannot be brought in: what may run was loaded before.
    lines += _by_argument("mmap", 2, (_IF_ANY_BIT, _EXECUTABLE), no, ALLOW)
    lines += _by_argument("mprotect", 2, (_IF_ANY_BIT, _EXECUTABLE), no, ALLOW)
    # Some decoders start a thread of their own; a process is refused. The newer call hides its wish behind a pointer,
    # so it does not exist here, and the C library falls back to the older one.
    lines += _by_argument("clone", 0, (_IF_ANY_BIT, _THREAD), ALLOW, no)
    lines += _answer(_number("clone3"), refusing(errno.ENOSYS))
    lines += _by_argument("prctl", 0, (_IF_EQUAL, _SET_NAME), ALLOW, no)
    # Limits may be moved, within the hard ones, for this process alone; so may a signal be sent, as abort() does.
    lines += _answer(_number("setrlimit"), ALLOW)
    lines += _by_argument("prlimit64", 0, (_IF_EQUAL, 0), ALLOW, no)
    lines += _by_argument("tgkill", 0, (_IF_EQUAL, own), ALLOW, KILL)
    return [*lines, (_RETURN, 0, 0, KILL)]


def refusing(error: int) -> int:
    """The answer that lets a call fail with this error."""
    return _ERRNO | error


def without(numbers: Iterable[int], error: int) -> list[Line]:
    """A filter that allows everything but some calls, which fail with this error: a kernel that lacks them."""
    return [*_only_this_machine(), *_answer(numbers, refusing(error)), (_RETURN, 0, 0, ALLOW)]


def _only_this_machine() -> list[Line]:
    lines = [(_LOAD, 0, 0, _MACHINE_AT), (_IF_EQUAL, 1, 0, _MACHINES[kernel.machine()]), (_RETURN, 0, 0, KILL)]
    lines.append((_LOAD, 0, 0, _NUMBER_AT))
    if kernel.machine() == "x86_64":
        lines += [(_IF_AT_LEAST, 0, 1, _FOREIGN_CALLS), (_RETURN, 0, 0, KILL)]
    return lines


def _number(name: str) -> list[int]:
    return calls.numbers({name: calls.CONDITIONAL[name]})


def _answer(numbers: Iterable[int], action: int) -> list[Line]:
    return [line for number in numbers for line in ((_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, action))]


def _by_argument(name: str, place: int, test: tuple[int, int], then: int, otherwise: int) -> list[Line]:
    """Two answers by the low half of one argument; all arguments tested here are no wider."""
    lines: list[Line] = []
    for number in _number(name):
        lines += [(_IF_EQUAL, 0, 4, number), (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * place)]
        lines += [(test[0], 0, 1, test[1]), (_RETURN, 0, 0, then), (_RETURN, 0, 0, otherwise)]
    return lines
