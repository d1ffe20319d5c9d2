"""Settings are typed, and a wrong one stops the start with one sentence that names it."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from econsult.errors import SettingError
from econsult.installation import open_installation
from econsult.settings import load_settings


def test_everything_has_an_embedded_default(tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/econsult.sqlite3"
    assert settings.blobs_url == f"file://{tmp_path}/blobs"
    assert settings.first_reply == {
        "routine": timedelta(hours=24),
        "same_day": timedelta(hours=4),
        "urgent": timedelta(hours=1),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECONSULT_LEASE_SECONDS", "soon"),
        ("ECONSULT_LEASE_SECONDS", "1"),
        ("ECONSULT_JOB_ATTEMPTS", "-1"),
        ("ECONSULT_FIRST_REPLY_HOURS", "24,4"),
        ("ECONSULT_FIRST_REPLY_HOURS", "24,4,0"),
        ("ECONSULT_BASE_URL", "example.org"),
        ("ECONSULT_KEYS_FILE", "/nowhere/keys"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name}.*\.$"):
        load_settings({name: value})


def test_a_secret_comes_from_its_file_but_not_from_both(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s" * 40 + "\n")
    assert load_settings({"ECONSULT_SECRET_KEY_FILE": str(path)}).secret_key == "s" * 40
    with pytest.raises(SettingError, match="not both"):
        load_settings({"ECONSULT_SECRET_KEY_FILE": str(path), "ECONSULT_SECRET_KEY": "x"})


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)})
    first, second = open_installation(settings), open_installation(settings)
    assert first.secret_key == second.secret_key
    for name in ("keys", "secret_key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    first.close()
    second.close()


def test_a_key_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)})
    open_installation(settings).close()
    (tmp_path / "keys").chmod(0o644)
    with pytest.raises(SettingError):
        open_installation(settings)


@pytest.mark.parametrize(("name", "value"), [("ECONSULT_SECRET_KEY", "short"), ("ECONSULT_KEYS", "k1:not-base64")])
def test_a_weak_secret_or_a_broken_key_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        open_installation(load_settings({"ECONSULT_DATA": str(tmp_path), name: value}))
