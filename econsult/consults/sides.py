"""A question to a second specialist about a consult that somebody holds: its row, its ledger, and its end.

Whoever holds the consult stays responsible. The question has a clock of its own; it ends with its reply, when it is
taken back, and with the consult's own answer or end, and so does everything that the second specialist may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, numbered_within, program_of
from econsult.codes import Code
from econsult.consults.clocks import grace, open_clocks
from econsult.consults.ledger import Clock
from econsult.consults.policies import ClockName, Rules, rules_of
from econsult.consults.records import Consult, note
from econsult.consults.steps import Ticking
from econsult.database import Base, Instant, PublicId

LONGEST, SHORTEST, AGAIN = timedelta(hours=24), timedelta(minutes=15), timedelta(hours=4)
"""What a reply may take, what it is given at least, and after what a late one is told again at the earliest."""
HANDS = ("taken", "given", "given_back", "lapsed", "gone")
"""The lines of the ledger that say in whose hands it came, or whose it left."""
LADDER = (50, 75, 90, 100)
POOL_LEVEL = LADDER.index(75) + 1
"""The step from which whoever was asked by name has it no longer alone, unless they look after it."""
LATE_LEVEL = len(LADDER)
"""The step at which its time is over; it is told again after as long as it was given, 4 h at least."""
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

    `level` counts the steps that were told, `next_at` is the next one; NULL once it has ended. Who has it has it until
    `claim_until` at least; who has the consult would have it until `own_until` if nothing had been asked.
    `uncovered_at` says since when the desk knows that nobody is there for it.
    """

    __tablename__ = "side_question"
    __table_args__ = (
        *in_program(
            "side_question", consult_id="consult", asked_by_id="person", wanted_id="person", holder_id="person"
        ),
        *in_program("side_question", message_id="message", reply_id="message"),
        numbered_within("side_question"),
        Index("uq_side_question_open", "consult_id", unique=True, sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE),
        Index("ix_side_question_pool", "specialty", sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE),
        Index("ix_side_question_next", "next_at", sqlite_where=WATCHED, postgresql_where=WATCHED),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    state: Mapped[str] = mapped_column(Code(16), default=SideState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    claim_until: Mapped[datetime | None] = mapped_column(Instant)
    own_until: Mapped[datetime | None] = mapped_column(Instant)
    uncovered_at: Mapped[datetime | None] = mapped_column(Instant)
    level: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_open(self) -> bool:
        return self.state == SideState.OPEN


class SideEvent(Base):
    """One line of its ledger: opened, hastened, taken, given (to somebody), reminded, late, replied, taken back, over;
    given_back, lapsed and gone say whose hands it left."""

    __tablename__ = "side_event"
    __table_args__ = (
        UniqueConstraint("side_id", "kind", "level", name="uq_side_event"),
        *in_program("side_event", side_id="side_question", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("side_question", "side_id")
    side_id: Mapped[int] = mapped_column(ForeignKey("side_question.id"))
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def step_at(side: SideQuestion, level: int) -> datetime:
    """When a step is told: by the ladder until the time is over, then again and again."""
    given = side.due_at - side.opened_at
    if level <= LATE_LEVEL:
        return side.opened_at + given * LADDER[level - 1] / 100
    return side.due_at + max(AGAIN, given) * (level - LATE_LEVEL)


def due_of(session: Session, consult: Consult, now: datetime) -> datetime:
    """By when a reply helps, as `reply_by` has it."""
    return reply_by(_promises(session, consult), rules_of(consult), now)


def reply_by(promises: Sequence[Ticking], rules: Rules, now: datetime) -> datetime:
    """By when a reply helps with these promises: whoever asked needs a quarter of what is left, 15 minutes at least.

    No reply is given more than a day, and none less than a twenty-fourth of what the request is promised in.
    """
    left = [each.deadline_at - (each.paused_at or now) for each in promises]
    helps = [each - max(each / 4, SHORTEST) for each in left]
    return now + max(SHORTEST, rules.first_reply / 24, min([LONGEST, *helps]))


def hasten_side(session: Session, consult: Consult, now: datetime, *, person_id: int | None) -> None:
    """The request is promised sooner than it was: so is what was asked beside it, unless that is late already."""
    side = side_of(session, consult.id, is_locked=True)
    if side is None or side.level >= LATE_LEVEL:
        return
    due_at = due_of(session, consult, now)
    if due_at < side.due_at:
        side.due_at = due_at
        side.next_at = step_at(side, side.level + 1)
        log_side(session, side, "hastened", person_id=person_id, now=now)


def keep_for_side(session: Session, consult: Consult, now: datetime, *, is_own: bool = True) -> None:
    """Waiting for a colleague costs nobody the request: it is theirs until the reply is due, and a while longer.

    `is_own`: what they have it for by now, a fresh claim or one from before the question, is noted to be left to them.
    """
    side = side_of(session, consult.id)
    if side is not None and consult.claim_until is not None:
        if is_own:
            side.own_until = consult.claim_until
        until = max(now, side.due_at)
        consult.claim_until = max(consult.claim_until, until + while_after(session, consult, until))


def renew_own(session: Session, consult: Consult, until: datetime) -> None:
    """Whoever has the consult works on it: their own claim goes on, although the question keeps it for longer."""
    own = (SideQuestion.consult_id == consult.id, SideQuestion.state == SideState.OPEN, SideQuestion.own_until < until)
    session.execute(update(SideQuestion).where(*own).values(own_until=until))


def while_after(session: Session, consult: Consult, at: datetime) -> timedelta:
    """How long a holder may take to go on once nothing is waited for, as after information that was asked for."""
    return grace(min((each.deadline_at for each in _promises(session, consult)), default=at), at)


def _promises(session: Session, consult: Consult) -> list[Clock]:
    return open_clocks(session, consult.id, ClockName.FIRST_REPLY)


_OPEN = select(SideQuestion).where(
    SideQuestion.consult_id == bindparam("consult"), SideQuestion.state == SideState.OPEN
)
_LOCKED = _OPEN.with_for_update(key_share=True).execution_options(populate_existing=True)


def side_of(session: Session, consult_id: int, *, is_locked: bool = False) -> SideQuestion | None:
    """The open question of a consult; at most one is open at a time."""
    return session.scalars(_LOCKED if is_locked else _OPEN, {"consult": consult_id}).one_or_none()


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
    side.state, side.next_at, side.ended_at, side.claim_until = state, None, now, None
    log_side(session, side, state, person_id=person_id, now=now)


def end_sides(session: Session, consult: Consult, *, person_id: int | None, now: datetime) -> None:
    """The consult was answered or ended: what was asked beside it is over too."""
    side = side_of(session, consult.id, is_locked=True)
    if side is not None:
        end_side(session, side, SideState.OVER, person_id=person_id, now=now)
        note(session, consult, "side_over", person_id=person_id, now=now, detail=side.specialty)
