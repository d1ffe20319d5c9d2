"""Passkeys: keys that live in a person's phone, computer or security key, and sign what this site alone asks.

A false page gets nothing that works here: a browser signs the origin that it is at. Of a question at most a hash
is kept; it holds five minutes, in the browser that asked, and is used up by the first answer, right or wrong.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.database import Base, Instant, PublicId, changed_rows
from econsult.errors import NotFoundError
from econsult.people.persons import Person

MOST = 10


class Purpose(StrEnum):
    """What a question is for: another one's answer does not fit."""

    ADD = "add"
    ALONE = "alone"
    SECOND = "second"
    OWNER = "owner"


class Passkey(PublicId, Base):
    """One passkey of one person. `device` says in two words where it was made."""

    __tablename__ = "passkey"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    credential_id: Mapped[str] = mapped_column(Text)
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    device: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallenge(Base):
    """One question that waits for its answer; or, of nobody known (`person_id`), one that has had it."""

    __tablename__ = "passkey_challenge"

    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(100), index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)


def passkeys_of(session: Session, person: Person) -> list[Passkey]:
    """The person's passkeys, oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.person_id == person.id).order_by(Passkey.id)))


def has_passkeys(session: Session, person: Person) -> bool:
    return session.scalar(select(Passkey.id).where(Passkey.person_id == person.id).limit(1)) is not None


def remove(session: Session, person: Person, public_id: str, *, now: datetime) -> None:
    """Take one away. Raises NotFoundError for what is not this person's."""
    gone = delete(Passkey).where(Passkey.public_id == public_id, Passkey.person_id == person.id)
    if not changed_rows(session.execute(gone)):
        raise NotFoundError
    note_passkey(session, person, "remove_passkey", now)


def remove_all(session: Session, person: Person) -> int:
    """Take all away, for whoever runs the program; returns how many there were."""
    return changed_rows(session.execute(delete(Passkey).where(Passkey.person_id == person.id)))


def sweep_challenges(session: Session, now: datetime) -> int:
    """Remove questions that nobody may answer any more; returns how many."""
    return changed_rows(session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now)))


def note_passkey(session: Session, person: Person, action: str, now: datetime, *, detail: str = "") -> None:
    """Add the audit row of something that was done with somebody's passkeys."""
    audit.record(session, action, "person", person.public_id, now=now, person_id=person.id, detail=detail)
