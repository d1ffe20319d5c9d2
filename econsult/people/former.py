"""What stood in a child's record before it was put right. It rests sealed, and goes with the record.

Old photos, papers and texts still carry the old name or birth date: whatever covers what tells who a child is has to
know both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, SealedJson
from econsult.people.patients import Patient, day_of
from econsult.picking import one_of

PAGE = 10


class PatientCorrection(Base):
    """One time that somebody put details right. `was` has the old values of those that changed, by their names."""

    __tablename__ = "patient_correction"
    __table_args__ = in_program("patient_correction", patient_id="patient", by_id="person")

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    was: Mapped[dict[str, Any]] = mapped_column(SealedJson("patient_correction.was"))


@dataclass(frozen=True)
class Former:
    """What a child's record said before, and says no more."""

    names: tuple[str, ...] = ()
    nicknames: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


NOTHING = Former()


def keep_former(session: Session, patient: Patient, was: dict[str, str], by_id: int, now: datetime) -> None:
    """Keep these old values; the record has the new ones from now on, in a version of its own."""
    row = PatientCorrection(program_id=patient.program_id, patient_id=patient.id, by_id=by_id, at=now, was=was)
    session.add(row)
    patient.version += 1
    session.flush()


def corrections_of(session: Session, patient: Patient, *, before: int = 0) -> tuple[list[PatientCorrection], int]:
    """The newest of them, or the newest older ones than `before`; and what older ones come before, 0 for none."""
    query = select(PatientCorrection).where(PatientCorrection.patient_id == patient.id)
    query = query.where(PatientCorrection.id < before) if before else query
    found = list(session.scalars(query.order_by(PatientCorrection.id.desc()).limit(PAGE + 1)))
    shown = found[:PAGE]
    return shown, shown[-1].id if len(found) > PAGE else 0


_WAS = select(PatientCorrection.patient_id, PatientCorrection.was).where(
    one_of(PatientCorrection.patient_id, "children")
)


def former_of(session: Session, patient_ids: Iterable[int]) -> dict[int, Former]:
    """What the records of these children said before; those that were never put right are left out."""
    found: dict[int, list[dict[str, str]]] = {}
    for number, was in session.execute(_WAS, {"children": list(patient_ids)}):
        found.setdefault(number, []).append(was)
    return {number: _former(each) for number, each in found.items()}


def _former(rows: list[dict[str, str]]) -> Former:
    def said(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(was[name] for was in rows if was.get(name)))

    days = tuple(day for text in said("birth_date") if (day := day_of(text)) is not None)
    return Former(said("name"), said("nickname"), days, said("phone"), said("mrn"), said("email"))
