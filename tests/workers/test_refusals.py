"""A wrong setting stops every entry with one line of ours and an exit that is not 0."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spread import spread

PYTHON = sys.executable
ENTRIES = {
    "web": (PYTHON, "-m", "web"),
    "demo": (PYTHON, "-m", "web", "--demo"),
    "worker": (PYTHON, "-m", "workers"),
    "clock": (PYTHON, "-m", "workers.clock"),
    "commands": (PYTHON, "-m", "econsult", "migrate"),
}
GUNICORN = (PYTHON, "-m", "gunicorn", "web:create_app()", "--bind=127.0.0.1:0", "--log-level=critical")
PATIENT = (*GUNICORN, "--worker-class=workers.server.PatientWorker", "--threads=4")


def _run(command: tuple[str, ...], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    ours = {"PATH": os.environ["PATH"], "HOME": str(folder), "ECONSULT_DATA": str(folder / "var"), "PORT": "0"}
    ours |= {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return subprocess.run(command, env=ours | environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "entry",
    spread(map(pytest.param, (*ENTRIES.values(), GUNICORN, PATIENT)), 1),
    ids=[*ENTRIES, "gunicorn", "patient"],
)
def test_a_wrong_setting_stops_every_entry_with_one_line(tmp_path: Path, entry: tuple[str, ...]) -> None:
    done = _run(entry, tmp_path, ECONSULT_TIME_ZONE="Mars/X")
    sentence = "ECONSULT_TIME_ZONE must be a time zone such as America/Denver, not 'Mars/X'.\n"
    assert done.returncode > 0
    assert (done.stdout, done.stderr) == ("", sentence)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("entry", spread(map(pytest.param, (ENTRIES["worker"], PATIENT)), 1), ids=["worker", "patient"])
def test_so_does_an_option_that_only_the_client_knows(tmp_path: Path, entry: tuple[str, ...]) -> None:
    done = _run(entry, tmp_path, ECONSULT_REDIS_URL="redis://localhost:1/0?colour=red")
    assert done.returncode > 0
    assert done.stderr == "ECONSULT_REDIS_URL has options that Redis's client does not take.\n"


def test_plain_http_for_others_is_refused_with_one_line(tmp_path: Path) -> None:
    done = _run((*ENTRIES["web"], "--host", "0.0.0.0"), tmp_path)  # noqa: S104 - to be refused.
    assert done.returncode == 1
    assert done.stderr.startswith("Others could reach this address")
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_none_stops_the_start_with_one_line(tmp_path: Path) -> None:
    done = _run(ENTRIES["web"], tmp_path, PORT="http")
    assert done.returncode == 1
    assert done.stderr == "The port must be a number from 0 to 65535, not 'http'.\n"
