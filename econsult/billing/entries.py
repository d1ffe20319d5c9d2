"""Who worked on a consult, from when to when, and what it was: rows that are added and replaced, never overwritten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, case, exists, false, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.billing.rounds import Begun, begun_in, version_at
from econsult.billing.spans import Span, Sums, counted
from econsult.consults.answers import Answer
from econsult.consults.lifecycle import ENDED, OPEN
from econsult.consults.records import Consult, Kind
from econsult.consults.sides import SideQuestion, SideState
from econsult.database import Base, Instant, PublicId, Sealed
from econsult.people.persons import Person, Role
from econsult.trail import AuditEvent


class Activity(StrEnum):
    """What the work was; a `discussion` is one that was spoken, and only people can say that it took place."""

    REVIEW = "review"
    MEDIA_VIEW = "media_view"
    COMMUNICATION = "communication"
    REPORT_WRITING = "report_writing"
    PREP = "prep"
    DISCUSSION = "discussion"


TIMED = tuple(activity for activity in Activity if activity != Activity.DISCUSSION)
"""What a page can see by itself."""
TIMER, MANUAL = "timer", "manual"


class TimeEntry(PublicId, Base):
    """One stretch of one person's work on one consult.

    A running timer moves `ended_at`, the last moment at which somebody was seen to work, and `beat_at`, when the page
    last said that it is there. A correction is a row of its own: `origin_id` names the first of them, and what it
    replaces gets `replaced_at`. `is_amendment` marks what was added or corrected after the lock.
    """

    __tablename__ = "time_entry"
    __table_args__ = (
        Index(
            "uq_time_entry_running",
            "person_id",
            unique=True,
            sqlite_where=text("is_running"),
            postgresql_where=text("is_running"),
        ),
        Index("ix_time_entry_person", "person_id", "started_at"),
        *in_program("time_entry", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    activity: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(8))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)
    is_running: Mapped[bool] = mapped_column(default=False)
    is_amendment: Mapped[bool] = mapped_column(default=False)
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("time_entry.id"))
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Sealed("time_entry.reason"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def works_on(person: Person) -> ColumnElement[bool]:
    """Of a consult: whether this person's work on it is measured now.

    The specialist's while they hold it or a question that was asked beside it, and the clinic's from the first word of
    the request until the answer was read.
    """
    is_asked = Consult.kind != Kind.FAMILY_QUESTION
    match person.role:
        case Role.SPECIALIST:
            own_side = exists().where(
                SideQuestion.consult_id == Consult.id,
                SideQuestion.holder_id == person.id,
                SideQuestion.state == SideState.OPEN,
            )
            return and_(is_asked, Consult.status.in_(OPEN), or_(Consult.holder_id == person.id, own_side))
        case Role.PCP:
            is_home = Consult.organization_id == person.organization_id
            return and_(is_asked, is_home, Consult.status.not_in(ENDED), Consult.acknowledged_at.is_(None))
        case _:
            return false()


def is_measured(session: Session, consult_id: int, person: Person) -> bool:
    """Whether this person's timer may run on the consult now."""
    return session.scalar(select(Consult.id).where(Consult.id == consult_id, works_on(person))) is not None


def locked_at(session: Session, consult: Consult, person: Person) -> datetime | None:
    """When this person's time was last locked: by a signature, or a reply to whoever asked a question beside it; the
    clinic's by reading the answer, or by the end.

    Opening an answered question again locks all that was before it: that belongs to the answer which is there already.
    A correction, which is to be read anew, opens nothing that the reading before it has locked.
    """
    begun = begun_in(session, Consult.id == consult.id).get(consult.id, [])
    reopened_at = begun[-1][0] if begun else None
    if person.role == Role.SPECIALIST:
        done_at = _done_at(session, consult, person)
        return done_at and max(done_at, reopened_at or done_at)
    if consult.status in OPEN:
        return reopened_at
    # What the desk closed unread may be read later: its time was locked by the end.
    ends = [at for at in (consult.acknowledged_at, consult.ended_at) if at is not None]
    return min(ends, default=None) or _read_before(session, consult) or reopened_at


