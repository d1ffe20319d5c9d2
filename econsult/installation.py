"""What one installation keeps: its secrets (made on first use, mode 0600) and the way to its records."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from econsult import (
    tables,  # noqa: F401 - declares every table, whichever module is asked for first.
    varied,
)
from econsult.billing.siterules import KEPT as BILLING_RULES
from econsult.billing.siterules import load_rules
from econsult.consults.asked import check_library
from econsult.consults.outcomes import AFTER
from econsult.database import Database, open_database
from econsult.engines import open_engine
from econsult.errors import SettingError
from econsult.people.ages import ZONE
from econsult.people.persons import Program
from econsult.settings import Settings
from econsult.templates.loading import KEPT, load_library
from econsult.trail import AuditChain
from econsult.vault import Vault
from storage.keys import FieldCipher, KeyRing, KeySource, WrongKey, generate, read_private
from storage.ringfile import RingFile

NOT_HERE = "The keys of this database are not here: see ECONSULT_KEYS and ECONSULT_DATA."
SIGNER_NOT_HERE = (
    "The secret that signs links and codes is not here: see ECONSULT_SECRET_KEY and ECONSULT_DATA. "
    "A new one, put into ECONSULT_SECRET_KEY, ends those that were given out."
)
OTHERS = "The keys are not those of this database: nothing in it opens with them. See ECONSULT_KEYS and ECONSULT_DATA."
EMPTY = "The database is empty: run `python -m econsult migrate`, or check ECONSULT_DATA and ECONSULT_DATABASE_URL."


@dataclass(frozen=True)
class Installation:
    """The database with the keys that open it. `secret_key` signs forms and cookies."""

    settings: Settings
    database: Database
    vault: Vault
    secret_key: str

    def close(self) -> None:
        self.database.close()


def open_installation(settings: Settings, *, signs: bool = True) -> Installation:
    """Read or make the secrets and open the database. Raises SettingError with one sentence where that cannot be.

    Only what `signs` links and codes needs the secret for them.
    """
    ring = _open_ring(settings)
    secret_key = _signer(settings) if signs else settings.secret_key
    library = load_library(settings.templates)
    check_library(library)
    rules = load_rules(settings.billing_rules)
    kept = {KEPT: library, ZONE: settings.time_zone, AFTER: settings.outcome_days, BILLING_RULES: rules}
    database = open_database(settings.database_url, FieldCipher(ring), kept)
    return Installation(settings, database, Vault(ring), secret_key)


def open_records(settings: Settings) -> Installation:
    """Open what is there and make nothing. Raises SettingError where there is no database, or not its keys."""
    url = make_url(settings.database_url)
    has_keys = bool(settings.keys) or (settings.data / "keys").exists()
    is_there = not _is_no_file(url)
    if not is_there:
        raise SettingError(EMPTY)
    if not has_keys:
        raise SettingError(NOT_HERE)
    return open_installation(settings, signs=False)


def check_ring(installation: Installation) -> None:
    """Raise SettingError where the keys open nothing of the programs that are there.

    One cell that is damaged keeps nobody out: a program's key and that of its trail are asked for of each. A database
    that does not answer yet, or has no tables, is asked by whoever needs it; and none is made by the look.
    """
    if _is_no_file(installation.database.engine.url):
        return
    with suppress(SQLAlchemyError), installation.database.reading() as session:
        programs = session.scalars(select(Program).where(Program.erased_at.is_(None))).all()
        if programs and not any(installation.vault.opens(each) or _opens_trail(session, each) for each in programs):
            raise SettingError(OTHERS)


def _opens_trail(session: Session, program: Program) -> bool:
    try:
        return session.scalar(select(AuditChain.key).where(AuditChain.program_id == program.id)) is not None
    except WrongKey:
        return False


def _holds_programs(url: str) -> bool:
    """Whether there is a database that some key has been made for; none is made by the look."""
    if _is_no_file(make_url(url)):
        return False
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT id FROM program LIMIT 1")).first() is not None
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _is_no_file(url: URL) -> bool:
    """Whether it is a SQLite database of which there is no file yet: to connect to it would make one."""
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def check_records(installation: Installation) -> None:
    """Raise SettingError where no table has been made yet."""
    if not inspect(installation.database.engine).has_table("alembic_version"):
        raise SettingError(EMPTY)


def _signer(settings: Settings) -> str:
    """What signs links and codes. A new one would end those that were given out, so a lost one is not made anew."""
    path = settings.data / "secret_key"
    if not settings.secret_key and not path.exists() and _holds_programs(settings.database_url):
        raise SettingError(SIGNER_NOT_HERE)
    secret_key = settings.secret_key or _kept_secret(path, lambda: secrets.token_urlsafe(48))
    return varied.secret_key("SECRET_KEY", secret_key or " ")


def _open_ring(settings: Settings) -> KeySource:
    """The ring: from its file, which may change while we run, or from the setting itself."""
    try:
        if settings.keys_file is None:
            return KeyRing.parse(settings.keys)
        if settings.keys_path is None:
            _make_keys(settings, settings.keys_file)
        return RingFile(settings.keys_file)
    except SettingError:
        raise
    except ValueError as error:
        raise SettingError(f"ECONSULT_KEYS cannot be used: {error}.") from None


def _make_keys(settings: Settings, path: Path) -> None:
    """Keys in the data folder, where there are none yet. Lost ones are not made anew: nothing would open by them."""
    if not path.exists() and _holds_programs(settings.database_url):
        raise SettingError(NOT_HERE)
    _kept_secret(path, generate)


def _kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, made first where there is none. Two processes that start together agree on one."""
    try:
        if not path.exists():
            _make_secret(path, make)
        return read_private(path).strip()
    except OSError as error:
        raise SettingError(f"The data folder cannot be used: {error.strerror}.") from None
    except ValueError as error:
        raise SettingError(f"{error}.") from None


def _make_secret(path: Path, make: Callable[[], str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
