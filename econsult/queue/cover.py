"""Nobody is there: the desk hears of whatever waits for people who are off duty, away, barred or gone, each time once.

One look for all of them. What waits in a pool is looked at when its specialty is (at the edge of each shift, within a
minute of every change of the roster, and once a minute anyway); what somebody holds at the same moments, and as soon as
their time off begins. The ladder looks at its own consults too, and tells only what is not marked yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session, aliased

from econsult.bulk import insert_new
from econsult.consults.hearers import desk_of
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Urgency
from econsult.consults.uncovered import about_of, is_clinicians, line_of
from econsult.notices import NoticeKind
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.queue.able import Around, Takers, around
from econsult.queue.absence import (
    ASKED,
    away_by_program,
    away_now,
    come_back,
    is_left,
    lock_in_order,
    off_duty,
    owed,
    unheard,
    unmark,
)
from econsult.queue.named import offer_lost
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.queue.regained import regained
from econsult.queue.reoffering import offer_unallocated
from econsult.rosters.shifts import Span
from econsult.rosters.watching import BEYOND, CLINICS, LOOK_EVERY, CoverWatch, look, unwatched

STANDSTILL = 5 * LOOK_EVERY
"""So late no look is for want of time alone."""
MOST_BARRED = 500
"""So many that wait are held against licences and languages in one look; the ladder looks at its own consult anyway."""


def watch_cover(
    session: Session, now: datetime, batch: int = 200, quiet: Quiet | None = None, *, pick: Pick = ANY
) -> int:
    """Look at the specialties whose time has come; returns how many consults were told of, at most a batch of each."""
    _begin(session, now)
    is_due = or_(CoverWatch.next_at <= now, CoverWatch.next_at > now + BEYOND)
    due = pick.narrow(select(CoverWatch).where(is_due).order_by(CoverWatch.next_at, CoverWatch.id), CoverWatch.id)
    # The rest of many programs is looked at by the next tick: one look must not keep everybody from writing.
    locked = due.limit(pick.most).with_for_update(skip_locked=True)
    watches = session.scalars(locked.execution_options(populate_existing=True)).all()
    told = 0
    away: Mapping[int, Set[int]] = away_by_program(session, now) if watches else {}
    for program_id, own in groupby(sorted(watches, key=attrgetter("program_id", "id")), key=attrgetter("program_id")):
        theirs = away.get(program_id, frozenset())
        told += _look_at(session, program_id, list(own), batch=batch, now=now, quiet=quiet, away=theirs)
    return told


def _look_at(
    session: Session,
    program_id: int,
    watches: Sequence[CoverWatch],
    *,
    batch: int,
    now: datetime,
    quiet: Quiet | None,
    away: Set[int],
) -> int:
    """Look at these pools of a program, at what its people hold and at its clinics; `away` is who of them is away."""
    here = around(session, program_id)
    takers = Takers(session, here, now)
    pools = [watch for watch in watches if watch.specialty]
    # A look comes late where many others stand before it: what it was to find counts by when it was to come.
    planned = {watch.id: min(watch.next_at, now) for watch in watches}
    ahead = takers.look_ahead(now + LOOK_EVERY)
    for watch in watches:
        _look_who_is_there(watch, ahead.get(watch.specialty, ()), takers, now)
    for watch in watches:
        if watch.specialty == CLINICS:
            watch.after_id = offer_unallocated(session, program_id, watch.after_id or 0, now)
    covered = [watch for watch in pools if watch.is_covered]
    tellings, has_more = regained(
        session, program_id, [watch.specialty for watch in covered], takers, batch=batch, now=now
    )
    for watch in covered if has_more else ():
        watch.next_at = now
    # The first of a gap goes by a letter at once, and not the first of each look that it takes to tell of all.
    found: dict[bool, list[Row[Any]]] = {True: [], False: []}
    for watch in pools:
        if not _is_looked_at(watch, takers, planned[watch.id]):
            watch.after_id = None
            continue
        is_new = watch.after_id is None or not _has_told(session, watch)
        found[is_new] += _waiting_for_nobody(session, watch, takers, batch, now)
    offer_lost(session, program_id, takers, now, quiet)
    found[True] += _held_by_nobody(session, here, takers, away)
    told = sum(tell_uncovered(session, rows, now, quiet, is_new=is_new) for is_new, rows in found.items())
    tell_all(session, tellings, quiet or Quiet(), now)
    return told


def _look_who_is_there(watch: CoverWatch, ahead: Sequence[Span], takers: Takers, now: datetime) -> None:
    """Whether somebody is there, and whether others are, or may take other requests, than at the last look.

    Where looks failed, or no clock ran, others may have been there in between; a look that is a little late only has
    many others before it.
    """
    was_away = watch.next_at < now - STANDSTILL
    watch.is_covered, watch.next_at = look(watch, ahead, now)
    people = takers.print_of(watch.specialty) if watch.specialty else ""
    if watch.people != people or watch.changed_at is None or was_away:
        watch.people, watch.changed_at, watch.after_id = people, now, None


def watch_absences(
    session: Session, now: datetime, quiet: Quiet | None = None, pick: Pick = ANY, *, anew: Person | None = None
) -> int:
    """Tell the desk of what waits for people who are away or have left; returns of how many consults.

    Everything that runs is looked at, not only what ran when the absence began: the clinic may ask again meanwhile.
    What somebody holds who has just been written off (`anew`) is told although they were off duty anyway.
    """
    away = away_now(session, now)
    if anew is not None:
        told = select(Consult.id).where(owed(Consult.holder_id == anew.id), Consult.uncovered_at.is_not(None))
        unmark(session, list(session.scalars(told)))
    return tell_uncovered(session, unheard(session, away, pick), now, quiet) if away else 0


def tell_uncovered(
    session: Session, rows: Sequence[Row[Any]], now: datetime, quiet: Quiet | None, *, is_new: bool = True
) -> int:
    """Mark these consults, and tell the desk of those that nobody has marked before; returns how many.

    The first of each desk (where this is new and not the rest of what it hears of), and what is urgent, goes by a
    letter at once; the rest is gathered.
    """
    if not rows:
        return 0
    fresh = _mark(session, rows, now)
    lines = [line_of(clock, now) for clock in _owed(session, fresh)]
    if lines:
        insert_new(session, ClockEvent, lines)
    tell_all(session, letters(session, fresh, now, is_new=is_new), quiet or Quiet(), now)
    return len(fresh)


def letters(session: Session, rows: Sequence[Any], now: datetime, *, is_new: bool = True) -> list[Telling]:
    """What the desk of each program is told about these consults (id, program, urgency, whether it is a test).

    The first of them that is no test, of which nobody is told, goes by a letter at once.
    """
    tellings: list[Telling] = []
    about = about_of(now)
    for program_id in sorted({row.program_id for row in rows}):
        own = sorted((row for row in rows if row.program_id == program_id), key=attrgetter("is_test"))
        tellings += [
            Telling(
                person, NoticeKind.NO_COVER, row.id, about, (is_new and place == 0) or row.urgency == Urgency.URGENT
            )
            for person in desk_of(session, program_id, now)
            for place, row in enumerate(own)
        ]
    return tellings


def _begin(session: Session, now: datetime) -> None:
    """The watch over a pool begins with what waits for nobody who is there, where the desk has not heard."""
    rows = [
        {"program_id": program_id, "specialty": specialty, "is_covered": False, "people": "", "next_at": now}
        for program_id, specialty in unwatched(session)
    ]
    if rows:
        insert_new(session, CoverWatch, rows)


def _is_looked_at(watch: CoverWatch, takers: Takers, planned_at: datetime) -> bool:
    """Whether what waits is to be read in this look, which was to come at `planned_at`.

    All of it is once others are there or may take others, and once more for what was sent meanwhile; what comes later
    is looked at when it is offered.
    """
    is_soon = watch.changed_at is None or planned_at <= watch.changed_at + 2 * LOOK_EVERY
    return (watch.after_id is not None or is_soon) and (takers.has_rules or not watch.is_covered)


def _waiting_for_nobody(
    session: Session, watch: CoverWatch, takers: Takers, batch: int, now: datetime
) -> list[Row[Any]]:
    """The next of what waits for this specialty, and for no other that is there.

    While somebody is on duty: of what they may not take, for want of a licence or a language, or for a conflict.
    """
    most = MOST_BARRED if watch.is_covered else batch
    query = _waiting(watch).where(Consult.uncovered_at.is_(None), Consult.id > (watch.after_id or 0))
    found = session.execute(query.order_by(Consult.id).limit(most)).all()
    watch.after_id = found[-1].id if len(found) == most else None
    if watch.after_id is not None:
        watch.next_at = now
    return [each for each in found if not each.is_unallocated and not takers.for_request(each)]


def _has_told(session: Session, watch: CoverWatch) -> bool:
    """Whether the desk has heard of anything in the look that goes on: its first part may have had nothing to tell.

    Of what nobody may take, the desk hears in other words.
    """
    mark = aliased(Consult)
    # By the index of the marks alone: by that of a state SQLite would read all that waits.
    marked = select(mark.id).where(mark.program_id == watch.program_id, mark.uncovered_at.is_not(None))
    told = select(Consult.id).where(
        Consult.id.in_(marked),
        Consult.status == Status.SUBMITTED,
        or_(Consult.specialty == watch.specialty, Consult.fallback_specialty == watch.specialty),
        Consult.uncovered_at >= watch.changed_at,
        Consult.is_unallocated.is_(False),
        Consult.is_test.is_(False),
    )
    return session.scalars(told.limit(1)).first() is not None


def _held_by_nobody(session: Session, here: Around, takers: Takers, away: Set[int]) -> list[Row[Any]]:
    """What is held by people of this program who are off duty or away."""
    suspects = away | off_duty(takers, here)
    come_back(session, here.program_id, away, suspects, takers)
    held = unheard(session, suspects) if suspects else ()
    return [row for row in held if is_left(row, away, takers)]


def _waiting(watch: CoverWatch) -> Any:
    return select(*(getattr(Consult, name) for name in ASKED)).where(
        Consult.program_id == watch.program_id,
        Consult.status == Status.SUBMITTED,
        Consult.kind != "family_question",
        or_(Consult.specialty == watch.specialty, Consult.fallback_specialty == watch.specialty),
    )


def _mark(session: Session, rows: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """Of several clocks that find it at once, one marks it."""
    found = {row.id: row for row in rows}
    lock_in_order(session, found)
    marked: set[int] = set()
    for holder in {row.holder_id for row in rows}:
        # Whoever has been given it meanwhile is looked at the next time.
        same = (Consult.id.in_([row.id for row in rows if row.holder_id == holder]), Consult.holder_id == holder)
        unmarked = update(Consult).where(*same, Consult.uncovered_at.is_(None))
        marked |= set(session.scalars(unmarked.values(uncovered_at=now).returning(Consult.id)))
    return [found[number] for number in sorted(marked)]


def _owed(session: Session, rows: Sequence[Row[Any]]) -> list[Clock]:
    """What of each is waited for: its being taken where it waits in a pool, else the replies that its holder owes."""
    in_pool = {row.id: row.status == Status.SUBMITTED for row in rows}
    running = select(Clock).where(Clock.consult_id.in_(in_pool), Clock.state != ClockState.STOPPED)
    return [
        clock
        for clock in session.scalars(running.order_by(Clock.id))
        if is_clinicians(clock.name, clock.lane) and (clock.name == ClockName.ALLOCATE) == in_pool[clock.consult_id]
    ]
