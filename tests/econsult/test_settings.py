"""Settings are typed, and a wrong one stops the start with one sentence that names it."""

from __future__ import annotations

import secrets
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from econsult.errors import SettingError
from econsult.installation import open_installation
from econsult.settings import SETTINGS, load_settings


def test_everything_has_an_embedded_default(tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/econsult.sqlite3"
    assert settings.blobs_url == f"file://{tmp_path}/blobs"
    assert settings.first_reply == {
        "routine": timedelta(hours=24),
        "same_day": timedelta(hours=4),
        "urgent": timedelta(hours=1),
    }


def test_debugging_is_for_the_demo_alone(tmp_path: Path) -> None:
    for value in ("", "0", "false"):
        assert load_settings({"ECONSULT_DATA": str(tmp_path), "FLASK_DEBUG": value}).data == tmp_path
    env = {"ECONSULT_DATA": str(tmp_path), "FLASK_DEBUG": "1"}
    assert load_settings(env, is_demo=True).data == tmp_path
    with pytest.raises(SettingError, match="FLASK_DEBUG"):
        load_settings(env)


WRONG = {
    "DATA": ["", "/dev/null", "/dev/null/x"],
    "DATABASE_URL": [
        "mysql://x",
        "zz",
        "postgresql://h:zz/d",
        "postgresql+psycopg2://h/d",
        "postgresql://h",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////tmp",
        "sqlite:////dev/null/x",
    ],
    "REDIS_URL": ["foo", "redis://", "redis://h:zz", "redis://h/zz", "unix://", "http://h", "redis://[", "redis://h:0"],
    "BLOBS_URL": ["zz", "ftp://x", "file://x", "file:///dev/null/x", "s3://", "s3://ab?x=1", "minio://h", "s3://["],
    "STAGING": ["/dev/null", "/dev/null/x"],
    "AUDIT_ANCHORS": ["/dev/null", "/dev/null/x"],
    "SECRET_KEY": [
        "short",
        "a" * 44,
        "ab" * 20,
        "0123456789" * 4,
        "correct horse " * 4,
        "abcdefghijklmnopqrstuvwxyz0123456789",
    ],
    "KEYS": ["k1:not-base64", "k1"],
    "SMTP_URL": ["zz", "localhost:25", "http://localhost", "smtp://", "smtp://h:port", "smtp://[", "smtp://h:99999"],
    "MAIL_FROM": ["", "zzz", "@x.org", "a@", "a@x.org, b@x.org", "A <a@x.org>\nBcc: b@x.org", "ñ@x.org"],
    "MAIL_IN_ADDRESS": ["zzz", "@x.org", "a@x.org, b@x.org", "ñ@x.org"],
    "SMS_URL": ["zz", "http://gateway.test/x", "https://", "https://u:p@h/x", "https://h/a b", "https://h/x"],
    "SMS_TOKEN": ["short", "sixteen letters and blanks", "ñ" * 20],
    "SMS_HOOK_TOKEN": ["short", "line\nbreak-1234567890"],
    "SMS_COUNTRIES": ["", "USA", "US;MX", "US,"],
    "BASE_URL": [
        "",
        "example.org",
        "ftp://h",
        "https://",
        "https://h/path",
        "https://h?q",
        "https://u:p@h",
        "https://h:zz",
        "https://[",
    ],
    "OUTCOME_DAYS": ["-1", "366", "three"],
    "TIME_ZONE": ["", "Mars/X", "America", "../etc/passwd", "/etc/passwd", "America/Denver\n"],
    "PROGRAM_NAME": ["", "  ", "a\nb", "x" * 121],
    "HELP_PHONE": ["", "abc", "505", "505-555-0142 x2", "25055550142", "++15055550142", "+1", "٥٠٥٥٥٥٠١٤٢"],
    "CONFINEMENT": ["", "trust", "Landlock+seccomp"],
    "SECOND_FACTOR": ["", "off", "Required", "no"],
    "BREAK_GLASS": ["", "yes"],
    "LEASE_SECONDS": ["soon", "1", "", "-5", "1.5", "9" * 20, "²", "86401"],
    "JOB_ATTEMPTS": ["-1", "0", "101"],
    "CLAIM_MINUTES": ["0", "never", "9" * 5000],
    "FIRST_REPLY_HOURS": ["", "24,4", "24,4,0", "²,4,1", "1,4,24", "99999,4,1"],
    "QUIET_HOURS": ["", "21", "21-24", "21-7-8", "²-7", "x-y"],
    "HTTP_THREADS": ["1", "4097"],
    "UPLOAD_HOURS": ["0", "some"],
    "CONNECTIONS_PER_ADDRESS": ["-1", "many"],
    "CLAMD_URL": ["zz", "tcp://h", "unix://", "tcp://[", "tcp://h:99999"],
    "FACE_MODEL": ["/nowhere/model.onnx", "/dev"],
    "TEXT_MODEL": ["/nowhere/model.onnx"],
    "TEMPLATES": ["/dev/null", "/nowhere/forms"],
    "BILLING_RULES": ["/nowhere/rules.toml", "/dev"],
    "PROXY_HOPS": ["-1", "17", "one"],
}


def test_every_setting_has_wrong_values() -> None:
    assert list(WRONG) == [setting.name for setting in SETTINGS]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^ECONSULT_{name}\b[^\n]*[.)]$|smtps://...$"):
        load_settings({"ECONSULT_DATA": str(tmp_path), f"ECONSULT_{name}": value})
    assert list(tmp_path.iterdir()) == []


