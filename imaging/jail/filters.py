"""Seccomp: a filter over system calls, written as the kernel's own small programs."""

import ctypes
import errno
import functools
import os
import struct
from collections.abc import Iterable, Sequence

from imaging import kernel
from imaging.jail import calls

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
KILL, ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_FOREIGN_CALLS = 0x40000000
"""On x86-64 the calls of the x32 interface begin here; nothing of ours makes any."""
_SET_FILTER, _ASK_ACTION = 1, 2
_EXECUTABLE, _THREAD, _SET_NAME = 0x4, 0x10000, 15
_LOOKS = (1, 2, 3)
"""What may be asked of a descriptor: whether it is closed by exec, to be so, and how it was opened."""

_ANYBODY = 0x7FFFFFFF
"""Stands for the process to be confined until it is known: no process can have this number."""
_LINE = struct.Struct("=HBBI")

Line = tuple[int, int, int, int]


@functools.cache
def is_available() -> bool:
    """Whether this kernel filters calls and can end a whole process for one."""
    if not calls.is_known(kernel.machine()):
        return False
    action = ctypes.c_uint32(KILL)
    try:
        kernel.call(*_seccomp(), _ASK_ACTION, 0, ctypes.byref(action))
    except OSError:
        return False
    return True


def install(code: bytes) -> None:
    """Put a packed filter over this process, for ever. Raises OSError."""
    buffer = ctypes.create_string_buffer(code, len(code))
    # A length, padding up to a pointer, and the pointer to the lines.
    head = struct.pack("@HP", len(code) // _LINE.size, ctypes.addressof(buffer))
    kernel.call(*_seccomp(), _SET_FILTER, 0, ctypes.create_string_buffer(head, len(head)))


def packed(program: Iterable[Line]) -> bytes:
    """A filter in the kernel's own form."""
    return b"".join(_LINE.pack(*line) for line in program)


@functools.cache
def for_anybody(machine: str) -> bytes:
    """The filter under which files are decoded, packed. Ask for it once before jobs are forked: to make it takes longer
    than to install it. In a job it becomes its own by `for_this_process`.
    """
    return packed(for_decoders(machine, _ANYBODY))


def for_this_process(machine: str) -> bytes:
    """The filter under which this process decodes its file, packed."""
    anybody, own = (_LINE.pack(*_answer([who], ALLOW)[0]) for who in (_ANYBODY, os.getpid()))
    return for_anybody(machine).replace(anybody, own)


def for_decoders(machine: str, own: int) -> list[Line]:
    """The same as lines, for the process `own`: all calls end it but those that `calls` names."""
    no = refusing(errno.EPERM)

    def named(*names: str) -> list[int]:
        return calls.numbers(calls.CONDITIONAL, machine, *names)

    return [
        *_only(machine),
        *_answer(calls.numbers(calls.ALLOWED, machine), ALLOW),
        *_answer(calls.numbers(calls.REFUSED, machine), no),
        # New code cannot be brought in: what may run was loaded before.
        *_by_argument(named("mmap", "mprotect"), 2, (_IF_ANY_BIT, _EXECUTABLE), no, ALLOW),
        # Some decoders start a thread of their own; a process is refused. The newer call hides its wish behind a
        # pointer, so it does not exist here, and the C library falls back to the older one.
        *_by_argument(named("clone"), 0, (_IF_ANY_BIT, _THREAD), ALLOW, no),
        *_answer(named("clone3"), refusing(errno.ENOSYS)),
        # A descriptor may be looked at. It could also be made to send signals to whomever it is given to, which only
        # newer kernels keep inside.
        *_by_values(named("fcntl"), 1, _LOOKS, ALLOW, no),
        *_by_argument(named("prctl"), 0, (_IF_EQUAL, _SET_NAME), ALLOW, no),
        # Limits may be moved, within the hard ones, for this process alone; so may a signal be sent, as abort() does.
        *_answer(named("setrlimit"), ALLOW),
        *_by_argument(named("prlimit64"), 0, (_IF_EQUAL, 0), ALLOW, no),
        *_by_values(named("tgkill"), 0, [own], ALLOW, KILL),
        (_RETURN, 0, 0, KILL),
    ]


def _by_values(numbers: Iterable[int], place: int, values: Sequence[int], then: int, otherwise: int) -> list[Line]:
    """One answer where an argument is one of these values, another elsewhere."""
    lines: list[Line] = []
    for number in numbers:
        tests = _answer(values, then)
        lines += [(_IF_EQUAL, 0, len(tests) + 2, number), (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * place)]
        lines += [*tests, (_RETURN, 0, 0, otherwise)]
    return lines


def refusing(error: int) -> int:
    """The answer that lets a call fail with this error."""
    return _ERRNO | error


def without(numbers: Iterable[int], error: int) -> list[Line]:
    """A filter that allows everything but some calls, which fail with this error: a kernel that lacks them."""
    return [*_only(kernel.machine()), *_answer(numbers, refusing(error)), (_RETURN, 0, 0, ALLOW)]


def _only(machine: str) -> list[Line]:
    """Calls of another processor's numbering end the process."""
    lines = [(_LOAD, 0, 0, _MACHINE_AT), (_IF_EQUAL, 1, 0, _MACHINES[machine]), (_RETURN, 0, 0, KILL)]
    lines.append((_LOAD, 0, 0, _NUMBER_AT))
    if machine == "x86_64":
        lines += [(_IF_AT_LEAST, 0, 1, _FOREIGN_CALLS), (_RETURN, 0, 0, KILL)]
    return lines


def _seccomp() -> list[int]:
    return calls.numbers(calls.SECCOMP, kernel.machine())


def _answer(numbers: Iterable[int], action: int) -> list[Line]:
    return [line for number in numbers for line in ((_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, action))]


def _by_argument(numbers: Iterable[int], place: int, test: tuple[int, int], then: int, otherwise: int) -> list[Line]:
    """Two answers by the low half of one argument; all arguments tested here are no wider."""
    lines: list[Line] = []
    for number in numbers:
        lines += [(_IF_EQUAL, 0, 4, number), (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * place)]
        lines += [(test[0], 0, 1, test[1]), (_RETURN, 0, 0, then), (_RETURN, 0, 0, otherwise)]
    return lines
