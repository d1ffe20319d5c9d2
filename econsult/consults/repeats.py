"""Requests that a machine repeats because it did not hear the answer: the same key gives the same consult again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.records import Consult
from econsult.database import Base, Instant
from econsult.errors import InvalidError
from econsult.people.persons import Person

KEPT = timedelta(hours=24)


class RepeatKey(Base):
    """A key that somebody used for one consult. Key and body are kept as SHA-256 only."""

    __tablename__ = "repeat_key"
    __table_args__ = (
        UniqueConstraint("person_id", "key_hash", name="uq_repeat_key"),
        *in_program("repeat_key", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key_hash: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)


def find(session: Session, person: Person, key: str, body_hash: str, *, now: datetime) -> str | None:
    """The public id of the consult that this key made within a day. Raises InvalidError for another body.

    Until the transaction ends, nobody else uses a key of this person, so the same key twice at once is one consult.
    """
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    row = session.scalars(_known(person, key).where(RepeatKey.created_at > now - KEPT)).one_or_none()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise InvalidError(
            "This Idempotency-Key was used for another request.", {"Idempotency-Key": "used_for_another_request"}
        )
    return session.get_one(Consult, row.consult_id).public_id


def remember(session: Session, person: Person, key: str, body_hash: str, consult: Consult, *, now: datetime) -> None:
    """Keep what the key made, instead of an older use of it."""
    old = delete(RepeatKey).where(RepeatKey.person_id == person.id, RepeatKey.key_hash == _hashed(key))
    session.execute(old)
    session.add(
        RepeatKey(
            person_id=person.id, key_hash=_hashed(key), body_hash=body_hash, consult_id=consult.id, created_at=now
        )
    )
    session.flush()


def _known(person: Person, key: str) -> Select[RepeatKey]:
    return select(RepeatKey).where(RepeatKey.person_id == person.id, RepeatKey.key_hash == _hashed(key))


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
