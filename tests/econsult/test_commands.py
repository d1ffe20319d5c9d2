"""The operator's commands, run as a person runs them."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from econsult.database import open_database
from storage.keys import FieldCipher, KeyRing, generate
from tests.personas import open_clinic


def _run(data: Path, *arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "econsult", *arguments],
        env={**os.environ, "ECONSULT_DATA": str(data), **environ},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


EMPTY = "The database is empty: run `python -m econsult migrate`, or check ECONSULT_DATA and ECONSULT_DATABASE_URL.\n"


@pytest.mark.parametrize(
    "command",
    [
        ("token", "--person", "a@clinic.test"),
        ("link", "--person", "a@clinic.test"),
        ("person", "list"),
        ("clinic", "list"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_before_any_migration_says_so_and_makes_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = _run(tmp_path / "var", *command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", EMPTY)
    assert not (tmp_path / "var").exists()


def test_so_does_one_on_a_file_without_tables_and_on_an_empty_server(tmp_path: Path, postgres_url: str) -> None:
    _run(tmp_path, "migrate")
    nothing = tmp_path / "nothing.sqlite3"
    nothing.touch()
    for url in (f"sqlite:///{nothing}", postgres_url):
        done = _run(tmp_path, "person", "list", ECONSULT_DATABASE_URL=url)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", EMPTY)


def test_without_its_keys_a_database_is_not_opened(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    (tmp_path / "keys").unlink()
    done = _run(tmp_path, "person", "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert not (tmp_path / "keys").exists()


def test_a_server_that_is_away_is_one_line(tmp_path: Path) -> None:
    for words in (("migrate",), ("person", "list")):
        _run(tmp_path, "migrate")
        away = _run(tmp_path, *words, ECONSULT_DATABASE_URL="postgresql+psycopg://127.0.0.1:1/none")
        assert (away.returncode, away.stderr.count("\n")) == (1, 1)


def test_a_server_without_time_zones_of_its_own_starts(tmp_path: Path) -> None:
    done = _run(tmp_path, "migrate", PYTHONTZPATH="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_admin_is_made_and_gets_a_token_on_the_last_line(tmp_path: Path) -> None:
    assert _run(tmp_path, "migrate").returncode == 0
    made = _run(tmp_path, "admin", "create", "--email", "a@clinic.test", typed="a long enough password\n")
    assert (made.returncode, made.stderr) == (0, "")
    token = _run(tmp_path, "token", "--person", "a@clinic.test", "--days", "3")
    assert token.returncode == 0
    assert len(token.stdout.splitlines()[-1]) == 43


def test_a_short_password_is_refused_in_one_sentence(tmp_path: Path) -> None:
    made = _run(tmp_path, "admin", "create", "--email", "a@clinic.test", typed="short\n")
    assert made.returncode == 1
    assert made.stderr == "A password has 15 to 256 characters.\n"


def test_a_token_for_nobody_is_refused_in_one_sentence(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    refused = _run(tmp_path, "token", "--person", "nobody@clinic.test")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Nobody here has this e-mail address.\n"


def test_a_wrong_setting_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "econsult", "migrate"],
        env={**os.environ, "ECONSULT_DATA": str(tmp_path), "ECONSULT_DATABASE_URL": "mysql://x"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1


def test_a_broken_promise_of_the_queue_is_a_line_and_exit_1(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    assert (sound := _run(tmp_path, "invariants")).returncode == 0
    assert sound.stdout == ""
    database = open_database(f"sqlite:///{tmp_path / 'econsult.sqlite3'}", FieldCipher(KeyRing.parse(generate())))
    clinic = open_clinic(database)
    with database.writing() as session:
        clinic.claimed(session).next_deadline_at = None
    database.close()
    broken = _run(tmp_path, "invariants")
    assert (broken.returncode, "1 C-1001: open without a pending deadline" in broken.stdout) == (1, True)


def test_the_trail_is_checked_and_its_first_bad_row_is_named(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    assert _run(tmp_path, "audit", "verify").stdout == "The audit trail is empty.\n"
    _run(tmp_path, "admin", "create", "--email", "a@clinic.test", typed="a long enough password\n")
    sound = _run(tmp_path, "audit", "verify")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert re.fullmatch(r"Program 1: \d+ rows hold, not anchored yet\.\n", sound.stdout)
    with contextlib.closing(sqlite3.connect(tmp_path / "econsult.sqlite3")) as connection, connection:
        connection.execute("UPDATE audit_event SET action = 'edit' WHERE sequence = 1")
    broken = _run(tmp_path, "audit", "verify")
    assert (broken.returncode, broken.stderr) == (1, "The audit trail is not whole.\n")
    assert "Program 1: 0 rows hold, not anchored yet. Row 1 is not as it was written." in broken.stdout


def test_the_figures_are_printed_as_csv(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    database = open_database(f"sqlite:///{tmp_path / 'econsult.sqlite3'}", FieldCipher(KeyRing.parse(generate())))
    clinic = open_clinic(database)
    with database.writing() as session:
        clinic.answered(session)
    database.close()
    printed = _run(tmp_path, "metrics", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert printed[0].startswith("clock,by,value,count,within,percent_within,wall_p50_h")
    assert "first_reply,all,,1,1,100.0,0.0,0.0,0.0,0.0,0.0,0.0" in printed
    assert _run(tmp_path, "metrics", "--from", "2026-03-31", "--to", "2026-03-01").returncode == 1
    advice = _run(tmp_path, "advice", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert advice[0].startswith("by,value,count,percent_done,percent_accepted,proposed")
    assert "owner,family,1,0.0,0.0,1,0,0,0,0,1" in advice
    said = _run(tmp_path, "outcomes", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert said[:2] == ["side,question,said,count,of,percent", "clinic,asked,answered,0,0,0.0"]


def test_the_ages_of_a_program_are_printed_and_set(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    assert _run(tmp_path, "ages").stdout == "steps 12,14,16,18,21, majority 18, own account 13\n"
    set_to = _run(tmp_path, "ages", "--steps", "13,19", "--majority", "19")
    assert set_to.stdout == "steps 13,19, majority 19, own account 13\n"
    assert _run(tmp_path, "ages").stdout == "steps 13,19, majority 19, own account 13\n"
    refused = _run(tmp_path, "ages", "--majority", "40")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert _run(tmp_path, "ages", "--steps", "soon").returncode == 2


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_command_whose_reader_went_away_ends_quietly(tmp_path: Path, unbuffered: str) -> None:
    _run(tmp_path, "migrate")
    _run(tmp_path, "clinic", "create", "--name", "Taos Clinic", "--phone", "505-555-0110")
    for words in (("clinic", "list"), ("audit", "verify")):
        environ = {**os.environ, "ECONSULT_DATA": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}
        reads, writes = os.pipe()
        os.close(reads)
        command = [sys.executable, "-m", "econsult", *words]
        with os.fdopen(writes, "wb") as nobody:
            done = subprocess.run(command, env=environ, stdout=nobody, stderr=subprocess.PIPE, check=False, timeout=60)
        assert (words, done.returncode, done.stderr) == (words, 141, b"")
