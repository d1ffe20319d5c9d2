"""Keys that are lost, or another database's, are told of at the start, and none is made in their place."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from econsult import audit
from econsult.__main__ import main
from econsult.errors import SettingError
from econsult.installation import (
    NOT_HERE,
    OTHERS,
    SIGNER_NOT_HERE,
    Installation,
    check_ring,
    open_installation,
    open_records,
)
from econsult.settings import Settings, load_settings
from storage.keys import generate
from tests.schema import lay_schema

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a data folder in which a program has begun, with a row in its trail."""
    found = load_settings({"ECONSULT_DATA": str(tmp_path)})
    with_program = open_installation(found)
    lay_schema(with_program.database)
    with with_program.database.writing() as session:
        program = with_program.vault.add_program(session, "Mesa", NOW)
        audit.record(session, "create", "program", program.public_id, now=NOW, person_id=None, program_id=program.id)
    with_program.close()
    return found


def _checked(settings: Settings) -> Installation:
    found = open_installation(settings)
    try:
        check_ring(found)
    finally:
        found.close()
    return found


def test_keys_that_are_lost_are_not_made_anew(settings: Settings) -> None:
    assert _checked(settings)
    keys = settings.data / "keys"
    keys.rename(settings.data / "elsewhere")
    with pytest.raises(SettingError, match=f"^{re.escape(NOT_HERE)}$"):
        _checked(settings)
    assert not keys.exists()
    (settings.data / "elsewhere").rename(keys)
    assert _checked(settings)


def test_the_look_at_the_keys_makes_no_database(tmp_path: Path) -> None:
    assert _checked(load_settings({"ECONSULT_DATA": str(tmp_path)}))
    assert {path.name for path in tmp_path.iterdir()} == {"keys", "secret_key"}


def test_nor_is_the_secret_of_links_and_codes_not_by_a_command_either(settings: Settings) -> None:
    secret = settings.data / "secret_key"
    secret.unlink()
    open_records(settings).close()
    with pytest.raises(SettingError, match=f"^{re.escape(SIGNER_NOT_HERE)}$"):
        open_installation(settings)
    assert not secret.exists()
    open_installation(replace(settings, secret_key=secrets.token_hex(32))).close()


def test_the_keys_of_another_database_are_refused_and_one_damaged_cell_is_not(settings: Settings) -> None:
    other = load_settings({"ECONSULT_DATA": str(settings.data), "ECONSULT_KEYS": generate()})
    with pytest.raises(SettingError, match=f"^{re.escape(OTHERS)}$"):
        _checked(other)
    found = open_installation(settings)
    with found.database.writing() as session:
        session.execute(text("UPDATE program SET key_wrapped = x'00'"))
    check_ring(found)
    with found.database.writing() as session:
        session.execute(text("UPDATE audit_chain SET key = 'broken'"))
    with pytest.raises(SettingError, match=r"^The keys are not those"):
        check_ring(found)
    found.close()


def test_a_command_does_nothing_under_other_keys_but_tell_of_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECONSULT_DATA", str(settings.data))
    monkeypatch.setenv("ECONSULT_KEYS", generate())
    assert main(["clinic", "create", "--name", "Taos Clinic"]) == 1
    assert capsys.readouterr().err == f"{OTHERS}\n"
    assert main(["keys", "status"]) == 0
