"""An installation whose keys lie in a file, the operator's `keys` on it, and other processes at work in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from econsult.__main__ import main
from econsult.database import Database
from econsult.installation import Installation, open_installation
from econsult.settings import load_settings
from tests.personas import open_clinic


class House:
    """An installation with its keys in a file, and the operator's commands on it."""

    def __init__(self, folder: Path, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
        url = database.engine.url.render_as_string(hide_password=False)
        self.environ = {"ECONSULT_DATA": str(folder), "ECONSULT_DATABASE_URL": url}
        self.keys, self._capsys = folder / "keys", capsys
        self.installation = open_installation(load_settings(self.environ))
        self.database = self.installation.database
        self.clinic = open_clinic(self.database, vault=self.installation.vault)

    def fresh(self) -> Installation:
        """What a process that starts now opens."""
        return open_installation(load_settings(self.environ))

    def run(self, *words: str, refused: str = "") -> str:
        """What `keys` answers to these words; with `refused`, how it is refused."""
        status = main(["keys", *words])
        said = self._capsys.readouterr()
        assert (status, bool(said.err)) == ((1, True) if refused else (0, False)), said
        assert re.search(refused, said.err)
        return said.out.strip()

    def current(self) -> str:
        return self.keys.read_text().partition(":")[0]

    def settle(self) -> None:
        """Let the ring be old enough for a key to be retired."""
        past = time.time() - 601
        os.utime(self.keys, (past, past))


def start(module: str, house: House, *words: str) -> subprocess.Popen[str]:
    """A process of its own on this house."""
    environ = {**os.environ, **house.environ}
    command, pipe = [sys.executable, "-m", module, *words], subprocess.PIPE
    return subprocess.Popen(command, env=environ, text=True, stdout=pipe, stderr=pipe)


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    latest = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.005)
