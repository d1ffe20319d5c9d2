"""What a setting may hold: one reader per kind of value. Each returns the checked value or raises SettingError.

A value that would only fail later, in front of a family, must stop the start instead. Sentences repeat a value only
where it cannot hold a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from econsult.errors import SettingError
from storage.blobs import check_address
from storage.keys import KeyRing, read_private

PREFIX = "ECONSULT_"
CONFINEMENTS = ("rlimits", "bubblewrap", "landlock+seccomp")
"""How untrusted files may be shut in while they are decoded, from the weakest on."""
SECOND_FACTORS = ("required", "offered")
"""Whether staff must have a second factor before anything opens."""
BREAK_GLASS = ("allowed", "forbidden")
"""Whether a specialist may open a child's name for an hour."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
LONGEST_NAME = 120
FEWEST_DIGITS = 7
_PHONE = re.compile(r"\+?[0-9(][0-9 ().-]*[0-9]")


def read_secret(name: str, path: str) -> str:
    """The content of the file that `NAME_FILE` names; an empty one is a mistake, not a wish for a generated value.

    Raises SettingError for one that everybody on this machine may read, or others may change, too.
    """
    try:
        text = read_private(Path(path)).strip()
    except UnicodeDecodeError:
        raise SettingError(f"{name}_FILE cannot be read: it is no text.") from None
    except ValueError as error:
        raise SettingError(f"{name}_FILE cannot be used: {error}.") from None
    if not text:
        raise SettingError(f"{name}_FILE names a file that is empty.")
    return text


