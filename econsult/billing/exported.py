"""What files have told of a part: a figure that changes afterwards is seen, and never changes in silence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.records import Consult
from econsult.database import Base, Instant

PartKey = tuple[int, int, str, int]
"""A part: its consult (id), the version of its answer, its side, and whose it is (person id, 0 for nobody's)."""


class ExportedPart(Base):
    """The figures of one part as a file told them first; a row of its own for each figure that a later file told."""

    __tablename__ = "exported_part"
    __table_args__ = in_program("exported_part", consult_id="consult", person_id="person")

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    answer: Mapped[int]
    side: Mapped[str] = mapped_column(String(12))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    code: Mapped[str] = mapped_column(String(8))
    minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    exported_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def figures(self) -> tuple[str, int, str]:
        return self.code, self.minutes, self.state


def exported_of(session: Session, ids: Iterable[int]) -> dict[PartKey, ExportedPart]:
    """What the last file with another figure than those before told of each part of these consults."""
    query = select(ExportedPart).where(ExportedPart.consult_id.in_(set(ids))).order_by(ExportedPart.id)
    return {(row.consult_id, row.answer, row.side, row.person_id or 0): row for row in session.scalars(query)}


def keep_exported(session: Session, told: Iterable[tuple[PartKey, tuple[str, int, str]]], now: datetime) -> None:
    """Keep the figures (code, minutes, state) that a file is about to tell; as few statements for any number."""
    told = list(told)
    ids = {consult for (consult, *_rest), _figures in told}
    found = session.execute(select(Consult.id, Consult.program_id).where(Consult.id.in_(ids)))
    programs = {row.id: row.program_id for row in found}
    rows: list[dict[str, Any]] = [
        {
            "program_id": programs[consult],
            "consult_id": consult,
            "answer": answer,
            "side": side,
            "person_id": person or None,
            "code": code,
            "minutes": minutes,
            "state": state,
            "exported_at": now,
        }
        for (consult, answer, side, person), (code, minutes, state) in told
    ]
    if rows:
        session.execute(insert(ExportedPart), rows)
