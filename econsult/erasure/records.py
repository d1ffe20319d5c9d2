"""The rows of the end of a record: a program's rule of retention, legal holds, and erasures that wait or were done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, PublicId, Sealed

HELD = text("lifted_at IS NULL")
WAITS = text("undone_at IS NULL AND done_at IS NULL")


class Basis(StrEnum):
    """Why a record is erased. `restored`: it had been, and an older copy of the database brought it back."""

    RETENTION = "retention"
    REQUEST = "request"
    MISTAKE = "mistake"
    ORDER = "order"
    PROGRAM = "program"
    RESTORED = "restored"


class RetentionRule(Base):
    """How long one program keeps records, where it says something else than the defaults."""

    __tablename__ = "retention_rule"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), unique=True)
    years: Mapped[int]
    age: Mapped[int]
    wait_days: Mapped[int]
    original_days: Mapped[int] = mapped_column(server_default="30")


class RetentionHold(PublicId, Base):
    """A legal hold on one child's record: while it lasts nothing of it is erased, whatever the rule says."""

    __tablename__ = "retention_hold"
    __table_args__ = (
        Index("uq_retention_hold_patient", "patient_id", unique=True, sqlite_where=HELD, postgresql_where=HELD),
        *in_program("retention_hold", patient_id="patient", placed_by_id="person", lifted_by_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    reason: Mapped[str] = mapped_column(Sealed("retention_hold.reason"))
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    placed_at: Mapped[datetime] = mapped_column(Instant)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)


class Erasure(PublicId, Base):
    """One erasure of a child's record, or of a whole program where `patient_id` is empty.

    It may be undone until `due_at`. `done_at` is when the keys were destroyed, `swept_at` when nothing was left in the
    store either.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index("uq_erasure_patient", "patient_id", unique=True, sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_erasure_due", "due_at", sqlite_where=WAITS, postgresql_where=WAITS),
        *in_program("erasure", patient_id="patient", asked_by_id="person", undone_by_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), index=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    basis: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Sealed("erasure.words"), default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    swept_at: Mapped[datetime | None] = mapped_column(Instant)
