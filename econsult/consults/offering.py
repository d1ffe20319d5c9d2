"""Offering a consult to those who may take it: who is told, the clock of being taken, and its end with a taker."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.choice import choose, pools_asked, stand_in
from econsult.consults.clocks import open_clocks, refresh_deadline, start_clock, stop_clock
from econsult.consults.hearers import desk_of
from econsult.consults.ledger import OFFERED_ANEW, Clock, ClockEvent, log
from econsult.consults.own_clinic import bring_home, own_clinic
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, Urgency
from econsult.consults.sides import end_sides, keep_for_side, side_of
from econsult.consults.uncovered import NO_COVER
from econsult.consults.wishes import respect
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.rosters.routing import WORDS, Route, Why
from econsult.rosters.shifts import is_off_duty

LONGEST_WITHOUT_COVER = timedelta(hours=4)


def offer(session: Session, consult: Consult, now: datetime, *, by: datetime | None = None) -> Route:
    """Let the router choose, start the clock of being taken, and tell the pool; without cover tell the desk at once.

    Who was asked for by name is told before the pool, where they are there. The clock is due `by` then at the latest.
    """
    chosen = choose(session, consult, now)
    consult.is_unallocated = chosen.is_unallocated
    consult.fallback_specialty = stand_in(consult, chosen)
    stop_clock(session, consult, ClockName.ALLOCATE, now, "offered_again")
    within = allocate_within(consult, chosen, now)
    if by is not None:
        within = min(within, timedelta(seconds=max(1, int((by - now).total_seconds()))))
    chosen = respect(session, consult, chosen, now, within=within)
    consult.route = json.dumps([[line.code, line.n, line.of] for line in chosen.why])
    clock = start_clock(session, consult, ClockName.ALLOCATE, within, now)
    if not chosen.has_cover:
        _raise_alarm(session, consult, clock, chosen, now)
    for member in chosen.told:
        about = f"{consult.kind}:{clock.cycle}"
        notify(session, member, NoticeKind.NEW_REQUEST, consult_id=consult.id, about=about, now=now)
    return chosen


def offer_anew(session: Session, consult: Consult, now: datetime) -> Route:
    """Offer what waits once more; the desk hears that nobody took it no later than it would have heard."""
    ahead = [clock.deadline_at for clock in open_clocks(session, consult.id, ClockName.ALLOCATE)]
    return offer(session, consult, now, by=min((at for at in ahead if at > now), default=None))


def offer_elsewhere(session: Session, consult: Consult, now: datetime) -> Route:
    """Offer to another pool what nobody has taken: passing it on makes it no later than it may be.

    It may wait for so long in all, since it was offered first; then it is late, and again after each further such time.
    """
    target = rules_of(consult).allocate
    longest = target if consult.urgency == Urgency.URGENT else max(LONGEST_WITHOUT_COVER, target)
    since = _offered_at(session, consult.id) or now
    return offer(session, consult, now, by=since + longest * ((now - since) // longest + 1))


def _offered_at(session: Session, consult_id: int) -> datetime | None:
    """When it was offered first since it was sent, or since somebody had it last."""
    of_taking = (ClockEvent.consult_id == consult_id, ClockEvent.name == ClockName.ALLOCATE)
    ended = (*of_taking, ClockEvent.kind == "stopped", ClockEvent.reason.not_in(OFFERED_ANEW))
    last = select(func.coalesce(func.max(ClockEvent.cycle), 0)).where(*ended).scalar_subquery()
    first = select(func.min(Clock.started_at)).where(
        Clock.consult_id == consult_id, Clock.name == ClockName.ALLOCATE, Clock.cycle > last
    )
    return session.scalars(first).one()


def allocate_within(consult: Consult, chosen: Route, now: datetime) -> timedelta:
    """Urgent always runs at once; anything else waits for cover, but not for ever."""
    target = rules_of(consult).allocate
    if chosen.has_cover or consult.urgency == Urgency.URGENT:
        return target
    longest = max(LONGEST_WITHOUT_COVER, target)
    return min(chosen.cover_at - now + target, longest) if chosen.cover_at is not None else longest


def _raise_alarm(session: Session, consult: Consult, clock: Clock, chosen: Route, now: datetime) -> None:
    """An alarm is no reminder: it waits for no morning."""
    consult.uncovered_at = now
    log(session, clock, "escalated", now, reason="unallocated" if chosen.is_unallocated else NO_COVER)
    kind = NoticeKind.UNALLOCATED if chosen.is_unallocated else NoticeKind.NO_COVER
    for person in desk_of(session, consult.program_id, now):
        notify(session, person, kind, consult_id=consult.id, about=f"{clock.name}:{clock.cycle}", now=now)


def why_of(consult: Consult) -> list[Why]:
    """The router's explanation, as it was when the consult was last offered; none where nobody can read it."""
    try:
        found = json.loads(consult.route or "[]")
    except (ValueError, RecursionError):
        return []
    return [Why(*line) for line in found if _is_line(line)] if isinstance(found, list) else []


def _is_line(line: object) -> bool:
    if not isinstance(line, list) or [type(part) for part in line] != [str, int, str]:
        return False
    return line[0] in WORDS


def taken(session: Session, consult: Consult, now: datetime, verb: str) -> None:
    """A named person has it. Who takes it off duty is there for it all the same, until they have been on duty."""
    consult.is_unallocated = False
    holder = session.get_one(Person, consult.holder_id)
    if holder.organization_id is not None and holder.organization_id == own_clinic(session, consult):
        bring_home(session, consult, now, by_id=holder.id)
    consult.uncovered_at = None
    consult.is_taken_off_duty = is_off_duty(session, holder, pools_asked(consult), now)
    stop_clock(session, consult, ClockName.ALLOCATE, now, verb)
    refresh_deadline(session, consult)
    side = side_of(session, consult.id)
    if side is not None and side.holder_id == consult.holder_id:
        # Who was to reply to a colleague has the request itself now.
        end_sides(session, consult, person_id=consult.holder_id, now=now)
    keep_for_side(session, consult, now)
