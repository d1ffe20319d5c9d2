"""The timer: at most one runs for a person, it ends where the work ended, and no more than a beat is ever lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, exists, select, update
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.billing.entries import (
    MANUAL,
    TIMED,
    TIMER,
    Activity,
    TimeEntry,
    is_measured,
    locked_at,
    sums_of,
    works_on,
)
from econsult.billing.spans import seconds_of
from econsult.consults.records import Consult, note
from econsult.database import new_public_id
from econsult.errors import ConsultError, ForbiddenError, InvalidError, NotFoundError
from econsult.people.pasted import pasted
from econsult.people.persons import Person
from econsult.rights import Right

BEAT = timedelta(seconds=30)
"""How often a page says that it is there."""
LOST = timedelta(seconds=100)
"""After so much silence nobody was there: the browser ended, the lid was closed, or a clock jumped."""
LONGEST_REASON = 300
LONGEST_ENTRY = timedelta(hours=8)


class LockedError(ConsultError):
    """The time was locked by a signature: what comes later is an amendment, and says so."""

    code = "time_locked"


@dataclass(frozen=True)
class Work:
    """What somebody writes down: what it was, from when to when (aware UTC), and why by hand."""

    activity: str
    start: datetime
    end: datetime
    reason: str


def start(session: Session, person: Person, public_id: str, activity: str, *, now: datetime) -> TimeEntry:
    """Begin to measure this person's work on a consult; whatever else of theirs ran ends where its work ended.

    A second tab on the same work finds the timer that runs. Raises ForbiddenError where nothing is measured.
    """
    consult = consult_for(session, person, public_id, now=now).consult
    if activity not in TIMED:
        raise InvalidError("This is no work that a timer measures.", {"activity": "unknown_value"})
    # Two tabs that begin at once: the second waits here, and then finds the first one's timer.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    if not is_measured(session, consult.id, person):
        raise ForbiddenError("No time is measured on this consult now.")
    query = select(TimeEntry).where(TimeEntry.person_id == person.id, TimeEntry.is_running)
    running = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if running is not None:
        is_same = (running.consult_id, running.activity) == (consult.id, activity)
        if is_same and running.beat_at >= now - LOST:
            return running
        # Who sat idle at the last beat beside another page has not worked until now.
        if running.beat_at >= now - LOST and running.ended_at >= running.beat_at - BEAT:
            running.ended_at = max(running.ended_at, now)
        running.is_running = False
        session.flush()
    entry = TimeEntry(
        public_id=new_public_id(),
        consult_id=consult.id,
        person_id=person.id,
        activity=activity,
        source=TIMER,
        started_at=now,
        ended_at=now,
        beat_at=now,
        is_running=True,
        reason="",
        recorded_at=now,
    )
    session.add(entry)
    session.flush()
    note(session, consult, "time_start", person_id=person.id, now=now, detail=activity)
    return entry


def beat(session: Session, person: Person, entry_id: str, *, idle: timedelta, limit: timedelta, now: datetime) -> bool:
    """The page is there, and its person last moved `idle` ago; False where the timer has ended. One statement.

    Who has not moved for `limit` has paused, at the moment of the last move. No clock that goes back takes time away,
    and none that leaps ahead adds any.
    """
    return _move(session, person, entry_id, idle, now, is_running=idle < limit) and idle < limit


def pause(session: Session, person: Person, entry_id: str, *, idle: timedelta = timedelta(0), now: datetime) -> None:
    """The page was hidden, left or paused by hand: time counts until the last move."""
    if not _move(session, person, entry_id, idle, now, is_running=False):
        ended = update(TimeEntry).where(TimeEntry.public_id == entry_id, TimeEntry.person_id == person.id)
        session.execute(ended.values(is_running=False).execution_options(synchronize_session=False))


def spent(session: Session, entry: TimeEntry) -> int:
    """The seconds that count of its person's work on its consult so far."""
    return seconds_of(sums_of(session, entry.person_id, [entry.consult_id]), entry.consult_id)


def _move(session: Session, person: Person, entry_id: str, idle: timedelta, now: datetime, *, is_running: bool) -> bool:
    worked = now - max(idle, timedelta(0))
    query = update(TimeEntry).where(
        TimeEntry.public_id == entry_id,
        TimeEntry.person_id == person.id,
        TimeEntry.is_running,
        TimeEntry.beat_at >= now - LOST,
        exists().where(Consult.id == TimeEntry.consult_id, works_on(person)),
    )
    later = case((TimeEntry.ended_at < worked, worked), else_=TimeEntry.ended_at)
    moved = session.execute(
        query.values(beat_at=now, ended_at=later, is_running=is_running)
        .returning(TimeEntry.id)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


def enter(
    session: Session,
    person: Person,
    public_id: str,
    work: Work,
    *,
    now: datetime,
    replaces: str = "",
    is_amendment: bool = False,
) -> TimeEntry:
    """Write down own work by hand, or correct an entry of one's own (`replaces`); a length of nothing takes it away.

    Whoever replied to a question beside it, to whom the consult is closed, may still amend their own. Raises
    LockedError where a signature has locked the time and this is no amendment, InvalidError for wrong fields.
    """
    consult = consult_for(session, person, public_id, now=now, right=Right.OWN_TIME).consult
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    old = _own(session, consult, person, replaces) if replaces else None
    reason = pasted(work.reason)
    _check(consult, work, reason, now)
    is_late = _is_locked(session, consult, person, min(work.start, old.started_at if old is not None else work.start))
    if is_late and not is_amendment:
        raise LockedError("This time is locked. Change it as an amendment.")
    if old is not None:
        old.replaced_at, old.is_running = now, False
        session.flush()
    entry = TimeEntry(
        public_id=new_public_id(),
        consult_id=consult.id,
        person_id=person.id,
        activity=work.activity,
        source=MANUAL,
        started_at=work.start,
        ended_at=work.end,
        beat_at=now,
        is_amendment=is_late,
        origin_id=(old.origin_id or old.id) if old is not None else None,
        reason=reason,
        recorded_at=now,
    )
    session.add(entry)
    session.flush()
    kind = "time_amend" if is_late else "time_correct" if old is not None else "time_enter"
    note(session, consult, kind, person_id=person.id, now=now, detail=work.activity)
    return entry


def _own(session: Session, consult: Consult, person: Person, entry_id: str) -> TimeEntry:
    query = select(TimeEntry).where(
        TimeEntry.public_id == entry_id,
        TimeEntry.consult_id == consult.id,
        TimeEntry.person_id == person.id,
        TimeEntry.replaced_at.is_(None),
    )
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _is_locked(session: Session, consult: Consult, person: Person, started_at: datetime) -> bool:
    locked = locked_at(session, consult, person)
    if not is_measured(session, consult.id, person):
        # Before a lock, whose work is not measured has none to write down.
        if locked is None:
            raise ForbiddenError("No time is measured on this consult now.")
        return True
    return locked is not None and started_at <= locked


def _check(consult: Consult, work: Work, reason: str, now: datetime) -> None:
    wrong: dict[str, str] = {}
    if work.activity not in frozenset(Activity):
        wrong["activity"] = "unknown_value"
    if not timedelta(0) <= work.end - work.start <= LONGEST_ENTRY:
        wrong["minutes"] = "out_of_range"
    if work.end > now or work.start < consult.created_at - timedelta(days=1):
        wrong["began"] = "out_of_range"
    if not 3 <= len(reason) <= LONGEST_REASON:
        wrong["reason"] = "required" if len(reason) < 3 else "too_long"
    if wrong:
        raise InvalidError("This time cannot be written down like that.", wrong)