def _read_before(session: Session, consult: Consult) -> datetime | None:
    """When the clinic read this round's answer, or ended the consult, before a correction: the trail alone tells."""
    report = select(func.max(Answer.signed_at)).where(Answer.consult_id == consult.id, Answer.corrects.is_(None))
    signed_at = session.scalar(report)
    if signed_at is None:
        return None
    locks = AuditEvent.action.in_(("acknowledge", "close")) & (AuditEvent.consult_id == consult.id)
    since = (AuditEvent.patient_id == consult.patient_id, AuditEvent.at >= signed_at)
    return session.scalar(select(func.max(AuditEvent.at)).where(locks, *since))


def _done_at(session: Session, consult: Consult, person: Person) -> datetime | None:
    """When this specialist last signed an answer, or replied to a colleague's question beside it."""
    signed = select(func.max(Answer.signed_at)).where(Answer.consult_id == consult.id, Answer.author_id == person.id)
    replied = select(func.max(SideQuestion.ended_at)).where(
        SideQuestion.consult_id == consult.id,
        SideQuestion.holder_id == person.id,
        SideQuestion.state == SideState.REPLIED,
    )
    return max(filter(None, (session.scalar(signed), session.scalar(replied))), default=None)


def entries_of(session: Session, consult: Consult, person: Person | None = None) -> list[TimeEntry]:
    """What holds of a consult, of one person or of all, oldest work first."""
    query = select(TimeEntry).where(TimeEntry.consult_id == consult.id, TimeEntry.replaced_at.is_(None))
    if person is not None:
        query = query.where(TimeEntry.person_id == person.id)
    return list(session.scalars(query.order_by(TimeEntry.started_at, TimeEntry.id)))


def history_of(session: Session, entry: TimeEntry) -> list[TimeEntry]:
    """Every wording of an entry, the first one first."""
    first = entry.origin_id or entry.id
    query = select(TimeEntry).where(or_(TimeEntry.id == first, TimeEntry.origin_id == first))
    return list(session.scalars(query.order_by(TimeEntry.id)))


def sums_of(session: Session, person_id: int, consult_ids: Iterable[int]) -> Sums:
    """How long this person worked by purpose, over these consults, no moment counted twice.

    A moment that belongs to several consults is counted for one: timers go before what was entered by hand.
    """
    return sums_by_person(session, [person_id], consult_ids).get(person_id, {})


def sums_by_person(
    session: Session,
    person_ids: Iterable[int],
    consult_ids: Iterable[int],
    begun: Mapping[int, Sequence[Begun]] | None = None,
) -> dict[int, Sums]:
    """The same for several people, whose time is counted apart; two statements, however many they are.

    Of consults that `begun` names the rounds are told apart; without it, all is of the first one.
    """
    begun = begun or {}
    people = TimeEntry.person_id.in_(set(person_ids))
    bounds = select(func.min(TimeEntry.started_at), func.max(TimeEntry.ended_at)).where(
        people, TimeEntry.consult_id.in_(set(consult_ids)), TimeEntry.replaced_at.is_(None)
    )
    first, last = session.execute(bounds).one()
    if first is None or last is None:
        return {}
    order = (case((TimeEntry.source == TIMER, 0), else_=1), func.coalesce(TimeEntry.origin_id, TimeEntry.id))
    columns = (TimeEntry.person_id, TimeEntry.consult_id, TimeEntry.activity, TimeEntry.started_at, TimeEntry.ended_at)
    query = select(*columns).where(
        people, TimeEntry.replaced_at.is_(None), TimeEntry.started_at < last, TimeEntry.ended_at > first
    )
    spans: dict[int, list[Span]] = defaultdict(list)
    for person_id, consult_id, activity, start, end in session.execute(query.order_by(*order)):
        purpose = (consult_id, activity, version_at(begun.get(consult_id, ()), start))
        spans[person_id].append(Span(purpose, start, end))
    return {person_id: counted(own) for person_id, own in spans.items()}
