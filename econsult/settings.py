"""Every setting in one table: name, default and meaning. Read once, typed; a wrong value stops the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from econsult.errors import SettingError

PREFIX = "ECONSULT_"


@dataclass(frozen=True)
class Setting:
    """One line of the table. `secret` values may also come from a file named by `NAME_FILE` and are never printed."""

    name: str
    default: str
    help: str
    secret: bool = False


SETTINGS = (
    Setting("DATA", "./var", "Folder for everything the embedded mode keeps: database, blobs, staging, keys, Redis."),
    Setting(
        "DATABASE_URL",
        "",
        "SQLAlchemy URL; empty means SQLite in the data folder. postgresql+psycopg://... scales out.",
    ),
    Setting(
        "REDIS_URL", "", "redis:// or unix:// URL; empty means the embedded Redis, or polling SQL where there is none."
    ),
    Setting(
        "BLOBS_URL", "", "file:///..., s3://bucket?endpoint=... or minio://...; empty means files in the data folder."
    ),
    Setting(
        "STAGING",
        "",
        "Folder for uploads in progress, shared by all upload processes; empty means inside the data folder.",
    ),
    Setting(
        "SECRET_KEY", "", "Signs forms and cookies; empty means a generated one, kept in the data folder.", secret=True
    ),
    Setting(
        "KEYS",
        "",
        "Key-encryption keys, one `id:base64` a line, the first is current; empty means generated.",
        secret=True,
    ),
    Setting(
        "SMTP_URL",
        "",
        "smtp://user:password@host:port for notices; empty means files in the data folder's outbox.",
        secret=True,
    ),
    Setting(
        "MAIL_FROM",
        "eConsult <no-reply@localhost>",
        "Sender of notices; choose a name that does not reveal a condition.",
    ),
    Setting("BASE_URL", "http://localhost:8000", "Where people reach the pages; links in notices start with it."),
    Setting("TIME_ZONE", "America/Denver", "The program's time zone, for people who have not chosen their own."),
    Setting("PROGRAM_NAME", "Mesa Children's Program", "The name that families see at the top of each page."),
    Setting("HELP_PHONE", "505-555-0142", "The telephone number that families are told to call for help."),
    Setting("LEASE_SECONDS", "60", "How long a worker may be silent before its job is given to another."),
    Setting("JOB_ATTEMPTS", "4", "How often a job is tried before it is put aside for a person to look at."),
    Setting(
        "CLAIM_MINUTES", "30", "How long a specialist holds a consult without a saved draft; eight times that with one."
    ),
    Setting(
        "FIRST_REPLY_HOURS", "24,4,1", "Target of the first reply for routine, same-day and urgent consults, in hours."
    ),
    Setting(
        "QUIET_HOURS",
        "21-7",
        "Hours in which nobody is reminded, in each person's own time, urgent requests excepted; 0-0 for none.",
    ),
    Setting("HTTP_THREADS", "256", "Threads of an HTTP process; a slow phone that uploads holds one of them."),
    Setting(
        "CONNECTIONS_PER_ADDRESS",
        "128",
        "How many connections one address may hold at once; 0 for any number. Not counted behind proxies.",
    ),
    Setting(
        "CLAMD_URL",
        "",
        "unix:///path or tcp://host:port of a ClamAV daemon that looks at every file; empty means no scan. Let its "
        "StreamMaxLength, MaxScanSize and MaxFileSize be 2100M and AlertExceedsMax be yes.",
    ),
    Setting(
        "FACE_MODEL", "", "File of the face detector (CenterFace, ONNX); empty means the one that the set-up installed."
    ),
    Setting(
        "TEXT_MODEL", "", "File of the text detector (PP-OCRv6, ONNX); empty means the one that the set-up installed."
    ),
    Setting("PROXY_HOPS", "0", "How many reverse proxies stand in front and may set X-Forwarded-* headers."),
)


@dataclass(frozen=True)
class Settings:
    """All settings, typed. Paths are absolute; empty URLs have been replaced by their embedded defaults."""

    data: Path
    database_url: str
    redis_url: str
    blobs_url: str
    staging: Path
    secret_key: str
    keys: str
    smtp_url: str
    mail_from: str
    base_url: str
    time_zone: str
    program_name: str
    help_phone: str
    lease: timedelta
    job_attempts: int
    claim: timedelta
    first_reply: Mapping[str, timedelta]
    quiet_hours: tuple[int, int]
    http_threads: int
    connections_per_address: int
    proxy_hops: int
    clamd_url: str
    face_model: str = ""
    text_model: str = ""
    is_demo: bool = False

    @property
    def outbox(self) -> Path:
        """Where notices are written as files when there is no SMTP server."""
        return self.data / "outbox"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def load_settings(environ: Mapping[str, str] | None = None, *, is_demo: bool = False) -> Settings:
    """Read the table from the environment. Raises SettingError with one sentence naming the setting that is wrong."""
    env = os.environ if environ is None else environ
    raw = {setting.name: _raw_value(setting, env) for setting in SETTINGS}
    data = Path(raw["DATA"]).expanduser().resolve()
    return Settings(
        data=data,
        database_url=raw["DATABASE_URL"] or f"sqlite:///{data / 'econsult.sqlite3'}",
        redis_url=raw["REDIS_URL"],
        blobs_url=raw["BLOBS_URL"] or f"file://{data / 'blobs'}",
        staging=Path(raw["STAGING"]).resolve() if raw["STAGING"] else data / "staging",
        secret_key=raw["SECRET_KEY"],
        keys=raw["KEYS"],
        smtp_url=raw["SMTP_URL"],
        mail_from=raw["MAIL_FROM"],
        base_url=_base_url(raw["BASE_URL"]),
        time_zone=raw["TIME_ZONE"],
        program_name=raw["PROGRAM_NAME"],
        help_phone=raw["HELP_PHONE"],
        lease=timedelta(seconds=_whole_number("LEASE_SECONDS", raw, least=2)),
        job_attempts=_whole_number("JOB_ATTEMPTS", raw, least=1),
        claim=timedelta(minutes=_whole_number("CLAIM_MINUTES", raw, least=1)),
        first_reply=_reply_targets(raw["FIRST_REPLY_HOURS"]),
        quiet_hours=_quiet_hours(raw["QUIET_HOURS"]),
        http_threads=_whole_number("HTTP_THREADS", raw, least=2),
        connections_per_address=_whole_number("CONNECTIONS_PER_ADDRESS", raw, least=0),
        proxy_hops=_whole_number("PROXY_HOPS", raw, least=0),
        clamd_url=_clamd_url(raw["CLAMD_URL"]),
        face_model=raw["FACE_MODEL"],
        text_model=raw["TEXT_MODEL"],
        is_demo=is_demo,
    )


def _raw_value(setting: Setting, env: Mapping[str, str]) -> str:
    name = PREFIX + setting.name
    path = env.get(f"{name}_FILE", "") if setting.secret else ""
    if path and name in env:
        raise SettingError(f"Set {name} or {name}_FILE, not both.")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE cannot be read: {error.strerror}.") from None
    return env.get(name, setting.default)


def _whole_number(name: str, raw: Mapping[str, str], *, least: int) -> int:
    text = raw[name]
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise SettingError(f"{PREFIX}{name} must be a whole number of at least {least}, not {text!r}.")
    return int(text)


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise SettingError(f"{PREFIX}BASE_URL must start with http:// or https://, not {text!r}.")
    return text.rstrip("/")


def _clamd_url(text: str) -> str:
    parts = urlsplit(text)
    try:
        is_whole = (parts.scheme == "unix" and len(parts.path) > 1 and not parts.netloc) or (
            parts.scheme == "tcp" and bool(parts.hostname) and bool(parts.port)
        )
    except ValueError:
        is_whole = False
    if text and not is_whole:
        raise SettingError(f"{PREFIX}CLAMD_URL must be unix:///path or tcp://host:port, not {text!r}.")
    return text


def _reply_targets(text: str) -> Mapping[str, timedelta]:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise SettingError(f"{PREFIX}FIRST_REPLY_HOURS must be three whole numbers of hours, not {text!r}.")
    return dict(zip(("routine", "same_day", "urgent"), (timedelta(hours=int(part)) for part in parts), strict=True))


def _quiet_hours(text: str) -> tuple[int, int]:
    parts = text.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and int(part) < 24 for part in parts):
        raise SettingError(f"{PREFIX}QUIET_HOURS must be two hours such as 21-7, not {text!r}.")
    return int(parts[0]), int(parts[1])


def settings_table() -> str:
    """The table as Markdown, which `docs/settings.md` must contain word for word."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for setting in SETTINGS:
        name = f"`{PREFIX}{setting.name}`" + (f" or `{PREFIX}{setting.name}_FILE`" if setting.secret else "")
        lines.append(f"| {name} | {f'`{setting.default}`' if setting.default else '-'} | {setting.help} |")
    return "\n".join(lines) + "\n"
