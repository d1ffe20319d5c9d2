"""Who sent somebody of the desk away: whoever emptied a desk is the last to inherit it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, and_, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant
from econsult.people.persons import Person, Role
from econsult.rosters.shifts import is_away

HEIRS = (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN)
"""Who has the desk of a program: each of these while nobody before them is there."""


class SentAway(Base):
    """By whom somebody has no account any more (`ends_at` is empty), or is away, who comes before them at the desk."""

    __tablename__ = "sent_away"
    __table_args__ = in_program("sent_away", person_id="person", by_id="person")

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


def note_sent_away(session: Session, by: Person, person: Person, start: datetime, end: datetime | None) -> None:
    """Keep who did it, where the desk falls to them sooner by it; `end` is empty for an account that was closed."""
    ranks = {role: rank for rank, role in enumerate(HEIRS)}
    if person.role in ranks and by.role in ranks and ranks[Role(person.role)] < ranks[Role(by.role)]:
        parts = {"program_id": person.program_id, "person_id": person.id, "by_id": by.id}
        session.add(SentAway(**parts, starts_at=start, ends_at=end))
        session.flush()


def note_back(session: Session, person: Person) -> None:
    """Whose account is open again was closed by nobody."""
    session.execute(delete(SentAway).where(SentAway.person_id == person.id, SentAway.ends_at.is_(None)))


def who_emptied(session: Session, program_id: int, now: datetime) -> set[int]:
    """The people, by number, by whom somebody is not at this program's desk now."""
    is_closed = and_(SentAway.ends_at.is_(None), ~Person.is_active)
    query = select(SentAway.by_id).join(Person, Person.id == SentAway.person_id)
    query = query.where(SentAway.program_id == program_id, SentAway.starts_at <= now)
    return set(session.scalars(query.where(or_(is_closed, and_(SentAway.ends_at > now, is_away(now))))))
