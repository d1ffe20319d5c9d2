"""How many files one person sends at once, in however many processes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from uploads.errors import TooManyError
from uploads.kinds import MOST_AT_ONCE
from uploads.slots import slot

MOTHER, FATHER = 1, 2
HOLD = """
import sys
from contextlib import ExitStack
from pathlib import Path
from uploads.slots import slot
with ExitStack() as stack:
    for name in sys.argv[2:]:
        stack.enter_context(slot(Path(sys.argv[1]), 1, name))
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_elsewhere(staging: Path, *names: str) -> subprocess.Popen[str]:
    """Another process that sends these files of the mother's until it is killed."""
    command = [sys.executable, "-c", HOLD, str(staging), *names]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def is_refused(staging: Path, name: str) -> bool:
    try:
        with slot(staging, MOTHER, name):
            return False
    except TooManyError as refused:
        return refused.retry_after == 5


def test_one_person_sends_so_many_files_at_once_and_no_more(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for number in range(MOST_AT_ONCE):
            stack.enter_context(slot(tmp_path, MOTHER, str(number)))
        assert is_refused(tmp_path, "one more")
        assert not is_refused(tmp_path, "0")
        stack.enter_context(slot(tmp_path, FATHER, "his own"))
    assert not is_refused(tmp_path, "one more")


def test_another_process_counts_until_it_is_killed(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path, "a", "b", "c") as child:
        with slot(tmp_path, MOTHER, "d"):
            assert is_refused(tmp_path, "e")
            # The same file once more is the same file, wherever its older line still looks alive.
            assert not is_refused(tmp_path, "a")
        child.kill()
        child.wait(10)
        assert not is_refused(tmp_path, "e")


def test_a_newer_line_keeps_the_slot_when_the_older_one_ends(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path, "a", "b", "c", "d") as child, slot(tmp_path, MOTHER, "a"):
        child.kill()
        child.wait(10)
        with ExitStack() as stack:
            for name in "bcd":
                stack.enter_context(slot(tmp_path, MOTHER, name))
            with pytest.raises(TooManyError), slot(tmp_path, MOTHER, "e"):
                pass
