"""The second opinion's own process: one for many files, shared with forked children, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from imaging.exiftool import Exiftool
from tests.imaging.files import corners, encode

JPEG = encode(corners(), "JPEG")
OPEN_AND_TELL = (
    "import sys, time; sys.path.insert(0, sys.argv[1])\n"
    "from imaging.exiftool import Exiftool\n"
    "tool = Exiftool(); print(tool.pid, flush=True); time.sleep(60)"
)


def test_a_forked_child_asks_the_same_one() -> None:
    tool = Exiftool()
    first = tool.pid
    child = os.fork()
    if child == 0:
        is_same = len(tool.look([JPEG])) == 1 and tool.pid == first
        os._exit(0 if is_same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(tool.look([JPEG])) == 1
    tool.close()


def test_one_that_was_killed_is_started_again() -> None:
    tool = Exiftool()
    first = tool.pid
    os.kill(first, signal.SIGKILL)
    assert len(tool.look([JPEG])) == 1
    assert tool.pid != first
    tool.close()


def test_it_ends_with_whoever_opened_it() -> None:
    opener = subprocess.Popen([sys.executable, "-c", OPEN_AND_TELL, Path.cwd()], stdout=subprocess.PIPE)
    assert opener.stdout is not None
    number = int(opener.stdout.readline())
    assert psutil.pid_exists(number)
    opener.kill()
    opener.wait()
    opener.stdout.close()
    deadline = time.monotonic() + 10
    while psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)