RIGHT = {
    "DATABASE_URL": "postgresql+psycopg://u:p@h:5433/d",
    "REDIS_URL": "redis://:secret@h:6380/1",
    "SMTP_URL": "smtps://u:p%40@h",
    "MAIL_FROM": "no-reply@clinic.example",
    "BASE_URL": "https://clinic.example:8443/",
    "TIME_ZONE": "UTC",
    "HELP_PHONE": "+34 (91) 555 01 42",
    "PROGRAM_NAME": "Niños del Río",
    "FIRST_REPLY_HOURS": "24, 24, 1",
}


@pytest.mark.parametrize(("name", "value"), RIGHT.items())
def test_a_right_value_is_taken(tmp_path: Path, name: str, value: str) -> None:
    load_settings({"ECONSULT_DATA": str(tmp_path), f"ECONSULT_{name}": value})


@pytest.mark.parametrize(
    ("number", "link"),
    [("505-555-0142", "+15055550142"), ("1 (505) 555.0142", "+15055550142"), ("+34 91 555 01 42", "+34915550142")],
)
def test_the_help_number_can_be_dialled(number: str, link: str) -> None:
    assert load_settings({"ECONSULT_HELP_PHONE": number}).help_number == link


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_file_that_holds_nothing_readable_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SettingError, match=r"^ECONSULT_SECRET_KEY_FILE [^\n]*\.$"):
        load_settings({"ECONSULT_SECRET_KEY_FILE": str(path)})


def test_a_password_in_a_wrong_address_is_not_repeated() -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "BASE_URL"):
        with pytest.raises(SettingError) as caught:
            load_settings({f"ECONSULT_{name}": "zz://user:hunter2@host:zz/"})
        assert "hunter2" not in str(caught.value)


def test_a_secret_from_dice_passes_and_one_of_a_single_sign_is_told_why() -> None:
    rare = "4081604481660148064818400614864010648146"  # Five different digits: dice throw so few once in 4,000 million.
    assert load_settings({"ECONSULT_SECRET_KEY": rare}).secret_key == rare
    for _ in range(300):
        for made in (secrets.token_hex(16), secrets.token_urlsafe(32), str(secrets.randbelow(10**40)).zfill(40)):
            assert load_settings({"ECONSULT_SECRET_KEY": made}).secret_key == made
    with pytest.raises(SettingError, match="which anybody guesses: take 32 random bytes") as caught:
        load_settings({"ECONSULT_SECRET_KEY": "hunter2 " * 8})
    assert "hunter2" not in str(caught.value)


def test_a_secret_comes_from_its_file_but_not_from_both(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = secrets.token_hex(16)
    path.write_text(secret + "\n")
    path.chmod(0o640)
    assert load_settings({"ECONSULT_SECRET_KEY_FILE": str(path)}).secret_key == secret
    with pytest.raises(SettingError, match="not both"):
        load_settings({"ECONSULT_SECRET_KEY_FILE": str(path), "ECONSULT_SECRET_KEY": "x"})


@pytest.mark.parametrize("name", ["SECRET_KEY", "SMTP_URL"])
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_secret_file_that_others_may_read_or_change_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text("smtp://mail.example.test" if name == "SMTP_URL" else secrets.token_hex(16))
    path.chmod(mode)
    with pytest.raises(SettingError, match=rf"^ECONSULT_{name}_FILE cannot be used: .*chmod 600"):
        load_settings({f"ECONSULT_{name}_FILE": str(path)})


@pytest.mark.parametrize(
    "stopgap",
    [
        "dev-secret-key-change-me-in-production!!",
        "ChangeMe-3f9a1c77e0b24d5586fa1d20",
        "an-example-of-32-characters-or-so",
    ],
)
def test_the_stopgap_of_an_example_is_no_secret(stopgap: str) -> None:
    with pytest.raises(SettingError, match="stopgap of an example") as caught:
        load_settings({"ECONSULT_SECRET_KEY": stopgap})
    assert stopgap not in str(caught.value)


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


def test_a_kept_secret_that_was_cut_off_stops_the_start(tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)})
    open_installation(settings).close()
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(SettingError, match="SECRET_KEY"):
        open_installation(settings)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ECONSULT_FIRST_RELPY_HOURS", "ECONSULT_FIRST_REPLY_HOURS"),
        ("ECONSULT_DATABSE_URL", "ECONSULT_DATABASE_URL"),
        ("ECONSULT_KEYS_FLIE", "ECONSULT_KEYS_FILE"),
        ("ECONSULT_PORT", "PORT"),
    ],
)
def test_a_misspelt_name_stops_the_start_and_names_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} is no setting; did you mean {meant}\\?$"):
        load_settings({name: "4882"})


def test_names_that_an_orchestrator_sets_are_let_be() -> None:
    load_settings(
        {
            "ECONSULT_SERVICE_HOST": "10.0.0.1",
            "ECONSULT_PORT_8000_TCP_ADDR": "10.0.0.1",
            "ECONSULT_PORT": "tcp://10.0.0.1:80",
        }
    )
