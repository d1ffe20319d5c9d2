"""Telling many people: one letter for each level and person in an hour, a digest for the rest, and quiet nights.

Every telling leaves its own row in the outbox, exactly once; the row is sent as a letter or gathered into a digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, UniqueConstraint, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base
from econsult.jobs import Job, JobKind, JobState, Lane
from econsult.notices import Notice, NoticeKind, NoticeState
from econsult.people.persons import Person
from econsult.queue.bulk import insert_new

HOUR = timedelta(hours=1)


class NoticeSlot(Base):
    """The right to write one letter of a kind to a person within an hour."""

    __tablename__ = "notice_slot"
    __table_args__ = (UniqueConstraint("person_id", "kind", "hour", name="uq_notice_slot"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(24))
    hour: Mapped[int]


@dataclass(frozen=True)
class Telling:
    """One person is told of one consult; `about` makes it happen once. An urgent one is neither held nor gathered."""

    person: Person
    kind: NoticeKind
    consult_id: int
    about: str
    is_urgent: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.consult_id}:{self.person.id}:{self.about}"[:80]


@dataclass(frozen=True)
class Quiet:
    """The hours in which people are not reminded, in their own time; the program's zone for who has chosen none."""

    zone: str = "America/Denver"
    starts: int = 21
    ends: int = 7

    def until(self, person: Person, now: datetime) -> datetime:
        """The moment itself, or the end of the person's night."""
        zone = ZoneInfo(person.time_zone or self.zone)
        local = now.astimezone(zone)
        is_over_midnight = self.starts > self.ends
        is_night = (
            local.hour >= self.starts or local.hour < self.ends
            if is_over_midnight
            else self.starts <= local.hour < self.ends
        )
        if not is_night:
            return now
        morning = local.replace(hour=self.ends, minute=0, second=0, microsecond=0, fold=0)
        if is_over_midnight and local.hour >= self.starts:
            morning += timedelta(days=1)
        return max(morning.astimezone(UTC), now)


def tell_all(session: Session, tellings: Sequence[Telling], quiet: Quiet, awake: set[int], now: datetime) -> int:
    """Write the rows, letters and jobs; returns how many tellings are new. Who is on duty (`awake`) has no night."""
    unique = {telling.key: telling for telling in tellings}
    if not unique:
        return 0
    added = _add_rows(session, list(unique.values()), now)
    letters, crowd = [], []
    slots = _take_slots(session, [unique[key] for key in added if not unique[key].is_urgent], now)
    for key, number in added.items():
        telling = unique[key]
        if telling.is_urgent:
            letters.append((number, now))
        elif slots.pop((telling.person.id, str(telling.kind)), False):
            letters.append((number, _at(telling.person, quiet, awake, now)))
        else:
            crowd.append(telling)
    _send(session, letters, now)
    _gather(session, crowd, quiet, awake, now)
    return len(added)


def _at(person: Person, quiet: Quiet, awake: set[int], now: datetime) -> datetime:
    return now if person.id in awake else quiet.until(person, now)


def _add_rows(session: Session, tellings: Sequence[Telling], now: datetime) -> dict[str, int]:
    """The ids of the rows that are new, by their key."""
    rows = [
        {
            "person_id": telling.person.id,
            "consult_id": telling.consult_id,
            "kind": telling.kind,
            "language": telling.person.language,
            "state": NoticeState.GATHERED,
            "dedupe_key": telling.key,
            "created_at": now,
        }
        for telling in tellings
    ]
    return {row.dedupe_key: row.id for row in insert_new(session, Notice, rows, Notice.dedupe_key, Notice.id)}


def _take_slots(session: Session, tellings: Sequence[Telling], now: datetime) -> dict[tuple[int, str], bool]:
    """Whose first letter of a kind within this hour is still to be written: one winner among all clocks."""
    hour = int(now.timestamp() // HOUR.total_seconds())
    wanted = {(telling.person.id, str(telling.kind)) for telling in tellings}
    if not wanted:
        return {}
    rows = [{"person_id": person, "kind": kind, "hour": hour} for person, kind in sorted(wanted)]
    added = insert_new(session, NoticeSlot, rows, NoticeSlot.person_id, NoticeSlot.kind)
    return {(row.person_id, row.kind): True for row in added}


def _send(session: Session, letters: Sequence[tuple[int, datetime]], now: datetime) -> None:
    if not letters:
        return
    numbers = [number for number, _at in letters]
    session.execute(update(Notice).where(Notice.id.in_(numbers)).values(state=NoticeState.PENDING))
    rows = [
        {
            "kind": JobKind.NOTIFY,
            "lane": Lane.FAST,
            "subject_id": number,
            "state": JobState.PENDING,
            "dedupe_key": f"notice:{number}",
            "attempt": 0,
            "ring": 0,
            "run_after": at,
            "created_at": now,
        }
        for number, at in letters
    ]
    insert_new(session, Job, rows)


def _gather(session: Session, crowd: Sequence[Telling], quiet: Quiet, awake: set[int], now: datetime) -> None:
    """One digest for each person at the end of the hour."""
    hour = int(now.timestamp() // HOUR.total_seconds())
    closes = datetime.fromtimestamp((hour + 1) * HOUR.total_seconds(), tz=UTC)
    people = {telling.person.id: telling.person for telling in crowd}
    rows = [
        {
            "person_id": person.id,
            "consult_id": None,
            "kind": NoticeKind.DIGEST,
            "language": person.language,
            "state": NoticeState.PENDING,
            "dedupe_key": f"digest:{person.id}:{hour}",
            "created_at": now,
        }
        for person in people.values()
    ]
    if not rows:
        return
    added = insert_new(session, Notice, rows, Notice.id, Notice.person_id)
    _send(session, [(row.id, _at(people[row.person_id], quiet, awake, closes)) for row in added], now)
