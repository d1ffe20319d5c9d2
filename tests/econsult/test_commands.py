"""The operator's commands, run as a person runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def _run(data: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "econsult", *arguments],
        env={**os.environ, "ECONSULT_DATA": str(data)},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


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
