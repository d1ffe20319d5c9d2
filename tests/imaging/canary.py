"""A decoder that misbehaves: it stands in the place of the real last step of decoding and is called like it.

The picture's first pixel says which attempt it makes. It ends in `Escaped` where an attempt succeeds, in the error that
the kernel gave where one is refused, and otherwise does not end by itself.
"""

import ctypes
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from imaging.pixels import Decode, image_of

_X86 = platform.machine() == "x86_64"
_LIBC = ctypes.CDLL(None, use_errno=True)
SIGN = (197, 58)
"""Green and blue of a pixel that asks for an attempt; red is its number."""
MARK = Path("/tmp/the-canary-was-here")  # noqa: S108 - a place where anybody may write.


class Escaped(Exception):  # noqa: N818 - the report names it by its class.
    """The attempt succeeded."""


class Nothing(Exception):  # noqa: N818 - the report names it by its class.
    """There was nothing to be found."""


def _call(number: int, *arguments: object) -> None:
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    if _LIBC.syscall(ctypes.c_long(number), *given) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _loop() -> None:
    while True:
        pass


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(16 << 20))


def _crash() -> None:
    ctypes.string_at(8, 8)


def _talk() -> None:
    """Write without end to the one connection there is."""
    for descriptor in range(3, 64):
        try:
            while True:
                os.write(descriptor, b"P" + bytes(100_000))
        except OSError:
            continue


def _threads() -> None:
    stay = threading.Event()
    for _ in range(100_000):
        threading.Thread(target=stay.wait, daemon=True).start()


def _shell() -> None:
    if os.system(f"touch {MARK}") != 0:  # noqa: S605 - it shall not run.
        raise PermissionError


def _execute() -> None:
    os.execv("/bin/sh", ["sh", "-c", f"touch {MARK}"])  # noqa: S606 - it shall not run.


def _look_for_descriptors() -> None:
    found = []
    for descriptor in range(3, 4096):
        try:
            os.get_inheritable(descriptor)
            found.append(descriptor)
        except OSError:
            continue
    if len(found) == 1:
        raise Nothing


def _look_for_environment() -> None:
    """Read the C library's own table too, not only Python's copy."""
    table = ctypes.POINTER(ctypes.c_char_p).in_dll(_LIBC, "environ")
    if not os.environ and not (table and table[0]):
        raise Nothing


def _raise_limits() -> None:
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):
        resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _new_code() -> None:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xc3")


def _make_code_runnable() -> None:
    page = mmap.mmap(-1, 4096)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if _LIBC.mprotect(ctypes.c_void_p(at), 4096, 7) != 0:
        raise PermissionError


def _read_parent() -> None:
    buffer = ctypes.create_string_buffer(16)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 16)
    _call(310 if _X86 else 270, os.getppid(), ctypes.byref(vector), 1, ctypes.byref(vector), 1, 0)


def _become_root() -> None:
    os.setresuid(0, 0, 0)


def _own() -> int:
    """The one descriptor there is."""
    for descriptor in range(3, 64):
        try:
            os.get_inheritable(descriptor)
        except OSError:
            continue
        return descriptor
    raise Nothing


def _tell(*messages: tuple[bytes, bytes]) -> None:
    """Speak to the parent in the job's own words, then wait for what comes of it."""
    for kind, payload in messages:
        os.write(_own(), kind + payload)
    time.sleep(3600)


def _copy(**head: object) -> tuple[tuple[bytes, bytes], ...]:
    """A copy and the verdict that it is ready."""
    told = {"name": "view", "media_type": "image/jpeg", "width": 32, "height": 32} | head
    done = {"verdict": "ready", "reason": None}
    return (b"H", json.dumps(told).encode()), (b"P", b"x"), (b"F", json.dumps(done).encode()), (b"X", _END)


_END = b'{"signal": 0, "code": 0, "cpu": 0.1, "rss": 1000}'
_LONG = b"1" + b"0" * 4000
_TEXT = json.dumps({"masks": ["x" * 120_000]}).encode()


def _processes() -> None:
    for _ in range(20):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)


def _leave_memory() -> None:
    """Look for shared memory that another job left, and leave some."""
    get = 29 if _X86 else 194
    try:
        _call(get, 0x6A61696C, 4096, 0o600)
    except FileNotFoundError:
        _call(get, 0x6A61696C, 4096, 0o1600)
        raise Nothing from None


