"""How it went: what clinic and family say weeks after an answer, and what the clinic says when it closes.

Reports are only added to; the newest of each side counts. A ping asks both sides once, so many days after a signature.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.codes import Code
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant
from econsult.errors import InvalidError
from econsult.leading import narrow
from econsult.people.persons import Person

AFTER = "outcome_after"
"""Under this name the database's own settings say after how long is asked; nothing there means the usual time."""
USUAL = timedelta(days=21)
LATEST = timedelta(days=365)
"""No setting lets anybody be asked later after a signature."""
WATCHED = text("next_at IS NOT NULL")
AT_DESK = text("state = 'desk'")
IS_WORSE = text("side = 'family' AND how = 'worse'")


class PingState(StrEnum):
    """`desk`: a family without an account is asked by telephone. `dropped`: there is nobody to ask any more."""

    WAITING = "waiting"
    SENT = "sent"
    DESK = "desk"
    DONE = "done"
    DROPPED = "dropped"
    REPLACED = "replaced"


class Side(StrEnum):
    CLINIC = "clinic"
    FAMILY = "family"


CODES: dict[str, tuple[str, ...]] = {
    "how": ("better", "same", "worse", "unsure"),
    "seen": ("no", "yes", "clinic", "specialist", "emergency", "elsewhere", "unsure"),
    "changed": ("yes", "no"),
    "referral": ("avoided", "still", "new", "none"),
    "otherwise": ("clinic", "specialist", "emergency", "without", "unsure"),
}
"""What may be said: how the child is, whether it was seen in person, whether the answer changed the plan, what became
of a referral, and what the family would have done without the answer."""


class OutcomePing(Base):
    """One asking after one signed answer; `next_at` is when, NULL once it was done or is not needed any more."""

    __tablename__ = "outcome_ping"
    __table_args__ = (
        UniqueConstraint("consult_id", "version", name="uq_outcome_ping_version"),
        Index("ix_outcome_ping_next", "next_at", sqlite_where=WATCHED, postgresql_where=WATCHED),
        Index("ix_outcome_ping_desk", "id", sqlite_where=AT_DESK, postgresql_where=AT_DESK),
        narrow("ix_outcome_ping_sent", "sent_at", only="sent_at IS NOT NULL"),
    )

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(Code(16), default=PingState.WAITING)
    due_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


class OutcomeReport(Base):
    """What one side said once. `is_close` marks what the clinic said when it closed; `is_relayed` a telephone call."""

    __tablename__ = "outcome_report"
    __table_args__ = (
        narrow("ix_outcome_report_worse", "id", only=IS_WORSE),
        *in_program("outcome_report", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    side: Mapped[str] = mapped_column(String(8))
    is_close: Mapped[bool] = mapped_column(default=False)
    is_relayed: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    how: Mapped[str | None] = mapped_column(String(16))
    seen: Mapped[str | None] = mapped_column(String(16))
    changed: Mapped[str | None] = mapped_column(String(16))
    referral: Mapped[str | None] = mapped_column(String(16))
    otherwise: Mapped[str | None] = mapped_column(String(16))


@dataclass(frozen=True)
class Said:
    """The answers of one form, by the codes of CODES; what was not asked stays empty."""

    how: str = ""
    seen: str = ""
    changed: str = ""
    referral: str = ""
    otherwise: str = ""

    def only(self, *names: str) -> Said:
        """What was said to these questions; the others were not asked."""
        return Said(**{name: getattr(self, name) for name in names})

    def check(self, *needed: str) -> None:
        """Raise InvalidError naming each that is missing or unknown."""
        given = asdict(self)
        wrong = {name: "required" for name in needed if not given[name]}
        wrong |= {name: "unknown_value" for name, code in given.items() if code and code not in CODES[name]}
        if wrong:
            raise InvalidError("Some answers are missing: " + ", ".join(sorted(wrong)) + ".", wrong)


CLOSING = ("changed", "referral", "seen")
AT_CLOSING = ("changed", "referral", "otherwise", "seen")
LATER_OF_CLINIC = ("how", "seen", "referral")
LATER_OF_FAMILY = ("how", "seen", "otherwise")
"""What is asked: of the clinic that closes, and weeks later of clinic and family.

The clinic that closes is also asked what the child would have done without the answer, which it may not know: nothing
stands for it until somebody taps it, since what nobody said must not count as said.
"""


def open_ping(session: Session, consult: Consult, version: int, now: datetime) -> None:
    """Ask after an answer that was just signed; not any more after the ones before it."""
    for earlier in pings_of(session, consult.id):
        if earlier.version < version and earlier.state in (PingState.WAITING, PingState.SENT, PingState.DESK):
            earlier.state, earlier.next_at = PingState.REPLACED, None
    after = timedelta(days=session.info.get(AFTER, USUAL.days))
    if after and not consult.is_test:
        due = now + after
        session.add(
            OutcomePing(consult_id=consult.id, version=version, state=PingState.WAITING, due_at=due, next_at=due)
        )
        session.flush()


def ask_after_all(session: Session, consult: Consult, since: datetime) -> None:
    """Ask after the newest answer whose day came since then and was passed over; what is over is passed over again."""
    for ping in pings_of(session, consult.id)[-1:]:
        if ping.state == PingState.DROPPED and ping.sent_at is None and ping.due_at >= since:
            ping.state, ping.next_at = PingState.WAITING, ping.due_at


def pings_of(session: Session, consult_id: int) -> list[OutcomePing]:
    """The askings after the answers of a consult, the oldest first."""
    query = select(OutcomePing).where(OutcomePing.consult_id == consult_id).order_by(OutcomePing.version)
    return list(session.scalars(query))


def reports_of(session: Session, consult_id: int) -> list[OutcomeReport]:
    """Everything that was said, the oldest first."""
    query = select(OutcomeReport).where(OutcomeReport.consult_id == consult_id).order_by(OutcomeReport.id)
    return list(session.scalars(query))


def report(
    session: Session,
    consult: Consult,
    person: Person,
    side: Side,
    said: Said,
    *,
    now: datetime,
    is_close: bool = False,
) -> OutcomeReport:
    """Write down what one side says. Staff that says it for a family writes down a telephone call."""
    named = {name: code or None for name, code in asdict(said).items()}
    is_relayed = side == Side.FAMILY and person.is_staff
    line = OutcomeReport(
        consult_id=consult.id, side=side, is_close=is_close, is_relayed=is_relayed, person_id=person.id, at=now, **named
    )
    session.add(line)
    session.flush()
    action = "close_out" if is_close else "outcome"
    note(session, consult, action, person_id=person.id, now=now, detail=side)
    return line
