"""One exiftool that stays open and answers for many files: starting it costs more than thirty questions."""

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from imaging import kernel

_SECONDS = 120.0
_QUESTION = ("-a", "-G1", "-j", "-api", "LargeFileSupport=1")


class ExiftoolError(Exception):
    """The tool does not answer."""


class _Gone(ExiftoolError):  # noqa: N818 - it states what happened.
    """The tool has ended."""


class Exiftool:
    """A started exiftool, or none where it is not installed. It may be asked from a forked child of who opened it.

    Answers are told apart by a number nobody can guess, so what a killed child left unread is skipped by the next.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._path = shutil.which("exiftool")
        self._process = self._start() if self._path else None

    @property
    def is_here(self) -> bool:
        """Whether there is one to ask."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The id of its process; 0 where there is none."""
        return self._process.pid if self._process is not None else 0

    def ask(self, files: Sequence[str]) -> list[dict[str, object]]:
        """Return what it sees in each file, by `group:tag`. Raises ExiftoolError where it does not answer."""
        if self._process is None:
            return []
        number = secrets.randbits(48)
        question = "\n".join([*_QUESTION, *files, f"-execute{number}\n"])
        try:
            answer = self._converse(question, number)
        except _Gone:
            # A forked child cannot ask the kernel whether its parent's child lives; that its pipe is broken tells.
            self._let_go()
            self._process = self._start()
            answer = self._converse(question, number)
        try:
            entries = json.loads(answer or b"[]")
        except ValueError:
            raise ExiftoolError("no answer that can be read") from None
        if len(entries) != len(files):
            raise ExiftoolError("an answer for fewer files than asked")
        return list(entries)

    def look(self, contents: Sequence[bytes]) -> list[dict[str, object]]:
        """Return what it sees in each of these, which stay in memory: no picture of a patient touches a disk."""
        with ExitStack() as stack:
            return self.ask([stack.enter_context(_in_memory(data)) for data in contents])

    def close(self) -> None:
        """End it. In a forked child this does nothing."""
        if self._process is None or os.getpid() != self._owner:
            return
        self._process.kill()
        self._let_go()

    def _let_go(self) -> None:
        """Close our ends of the pipes, and take the exit status where it is ours to take."""
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        with contextlib.suppress(ChildProcessError):
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [self._path or "exiftool", "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
            cwd="/",
            start_new_session=True,
            # At the end of its input it would wait for more for ever, and keep a processor busy with that.
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - it makes one system call and takes no lock.
        )

    def _converse(self, question: str, number: int) -> bytes:
        """Write a question and read until its own end mark, skipping what belongs to earlier ones."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise ExiftoolError("not running")
        try:
            self._process.stdin.write(question.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise _Gone from None
        return _read_answer(self._process.stdout.fileno(), b"{ready%d}" % number)


def _die_with(parent: int) -> None:
    """End with who started us, also where that one died before the kernel could be asked."""
    kernel.die_with(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _read_answer(descriptor: int, end: bytes) -> bytes:
    answer, deadline = bytearray(), time.monotonic() + _SECONDS
    while end not in answer:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise ExiftoolError("no answer in time")
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            raise _Gone
        answer += piece
    own = bytes(answer[: answer.index(end)])
    return own[own.rfind(b"{ready") :].partition(b"}")[2] if b"{ready" in own else own


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A path under which another process of this user can read these bytes while we hold them."""
    descriptor = os.memfd_create("copy")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)