ATTEMPTS: dict[str, Callable[[], object]] = {
    "behave": lambda: None,
    "burn the processor": _loop,
    "sleep for ever": lambda: time.sleep(3600),
    "eat memory by the piece": _eat,
    "eat memory at once": lambda: bytearray(8 << 30),
    "read a null pointer": _crash,
    "abort": os.abort,
    "talk without end": _talk,
    "start threads without end": _threads,
    "connect to the network": lambda: socket.create_connection(("127.0.0.1", 80)),
    "open a datagram socket": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "open a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "make a pair of sockets": socket.socketpair,
    "read a file of the system": lambda: Path("/etc/passwd").read_bytes(),
    "read its own executable": lambda: Path(sys.executable).read_bytes(),
    "list a folder": lambda: list(MARK.parent.iterdir()),
    "look whether a file exists": lambda: Path("/etc/passwd").stat(),
    "write a file": lambda: MARK.write_bytes(b"x"),
    "remove a file": lambda: MARK.with_name("anything").unlink(),
    "read the parent's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "read the parent's memory": _read_parent,
    "read its own map": lambda: Path("/proc/self/maps").read_bytes(),
    "run a shell": _shell,
    "run a program": _execute,
    "fork": os.fork,
    "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "kill everybody": lambda: os.kill(-1, signal.SIGKILL),
    "signal a thread of the parent": lambda: _call(234 if _X86 else 131, os.getppid(), os.getppid(), 9),
    "trace the parent": lambda: _call(101 if _X86 else 117, 16, os.getppid(), 0, 0),
    "become root": _become_root,
    "make a file in memory": lambda: os.memfd_create("x"),
    "bring in new code": _new_code,
    "make data runnable": _make_code_runnable,
    "raise its limits": _raise_limits,
    "find another descriptor": _look_for_descriptors,
    "find an environment": _look_for_environment,
    "use the ring": lambda: _call(425, 8, ctypes.create_string_buffer(120)),
    "mount": lambda: _call(165 if _X86 else 40, b"none", b"/tmp", b"tmpfs", 0, None),
    "leave its namespaces": lambda: _call(272 if _X86 else 97, 0x10000000),
    "load a program into the kernel": lambda: _call(321 if _X86 else 280, 0, None, 0),
    "read keys": lambda: _call(250 if _X86 else 219, 0, -3, 0),
    "watch events": lambda: _call(298 if _X86 else 241, None, 0, -1, -1, 0),
    "use the calls of another system": lambda: _call(0x40000000 + 39),
    "use a call that does not exist yet": lambda: _call(999),
    "type into the terminal": lambda: _call(16 if _X86 else 29, 0, 0x5412, b"x"),
    "have its connection signal the parent": lambda: fcntl.fcntl(_own(), fcntl.F_SETOWN, os.getppid()),
    "name a thread of the parent to be signalled": lambda: fcntl.fcntl(_own(), 15, struct.pack("ii", 1, os.getppid())),
    "choose the signal of its connection": lambda: fcntl.fcntl(_own(), 10, signal.SIGKILL),
    "let its connection send signals": lambda: fcntl.fcntl(_own(), fcntl.F_SETFL, os.O_ASYNC),
    "let its connection send signals by the other way": lambda: _call(16 if _X86 else 29, _own(), 0x5452, b"\1\0\0\0"),
    "tell a verdict too deep to be read": lambda: _tell((b"F", b'{"verdict":' + b"[" * 100_000)),
    "tell a reason in words of the file": lambda: _tell((b"F", b'{"verdict": "held", "reason": "Jane Roe"}')),
    "refuse without a reason": lambda: _tell((b"F", b'{"verdict": "rejected", "reason": null}')),
    "ask for a byte behind the end of numbers": lambda: _tell((b"R", struct.pack("!QI", 2**64 - 1, 1))),
    "ask for more time than a number can hold": lambda: _tell((b"B", b'{"wall": %b}' % _LONG)),
    "ask for a time that is no number": lambda: _tell((b"B", b'{"wall": NaN}')),
    "tell of its end with more memory than there is": lambda: _tell((b"X", b'{"signal":0,"cpu":0.1,"rss":%b}' % _LONG)),
    "tell of its end with no number of seconds": lambda: _tell((b"X", b'{"signal": 0, "cpu": NaN, "rss": 1}')),
    "fill the parent's memory with boxes": lambda: _tell(*[(b"M", _TEXT)] * 9000),
    "give a copy wider than a number can hold": lambda: _tell(*_copy(width=10**4000)),
    "give a copy of no width": lambda: _tell(*_copy(width=-1)),
    "start processes": _processes,
    "leave memory for the next job": _leave_memory,
    "leave a file for the next job": lambda: Path("/dev/shm/canary").write_bytes(b""),  # noqa: S108 - it shall not.
    "lift the filter": lambda: _call(317 if _X86 else 277, 0, 0, None),
}


@dataclass(frozen=True)
class Decoded:
    """What the real step gives."""

    decoded: Image.Image
    content: str


def decode_pixels(decode: Decode, policy: object) -> Decoded:
    """Decode like the step whose place this takes, then make the attempt that the picture asks for."""
    image = image_of(decode(None)).convert("RGB")
    asked = image.getpixel((0, 0))
    is_meant = isinstance(asked, tuple) and asked[1:] == SIGN
    name = list(ATTEMPTS)[int(asked[0])] if is_meant else "behave"
    ATTEMPTS[name]()
    if name != "behave":
        raise Escaped
    return Decoded(image, "0" * 64)
