"""Telling many people: one letter for each level and person in an hour, a digest for the rest, and quiet nights.

Every telling leaves its own row in the outbox, exactly once; the row is sent as a letter or gathered into a digest that
has not been sent yet. Rows go in in one order whoever writes, so that two clock processes never wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, cast, func, literal_column, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.bulk import change, insert_new
from econsult.database import Base
from econsult.jobs import Job, JobKind, JobState, Lane
from econsult.notices import Notice, NoticeKind, NoticeState, makers_of_tests
from econsult.people.deaths import hushed_among
from econsult.people.persons import HOUSEHOLD, Person
from econsult.queue.quiet import Quiet
from econsult.rosters.shifts import awake_among

HOUR = timedelta(hours=1)
Awake = Callable[[Session, Collection[Person], datetime], set[int]]


class NoticeSlot(Base):
    """The right to write one letter of a kind that reaches a person within an hour; a whole night ends in one hour."""

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


def tell_all(
    session: Session,
    tellings: Sequence[Telling],
    quiet: Quiet,
    now: datetime,
    *,
    makers: Mapping[int, int] | None = None,
    awake: Awake = awake_among,
) -> int:
    """Write the rows, letters and jobs; returns how many tellings are new. Who is on duty has no night.

    Of a test nobody is told but who made it, and no family of a child who has died: that takes nobody's letter of the
    hour, and stands in nobody's digest.
    `makers` and `awake`, where the caller has read it: who made each of these consults that is a test, and how to tell
    who of some people is on duty.
    """
    if not tellings:
        return 0
    if makers is None:
        makers = makers_of_tests(session, {telling.consult_id for telling in tellings})
    if makers:
        tellings = [each for each in tellings if makers.get(each.consult_id, each.person.id) == each.person.id]
    if hushed := hushed_among(session, ((each.person, each.consult_id) for each in tellings)):
        tellings = [each for each in tellings if each.consult_id not in hushed or each.person.role not in HOUSEHOLD]
    unique = {key: telling for _person, key, telling in sorted(map(_sortable, tellings), key=itemgetter(0, 1))}
    if not unique:
        return 0
    reached, due = _when(session, [each.person for each in unique.values() if not each.is_urgent], quiet, now, awake)
    digests = _waiting(session, due)
    added = _add_rows(session, unique, digests, now)
    # Whoever has an urgent letter of a kind now reads of the rest of that kind in the digest.
    urgent = {(unique[key].person.id, unique[key].kind) for key in added if unique[key].is_urgent}
    calm = [unique[key] for key in added if (unique[key].person.id, unique[key].kind) not in urgent]
    slots = _take_slots(session, calm, reached, urgent, now)
    letters: list[tuple[int, datetime]] = []
    crowd: list[tuple[int, Person]] = []
    for key, number in added.items():
        telling = unique[key]
        if telling.is_urgent:
            letters.append((number, now))
        elif slots.pop((telling.person.id, str(telling.kind)), False):
            letters.append((number, reached[telling.person.id]))
        else:
            crowd.append((number, telling.person))
    _send(session, letters, now)
    # Whoever has a digest that waits was named in it at once.
    _gather(session, [each for each in crowd if each[1].id not in digests], due, now)
    return len(added)


def _when(
    session: Session, people: Iterable[Person], quiet: Quiet, now: datetime, awake: Awake
) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """When each of these people reads a letter, and what is gathered now: at the end of the hour, or of their night."""
    closes = datetime.fromtimestamp((_hour(now) + 1) * HOUR.total_seconds(), tz=UTC)
    found = {person.id: person for person in people}
    reached = {number: quiet.until(person, now) for number, person in found.items()}
    due = {number: quiet.until(person, closes) for number, person in found.items()}
    asleep = [person for number, person in found.items() if reached[number] > now or due[number] > closes]
    for number in awake(session, asleep, now) if asleep else ():
        reached[number], due[number] = now, closes
    return reached, due


def _hour(at: datetime) -> int:
    return int(at.timestamp() // HOUR.total_seconds())


def _sortable(telling: Telling) -> tuple[int, str, Telling]:
    return telling.person.id, telling.key, telling


def _add_rows(
    session: Session, tellings: Mapping[str, Telling], digests: Mapping[int, int], now: datetime
) -> dict[str, int]:
    """The ids of the rows that are new, by their key; each begins in its reader's digest, where one waits."""
    rows = [
        {
            "person_id": telling.person.id,
            "consult_id": telling.consult_id,
            "kind": telling.kind,
            "language": telling.person.language,
            "state": NoticeState.GATHERED,
            "dedupe_key": key,
            "digest_id": None if telling.is_urgent else digests.get(telling.person.id),
            "created_at": now,
        }
        for key, telling in tellings.items()
    ]
    return {row.dedupe_key: row.id for row in insert_new(session, Notice, rows, Notice.dedupe_key, Notice.id)}


