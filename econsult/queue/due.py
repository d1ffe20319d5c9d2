"""What a tick reads of the consults that are due and of their clocks, and what it writes back, as plain rows.

Records would cost more than the rest of a tick: people's own words would be opened, every attribute watched, and each
row written by a statement of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from sqlalchemy import Integer, bindparam, inspect, select
from sqlalchemy.orm import Session

from econsult.bulk import Rows, write_together
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.records import Consult
from econsult.consults.wishes import named_at
from econsult.database import Base, Instant
from econsult.picking import ANY, Pick, one_of


@dataclass(slots=True)
class DueClock:
    """The columns of a clock that has not stopped."""

    id: int
    consult_id: int
    name: str
    cycle: int
    lane: str
    state: str
    target_seconds: int
    deadline_at: datetime
    fired_level: int
    pauses: int
    paused_at: datetime | None
    paused_until: datetime | None
    paused_reason: str | None
    is_reminded: bool
    is_breached: bool
    read: tuple[Any, ...] = ()


@dataclass(slots=True)
class DueConsult:
    """The columns of a consult whose next deadline has come, who alone is asked about it by name, and its clocks."""

    id: int
    public_id: str
    program_id: int
    patient_id: int
    confidential: str
    organization_id: int | None
    requester_id: int
    sent_on_by_id: int | None
    holder_id: int | None
    kind: str
    status: str
    specialty: str | None
    fallback_specialty: str | None
    is_unallocated: bool
    uncovered_at: datetime | None
    is_taken_off_duty: bool
    is_test: bool
    urgency: str
    rules: str | None
    version: int
    claim_until: datetime | None
    due_at: datetime | None
    next_deadline_at: datetime | None
    named_id: int | None = None
    clocks: list[DueClock] = field(default_factory=list)
    read: tuple[Any, ...] = ()


Made = TypeVar("Made", DueClock, DueConsult)
CLOCK_NAMES = [each.name for each in fields(DueClock) if each.name != "read"]
CONSULT_NAMES = [each.name for each in fields(DueConsult) if each.name not in {"named_id", "clocks", "read"}]
NOW = bindparam("now", type_=Instant())

DUE = (
    select(*[*(getattr(Consult, name) for name in CONSULT_NAMES), named_at(NOW)])
    .where(Consult.next_deadline_at <= NOW)
    .order_by(Consult.next_deadline_at, Consult.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True, key_share=True)
)
RUNNING = select(*(getattr(Clock, name) for name in CLOCK_NAMES)).where(
    one_of(Clock.consult_id, "numbers"), Clock.state != ClockState.STOPPED
)
"""In no order: SQLite would read all clocks by their number to spare itself the sorting of a few."""


def due_consults(session: Session, now: datetime, pick: Pick = ANY) -> list[DueConsult]:
    """The consults whose next deadline has come, by index, oldest first, locked for this transaction."""
    # By the connection: what a session does around a statement costs as much as the rows. What it knows and has not
    # written yet is due as well.
    session.flush()
    connection = session.connection()
    rows = connection.execute(pick.narrow(DUE, Consult.id), {"now": now, "most": pick.most}).all()
    found = {row.id: _as_read(DueConsult(*row), row[: len(CONSULT_NAMES)]) for row in rows}
    if found:
        running = connection.execute(RUNNING, {"numbers": list(found)}).all()
        for row in sorted(running, key=attrgetter("id")):
            found[row.consult_id].clocks.append(_as_read(DueClock(*row), row))
    return list(found.values())


def _as_read(made: Made, row: Sequence[Any]) -> Made:
    """The row, which remembers what it was."""
    made.read = tuple(row)
    return made


def write_back(session: Session, consults: Sequence[DueConsult], events: Rows = ()) -> None:
    """Write what has changed of these consults and their clocks, and the ledger's new lines.

    Records of what has changed are read anew when next used.
    """
    clocks = [clock for consult in consults for clock in consult.clocks]
    both = [(Clock, _moved(CLOCK_NAMES, clocks)), (Consult, _moved(CONSULT_NAMES, consults))]
    moved = [(table, rows) for table, rows in both if rows]
    write_together(session, moved, (ClockEvent, events) if events else None)
    _forget(session, {table: {row["id"] for row in rows} for table, rows in moved})


def _moved(names: Sequence[str], rows: Sequence[DueClock | DueConsult]) -> list[dict[str, Any]]:
    """The rows that have changed: of each the columns in which any of them has."""
    values = attrgetter(*names)
    moved = [(row.read, now) for row in rows if (now := values(row)) != row.read]
    # Column by column: what is the same in every row of a batch, as most is, is seen so in one comparison.
    columns = zip(names, *(zip(*side, strict=True) for side in zip(*moved, strict=True)), strict=True) if moved else ()
    changed = [name for name, before, after in columns if name == "id" or before != after]
    pick = itemgetter(*map(names.index, changed)) if len(changed) > 1 else None
    return [dict(zip(changed, pick(now), strict=True)) for _read, now in moved] if pick else []


def _forget(session: Session, moved: Mapping[type[Base], Collection[int]]) -> None:
    """A tick's session knows some people and hardly any consult: what it knows is asked, and not each row."""
    known: list[Any] = list(session)
    for record in known:
        # By the key under which it is kept: one that is to be read anew would be read now to say its number.
        number = inspect(record).identity
        if number is not None and number[0] in moved.get(type(record), ()):
            session.expire(record)
