"""What a specialist may and can take: licences, languages, how much at once; and for whom somebody must not answer."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base


class Limits(Base):
    """One person's limits. Empty lists of codes mean "any"; a capacity of 0 means "no limit"."""

    __tablename__ = "practitioner_limits"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    capacity: Mapped[int] = mapped_column(default=0)
    states: Mapped[str] = mapped_column(String(200), default="")
    languages: Mapped[str] = mapped_column(String(80), default="")

    @property
    def told(self) -> str:
        """All of it in one line, by which a form says what its page showed."""
        return f"{self.states}|{self.languages}|{self.capacity}"

    def may_work_in(self, state: str) -> bool:
        return not self.states or not state or state in self.states.split(",")

    def speaks(self, language: str) -> bool:
        return not self.languages or not language or language in self.languages.split(",")


class Conflict(Base):
    """This person must not answer for this child, whatever the reason is."""

    __tablename__ = "conflict"
    __table_args__ = (
        *in_program("conflict", person_id="person", patient_id="patient"),
        UniqueConstraint("person_id", "patient_id", name="uq_conflict"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)


class FallbackPool(Base):
    """Who is asked when a specialty's own pool cannot: another specialty, in the order of `position`."""

    __tablename__ = "fallback_pool"
    __table_args__ = (UniqueConstraint("program_id", "specialty", "fallback", name="uq_fallback_pool"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    fallback: Mapped[str] = mapped_column(String(32))
    position: Mapped[int] = mapped_column(default=0)


def why_barred(limits: Limits | None, *, is_conflicted: bool, state: str, language: str) -> str:
    """Why this person may not take the request: a code, or nothing; one rule for router, ladder and forecast."""
    if is_conflicted:
        return "conflict"
    if limits is None:
        return ""
    if not limits.may_work_in(state):
        return "licence"
    return "" if limits.speaks(language) else "language"


_OF_PEOPLE = select(Limits).where(Limits.person_id.in_(bindparam("people", expanding=True)))
_CONFLICTED = select(Conflict.person_id).where(Conflict.patient_id == bindparam("child"))


def limits_of(session: Session, person_ids: Iterable[int]) -> dict[int, Limits]:
    """The limits by person; who has none is absent."""
    return {limits.person_id: limits for limits in session.scalars(_OF_PEOPLE, {"people": list(set(person_ids))})}


def conflicted(session: Session, patient_id: int) -> set[int]:
    """Who must not answer for the child."""
    return set(session.scalars(_CONFLICTED, {"child": patient_id}))


def fallbacks_of(session: Session, program_id: int, specialty: str) -> list[str]:
    """The specialties that stand in, first choice first."""
    query = select(FallbackPool.fallback).where(
        FallbackPool.program_id == program_id, FallbackPool.specialty == specialty
    )
    return list(session.scalars(query.order_by(FallbackPool.position, FallbackPool.id)))