def folder(name: str, text: str) -> Path:
    """An absolute folder that is there, or that can be made where it is to be."""
    if not text.strip():
        raise SettingError(f"{PREFIX}{name} must name a folder.")
    path = Path(text).expanduser().resolve()
    nearest = next(place for place in (path, *path.parents) if place.exists())
    if not nearest.is_dir():
        raise SettingError(f"{PREFIX}{name} must name a folder, and there is a file in its place.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise SettingError(f"{PREFIX}{name} names a folder that cannot be written.")
    return path


def model_file(name: str, text: str) -> str:
    """The path of a file that can be read, or nothing."""
    if text and not (Path(text).is_file() and os.access(text, os.R_OK)):
        raise SettingError(f"{PREFIX}{name} must name a file that can be read.")
    return text


def confinement(name: str, text: str, *, is_demo: bool) -> str:
    """One of the levels. The demo's files are all drawn by the house itself, so any level will do for them."""
    if text not in CONFINEMENTS:
        raise SettingError(f"{PREFIX}{name} must be one of {', '.join(CONFINEMENTS)}, not {text!r}.")
    return CONFINEMENTS[0] if is_demo else text


def second_factor(name: str, text: str, *, is_demo: bool) -> str:
    """Required or offered. Nobody is who they say in a demo, so there it is offered alone."""
    if text not in SECOND_FACTORS:
        raise SettingError(f"{PREFIX}{name} must be {' or '.join(SECOND_FACTORS)}, not {text!r}.")
    return SECOND_FACTORS[1] if is_demo else text


def break_glass(name: str, text: str) -> str:
    """Allowed or forbidden."""
    if text not in BREAK_GLASS:
        raise SettingError(f"{PREFIX}{name} must be {' or '.join(BREAK_GLASS)}, not {text!r}.")
    return text


def whole_number(name: str, text: str, least: int, most: int) -> int:
    """A number between two bounds, both allowed."""
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise SettingError(f"{PREFIX}{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def reply_targets(name: str, text: str) -> Mapping[str, timedelta]:
    """Three numbers of hours, from the calmest to the most urgent; none may be longer than the one before."""
    parts = [part.strip() for part in text.split(",")]
    hours = [int(part) for part in parts if re.fullmatch("[0-9]{1,4}", part) and int(part) > 0]
    if len(parts) != 3 or len(hours) != 3 or hours != sorted(hours, reverse=True):
        raise SettingError(f"{PREFIX}{name} must be three whole numbers of hours, the longest first, not {text!r}.")
    return dict(zip(("routine", "same_day", "urgent"), (timedelta(hours=part) for part in hours), strict=True))


def quiet_hours(name: str, text: str) -> tuple[int, int]:
    """The hour in which the quiet begins and the one in which it ends."""
    found = re.fullmatch("([0-9]{1,2})-([0-9]{1,2})", text)
    hours = tuple(int(part) for part in found.groups()) if found else ()
    if len(hours) != 2 or max(hours) > 23:
        raise SettingError(f"{PREFIX}{name} must be two hours such as 21-7, not {text!r}.")
    return hours[0], hours[1]


def time_zone(name: str, text: str) -> str:
    """The name of a zone that this machine knows."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise SettingError(f"{PREFIX}{name} must be a time zone such as America/Denver, not {text!r}.") from None
    return text


def title(name: str, text: str) -> str:
    """A name that people can read."""
    if not 1 <= len(text.strip()) <= LONGEST_NAME or not text.isprintable():
        raise SettingError(f"{PREFIX}{name} must be a name of 1 to {LONGEST_NAME} letters.")
    return text.strip()


def phone(name: str, text: str) -> str:
    """A telephone number that a phone can call: ten digits, or a country code after a plus."""
    count = sum(char.isdigit() for char in text)
    is_number = _PHONE.fullmatch(text) is not None
    if not is_number or not (8 <= count <= 15 if text.startswith("+") else count in {10, 11}):
        raise SettingError(f"{PREFIX}{name} must be a telephone number such as 505-555-0142, not {text!r}.")
    if count == 11 and not text.startswith(("1", "+")):
        raise SettingError(f"{PREFIX}{name} must begin with + and the country's code, not {text!r}.")
    return text


def has_digits(number: str) -> bool:
    """Whether a number, as it was typed, has as many digits as one that anybody can call."""
    return sum(sign.isdigit() for sign in number) >= FEWEST_DIGITS


def dialled(number: str) -> str:
    """The number as a `tel:` link takes it. One without a country code is of the North American plan."""
    digits = re.sub("[^0-9]", "", number)
    return f"+{digits}" if number.startswith("+") or len(digits) == 11 else f"+1{digits}"


def mail_sender(name: str, text: str) -> str:
    """One mailbox, with or without a name before it."""
    try:
        message = EmailMessage()
        message["From"] = text
        (address,) = message["From"].addresses
    except (ValueError, IndexError):
        address = Address()
    if not (address.username and address.domain) or message["From"].defects or not address.addr_spec.isascii():
        raise SettingError(f"{PREFIX}{name} must be one e-mail address, such as Clinic <clinic@example.org>.")
    return text


def web_address(name: str, text: str) -> str:
    """Where the pages are: https, or plain http on this machine itself, because no cookie would be safe elsewhere."""
    parts = _split(text)
    is_whole = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    if parts is None or not is_whole or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingError(f"{PREFIX}{name} must be https://host or https://host:port.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingError(f"{PREFIX}{name} must start with https:// (plain http is for localhost alone).")
    return text.rstrip("/")


def database_url(name: str, text: str) -> str:
    """An address that SQLAlchemy reads, of a database that this program knows, kept where every process sees it."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingError(f"{PREFIX}{name} is not a database URL.") from None
    if url.drivername not in DRIVERS:
        raise SettingError(f"{PREFIX}{name} must be sqlite:/// or postgresql+psycopg://.")
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:" or Path(url.database).is_dir():
            raise SettingError(f"{PREFIX}{name} must name a file: sqlite:////folder/file.")
        folder(name, str(Path(url.database).parent))
    elif not url.database:
        raise SettingError(f"{PREFIX}{name} must name a database: postgresql+psycopg://host/name.")
    return text


def files_folder(name: str, text: str) -> Path | None:
    """An absolute folder that is there, or nothing."""
    if not text:
        return None
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise SettingError(f"{PREFIX}{name} must name a folder that is there.")
    return path


def redis_url(name: str, text: str) -> str:
    """The address of a Redis, or nothing."""
    parts = _split(text)
    is_whole = parts is not None and (
        (parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and re.fullmatch("/?[0-9]*", parts.path))
        or (parts.scheme == "unix" and len(parts.path) > 1)
    )
    if text and not is_whole:
        raise SettingError(f"{PREFIX}{name} must be redis://host:port, rediss://host:port or unix:///path.")
    return text


def blobs_url(name: str, text: str) -> str:
    """The address of a blob store; whether it answers is asked later."""
    try:
        check_address(text)
    except ValueError as error:
        raise SettingError(f"{PREFIX}{name}: {error}.") from None
    except OSError as error:
        raise SettingError(f"{PREFIX}{name}: the credentials cannot be read: {error.strerror}.") from None
    if text.startswith("file:"):
        folder(name, urlsplit(text).path)
    return text


def clamd_url(name: str, text: str) -> str:
    """The address of a virus scanner, or nothing."""
    parts = _split(text)
    is_whole = parts is not None and (
        (parts.scheme == "unix" and len(parts.path) > 1 and not parts.netloc)
        or (parts.scheme == "tcp" and bool(parts.hostname) and bool(parts.port))
    )
    if text and not is_whole:
        raise SettingError(f"{PREFIX}{name} must be unix:///path or tcp://host:port, not {text!r}.")
    return text


def smtp_url(name: str, text: str) -> str:
    """The address of a mail server, or nothing."""
    parts = _split(text)
    if text and not (parts is not None and parts.scheme in {"smtp", "smtps"} and parts.hostname):
        raise SettingError(f"{PREFIX}{name} must be smtp://[user:password@]host[:port] or smtps://...")
    return text


def gateway_url(name: str, text: str, token: str) -> str:
    """The address of a gateway for text messages, or nothing; in plain http on this machine alone."""
    parts = _split(text)
    is_whole = parts is not None and bool(parts.hostname) and not parts.username and not parts.fragment
    is_safe = parts is not None and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))
    if text and not (is_whole and is_safe and text.isascii() and text.isprintable() and " " not in text):
        raise SettingError(f"{PREFIX}{name} must be https://host/path (plain http is for localhost alone).")
    if text and not token:
        raise SettingError(f"{PREFIX}{name} needs {PREFIX}SMS_TOKEN as well.")
    return text


def bearer_token(name: str, text: str) -> str:
    """A token as it may stand in a header, or nothing."""
    if text and not re.fullmatch("[A-Za-z0-9._~+/=-]{16,}", text):
        raise SettingError(f"{PREFIX}{name} must have at least 16 letters, digits or signs of ._~+/=- and no blanks.")
    return text


def countries(name: str, text: str) -> tuple[str, ...]:
    """Codes of countries such as US, at least one."""
    found = tuple(part.strip().upper() for part in text.split(","))
    if not all(re.fullmatch("[A-Z]{2}", part) for part in found):
        raise SettingError(f"{PREFIX}{name} must be codes of countries such as US,MX, not {text!r}.")
    return found


def key_ring(name: str, text: str) -> str:
    """Key-encryption keys, or nothing."""
    try:
        if text:
            KeyRing.parse(text)
    except ValueError as error:
        raise SettingError(f"{PREFIX}{name} cannot be used: {error}.") from None
    return text


def _split(text: str) -> SplitResult | None:
    """The parts of an address whose port, if there is one, is a port; None for what is no address."""
    try:
        parts = urlsplit(text)
        has_port = parts.port != 0
    except ValueError:
        return None
    return parts if has_port else None
