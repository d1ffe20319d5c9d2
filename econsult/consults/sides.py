"""A question to a second specialist about a consult that somebody holds: its row, its ledger, and its end.

Whoever holds the consult stays responsible. The question has a clock of its own; it ends with its reply, when it is
taken back, and with the consult's own answer or end, and so does everything that the second specialist may read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.consults.records import Consult, note
from econsult.database import Base, Instant, PublicId

TARGET = timedelta(hours=24)
LADDER = (50, 75, 90, 100)
LATE_LEVEL = len(LADDER)
"""The step at which the 24 hours are over; each one after it is told a day later."""
DESK_LEVEL = LADDER.index(90) + 1
"""The step from which the desk is told as well, and sees it."""
OPEN_SIDE = text("state = 'open'")
WATCHED = text("next_at IS NOT NULL")


class SideState(StrEnum):
    OPEN = "open"
    REPLIED = "replied"
    TAKEN_BACK = "taken_back"
    OVER = "over"


class SideQuestion(PublicId, Base):
    """One question to a specialty, or to one person of it. Its words and its reply are messages among clinicians.

    `level` counts the steps that were told, `next_at` is the next one; NULL once it has ended.
    """

    __tablename__ = "side_question"
    __table_args__ = (
        Index("uq_side_question_open", "consult_id", unique=True, sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE),
        Index("ix_side_question_pool", "specialty", sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE),
        Index("ix_side_question_next", "next_at", sqlite_where=WATCHED, postgresql_where=WATCHED),
    )

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    state: Mapped[str] = mapped_column(String(16), default=SideState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    level: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_open(self) -> bool:
        return self.state == SideState.OPEN


class SideEvent(Base):
    """One line of its ledger: opened, taken, given back, reminded, late, replied, taken back, over."""

    __tablename__ = "side_event"
    __table_args__ = (UniqueConstraint("side_id", "kind", "level", name="uq_side_event"),)

    side_id: Mapped[int] = mapped_column(ForeignKey("side_question.id"))
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def step_at(side: SideQuestion, level: int) -> datetime:
    """When a step is told: by the ladder until the time is over, then once a day."""
    if level <= LATE_LEVEL:
        return side.opened_at + TARGET * LADDER[level - 1] / 100
    return side.due_at + TARGET * (level - LATE_LEVEL)


def side_of(session: Session, consult_id: int, *, is_locked: bool = False) -> SideQuestion | None:
    """The open question of a consult; at most one is open at a time."""
    query = select(SideQuestion).where(SideQuestion.consult_id == consult_id, SideQuestion.state == SideState.OPEN)
    if is_locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def sides_of(session: Session, consult_id: int) -> list[SideQuestion]:
    """All that were ever asked about a consult, the oldest first."""
    return list(
        session.scalars(select(SideQuestion).where(SideQuestion.consult_id == consult_id).order_by(SideQuestion.id))
    )


def log_side(session: Session, side: SideQuestion, kind: str, *, person_id: int | None, now: datetime) -> None:
    """Add a line; of one kind there may be several, which are counted."""
    same = (SideEvent.side_id == side.id, SideEvent.kind == kind)
    number = len(session.scalars(select(SideEvent.id).where(*same)).all())
    session.add(SideEvent(side_id=side.id, kind=kind, level=number, at=now, due_at=side.due_at, person_id=person_id))
    session.flush()


def end_side(session: Session, side: SideQuestion, state: SideState, *, person_id: int | None, now: datetime) -> None:
    """It is over, and nobody is told of it any more."""
    side.state, side.next_at, side.ended_at = state, None, now
    log_side(session, side, state, person_id=person_id, now=now)


def end_sides(session: Session, consult: Consult, *, person_id: int | None, now: datetime) -> None:
    """The consult was answered or ended: what was asked beside it is over too."""
    side = side_of(session, consult.id, is_locked=True)
    if side is not None:
        end_side(session, side, SideState.OVER, person_id=person_id, now=now)
        note(session, consult, "side_over", person_id=person_id, now=now, detail=side.specialty)
