"""A child who has died: the one fact that everybody asks before anything is written, sent or said to the family.

It is a row that stays; a mark that was a mistake is taken back and stays too. Whoever reads it takes no lock: what was
written a moment before is weighed again when it is sent (`consults.hearing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Select, bindparam, column, exists, select, table, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, Sealed
from econsult.errors import ForbiddenError
from econsult.family_notices import OF_THE_ACCOUNT
from econsult.notice_kinds import NoticeKind
from econsult.people.patients import Patient, RelatedPerson, day_of
from econsult.people.persons import HOUSEHOLD, Person
from econsult.picking import one_of

LATELY = timedelta(days=30)
"""For how long a mark is shown to those who were told of one."""
STANDS = text("taken_back_at IS NULL")
_CONSULT = table("consult", column("id", Integer), column("patient_id", Integer))
"""By its name: the consult's own modules stand on this one."""


class Death(Base):
    """That a child has died, as somebody of its medical home or of the desk wrote it down. The day may be unknown."""

    __tablename__ = "death"
    __table_args__ = (
        Index("uq_death_stands", "patient_id", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
        *in_program("death", patient_id="patient", noted_by_id="person", taken_back_by_id="person"),
        *in_program("death", closed_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    day_text: Mapped[str] = mapped_column("day", Sealed("death.day"), default="")
    noted_at: Mapped[datetime] = mapped_column(Instant)
    noted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The young person's own account, which the mark closed: nobody else comes in by it."""

    @property
    def day(self) -> date | None:
        """None where nobody knows it."""
        return day_of(self.day_text)


class AfterDeathError(ForbiddenError):
    """Nothing more is asked by, or of, the family of a child who has died, and nothing more is sent by it."""

    code = "after_death"

    def __init__(self) -> None:
        super().__init__("Nothing more is sent for this child. What is in the record stays open to the family.")


def death_of(session: Session, patient_id: int) -> Death | None:
    """The mark that stands, as it is in the database now."""
    query = select(Death).where(Death.patient_id == patient_id, Death.taken_back_at.is_(None))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def the_dead() -> Select[int]:
    """The numbers of the children who have died, for a condition on a child's number."""
    return select(Death.patient_id).where(Death.taken_back_at.is_(None))


_STANDS = select(exists().where(Death.patient_id == bindparam("child"), Death.taken_back_at.is_(None)))


def has_died(session: Session, patient_id: int) -> bool:
    """Whether the mark stands at this moment."""
    return bool(session.scalar(_STANDS, {"child": patient_id}))


def check_lives(session: Session, patient_id: int) -> None:
    """Raise AfterDeathError where the mark stands, for who holds the row of the child or of its request already."""
    if has_died(session, patient_id):
        raise AfterDeathError


def was_closed_by_death(session: Session, person: Person) -> bool:
    """Whether this is the own account of a young person whose mark of death stands."""
    return bool(session.scalar(select(exists().where(Death.closed_id == person.id, Death.taken_back_at.is_(None)))))


def died_among(session: Session, patient_ids: Collection[int]) -> set[int]:
    """Which of these children have died; one statement for any number."""
    return set(session.scalars(the_dead().where(Death.patient_id.in_(patient_ids)))) if patient_ids else set()


_DIED_BEHIND = select(_CONSULT.c.id).where(one_of(_CONSULT.c.id, "numbers"), _CONSULT.c.patient_id.in_(the_dead()))


def died_behind(session: Session, consult_ids: Collection[int]) -> set[int]:
    """Which of these consults are about a child who has died."""
    return set(session.scalars(_DIED_BEHIND, {"numbers": consult_ids})) if consult_ids else set()


def is_of_family(consult_id: InstrumentedAttribute[int | None], reader_id: InstrumentedAttribute[int]) -> Any:
    """The condition that a consult is about a child who has died, and its reader of a family."""
    lost = select(_CONSULT.c.id).where(_CONSULT.c.patient_id.in_(the_dead()))
    return consult_id.in_(lost) & reader_id.in_(select(Person.id).where(Person.role.in_(HOUSEHOLD)))


def hushed_among(session: Session, told: Iterable[tuple[Person, int | None]]) -> set[int]:
    """Of which of the consults of these readers no family may hear any more. Staff hear on."""
    return died_behind(session, {number for person, number in told if number and person.role in HOUSEHOLD})


def is_hushed(session: Session, person: Person, kind: str, consult_id: int | None, about: int | None = None) -> bool:
    """Whether nothing of this kind may reach this reader, since the child that it is about has died.

    `about` is the child where no consult says it. What is about neither and is not of the account itself reaches nobody
    who has lost a child here: a kind that nobody has thought about is silent.
    """
    if person.role not in HOUSEHOLD or kind in OF_THE_ACCOUNT:
        return False
    if consult_id is not None:
        return bool(died_behind(session, (consult_id,)))
    if about is not None:
        return has_died(session, about)
    if kind == NoticeKind.DIGEST:
        # It is what it gathered.
        return False
    mine = select(RelatedPerson.patient_id).where(RelatedPerson.person_id == person.id)
    return bool(session.scalar(select(exists().where(Death.patient_id.in_(mine), Death.taken_back_at.is_(None)))))


def refuse_after_death(session: Session, patient_id: int, *, is_asked: bool = True) -> None:
    """Raise AfterDeathError for what a family asks where its child has died; who marks it at this moment is waited for.

    With `is_asked` False it is what a clinic asks, which it may.
    """
    if not is_asked:
        return
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(Patient.id).where(Patient.id == patient_id).with_for_update(read=True))
    check_lives(session, patient_id)
