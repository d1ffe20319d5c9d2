"""Which specialties are watched for the moment at which the last one on duty goes home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, exists, literal_column, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant
from econsult.people.persons import Person, PractitionerSpecialty, Program
from econsult.rosters.shifts import Span

LOOK_EVERY = timedelta(minutes=1)
"""The roster may be changed, or an account closed, at any moment: each specialty is looked at this often anyway."""

BEYOND = 2 * LOOK_EVERY
"""A look that is planned farther ahead was planned by a clock that was wrong, not by one that is a second ahead."""


class CoverWatch(Base):
    """One specialty of a program; the one without a name stands for its clinics, and for what its people hold.

    `people` is a word for who is there and what they may take, since `changed_at`; `after_id` is how far the look at
    what waits for them has got, where it is many.
    """

    __tablename__ = "cover_watch"
    __table_args__ = (UniqueConstraint("program_id", "specialty", name="uq_cover_watch"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    is_covered: Mapped[bool] = mapped_column(default=True)
    people: Mapped[str] = mapped_column(String(32), default="")
    changed_at: Mapped[datetime | None] = mapped_column(Instant)
    after_id: Mapped[int | None]
    next_at: Mapped[datetime] = mapped_column(Instant)


def is_unwatched() -> ColumnElement[bool]:
    """Whether there is a pool or a program that nobody watches yet, as a part of another statement."""
    return _UNWATCHED.exists() | _UNKNOWN.exists()


def unwatched(session: Session) -> list[tuple[int, str]]:
    """Program and specialty of each pool that nobody watches yet, with a roster or without; `CLINICS` for a program."""
    query = _UNWATCHED.distinct().order_by(Person.program_id, PractitionerSpecialty.specialty)
    programs = session.scalars(_UNKNOWN.order_by(Program.id))
    return [(number, CLINICS) for number in programs] + [(row[0], row[1]) for row in session.execute(query)]


_UNWATCHED = (
    select(Person.program_id, PractitionerSpecialty.specialty)
    .join(Person, Person.id == PractitionerSpecialty.person_id)
    .where(
        ~exists().where(
            CoverWatch.program_id == Person.program_id, CoverWatch.specialty == PractitionerSpecialty.specialty
        )
    )
)


CLINICS = ""
"""The name of the watch over a program's clinics, what its people hold, and what nobody may take."""
_UNKNOWN = select(Program.id).where(
    ~exists().where(CoverWatch.program_id == Program.id, CoverWatch.specialty == literal_column("''"))
)


def look_soon(session: Session, program_id: int, now: datetime) -> None:
    """The roster was changed: the next tick works out anew who is on duty, and until when.

    Whoever locks requests as well calls it before: the clock process has the watch first, and then the requests.
    """
    own = select(CoverWatch.id).where(CoverWatch.program_id == program_id).order_by(CoverWatch.id)
    session.execute(own.with_for_update())
    later = (CoverWatch.program_id == program_id, CoverWatch.next_at > now)
    session.execute(update(CoverWatch).where(*later).values(next_at=now))


def look(watch: CoverWatch, there: Sequence[Span], now: datetime) -> tuple[bool, datetime]:
    """Whether somebody is on duty, and when to look again: at the next edge of a shift, or after a minute.

    `there` says when whom of the pool is there within that minute.
    """
    if watch.specialty == CLINICS:
        return True, now + LOOK_EVERY
    is_covered = any(span.start <= now for span in there)
    edges = (at for span in there for at in (span.start, span.end) if at > now)
    return is_covered, min([now + LOOK_EVERY, *edges])
