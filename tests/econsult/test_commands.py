"""The operator's commands, run as a person runs them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

from econsult.__main__ import main
from econsult.database import open_database
from storage.keys import FieldCipher, KeyRing
from tests.personas import open_clinic
from tests.schema import lay_installation
from tests.spread import spread


class _Run(Protocol):
    def __call__(self, data: Path, *arguments: str, typed: str = "", **environ: str) -> CompletedProcess[str]: ...


def _start(data: Path, *arguments: str, typed: str = "", **environ: str) -> CompletedProcess[str]:
    """A command in a process of its own, which costs a second."""
    return subprocess.run(
        [sys.executable, "-m", "econsult", *arguments],
        env={**os.environ, "ECONSULT_DATA": str(data), **environ},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> _Run:
    """The same command within this process."""

    def run(data: Path, *arguments: str, typed: str = "", **environ: str) -> CompletedProcess[str]:
        with monkeypatch.context() as patch:
            for name, value in {"ECONSULT_DATA": str(data), **environ}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(typed))
            try:
                status = main(list(arguments))
            except SystemExit as error:
                status = int(error.code or 0)
        said = capsys.readouterr()
        return CompletedProcess(arguments, status, said.out, said.err)

    return run


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    """A folder after `python -m econsult migrate`."""
    lay_installation(tmp_path)
    return tmp_path


def _cipher(laid: Path) -> FieldCipher:
    """Under the keys of the folder, as every process has it."""
    return FieldCipher(KeyRing.parse((laid / "keys").read_text()))


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
def test_a_command_before_any_migration_says_so_and_makes_nothing(
    tmp_path: Path, run: _Run, command: tuple[str, ...]
) -> None:
    done = run(tmp_path / "var", *command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", EMPTY)
    assert not (tmp_path / "var").exists()


def test_so_does_one_on_a_file_without_tables_and_on_an_empty_server(laid: Path, run: _Run, postgres_url: str) -> None:
    nothing = laid / "nothing.sqlite3"
    nothing.touch()
    for url in (f"sqlite:///{nothing}", postgres_url):
        done = run(laid, "person", "list", ECONSULT_DATABASE_URL=url)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", EMPTY)


def test_without_its_keys_a_database_is_not_opened(laid: Path, run: _Run) -> None:
    (laid / "keys").unlink()
    done = run(laid, "person", "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert not (laid / "keys").exists()


def test_a_server_that_is_away_is_one_line(laid: Path, run: _Run) -> None:
    for start, words in ((_start, ("migrate",)), (run, ("person", "list"))):
        away = start(laid, *words, ECONSULT_DATABASE_URL="postgresql+psycopg://127.0.0.1:1/none")
        assert (away.returncode, away.stderr.count("\n")) == (1, 1)


@pytest.mark.wide
def test_a_server_without_time_zones_of_its_own_starts(tmp_path: Path) -> None:
    done = _start(tmp_path, "migrate", PYTHONTZPATH="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_admin_is_made_and_gets_a_token_on_the_last_line(laid: Path) -> None:
    made = _start(laid, "admin", "create", "--email", "a@clinic.test", typed="a long enough password\n")
    assert (made.returncode, made.stderr) == (0, "")
    token = _start(laid, "token", "--person", "a@clinic.test", "--days", "3")
    assert token.returncode == 0
    assert len(token.stdout.splitlines()[-1]) == 43


def test_a_short_password_is_refused_in_one_sentence(tmp_path: Path, run: _Run) -> None:
    made = run(tmp_path, "admin", "create", "--email", "a@clinic.test", typed="short\n")
    assert made.returncode == 1
    assert made.stderr == "A password has 15 to 256 characters.\n"


def test_a_token_for_nobody_is_refused_in_one_sentence(laid: Path) -> None:
    refused = _start(laid, "token", "--person", "nobody@clinic.test")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Nobody here has this e-mail address.\n"


def test_a_wrong_setting_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    result = _start(tmp_path, "migrate", ECONSULT_DATABASE_URL="mysql://x")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1


def test_a_broken_promise_of_the_queue_is_a_line_and_exit_1(laid: Path, run: _Run) -> None:
    assert (sound := run(laid, "invariants")).returncode == 0
    assert sound.stdout == ""
    database = open_database(f"sqlite:///{laid / 'econsult.sqlite3'}", _cipher(laid))
    clinic = open_clinic(database)
    with database.writing() as session:
        clinic.claimed(session).next_deadline_at = None
    database.close()
    assert "0 mended" in _start(laid, "invariants", "--repair").stdout
    broken = _start(laid, "invariants")
    assert (broken.returncode, "1 C-1001: open without a pending deadline" in broken.stdout) == (1, True)


def test_the_trail_is_checked_and_its_first_bad_row_is_named(laid: Path, run: _Run) -> None:
    assert run(laid, "audit", "verify").stdout == "The audit trail is empty.\n"
    run(laid, "admin", "create", "--email", "a@clinic.test", typed="a long enough password\n")
    sound = run(laid, "audit", "verify")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert re.fullmatch(r"Program 1: \d+ rows hold, not anchored yet\.\n", sound.stdout)
    with contextlib.closing(sqlite3.connect(laid / "econsult.sqlite3")) as connection, connection:
        connection.execute("UPDATE audit_event SET action = 'edit' WHERE sequence = 1")
    broken = run(laid, "audit", "verify")
    assert (broken.returncode, broken.stderr) == (1, "The audit trail is not whole.\n")
    assert "Program 1: 0 rows hold, not anchored yet. Row 1 is not as it was written." in broken.stdout


def test_the_figures_are_printed_as_csv(laid: Path, run: _Run) -> None:
    database = open_database(f"sqlite:///{laid / 'econsult.sqlite3'}", _cipher(laid))
    clinic = open_clinic(database)
    with database.writing() as session:
        clinic.answered(session)
    database.close()
    printed = run(laid, "metrics", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert printed[0].startswith("clock,by,value,count,within,percent_within,wall_p50_h")
    assert "first_reply,all,,1,1,100.0,0.0,0.0,0.0,0.0,0.0,0.0" in printed
    assert run(laid, "metrics", "--from", "2026-03-31", "--to", "2026-03-01").returncode == 1
    # Before it was asked nothing was printed, and nobody knows what will be.
    assert run(laid, "metrics", "--as-of", "2026-03-02").stdout == ""
    assert run(laid, "metrics", "--as-of", "2999-01-01").stderr == "--as-of must be a day that has come.\n"
    assert "'2026-13-01' is no day: write one such as" in run(laid, "metrics", "--from", "2026-13-01").stderr
    closing = run(laid, "closing", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert closing[1] == "all,,1,1,0,0,100.0,0.0,0.0,,,,"
    advice = run(laid, "advice", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert advice[0].startswith("by,value,count,percent_done,percent_accepted,proposed")
    assert "owner,family,1,0.0,0.0,1,0,0,0,0,1" in advice
    said = run(laid, "outcomes", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    assert said[:2] == ["side,question,said,count,of,percent", "clinic,asked,answered,0,0,0.0"]


def test_the_ages_of_a_program_are_printed_and_set(laid: Path, run: _Run) -> None:
    assert run(laid, "ages").stdout == "steps 12,14,16,18,21, majority 18, own account 13\n"
    set_to = run(laid, "ages", "--steps", "13,19", "--majority", "19")
    assert set_to.stdout == "steps 13,19, majority 19, own account 13\n"
    assert run(laid, "ages").stdout == "steps 13,19, majority 19, own account 13\n"
    refused = run(laid, "ages", "--majority", "40")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert run(laid, "ages", "--steps", "soon").returncode == 2


@pytest.mark.parametrize("unbuffered", spread(["", "1"], 1))
@pytest.mark.wide
def test_a_command_whose_reader_went_away_ends_quietly(laid: Path, run: _Run, unbuffered: str) -> None:
    run(laid, "clinic", "create", "--name", "Taos Clinic", "--phone", "505-555-0110")
    for words in (("clinic", "list"), ("audit", "verify")):
        environ = {**os.environ, "ECONSULT_DATA": str(laid), "PYTHONUNBUFFERED": unbuffered}
        reads, writes = os.pipe()
        os.close(reads)
        command = [sys.executable, "-m", "econsult", *words]
        with os.fdopen(writes, "wb") as nobody:
            done = subprocess.run(command, env=environ, stdout=nobody, stderr=subprocess.PIPE, check=False, timeout=60)
        assert (words, done.returncode, done.stderr) == (words, 141, b"")
