"""Which specialties are watched for the moment at which the last one on duty goes home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant
from econsult.rosters.shifts import Shift, Span, spans

LOOK_EVERY = timedelta(minutes=1)
"""The roster may be changed, or an account closed, at any moment: each specialty is looked at this often anyway."""

BEYOND = 2 * LOOK_EVERY
"""A look that is planned farther ahead was planned by a clock that was wrong, not by one that is a second ahead."""


class CoverWatch(Base):
    """One specialty that has a roster. `gaps` counts how often cover ended; `after_id` is how far its alarm has got."""

    __tablename__ = "cover_watch"
    __table_args__ = (UniqueConstraint("program_id", "specialty", name="uq_cover_watch"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    is_covered: Mapped[bool] = mapped_column(default=True)
    gaps: Mapped[int] = mapped_column(default=0)
    after_id: Mapped[int | None]
    next_at: Mapped[datetime] = mapped_column(Instant)


def unwatched(session: Session) -> list[tuple[int, str]]:
    """Program and specialty of each roster that nobody watches yet."""
    same = (CoverWatch.program_id == Shift.program_id, CoverWatch.specialty == Shift.specialty)
    query = select(Shift.program_id, Shift.specialty).where(~exists().where(*same)).distinct()
    return [(program_id, specialty) for program_id, specialty in session.execute(query)]


def look_soon(session: Session, program_id: int, now: datetime) -> None:
    """The roster was changed: the next tick works out anew who is on duty, and until when."""
    later = (CoverWatch.program_id == program_id, CoverWatch.next_at > now)
    session.execute(update(CoverWatch).where(*later).values(next_at=now))


def look(session: Session, watch: CoverWatch, now: datetime) -> tuple[bool, datetime]:
    """Whether somebody is on duty, and when to look again: at the next edge of a shift, or after a minute."""
    found = spans(session, watch.program_id, watch.specialty, now, now + LOOK_EVERY)
    is_covered = any(span.start <= now for span in found)
    return is_covered, min([now + LOOK_EVERY, *(at for at in _edges(found) if at > now)])


def _edges(found: Sequence[Span]) -> list[datetime]:
    return [at for span in found for at in (span.start, span.end)]
