"""A decoder taken over by its file gets nowhere, whoever runs the house and whatever the kernel has."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from imaging import kernel
from imaging.jail import calls, filters, levels
from tests.imaging import canary, escapes
from tests.spread import spread

ROOT = Path(__file__).parents[2]
NOBODY = 65534
_STARTS_ITSELF = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import PIL'], check=True)"
TOOLS = "/usr/local/bin:/usr/bin:/bin"


def run(module: str, *arguments: str, user: tuple[str, ...] = ()) -> list[Any]:
    """Run one of our programs and return what it printed, a JSON value per line; `user` is put before its command."""
    # Nobody may not write into this folder, and need not.
    environment = {"PATH": TOOLS, "TMPDIR": tempfile.gettempdir(), "PYTHONDONTWRITEBYTECODE": "1"}
    line = [*user, sys.executable, "-m", module, *arguments]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return [json.loads(text) for text in done.stdout.splitlines()]


def ordinary() -> tuple[str, ...]:
    """The command that starts a program as somebody who is not root and may not become anybody else.

    Where others may not read this checkout or this Python, it is a user without a name in a namespace of its own.
    """
    if os.geteuid() != 0:
        return ()
    nobody = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
    reads = subprocess.run([*nobody, sys.executable, "-c", _STARTS_ITSELF], check=False, capture_output=True)
    return nobody if reads.returncode == 0 else ("unshare", "--user")


CROWDED = {
    name: {escapes.EXPECTED[name], end}
    for name, end in (
        ("eat memory by the piece", ("rejected", "cpu", None)),
        ("start threads without end", ("failed", "wall", None)),
    )
}
"""On a crowded machine, where fresh memory and threads are dear, the limit of the time is reached before the other."""


@pytest.mark.parametrize("whoever", spread(["an ordinary user", "whoever runs the tests"], 1))
def test_no_attempt_of_a_misbehaving_decoder_succeeds(whoever: str) -> None:
    canary.MARK.unlink(missing_ok=True)
    user = () if whoever == "whoever runs the tests" else ordinary()
    *ends, server = run("tests.imaging.escapes", user=user)
    found = {name: tuple(rest) for name, *rest in ends}
    for name, allowed in CROWDED.items():
        assert found.pop(name) in allowed
    assert found == {name: end for name, end in escapes.EXPECTED.items() if name not in CROWDED}
    assert len(ends) > 40
    assert server == ["server", True]
    assert not canary.MARK.exists()


def test_an_attempt_can_succeed_where_there_is_no_jail() -> None:
    with pytest.raises(PermissionError):
        raise PermissionError
    assert canary.ATTEMPTS["read a file of the system"]()
    assert canary.ATTEMPTS["look whether a file exists"]()


@pytest.mark.parametrize(
    ("lacking", "least", "path", "ends"),
    [
        ("neither", levels.SEALED, TOOLS, ["landlock+seccomp", "ready", None, "landlock+seccomp"]),
        pytest.param(
            "landlock", levels.BUBBLEWRAP, TOOLS, ["bubblewrap", "ready", None, "bubblewrap"], marks=pytest.mark.wide
        ),
        pytest.param(
            "seccomp", levels.BUBBLEWRAP, TOOLS, ["bubblewrap", "ready", None, "bubblewrap"], marks=pytest.mark.wide
        ),
        pytest.param(
            "both", levels.BUBBLEWRAP, TOOLS, ["bubblewrap", "ready", None, "bubblewrap"], marks=pytest.mark.wide
        ),
        pytest.param("both", levels.RLIMITS, "/nowhere", ["rlimits", "ready", None, "rlimits"], marks=pytest.mark.wide),
        ("both", levels.BUBBLEWRAP, "/nowhere", ["rlimits", "failed", "confinement", "rlimits"]),
        pytest.param(
            "landlock",
            levels.SEALED,
            TOOLS,
            ["bubblewrap", "failed", "confinement", "bubblewrap"],
            marks=pytest.mark.wide,
        ),
    ],
)
def test_a_kernel_with_less_is_told_by_its_level(lacking: str, least: str, path: str, ends: list[Any]) -> None:
    assert run("tests.imaging.lesser", lacking, least, path) == [ends]


@pytest.mark.parametrize(
    ("level", "path", "attempts"),
    [
        # Root itself is counted by no kernel: as whoever owns nothing, which it becomes at this level, it is.
        (levels.RLIMITS, "/nowhere", {"start processes": "BlockingIOError", "connect to the network": "OSError"}),
        pytest.param(levels.BUBBLEWRAP, TOOLS, {"leave a file for the next job": "OSError"}, marks=pytest.mark.wide),
    ],
)
def test_a_job_whose_calls_are_not_filtered_lives_alone(level: str, path: str, attempts: dict[str, str]) -> None:
    left = "leave memory for the next job"
    ends = run("tests.imaging.lesser", "both", level, path, "behave", *attempts, left, left, "behave")
    good = [level, "behave", "ready", None, None]
    refused = [
        [level, name, "rejected", "damaged", detail] for name, detail in [*attempts.items(), *[(left, "Nothing")] * 2]
    ]
    assert ends == [good, *refused, good]


def test_the_levels_are_ordered_and_an_unknown_one_is_none() -> None:
    assert levels.is_enough(levels.SEALED, levels.BUBBLEWRAP)
    assert not levels.is_enough(levels.RLIMITS, levels.BUBBLEWRAP)
    assert not levels.is_enough("", levels.RLIMITS)
    assert levels.best_level() == levels.SEALED


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_both_processors_have_a_filter_without_doubles(machine: str) -> None:
    numbers = calls.numbers(calls.ALLOWED | calls.REFUSED | calls.CONDITIONAL, machine)
    assert len(numbers) == len(set(numbers)) > 70
    program = filters.for_decoders(machine, os.getpid())
    assert len(program) < 600
    # Every jump lands inside of the program, and its last line kills.
    for place, (code, true, false, _) in enumerate(program):
        assert code == 0x06 or place + 1 + max(true, false) < len(program)
    assert program[-1] == (0x06, 0, 0, filters.KILL)
    # Nothing that opens, connects or runs is among what is allowed.
    assert not {"openat", "socket", "connect", "execve", "execveat", "kill", "ptrace"} & set(calls.ALLOWED)


def test_an_unknown_processor_has_no_filter() -> None:
    assert calls.is_known(kernel.machine())
    assert not calls.is_known("riscv64")