def _take_slots(
    session: Session,
    tellings: Sequence[Telling],
    reached: Mapping[int, datetime],
    urgent: Collection[tuple[int, NoticeKind]],
    now: datetime,
) -> dict[tuple[int, str], bool]:
    """Whose first letter of a kind within this hour is still to be written: one winner among all clocks.

    An urgent letter is written anyway, and is the first of its hour all the same.
    """
    wanted = {(telling.person.id, str(telling.kind)): reached[telling.person.id] for telling in tellings}
    hours = {**{(person, str(kind)): now for person, kind in urgent}, **wanted}
    if not hours:
        return {}
    rows = [{"person_id": person, "kind": kind, "hour": _hour(at)} for (person, kind), at in sorted(hours.items())]
    added = insert_new(session, NoticeSlot, rows, NoticeSlot.person_id, NoticeSlot.kind)
    return {(row.person_id, row.kind): True for row in added if (row.person_id, row.kind) in wanted}


def _send(session: Session, letters: Sequence[tuple[int, datetime]], now: datetime) -> None:
    if not letters:
        return
    numbers = [number for number, _at in letters]
    session.execute(update(Notice).where(Notice.id.in_(numbers)).values(state=NoticeState.PENDING, digest_id=None))
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


def _gather(
    session: Session, crowd: Sequence[tuple[int, Person]], all_due: Mapping[int, datetime], now: datetime
) -> None:
    """One digest for each of these people at the end of the hour, who have none that waits.

    Which one it is follows from what has been sent, not from the hour: a clock that is a second behind another, or that
    was a day ahead and came back, would find the hour's digest sent, and nobody would ever read of this.
    """
    people = {person.id: person for _number, person in crowd}
    due = {number: all_due[number] for number in people}
    digests: dict[int, int] = {}
    while missing := sorted(set(due) - set(digests)):
        # Another clock process may be first: then its digest is there when this insert returns.
        digests |= _begin_digests(session, [people[number] for number in missing], due, now)
        digests |= _waiting(session, {number: due[number] for number in missing if number not in digests})
    rows = [{"id": number, "digest_id": digests[person.id]} for number, person in crowd]
    if rows:
        change(session, Notice, rows)


WAITING = (
    select(Notice.id, Notice.person_id, Job.run_after)
    # By the key of its first job, which has an index: a tick must not read all that was ever told or waits to be sent.
    .join(Job, Job.dedupe_key == literal_column("'notice:'").concat(cast(Notice.id, String)))
    .where(Notice.kind == NoticeKind.DIGEST, Notice.state == NoticeState.PENDING)
    .where(Notice.person_id.in_(bindparam("people", expanding=True)))
    .where(Job.state.in_((JobState.PENDING, JobState.SENT)))
    .order_by(Job.id)
    .with_for_update(of=Job.__table__)
)


def _waiting(session: Session, due: Mapping[int, datetime]) -> dict[int, int]:
    """Each person's digest that no worker has begun to send, locked until this transaction ends.

    One that was written by a clock which was far ahead comes too late for what is due now.
    """
    if not due:
        return {}
    return {
        row.person_id: row.id
        for row in session.connection().execute(WAITING, {"people": list(due)})
        if row.run_after <= due[row.person_id]
    }


def _begin_digests(
    session: Session, people: Sequence[Person], due: Mapping[int, datetime], now: datetime
) -> dict[int, int]:
    """Open a digest for each of these people that follows their last one; whoever has just been given one is absent."""
    last = select(Notice.person_id, func.max(Notice.id)).where(
        Notice.kind == NoticeKind.DIGEST, Notice.person_id.in_([person.id for person in people])
    )
    known = {row[0]: row[1] for row in session.execute(last.group_by(Notice.person_id))}
    rows = [
        {
            "person_id": person.id,
            "consult_id": None,
            "kind": NoticeKind.DIGEST,
            "language": person.language,
            "state": NoticeState.PENDING,
            "dedupe_key": f"digest:{person.id}:after:{known.get(person.id, 0)}",
            "created_at": now,
        }
        for person in people
    ]
    added = {row.person_id: row.id for row in insert_new(session, Notice, rows, Notice.id, Notice.person_id)}
    _send(session, [(number, due[person_id]) for person_id, number in added.items()], now)
    return added
