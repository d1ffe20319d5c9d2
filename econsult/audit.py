"""Who did what to whose record, and when. Rows are only ever added; they hold ids and codes, never health data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant


class AuditEvent(Base):
    """One read or write. `entity` is a table's name, `entity_id` the row's public id, `purpose` a stable code."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_patient", "patient_id", "at"),)

    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    consult_id: Mapped[int | None] = mapped_column(ForeignKey("consult.id"))
    detail: Mapped[str] = mapped_column(String(120), default="")


def record(
    session: Session,
    action: str,
    entity: str,
    entity_id: str,
    *,
    now: datetime,
    person_id: int | None,
    patient_id: int | None = None,
    consult_id: int | None = None,
    detail: str = "",
) -> None:
    """Add one row in the transaction of the act itself; `detail` is a code, never what somebody wrote."""
    session.add(
        AuditEvent(
            at=now,
            person_id=person_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            patient_id=patient_id,
            consult_id=consult_id,
            detail=detail,
        )
    )


class Listed(Protocol):
    """What a list shows of one child: a consult, which this module cannot import because consults write audit rows."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def patient_id(self) -> int: ...


def record_list(session: Session, listed: Iterable[Listed], *, now: datetime, person_id: int) -> None:
    """Note that somebody was shown these consults in a list: one row each, in a single statement."""
    rows = [
        {
            "at": now,
            "person_id": person_id,
            "action": "list",
            "entity": "consult",
            "entity_id": each.public_id,
            "patient_id": each.patient_id,
            "consult_id": each.id,
        }
        for each in listed
    ]
    if rows:
        session.execute(insert(AuditEvent), rows)
