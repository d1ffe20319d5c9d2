"""Every setting in one table: name, default and meaning. Read once, typed; a wrong value stops the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from econsult import environment, values, varied

PREFIX = values.PREFIX


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
        "AUDIT_ANCHORS",
        "",
        "Folder in which the ends of the audit trail are noted, and which records were erased; empty means in the data "
        "folder. Better a place where those who keep the database cannot write, and never a part of its backups.",
    ),
    Setting(
        "SECRET_KEY", "", "Signs forms and cookies; empty means a generated one, kept in the data folder.", secret=True
    ),
    Setting(
        "KEYS",
        "",
        "Key-encryption keys, one `id:base64` a line, the first is current; empty means generated, in the data folder. "
        "Only keys in a file can be rotated.",
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
    Setting(
        "MAIL_IN_ADDRESS", "", "Where clinicians send what `mail-in` takes; empty: no e-mail (docs/operations.md)."
    ),
    Setting("SMS_URL", "", "https://... of a gateway for text messages (docs/notices.md); empty means none."),
    Setting("SMS_TOKEN", "", "By which we show the gateway who we are (bearer token).", secret=True),
    Setting("SMS_HOOK_TOKEN", "", "By which the gateway shows us who it is; empty: it reports nothing.", secret=True),
    Setting("SMS_COUNTRIES", "US,PR,MX", "Countries whose numbers get text messages, by their two letters."),
    Setting(
        "BASE_URL",
        "http://localhost:8000",
        "Where people reach the pages; links in notices start with it. https://..., or http:// on localhost alone.",
    ),
    Setting("OUTCOME_DAYS", "21", "After so many days clinic and family are asked how it went; 0 asks nobody."),
    Setting("TIME_ZONE", "America/Denver", "The program's time zone, for people who have not chosen their own."),
    Setting("PROGRAM_NAME", "Mesa Children's Program", "The name that families see at the top of each page."),
    Setting(
        "HELP_PHONE",
        "505-555-0142",
        "The telephone number that families are told to call for help; ten digits, or + and the country's code.",
    ),
    Setting(
        "CONFINEMENT",
        values.CONFINEMENTS[1],
        "Least confinement in which files are decoded: landlock+seccomp, bubblewrap or rlimits; the demo takes any.",
    ),
    Setting(
        "SECOND_FACTOR",
        values.SECOND_FACTORS[0],
        "Whether staff must sign in with a second factor: required, or offered, which it always is in the demo.",
    ),
    Setting(
        "BREAK_GLASS",
        values.BREAK_GLASS[0],
        "Whether a child's name and birth date may open to a specialist at all: allowed (by exception, unless a "
        "program's privacy officer chooses else) or forbidden.",
    ),
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
    Setting("UPLOAD_HOURS", "72", "How long an unfinished upload is kept after its last byte, in hours."),
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
    Setting(
        "TEMPLATES",
        "",
        "Folder with a program's own questionnaires (JSON files), which are added to those in the house or take their "
        "place; empty means none. See docs/templates.md.",
    ),
    Setting(
        "BILLING_RULES",
        "",
        "File (.toml, else JSON) with a site's own billing rules: payers, modifiers, codes, days, idle minutes of the "
        "timer; empty means those of the house. See docs/billing.md.",
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
    audit_anchors: Path
    secret_key: str
    keys: str
    smtp_url: str
    mail_from: str
    mail_in_address: str
    sms_url: str
    sms_token: str
    sms_hook_token: str
    sms_countries: tuple[str, ...]
    base_url: str
    outcome_days: int
    time_zone: str
    program_name: str
    help_phone: str
    lease: timedelta
    job_attempts: int
    claim: timedelta
    first_reply: Mapping[str, timedelta]
    quiet_hours: tuple[int, int]
    http_threads: int
    upload_lives: timedelta
    connections_per_address: int
    proxy_hops: int
    clamd_url: str
    face_model: str = ""
    text_model: str = ""
    confinement: str = values.CONFINEMENTS[1]
    second_factor: str = values.SECOND_FACTORS[0]
    break_glass: str = values.BREAK_GLASS[0]
    templates: Path | None = None
    billing_rules: str = ""
    keys_path: Path | None = None
    is_demo: bool = False

    @property
    def keys_file(self) -> Path | None:
        """The file that holds the ring of master keys; None where the setting holds the keys themselves."""
        return self.keys_path if self.keys_path or self.keys else self.data / "keys"

    @property
    def outbox(self) -> Path:
        """Where notices are written as files when there is no SMTP server."""
        return self.data / "outbox"

    @property
    def help_number(self) -> str:
        """The help telephone as a `tel:` link takes it."""
        return values.dialled(self.help_phone)

    @property
    def needs_factor(self) -> bool:
        """Whether staff without a second factor can open nothing but its set-up."""
        return self.second_factor == values.SECOND_FACTORS[0]

    @property
    def lets_break_glass(self) -> bool:
        """Whether a child's name may be opened by exception."""
        return self.break_glass == values.BREAK_GLASS[0]

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def load_settings(environ: Mapping[str, str] | None = None, *, is_demo: bool = False) -> Settings:
    """Read the table from the environment. Raises SettingError with one sentence naming the setting that is wrong."""
    env = os.environ if environ is None else environ
    if not is_demo:
        environment.refuse_debugging(env)
    environment.refuse_misspelt(env, [setting.name for setting in SETTINGS], [s.name for s in SETTINGS if s.secret])
    raw = {each.name: environment.raw_value(env, each.name, each.default, each.secret) for each in SETTINGS}
    data = values.folder("DATA", raw["DATA"])
    return Settings(
        data=data,
        database_url=_checked(raw, "DATABASE_URL", values.database_url) or f"sqlite:///{data / 'econsult.sqlite3'}",
        redis_url=values.redis_url("REDIS_URL", raw["REDIS_URL"]),
        blobs_url=_checked(raw, "BLOBS_URL", values.blobs_url) or f"file://{data / 'blobs'}",
        staging=values.folder("STAGING", raw["STAGING"] or str(data / "staging")),
        audit_anchors=values.folder("AUDIT_ANCHORS", raw["AUDIT_ANCHORS"] or str(data / "anchors")),
        secret_key=varied.secret_key("SECRET_KEY", raw["SECRET_KEY"]),
        keys=values.key_ring("KEYS", raw["KEYS"]),
        smtp_url=values.smtp_url("SMTP_URL", raw["SMTP_URL"]),
        mail_from=values.mail_sender("MAIL_FROM", raw["MAIL_FROM"]),
        mail_in_address=_checked(raw, "MAIL_IN_ADDRESS", values.mail_sender),
        sms_url=values.gateway_url("SMS_URL", raw["SMS_URL"], raw["SMS_TOKEN"]),
        sms_token=values.bearer_token("SMS_TOKEN", raw["SMS_TOKEN"]),
        sms_hook_token=values.bearer_token("SMS_HOOK_TOKEN", raw["SMS_HOOK_TOKEN"]),
        sms_countries=values.countries("SMS_COUNTRIES", raw["SMS_COUNTRIES"]),
        base_url=values.web_address("BASE_URL", raw["BASE_URL"]),
        outcome_days=_number(raw, "OUTCOME_DAYS", 0, 365),
        time_zone=values.time_zone("TIME_ZONE", raw["TIME_ZONE"]),
        program_name=values.title("PROGRAM_NAME", raw["PROGRAM_NAME"]),
        help_phone=values.phone("HELP_PHONE", raw["HELP_PHONE"]),
        lease=timedelta(seconds=_number(raw, "LEASE_SECONDS", 2, 86_400)),
        job_attempts=_number(raw, "JOB_ATTEMPTS", 1, 100),
        claim=timedelta(minutes=_number(raw, "CLAIM_MINUTES", 1, 10_080)),
        first_reply=values.reply_targets("FIRST_REPLY_HOURS", raw["FIRST_REPLY_HOURS"]),
        quiet_hours=values.quiet_hours("QUIET_HOURS", raw["QUIET_HOURS"]),
        http_threads=_number(raw, "HTTP_THREADS", 2, 4096),
        upload_lives=timedelta(hours=_number(raw, "UPLOAD_HOURS", 1, 8760)),
        connections_per_address=_number(raw, "CONNECTIONS_PER_ADDRESS", 0, 1_000_000),
        proxy_hops=_number(raw, "PROXY_HOPS", 0, 16),
        clamd_url=values.clamd_url("CLAMD_URL", raw["CLAMD_URL"]),
        face_model=values.model_file("FACE_MODEL", raw["FACE_MODEL"]),
        text_model=values.model_file("TEXT_MODEL", raw["TEXT_MODEL"]),
        confinement=values.confinement("CONFINEMENT", raw["CONFINEMENT"], is_demo=is_demo),
        second_factor=values.second_factor("SECOND_FACTOR", raw["SECOND_FACTOR"], is_demo=is_demo),
        break_glass=values.break_glass("BREAK_GLASS", raw["BREAK_GLASS"]),
        templates=values.files_folder("TEMPLATES", raw["TEMPLATES"]),
        billing_rules=values.model_file("BILLING_RULES", raw["BILLING_RULES"]),
        keys_path=environment.secret_path(env, "KEYS"),
        is_demo=is_demo,
    )


def _checked(raw: Mapping[str, str], name: str, check: Callable[[str, str], str]) -> str:
    """The value where one is given; an empty one stands for the embedded default."""
    return check(name, raw[name]) if raw[name] else ""


def _number(raw: Mapping[str, str], name: str, least: int, most: int) -> int:
    return values.whole_number(name, raw[name], least, most)


def settings_table() -> str:
    """The table as Markdown, which `docs/settings.md` must contain word for word."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for setting in SETTINGS:
        name = f"`{PREFIX}{setting.name}`" + (f" or `{PREFIX}{setting.name}_FILE`" if setting.secret else "")
        lines.append(f"| {name} | {f'`{setting.default}`' if setting.default else '-'} | {setting.help} |")
    return "\n".join(lines) + "\n"
