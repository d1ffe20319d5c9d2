"""The visit that a step of an answer leads to: where and when, from the booking to whether the child came.

A visit hangs on its step. It is never overwritten: another day or place is a new row, and the one before says so. What
its clock does next is one instant, `next_at`; the clock itself is `advice.visit_clock`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, ForeignKey, Index, String, exists, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.codes import Code
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult, note
from econsult.consults.spoken import language_of
from econsult.database import Base, Instant, PublicId, Sealed
from econsult.errors import InvalidError
from econsult.people.persons import LANGUAGES, Person
from econsult.seeing import is_seen
from econsult.values import has_digits
from econsult.zones import zone_of

MORNING = time(9)
"""When families are reminded, the day before, and staff are asked, the day after: by the clock of the place."""
LOOK_AGAIN = timedelta(days=14)
"""After so long on a waiting list somebody is told to ask there again."""
ASK_DESK = timedelta(days=3)
"""After so long the desk hears that nobody has said whether a child came."""
FARTHEST = timedelta(days=730)
LONGEST_PLACE, LONGEST_PHONE, LONGEST_NOTE = 200, 40, 300
CURRENT_ROW = text("state IN ('listed', 'booked')")
WATCHED = text("next_at IS NOT NULL")


class VisitState(StrEnum):
    """`listed`: on a waiting list, without a day. `off`: called off. `moved`: a newer row holds the day and place."""

    LISTED = "listed"
    BOOKED = "booked"
    CAME = "came"
    MISSED = "missed"
    OFF = "off"
    MOVED = "moved"


CURRENT = (VisitState.LISTED, VisitState.BOOKED)


class Reply(StrEnum):
    """What a family says about its visit."""

    COMING = "coming"
    RIDE = "ride"
    CANNOT = "cannot"


BRING = ("medicines", "list", "papers", "photos", "insurance", "glasses")
"""What a family may be asked to bring: medicines, a list of them, papers of other doctors, the child's photos, the
insurance card, glasses or hearing aids."""
WHY = ("ride", "sick", "family", "place", "better", "unknown")
"""Why a visit did not take place: no ride, the child was sick, the family decided so, the place called it off, not
needed any more, not known."""


class Visit(PublicId, Base):
    """One booking, or one place on a waiting list. `starts_at` is NULL on a list; `zone` is that of the place.

    `before_id` is the step on which it hung before a correction of the answer carried it on. `note_language`
    says in which language `note` is.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index(
            "uq_visit_current", "recommendation_id", unique=True, sqlite_where=CURRENT_ROW, postgresql_where=CURRENT_ROW
        ),
        Index("ix_visit_next", "next_at", sqlite_where=WATCHED, postgresql_where=WATCHED),
        *in_program("visit", consult_id="consult", recommendation_id="recommendation", before_id="recommendation"),
        *in_program("visit", person_id="person", ended_by_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendation.id"), index=True)
    before_id: Mapped[int | None] = mapped_column(ForeignKey("recommendation.id"))
    state: Mapped[str] = mapped_column(Code(8))
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    zone: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(Sealed("visit.place"))
    phone: Mapped[str | None] = mapped_column(Sealed("visit.phone"))
    note: Mapped[str | None] = mapped_column(Sealed("visit.note"))
    note_language: Mapped[str] = mapped_column(String(8))
    bring: Mapped[str] = mapped_column(String(80), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    reply: Mapped[str | None] = mapped_column(String(8))
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str | None] = mapped_column(String(8))

    @property
    def brought(self) -> tuple[str, ...]:
        """What the family is asked to bring, by the codes of BRING."""
        return tuple(self.bring.split(",")) if self.bring else ()

    @property
    def clock(self) -> ZoneInfo:
        """The clock of the place."""
        return clock_of(self.zone)

    def is_over(self, now: datetime) -> bool:
        """Whether its day has begun, so that somebody can say what came of it."""
        return self.starts_at is not None and self.starts_at <= now


@dataclass(frozen=True)
class Booking:
    """What staff write down of a visit. Without `starts_at` (an aware instant) it is a place on a waiting list."""

    place: str
    zone: str
    starts_at: datetime | None = None
    phone: str = ""
    note: str = ""
    note_language: str = "en"
    bring: tuple[str, ...] = ()

    def check(self, now: datetime) -> None:
        """Raise InvalidError naming each field that is missing or wrong."""
        wrong = {} if is_seen(self.place) else {"place": "required"}
        longest = {"place": LONGEST_PLACE, "phone": LONGEST_PHONE, "note": LONGEST_NOTE}
        wrong |= {name: "too_long" for name, most in longest.items() if len(getattr(self, name)) > most}
        if self.starts_at is not None and not now < self.starts_at <= now + FARTHEST:
            wrong["starts_at"] = "invalid"
        if self.phone.strip() and not has_digits(self.phone):
            wrong["phone"] = "invalid"
        if set(self.bring) - set(BRING):
            wrong["bring"] = "unknown_value"
        if self.note_language not in LANGUAGES:
            wrong["note_language"] = "unknown_value"
        if wrong:
            raise InvalidError("The visit is not written down: " + ", ".join(sorted(wrong)) + ".", wrong)

    def as_row(self) -> dict[str, Any]:
        """The columns that it fills."""
        return {
            "state": VisitState.BOOKED if self.starts_at is not None else VisitState.LISTED,
            "starts_at": self.starts_at,
            "zone": self.zone,
            "place": self.place.strip(),
            "phone": self.phone.strip() or None,
            "note": self.note.strip() or None,
            # What is plainly in the other language is called so, so that a family is offered to hear it.
            "note_language": language_of(self.note) or self.note_language,
            "bring": ",".join(code for code in BRING if code in self.bring),
        }

    def is_said_by(self, visit: Visit) -> bool:
        """Whether this visit says all of it already."""
        return all(getattr(visit, name) == value for name, value in self.as_row().items())


def add_visit(
    session: Session,
    consult: Consult,
    step: Recommendation,
    person: Person,
    booking: Booking,
    *,
    now: datetime,
    instead_of: Visit | None = None,
) -> Visit:
    """Write a booking down, in the place of another one where there is one. Raises InvalidError."""
    booking.check(now)
    visit = Visit(
        consult_id=consult.id,
        recommendation_id=step.id,
        person_id=person.id,
        at=now,
        next_at=first_look(booking.starts_at, booking.zone, now),
        **booking.as_row(),
    )
    if instead_of is not None:
        _take_over(visit, instead_of)
        _end(instead_of, VisitState.MOVED, person, now)
        # The new row takes the place of the old one in the index of what holds now.
        session.flush()
    session.add(visit)
    session.flush()
    made = "visit_booked" if visit.state == VisitState.BOOKED else "visit_listed"
    act = "visit_moved" if instead_of is not None else made
    note(session, consult, act, person_id=person.id, now=now, detail=f"{step.version}/{step.position}")
    return visit


def _take_over(visit: Visit, before: Visit) -> None:
    """What the family said of the same day at the same place holds; a ride it needs on any day and to any place.

    What was carried on from an earlier answer stays what the family could read, whatever day it is now.
    """
    visit.before_id = before.before_id
    is_same = visit.starts_at is not None and (visit.starts_at, visit.place) == (before.starts_at, before.place)
    if visit.starts_at is not None and (is_same or before.reply == Reply.RIDE):
        visit.reply, visit.replied_at = before.reply, before.replied_at
    if is_same:
        visit.reminded_at = before.reminded_at


def end_visit(
    session: Session, consult: Consult, visit: Visit, state: VisitState, person: Person, *, now: datetime, why: str = ""
) -> None:
    """Say what came of it: the child came, did not come, or it was called off; the last two with a reason of WHY."""
    if state in (VisitState.MISSED, VisitState.OFF) and why not in WHY:
        raise InvalidError("Say why it did not take place.", {"why": "required"})
    _end(visit, state, person, now)
    # Why it did not take place is said of no visit that did.
    visit.why = None if state == VisitState.CAME else why
    lost = "visit_missed" if state == VisitState.MISSED else "visit_off"
    act = "visit_came" if state == VisitState.CAME else lost
    note(session, consult, act, person_id=person.id, now=now, detail=visit.why or "")
    session.flush()


def _end(visit: Visit, state: VisitState, person: Person, now: datetime) -> None:
    visit.state, visit.ended_at, visit.ended_by_id, visit.next_at = state, now, person.id, None


def first_look(starts_at: datetime | None, zone: str, now: datetime) -> datetime:
    """When the clock looks at a booking first: the morning before it; after it where that morning has begun."""
    if starts_at is None:
        return now + LOOK_AGAIN
    before = morning(starts_at, zone, -1)
    return before if before > now else morning(starts_at, zone, 1)


def morning(at: datetime, zone: str, days: int) -> datetime:
    """The morning so many days away from the day of an instant, by the clock of this zone, as an instant."""
    place = clock_of(zone)
    day = at.astimezone(place).date() + timedelta(days=days)
    return datetime.combine(day, MORNING, place).astimezone(UTC)


def clock_of(zone: str) -> ZoneInfo:
    """The clock of this zone; one that this machine does not know must keep nobody else's visit waiting."""
    return zone_of(zone, "UTC", "a visit")


def visits_of(session: Session, consult_ids: Collection[int]) -> list[Visit]:
    """The bookings of these consults, the oldest first."""
    query = select(Visit).where(Visit.consult_id.in_(consult_ids)).order_by(Visit.id)
    return list(session.scalars(query)) if consult_ids else []


def moves_of(session: Session, visit: Visit) -> tuple[str, int]:
    """The id of the booking with which this one began, and how often it was moved since."""
    query = select(Visit).where(Visit.recommendation_id == visit.recommendation_id, Visit.id < visit.id)
    first, count = visit.public_id, 0
    for before in session.scalars(query.order_by(Visit.id.desc())):
        if before.state != VisitState.MOVED:
            break
        first, count = before.public_id, count + 1
    return first, count


def current_visit(session: Session, step_id: int, *, is_locked: bool = False) -> Visit | None:
    """What holds of a step now: its booking, or its place on a waiting list."""
    query = select(Visit).where(Visit.recommendation_id == step_id, Visit.state.in_(CURRENT))
    if is_locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def is_arranged() -> Exists:
    """Of a step in a statement: whether a visit of it is still ahead, so that the step itself is not late.

    A visit of which the clock has asked long enough in vain holds nothing up any more.
    """
    return exists().where(
        Visit.recommendation_id == Recommendation.id, Visit.state.in_(CURRENT), Visit.next_at.is_not(None)
    )
