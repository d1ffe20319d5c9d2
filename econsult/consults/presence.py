"""Who looks at a consult right now: two people may look, and each sees the other."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.records import Consult
from econsult.database import Base, Instant
from econsult.people.persons import Person

HERE = timedelta(minutes=2)


class Presence(Base):
    """When somebody of the staff last had the consult open."""

    __tablename__ = "presence"
    __table_args__ = (
        UniqueConstraint("consult_id", "person_id", name="uq_presence"),
        *in_program("presence", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    seen_at: Mapped[datetime] = mapped_column(Instant, index=True)


def look(session: Session, consult: Consult, person: Person, now: datetime) -> list[Person]:
    """Note that this person looks at it; returns the others who do."""
    query = select(Presence).where(Presence.consult_id == consult.id, Presence.person_id == person.id)
    mine = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    if mine is None:
        session.add(Presence(consult_id=consult.id, person_id=person.id, seen_at=now))
    else:
        mine.seen_at = max(mine.seen_at, now)
    session.flush()
    others = select(Person).join(Presence, Presence.person_id == Person.id)
    others = others.where(Presence.consult_id == consult.id, Presence.seen_at > now - HERE, Person.id != person.id)
    return list(session.scalars(others.order_by(Person.id)))


def sweep_presence(session: Session, now: datetime) -> None:
    """Forget who looked a while ago."""
    session.execute(delete(Presence).where(Presence.seen_at <= now - HERE))
