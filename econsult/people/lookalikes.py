"""How often somebody's entries were compared with other clinics' children and families, whose answer is yes or no about
people who are not theirs: by writing one name, or one address, after the other, a whole town could be asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant, changed_rows
from econsult.errors import TooManyTriesError
from econsult.people.patients import Patient, note_patient
from econsult.people.persons import Person

LOOKS, DAY = 20, timedelta(days=1)
"""So many names, birth dates and record numbers somebody puts right, and addresses of strangers they write down, in a
day before the desk is asked to go on."""


class LookElsewhere(Base):
    """One time that what somebody wrote down was compared with other clinics' children, or met their families."""

    __tablename__ = "look_elsewhere"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)


def count_look(session: Session, person: Person, child: Patient, now: datetime) -> None:
    """Count one more, before anything is looked for; the last one that is allowed leaves a row in the trail.

    The caller lets it be written either way. Raises TooManyTriesError.
    """
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    today = select(func.count(LookElsewhere.id)).where(
        LookElsewhere.person_id == person.id, LookElsewhere.at > now - DAY
    )
    looks = session.scalars(today).one() + 1
    if looks > LOOKS:
        raise TooManyTriesError
    session.add(LookElsewhere(person_id=person.id, at=now))
    if looks == LOOKS:
        note_patient(session, child, "look_often", now, person_id=person.id)


def sweep_looks(session: Session, now: datetime) -> int:
    """Remove what counts no more; returns how many."""
    return changed_rows(session.execute(delete(LookElsewhere).where(LookElsewhere.at <= now - DAY)))
