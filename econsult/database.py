"""The tables' common ground: types that seal, the transactions, and the schema. SQLite by default, PostgreSQL alike."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Result,
    String,
    Table,
    Text,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from econsult.engines import PATIENCE, open_engine
from econsult.errors import ConsultError
from econsult.keycheck import check_keys, unbound_keys
from econsult.turns import turns
from econsult.unreadable import moments, opened, opened_json

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


class TextCipher(Protocol):
    """Seals short texts for columns; `context` names the column, so a value cannot be moved to another one."""

    def seal(self, text: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str: ...

    def blind_index(self, text: str, context: str) -> str: ...

    def blind_indexes(self, text: str, context: str) -> list[str]: ...

    def is_current(self, sealed: str) -> bool: ...

    @property
    def ids(self) -> tuple[str, ...]: ...


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused instead of being guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def __init__(self, column: str = "") -> None:
        """`column` is `table.column`, which the table fills in."""
        super().__init__()
        self.column = column

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy passes it.
        return _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name != "sqlite":
            # Straight to it: a list reads a thousand moments, and the type's own way to them is twice as long.
            return _in_utc
        read = super().result_processor(dialect, coltype)
        return moments(read, self.column) if read is not None else None


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@event.listens_for(Table, "after_parent_attach")
def _name_instants(table: Table, _metadata: object) -> None:
    """Each moment of a table says in an error in which column it lies."""
    for column in table.columns:
        if isinstance(column.type, Instant):
            column.type = Instant(f"{table.name}.{column.name}")


class Sealed(TypeDecorator[str]):
    """A text that rests encrypted in its column; the key comes from the database that the session belongs to."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else cipher_on(dialect).seal(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else opened(cipher_on(dialect), value, self.context)


class SealedJson(TypeDecorator[dict[str, Any]]):
    """A JSON object that rests encrypted in its column."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return cipher_on(dialect).seal(json.dumps(value, ensure_ascii=False), self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else opened_json(cipher_on(dialect), value, self.context)


def cipher_on(dialect: Dialect) -> TextCipher:
    """What seals the columns of the database that a connection of this dialect leads to."""
    cipher: TextCipher = vars(dialect)["econsult_cipher"]
    return cipher


def cipher_of(session: Session) -> TextCipher:
    """What seals the columns of the database that a session belongs to."""
    return cipher_on(session.get_bind().dialect)


NO_KEY = {"key_share": True}
"""How rows are locked, here and as `with_for_update(key_share=True)`: audit rows and notices point to people, children
and consults, and PostgreSQL would let nobody add one while the whole row is locked. Two that each hold what the other
needs would wait for ever."""


class Base(DeclarativeBase):
    """All tables of all rooms: integer keys inside, random public ids outside."""

    id: Mapped[int] = mapped_column(primary_key=True)


def changed_rows(result: Result[Any]) -> int:
    """How many rows an UPDATE or a DELETE has changed."""
    return result.rowcount if isinstance(result, CursorResult) else 0


def new_public_id() -> str:
    return secrets.token_hex(16)


class PublicId:
    """A 128-bit random name for a record that URLs and other systems may carry."""

    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=new_public_id)


class Database:
    """One engine and its transactions. Sessions keep loaded values after commit, so pages render outside of them."""

    def __init__(self, engine: Engine, cipher: TextCipher, known: Mapping[str, Any] | None = None) -> None:
        self.engine = engine
        self.cipher = cipher
        info = dict(known or {})
        self._turns = turns(PATIENCE) if engine.dialect.name == "sqlite" else nullcontext
        self._sessions = sessionmaker(engine, expire_on_commit=False, info=info)
        read_only: dict[str, Any] = {"econsult_read_only": True}
        self._readers = sessionmaker(engine.execution_options(**read_only), expire_on_commit=False, info=info)
        by_itself = read_only | ({"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {})
        self._lookers = sessionmaker(engine.execution_options(**by_itself), expire_on_commit=False, info=info)

    def watch(self, listener: Callable[[ORMExecuteState], None]) -> None:
        """Call this with each statement about records, before it is sent."""
        for sessions in (self._sessions, self._readers, self._lookers):
            event.listen(sessions, "do_orm_execute", listener)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may write; it commits at the end of the block, or rolls back when the block raises."""
        with self._turns(), self._sessions() as session, session.begin() as transaction:
            try:
                yield session
            except ConsultError as error:
                # An emergency stop must leave its record behind although the request itself is refused.
                if error.is_recorded:
                    transaction.commit()
                raise

    @contextmanager
    def reading(self, *, is_whole: bool = True) -> Iterator[Session]:
        """A transaction that only reads, so it never waits for a writer; PostgreSQL opens none unless it `is_whole`."""
        with (self._readers if is_whole else self._lookers)() as session, session.begin():
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to `revision`; `base` removes everything."""
        if revision == "head" and self._is_newest():
            return
        # Only who migrates needs these modules; everybody else, and each later start, is a fifth of a second sooner.
        from alembic import command  # noqa: PLC0415

        config = alembic_config(self.engine.url.render_as_string(hide_password=False))
        with unbound_keys(self.engine) as connection, connection.begin():
            config.attributes["connection"] = connection
            if revision == "base" or revision.startswith("-"):
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
            check_keys(connection)

    def _is_newest(self) -> bool:
        """Whether the newest migration was the last that ran; the file names carry the revisions."""
        newest = max(path.stem[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
        with self.engine.execution_options(econsult_read_only=True).connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == [newest]

    def ping(self) -> None:
        """Raise OperationalError when the database does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()


def alembic_config(url: str) -> Config:
    """Alembic's settings for the database at `url`."""
    from alembic.config import Config  # noqa: PLC0415 - see `Database.migrate`.

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def open_database(url: str, cipher: TextCipher, known: Mapping[str, Any] | None = None) -> Database:
    """Open the database at `url`. Raises SettingError where the URL makes no sense or the folder cannot be made.

    Every session of it carries what is `known` of its installation besides the records.
    """
    engine = open_engine(url)
    vars(engine.dialect)["econsult_cipher"] = cipher
    return Database(engine, cipher, known)
