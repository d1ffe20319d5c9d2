"""The tick over rosters: when the last one on duty goes home, whatever still waits is told to the desk at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.offering import desk_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Urgency
from econsult.notices import NoticeKind
from econsult.picking import ANY, Pick
from econsult.queue.able import Takers, around
from econsult.queue.absence import away_now, tell_of_away
from econsult.queue.bulk import insert_new
from econsult.queue.going_home import left_behind
from econsult.queue.outbox import Quiet, Telling, tell_all
from econsult.rosters.watching import BEYOND, CoverWatch, look, unwatched

ASKED = ("patient_id", "organization_id", "requester_id", "sent_on_by_id", "specialty", "fallback_specialty")
NAMES = ("id", "urgency", "is_unallocated", *ASKED)
MOST_BARRED = 2000
"""So many that wait are held against licences and languages in one look; the ladder looks at its own consult anyway."""


def watch_cover(
    session: Session, now: datetime, batch: int = 200, quiet: Quiet | None = None, *, pick: Pick = ANY
) -> int:
    """Look at every specialty whose time has come; returns how many consults were told of, at most a batch of each."""
    _begin(session, now)
    is_due = or_(CoverWatch.next_at <= now, CoverWatch.next_at > now + BEYOND)
    due = pick.narrow(select(CoverWatch).where(is_due).order_by(CoverWatch.id), CoverWatch.id)
    told = 0
    seen: set[int] = set()
    programs: dict[int, Takers] = {}
    tellings: list[Telling] = []
    for watch in session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)):
        is_covered, next_at = look(session, watch, now)
        if watch.is_covered and not is_covered:
            watch.gaps, watch.after_id = watch.gaps + 1, 0
        watch.is_covered = is_covered
        watch.after_id = None if is_covered else watch.after_id
        if watch.program_id not in programs:
            programs[watch.program_id] = Takers(session, around(session, watch.program_id), now)
        takers = programs[watch.program_id]
        is_new_gap = watch.after_id is not None
        found = _alarm(session, watch, takers, now, batch) if is_new_gap else _untold(session, watch, takers, now)
        # What two pools could take is seen by both watches.
        waiting = [each for each in found if each.id not in seen]
        seen.update(each.id for each in waiting)
        tellings += _tellings(session, watch, waiting, f"gap:{watch.id}:{watch.gaps}:{watch.is_covered:d}")
        left = left_behind(session, watch, takers, now)
        tellings += _tellings(session, watch, left, f"home:{watch.id}:{int(now.timestamp())}")
        told += len(waiting) + len({row.id for row in left})
        watch.next_at = now if watch.after_id is not None else next_at
    session.flush()
    tell_all(session, tellings, quiet or Quiet(), set(), now)
    return told


def watch_absences(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Tell the desk of what waits for people who are away or have left; returns of how many consults.

    Everything that runs is looked at, not only what ran when the absence began: the clinic may ask again meanwhile.
    """
    return tell_of_away(session, away_now(session, now), now, pick)


def _begin(session: Session, now: datetime) -> None:
    """What waits when the watch over a pool begins, for nobody who is there, is told where the desk has not heard."""
    rows = [
        {"program_id": program_id, "specialty": specialty, "is_covered": False, "gaps": 0, "next_at": now}
        for program_id, specialty in unwatched(session)
    ]
    if rows:
        insert_new(session, CoverWatch, rows)


def _alarm(session: Session, watch: CoverWatch, takers: Takers, now: datetime, batch: int) -> list[Row[Any]]:
    """The next batch of what waits for this specialty, and for no other that is there."""
    found = _waiting(session, watch, batch, watch.after_id or 0)
    watch.after_id = found[-1].id if len(found) == batch else None
    # The other of its two pools may be there.
    waiting = [each for each in found if not takers.for_request(each)]
    clocks = _taking(session, waiting)
    lines = [_line(clocks[consult.id], watch.gaps, now) for consult in waiting if consult.id in clocks]
    if lines:
        insert_new(session, ClockEvent, lines)
    return waiting


def _untold(session: Session, watch: CoverWatch, takers: Takers, now: datetime) -> list[Row[Any]]:
    """What nobody of those who are there may take, and the desk has not heard of; each told once.

    For want of a licence or a language, for a conflict, or since those who stood in a gap have gone too.
    """
    if watch.is_covered and not takers.has_rules:
        return []
    found = _waiting(session, watch, MOST_BARRED, 0)
    waiting = [each for each in found if not each.is_unallocated and not takers.for_request(each)]
    clocks = _taking(session, waiting)
    known = _known(session, clocks)
    fresh = [each for each in waiting if each.id in clocks and each.id not in known]
    if fresh:
        insert_new(session, ClockEvent, [_line(clocks[each.id], watch.gaps + 1, now) for each in fresh])
    return fresh


def _known(session: Session, clocks: Mapping[int, Clock]) -> set[int]:
    """Of which of these being taken the desk has heard already."""
    lines = select(ClockEvent.consult_id, ClockEvent.cycle).where(
        ClockEvent.consult_id.in_(clocks), ClockEvent.name == ClockName.ALLOCATE, ClockEvent.reason == "no_cover"
    )
    return {row.consult_id for row in session.execute(lines) if row.cycle == clocks[row.consult_id].cycle}


def _waiting(session: Session, watch: CoverWatch, batch: int, after_id: int) -> list[Row[Any]]:
    query = select(*(getattr(Consult, name) for name in NAMES)).where(
        Consult.program_id == watch.program_id,
        Consult.status == Status.SUBMITTED,
        Consult.kind != "family_question",
        Consult.id > after_id,
        or_(Consult.specialty == watch.specialty, Consult.fallback_specialty == watch.specialty),
    )
    return list(session.execute(query.order_by(Consult.id).limit(batch)))


def _taking(session: Session, waiting: Sequence[Row[Any]]) -> dict[int, Clock]:
    """The clock of being taken of each."""
    query = select(Clock).where(
        Clock.consult_id.in_([consult.id for consult in waiting]),
        Clock.name == ClockName.ALLOCATE,
        Clock.state != ClockState.STOPPED,
    )
    return {clock.consult_id: clock for clock in session.scalars(query)}


def _line(clock: Clock, gap: int, now: datetime) -> dict[str, object]:
    """A line of the ledger, once for each gap."""
    same = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")
    line = {name: getattr(clock, name) for name in same}
    return line | {"kind": "escalated", "level": 0, "sequence": gap, "at": now, "is_late": False, "reason": "no_cover"}


def _tellings(session: Session, watch: CoverWatch, waiting: Sequence[Row[Any]], about: str) -> list[Telling]:
    """The first, and what is urgent, by a letter at once; the rest is gathered."""
    desk = desk_of(session, watch.program_id) if waiting else []
    return [
        Telling(person, NoticeKind.NO_COVER, consult.id, about, place == 0 or consult.urgency == Urgency.URGENT)
        for place, consult in enumerate(waiting)
        for person in desk
    ]
