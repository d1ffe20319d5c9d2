"""What a signed answer recommends, step by step, and what becomes of each: a ledger that is only ever added to.

The words of a step stay in its answer, by its place there. A step has an owner and a due instant from the signature on;
a newer answer replaces what is still to be done of the one before it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from econsult.belonging import in_program, numbered_within, program_of
from econsult.codes import Code
from econsult.consults.contents import Disposition
from econsult.consults.next_photo import PHOTO, photo_day
from econsult.consults.records import Consult, Kind
from econsult.database import Base, Instant, PublicId, Sealed
from econsult.errors import ImpossibleVerbError
from econsult.people.ages import day_begins, home_zone

USUAL = timedelta(days=30)
SOONER = {
    Disposition.EMERGENCY_NOW: timedelta(days=1),
    Disposition.EXPEDITE: timedelta(days=7),
    Disposition.NEW_PHOTO: timedelta(days=7),
    # The question waits, and nobody has answered it yet.
    Disposition.WRONG_SPECIALTY: timedelta(days=3),
}
"""By when a step is due of which the answer says nothing."""
LOOK_AGAIN = timedelta(days=1)
"""After so long a step that waits for something is looked at again."""
OPEN_STEP = text("state IN ('proposed', 'accepted')")
WATCHED = text("next_at IS NOT NULL")


class StepState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    NOT_DONE = "not_done"
    REPLACED = "replaced"


S = StepState
STEPS: dict[tuple[StepState, str], StepState] = {
    (S.PROPOSED, "accept"): S.ACCEPTED,
    (S.PROPOSED, "decline"): S.DECLINED,
    (S.ACCEPTED, "decline"): S.DECLINED,
    (S.DECLINED, "accept"): S.ACCEPTED,
    # The family may have done its part before its clinic has read the answer.
    (S.PROPOSED, "done"): S.DONE,
    (S.PROPOSED, "not_done"): S.NOT_DONE,
    (S.ACCEPTED, "done"): S.DONE,
    (S.ACCEPTED, "not_done"): S.NOT_DONE,
    # Whoever pressed the wrong button takes it back.
    (S.DONE, "again"): S.ACCEPTED,
    (S.NOT_DONE, "again"): S.ACCEPTED,
    # The same where nobody had accepted it.
    (S.DONE, "open_again"): S.PROPOSED,
    (S.NOT_DONE, "open_again"): S.PROPOSED,
    (S.PROPOSED, "replace"): S.REPLACED,
    (S.ACCEPTED, "replace"): S.REPLACED,
    # A correction that says the same step again takes over what became of it.
    **{(state, "carry"): S.REPLACED for state in (S.ACCEPTED, S.DECLINED, S.DONE, S.NOT_DONE)},
    # The signature that replaced it was taken back within its seconds.
    **{(S.REPLACED, f"restore_{state}"): state for state in S if state != S.REPLACED},
}
"""What can happen to a step; a pair that is absent cannot."""
BY_ANSWER = frozenset({"replace", "carry", "open_again", *(f"restore_{state}" for state in S)})
"""What nobody says of a step: what the signature of another answer does to it, and taking that or a word back."""
TO_DO = (S.PROPOSED, S.ACCEPTED)
CARRIED = {S.ACCEPTED: "accept", S.DECLINED: "decline", S.DONE: "done", S.NOT_DONE: "not_done"}
"""What somebody has said about a step, and the verb that says it."""
OVERDUE = "overdue"


class Recommendation(PublicId, Base):
    """One step of a signed answer: its `position` there, who does it, by when, and how far it is.

    `number` counts the lines of its ledger. `next_at` is when the clock tells that it is late; NULL once it has, and
    while there is nothing to do.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        UniqueConstraint("consult_id", "version", "position", name="uq_recommendation_position"),
        Index("ix_recommendation_next", "next_at", sqlite_where=WATCHED, postgresql_where=WATCHED),
        Index("ix_recommendation_due", "due_at", sqlite_where=OPEN_STEP, postgresql_where=OPEN_STEP),
        numbered_within("recommendation"),
        *in_program("recommendation", consult_id="consult"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    version: Mapped[int]
    position: Mapped[int]
    owner: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(Code(16), default=StepState.PROPOSED)
    state_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    number: Mapped[int] = mapped_column(default=0)

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.state in TO_DO and self.due_at <= now


class RecommendationEvent(Base):
    """One line of the ledger: what became of a step, when, by whom, and why where somebody must say why."""

    __tablename__ = "recommendation_event"
    __table_args__ = (
        UniqueConstraint("recommendation_id", "number", name="uq_recommendation_event"),
        Index(
            "uq_recommendation_overdue",
            "recommendation_id",
            unique=True,
            sqlite_where=text("kind = 'overdue'"),
            postgresql_where=text("kind = 'overdue'"),
        ),
        *in_program("recommendation_event", recommendation_id="recommendation", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("recommendation")
    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendation.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(Sealed("recommendation_event.reason"))


def open_steps(
    session: Session,
    consult: Consult,
    version: int,
    content: Mapping[str, Any],
    *,
    person_id: int,
    now: datetime,
    spared: Container[int] = (),
) -> list[Recommendation]:
    """Begin the ledger of an answer that was just signed; what was to do of earlier ones, but for those that are
    `spared` by their ids since they are carried over, is replaced by it.

    What the medical home answers itself to its family it need not accept.
    """
    for earlier in steps_of(session, consult.id, is_locked=True):
        is_left = earlier.id not in spared or earlier.state == StepState.PROPOSED
        if earlier.version < version and earlier.state in TO_DO and is_left:
            add_event(session, earlier, "replace", person_id=person_id, now=now)
    made = []
    for position, entry in enumerate(content.get("recommendations") or ()):
        due_at = due_of(session, entry, content, now)
        step = Recommendation(
            consult_id=consult.id,
            version=version,
            position=position,
            owner=entry["owner"],
            kind=entry.get("kind", "other"),
            state=StepState.PROPOSED,
            state_at=now,
            due_at=due_at,
            next_at=due_at,
            number=0,
        )
        session.add(step)
        session.flush()
        _write(session, step, StepState.PROPOSED, person_id=person_id, now=now)
        if consult.kind == Kind.FAMILY_QUESTION:
            add_event(session, step, "accept", person_id=person_id, now=now)
        made.append(step)
    return made


def due_of(session: Session, entry: Mapping[str, Any], content: Mapping[str, Any], now: datetime) -> datetime:
    """By when a step is due: the end of the day that the answer names where the program is, or its instant."""
    given, disposition = entry.get("due_at"), Disposition(content.get("disposition") or Disposition.ADVICE_ONLY)
    if not given and (entry.get("kind"), disposition) == (PHOTO, Disposition.NEW_PHOTO):
        given = photo_day(session, content, now)
    if not given:
        return now + SOONER.get(disposition, USUAL)
    at = datetime.fromisoformat(given)
    if len(given) == len("2026-12-01"):
        return day_begins(session, date.fromisoformat(given) + timedelta(days=1))
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(home_zone(session)))


def add_event(
    session: Session, step: Recommendation, verb: str, *, person_id: int | None, now: datetime, reason: str = ""
) -> None:
    """Bring the step to its next state and write it down. Raises ImpossibleVerbError for a pair that is not there.

    Taking back that it was done accepts nothing: it is again what it was before.
    """
    if verb == "again" and not _has_been(session, step, StepState.ACCEPTED):
        verb = "open_again"
    try:
        step.state = STEPS[StepState(step.state), verb]
    except KeyError:
        raise ImpossibleVerbError(step.state, verb) from None
    step.state_at = now
    # What is late already is told once, however often somebody changes their mind.
    step.next_at = step.due_at if step.state in TO_DO and not _has_been(session, step, OVERDUE) else None
    _write(session, step, step.state, person_id=person_id, now=now, reason=reason)


def tell_late(session: Session, step: Recommendation, now: datetime) -> None:
    """Write down that the step was not done in time; the clock tells it once."""
    step.next_at = None
    _write(session, step, OVERDUE, person_id=None, now=now)


def watch_again(session: Session, consult_id: int) -> None:
    """What is to do, and of which nobody was told that it is late, is looked at on its day again."""
    for step in steps_of(session, consult_id, is_locked=True):
        if step.state in TO_DO and step.next_at is None and not _has_been(session, step, OVERDUE):
            step.next_at = step.due_at


def steps_of(
    session: Session, consult_id: int, version: int | None = None, *, is_locked: bool = False
) -> list[Recommendation]:
    """The steps of all signed answers of a consult, or of one version, in the order of the answer.

    Locked where a line will be added: the clock, which numbers its own, locks each step and not its consult.
    """
    query = select(Recommendation).where(Recommendation.consult_id == consult_id)
    if version is not None:
        query = query.where(Recommendation.version == version)
    if is_locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(query.order_by(Recommendation.version, Recommendation.position)))


def events_of(session: Session, step_ids: Sequence[int], *, is_read: bool = True) -> list[RecommendationEvent]:
    """The ledgers of these steps, each in its order; without the reasons where nobody reads them."""
    query = select(RecommendationEvent).where(RecommendationEvent.recommendation_id.in_(step_ids))
    query = query.order_by(RecommendationEvent.recommendation_id, RecommendationEvent.number)
    return list(session.scalars(query if is_read else query.options(defer(RecommendationEvent.reason))))


def _has_been(session: Session, step: Recommendation, kind: str) -> bool:
    """Whether the ledger has such a line."""
    lines = select(RecommendationEvent.id).where(
        RecommendationEvent.recommendation_id == step.id, RecommendationEvent.kind == kind
    )
    return session.scalars(lines).first() is not None


def _write(
    session: Session, step: Recommendation, kind: str, *, person_id: int | None, now: datetime, reason: str = ""
) -> None:
    step.number += 1
    line = RecommendationEvent(
        recommendation_id=step.id, number=step.number, kind=kind, at=now, due_at=step.due_at, person_id=person_id,
        reason=reason or None,
    )  # fmt: skip
    session.add(line)
    session.flush()
