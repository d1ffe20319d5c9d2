"""The demo's made-up people: everybody may become one of them, so no real program may hold any."""

from __future__ import annotations

import contextlib

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from econsult.database import Database, TextCipher
from econsult.errors import SettingError
from econsult.people.persons import person_by_email

DOMAIN = "demo.test"
PASSWORD = "mesa demo for everybody"  # noqa: S105 - printed by the demo, and refused wherever it is no demo.
FIRST = f"parent@{DOMAIN}"


def holds_made_up(session: Session, cipher: TextCipher) -> bool:
    """Whether the demo was told in this database."""
    return person_by_email(session, cipher, FIRST) is not None


def refuse_made_up(database: Database) -> None:
    """Raise SettingError where a program that is no demo would let the demo's people in. A database that does not
    answer yet is asked by whoever needs it."""
    with contextlib.suppress(SQLAlchemyError), database.reading() as session:
        if holds_made_up(session, database.cipher):
            raise SettingError(
                "This database holds the demo's made-up people, whose password anybody knows: "
                "start it with --demo, or choose another data folder."
            )
