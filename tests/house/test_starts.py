"""What a start loads is what its people wait for: nothing before it is known what they want, and no pixels at all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from econsult.commands.catalogue import COMMANDS, read_line
from tests.house.tree import ROOT

# Each line of names is imported after those before it, and answered by the libraries that are loaded by then.
LOADING = """
import importlib, json, sys

def loaded_after(names):
    for name in names:
        importlib.import_module(name)
    return sorted({name.partition(".")[0] for name in sys.modules})

print(json.dumps([loaded_after(names) for names in json.loads(sys.argv[1])]))
"""
RECORDS = {"sqlalchemy", "cryptography"}
FOREIGN_TO_COMMANDS = {"flask", "redis", "rq", "gunicorn"}
FOR_THEIR_USERS = {"alembic", "boto3", "botocore", "minio", "psycopg", "typst", "webauthn", "zxcvbn"}
PIXELS = {"PIL", "av", "cv2", "numpy", "pi_heif", "pypdfium2", "zxingcpp"}
STAGES = (
    ("econsult.__main__", "web.__main__"),
    ("econsult.commands.answering", *sorted({f"econsult.commands.{each.module}" for each in COMMANDS})),
    ("workers.opening", "workers.clock", "workers.__main__", "workers.demo.__main__"),
    ("web.application",),
)
"""From the lightest to the heaviest: help, commands, what the one command starts, pages."""


def test_a_start_loads_no_library_that_only_some_later_work_needs() -> None:
    line = [sys.executable, "-c", LOADING, json.dumps(STAGES)]
    child = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    later = PIXELS | FOR_THEIR_USERS
    told, commands, processes, pages = map(set, json.loads(child.stdout))
    assert told & (RECORDS | FOREIGN_TO_COMMANDS | later) == set()
    assert commands & (FOREIGN_TO_COMMANDS | later) == set()
    assert (processes & ({"flask"} | later), pages & later) == (set(), set())


def test_each_command_of_the_list_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    for each in COMMANDS:
        with pytest.raises(SystemExit, match=r"^0$"):
            read_line([each.name, "--help"])
        assert capsys.readouterr().out.startswith(f"usage: python -m econsult {each.name} [-h]")
