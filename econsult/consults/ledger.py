"""The tables of the promise: one row per clock and cycle, and the append-only ledger of what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.codes import Code
from econsult.consults.records import Kind
from econsult.database import Base, Instant

PAUSE = "pause"
"""The reason of a line `recomputed` that moved only the longest end of the pause that a clock is in."""

LATE = timedelta(seconds=30)
"""A step that is noticed so much later than it was due is marked late."""
DIED = "child_died"
"""Why a clock that was owed to a family has ended: the child has died."""
OFFERED_ANEW = ("offered_again", "cover_came")
"""A request that is offered anew goes on waiting to be taken: whoever waits for it has waited since the first time."""


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Clock(Base):
    """One clock of one cycle. While paused, `deadline_at` is where it would end if it resumed at `paused_at`.

    `target_seconds` is what was promised net of pauses, `fired_level` the highest step of the ladder that has fired,
    `lane` the audience that waits for a next reply.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("consult_id", "name", "cycle", name="uq_clock_cycle"),
        Index(
            "ix_clock_open",
            "consult_id",
            sqlite_where=text("state <> 'stopped'"),
            postgresql_where=text("state <> 'stopped'"),
        ),
    )

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    name: Mapped[str] = mapped_column(String(24))
    cycle: Mapped[int]
    lane: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(Code(16), default=ClockState.RUNNING)
    started_at: Mapped[datetime] = mapped_column(Instant)
    target_seconds: Mapped[int]
    deadline_at: Mapped[datetime] = mapped_column(Instant)
    fired_level: Mapped[int] = mapped_column(default=0)
    pauses: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_until: Mapped[datetime | None] = mapped_column(Instant)
    paused_reason: Mapped[str | None] = mapped_column(String(32))
    is_reminded: Mapped[bool] = mapped_column(default=False)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    is_breached: Mapped[bool] = mapped_column(default=False)


class ClockEvent(Base):
    """One line of the ledger. `level` makes each step of the ladder possible once; `sequence` counts pauses.

    `specialty`, `site` (the number of a clinic) and `language` are what `Asked` says, of a cycle that starts or goes on
    with others. They are NULL on other lines, and where nobody wrote them down.
    `at` is when it was noticed and `due_at` when it should have been; `is_late` says that these are far apart. Of a
    pause, and where a newer policy moves its end, `due_at` is until when it may last. Of a cycle that starts, goes on
    by another ladder or runs on after all, `reason` is the ladder, so that a step which is gone is missed.
    """

    __tablename__ = "clock_event"
    __table_args__ = (
        UniqueConstraint("consult_id", "name", "cycle", "kind", "level", "sequence", name="uq_clock_event"),
        Index("ix_clock_event_at", "at"),
    )

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    name: Mapped[str] = mapped_column(String(24))
    cycle: Mapped[int]
    lane: Mapped[str] = mapped_column(String(16), default="")
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    deadline_at: Mapped[datetime] = mapped_column(Instant)
    target_seconds: Mapped[int] = mapped_column(default=0)
    is_late: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(32), default="")
    specialty: Mapped[str | None] = mapped_column(String(32))
    site: Mapped[int | None]
    language: Mapped[str | None] = mapped_column(String(8))


class Asked(NamedTuple):
    """Who is asked, and for whom: what figures are split by, as it was at the time.

    The specialty is empty for the medical home; the site is a clinic by its number, None where the child has none.
    Specialty and language are None where nobody wrote them down; the site is as well known as the language.
    """

    specialty: str | None
    site: int | None
    language: str | None

    def known(self) -> dict[str, str | int | None]:
        """What was written down of it, by name."""
        found: dict[str, str | int | None] = {} if self.specialty is None else {"specialty": self.specialty}
        return found if self.language is None else {**found, "site": self.site, "language": self.language}


class Asking(Protocol):
    """What says whom a consult asks: the record, or a plain row of it."""

    @property
    def kind(self) -> str: ...
    @property
    def specialty(self) -> str | None: ...
    @property
    def organization_id(self) -> int | None: ...
    @property
    def language(self) -> str: ...


def asked_of(consult: Asking) -> Asked:
    """Who is asked now, and in which language the family reads."""
    specialty = "" if consult.kind == Kind.FAMILY_QUESTION else consult.specialty or ""
    return Asked(specialty, consult.organization_id, consult.language)


def ladder_text(ladder: Sequence[int]) -> str:
    """The levels of a ladder as a line of the ledger says them; ten of them, as many as there may be, fit in it."""
    return ",".join(map(str, ladder))


@lru_cache(maxsize=256)
def ladder_in(reason: str) -> tuple[int, ...]:
    """The levels that such a line says; none where it says something else, as lines of before November 2026 do."""
    levels = reason.split(",")
    return tuple(map(int, levels)) if all(level.isdecimal() for level in levels) else ()


def count_lines(session: Session, clock: Clock, kind: str) -> int:
    """How many lines of this kind the ledger has of this cycle."""
    same = (ClockEvent.consult_id == clock.consult_id, ClockEvent.name == clock.name, ClockEvent.cycle == clock.cycle)
    return session.scalars(select(func.count(ClockEvent.id)).where(*same, ClockEvent.kind == kind)).one()


def log(
    session: Session,
    clock: Clock,
    kind: str,
    at: datetime,
    *,
    reason: str = "",
    person_id: int | None = None,
    sequence: int | None = None,
    level: int = 0,
    asked: Asked | None = None,
) -> None:
    """Add a line to the ledger; `sequence` numbers what can come more than once in a cycle.

    With a `level` it is a step of the ladder, which was due at the deadline. A pause is due to end when it may last no
    longer.
    """
    session.add(
        ClockEvent(
            consult_id=clock.consult_id,
            name=clock.name,
            cycle=clock.cycle,
            lane=clock.lane,
            kind=kind,
            level=level,
            sequence=_sequence(clock, kind) if sequence is None else sequence,
            at=at,
            due_at=clock.paused_until if kind == "paused" else clock.deadline_at if level else None,
            deadline_at=clock.deadline_at,
            target_seconds=clock.target_seconds,
            is_late=bool(level) and at - clock.deadline_at > LATE,
            person_id=person_id,
            reason=reason[:32],
            **(asked._asdict() if asked is not None else {}),
        )
    )


def _sequence(clock: Clock, kind: str) -> int:
    """Pauses and their ends are numbered from 0; `pauses` is raised after the pause is logged."""
    if kind == "paused":
        return clock.pauses
    return clock.pauses - 1 if kind == "resumed" else 0
