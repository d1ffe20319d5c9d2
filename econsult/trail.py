"""The audit trail: one chain of rows for each program, and its end.

Each row carries a number without gaps and a keyed hash (HMAC-SHA256) over itself and the hash before it; the end of
the chain is sealed beside it. Somebody who can write to the database but lacks the master keys cannot change, remove,
add or reorder a row without `econsult.trail_check` naming the place.
"""

from __future__ import annotations

import base64
import functools
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.bulk import insert_all
from econsult.database import Base, Instant, Sealed

START = ""
"""The hash before the first row."""
NAMED = ("person", "patient", "consult")
"""Whose program a row belongs to, in the order in which they are asked."""


class AuditEvent(Base):
    """One read or write. `entity` is a table's name, `entity_id` the row's public id, `detail` a stable code.

    `sequence` and `mac` (hex) are its place in the program's chain. Rows from before there was a chain have none until
    the program's next row adopts them.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_patient", "patient_id", "at"),
        Index("uq_audit_event_sequence", "program_id", "sequence", unique=True),
    )

    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    consult_id: Mapped[int | None] = mapped_column(ForeignKey("consult.id"))
    detail: Mapped[str] = mapped_column(String(120), default="")
    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    sequence: Mapped[int | None]
    mac: Mapped[str | None] = mapped_column(String(64))


class AuditChain(Base):
    """The end of a program's chain: its last number and hash, and a keyed hash over both. `key` keys all of them."""

    __tablename__ = "audit_chain"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), unique=True)
    key: Mapped[str] = mapped_column(Sealed("audit_chain.key"))
    sequence: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


COLUMNS = ("at", "person_id", "action", "entity", "entity_id", "patient_id", "consult_id", "detail")
"""What of a row its hash covers, beside its program and its number."""


def extend(session: Session, program_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Write these rows at the end of the program's chain, whose end stays locked until the transaction is over."""
    chain = _locked(session, program_id)
    key = chain_key(chain)
    for row in rows:
        row["sequence"] = chain.sequence = chain.sequence + 1
        row["mac"] = chain.mac = row_mac(key, chain.mac, row)
    chain.seal = end_seal(key, program_id, chain.sequence, chain.mac)
    insert_all(session, AuditEvent, rows)
    session.flush()


# Made once, and so is what is asked of each row: every act leaves one, and to put a statement together takes as long as
# to send it.
_END = (
    select(AuditChain)
    .where(AuditChain.program_id == bindparam("program"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def _locked(session: Session, program_id: int) -> AuditChain:
    """The chain's end, locked until the transaction is over; begun where the program has none yet."""
    chain = session.scalars(_END, {"program": program_id}).one_or_none()
    if chain is None:
        _begin(session, program_id)
        chain = session.scalars(_END, {"program": program_id}).one()
        if chain.sequence == 0:
            _adopt(session, chain)
    return chain


def _begin(session: Session, program_id: int) -> None:
    """Begin a chain; where another transaction has just begun it, its row stands."""
    key = secrets.token_bytes(32)
    values = {
        "program_id": program_id,
        "key": base64.b64encode(key).decode(),
        "sequence": 0,
        "mac": START,
        "seal": end_seal(key, program_id, 0, START),
    }
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(make(AuditChain).values(values).on_conflict_do_nothing())


def _adopt(session: Session, chain: AuditChain) -> None:
    """Take the rows from before there was a chain into it, oldest first."""
    key, changes = chain_key(chain), []
    known: dict[tuple[str, int], int] = {}
    old = select(AuditEvent).where(AuditEvent.sequence.is_(None)).order_by(AuditEvent.id)
    for event_row in session.scalars(old.execution_options(yield_per=1000)):
        row = {name: getattr(event_row, name) for name in COLUMNS}
        # The first program of an installation takes what names nobody: before there was a chain there was only one.
        names_anybody = any(row[f"{name}_id"] for name in NAMED)
        if names_anybody and program_of(session, row, known) != chain.program_id:
            continue
        chain.sequence += 1
        place = {"program_id": chain.program_id, "sequence": chain.sequence}
        chain.mac = row_mac(key, chain.mac, row | place)
        changes.append({"id": event_row.id, "mac": chain.mac, **place})
    if changes:
        session.execute(update(AuditEvent), changes)


def program_of(session: Session, row: Mapping[str, Any], known: dict[tuple[str, int], int]) -> int:
    """The program that the person, the child or the consult of a row belongs to; `known` keeps what was found.

    Raises ValueError for a row that names none of them.
    """
    for name in NAMED:
        number = row[f"{name}_id"]
        if number is None:
            continue
        if (name, number) not in known:
            known[name, number] = session.execute(_program_behind(name), {"number": number}).scalar_one()
        return known[name, number]
    raise ValueError(f"The audit row {row['action']} of {row['entity']} names no program.")


@functools.cache
def _program_behind(name: str) -> Select[int]:
    table = Base.metadata.tables[name]
    return select(table.c.program_id).where(table.c.id == bindparam("number"))


def row_mac(key: bytes, before: str, row: Mapping[Any, Any]) -> str:
    """The keyed hash of a row that follows the hash `before`."""
    values = [row["program_id"], row["sequence"], row["at"].astimezone(UTC).isoformat()]
    values += [row[name] for name in COLUMNS[1:]]
    return _mac(key, before, values)


def end_seal(key: bytes, program_id: int, sequence: int, mac: str) -> str:
    """The keyed hash of the end of a chain."""
    return _mac(key, "end", [program_id, sequence, mac])


def anchor_seal(key: bytes, program_id: int, sequence: int, mac: str) -> str:
    """The keyed hash of an anchor of that end: another than the end's own, which whoever reads anchors must not get."""
    return _mac(key, "anchor", [program_id, sequence, mac])


def keyed_line(key: bytes, purpose: str, values: Sequence[str]) -> str:
    """The keyed hash of a line in a file outside of the database; each `purpose` has hashes of its own."""
    return _mac(key, f"line:{purpose}", values)


def chain_key(chain: AuditChain) -> bytes:
    """The 32 bytes that key the hashes of this chain."""
    return base64.b64decode(chain.key)


def _mac(key: bytes, before: str, values: Sequence[Any]) -> str:
    message = json.dumps([before, *values], separators=(",", ":"), ensure_ascii=True)
    return hmac.digest(key, message.encode(), "sha256").hex()
