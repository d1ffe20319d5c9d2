"""The clock over visits: it reminds families the day before, and asks staff the day after whether the child came.

A family without an account is reminded by telephone, which is the desk's. What is on a waiting list is asked for again
every two weeks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.visiting import desk_for, is_open_to_family, watchers_of
from econsult.consults.hearers import family_of
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.consults.visits import ASK_DESK, LOOK_AGAIN, Reply, Visit, VisitState, morning
from econsult.consults.visits_carried import is_asked_for
from econsult.notices import NoticeKind
from econsult.people.deaths import has_died
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet

QUIET = timedelta(days=1)
"""After so long a visit of which nobody may hear is looked at again."""


def look_at_visits(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Do what is due of every visit; returns how many were looked at.

    Each step is told once, whatever the number of clocks, kills and restarts: the row says what comes next. Where the
    family took its consent back, or its child has died, nobody is reminded and nobody is asked.
    """
    due = pick.due(session, select(Visit), Visit.next_at, Visit.id, now)
    tellings: list[Telling] = []
    for visit in due:
        consult = session.get_one(Consult, visit.consult_id, options=SEALED_STAY_SHUT)
        if consult.consent_withdrawn_at is not None or has_died(session, consult.patient_id):
            _wait(visit, now)
            continue
        tellings += _next(session, visit, consult, now)
    session.flush()
    tell_all(session, tellings, quiet, now)
    return len(due)


def _wait(visit: Visit, now: datetime) -> None:
    """Nobody hears anything now; it may matter again until its day is over, where a mark was a mistake."""
    if visit.starts_at is not None and morning(visit.starts_at, visit.zone, 1) <= now:
        visit.asked_at, visit.next_at = now, None
    else:
        visit.next_at = now + (QUIET if visit.starts_at is not None else LOOK_AGAIN)


def _next(session: Session, visit: Visit, consult: Consult, now: datetime) -> list[Telling]:
    """What is told now of one visit; when the clock looks at it again is written into it."""
    if visit.state != VisitState.BOOKED or visit.starts_at is None:
        return _of_list(session, visit, consult, now)
    if now < visit.starts_at:
        return _ahead(session, visit, consult, visit.starts_at, now)
    after = morning(visit.starts_at, visit.zone, 1)
    if now < after:
        # The clock stood still over the reminder: nobody is reminded of what has begun.
        visit.next_at = after
        return []
    if visit.asked_at is None:
        visit.asked_at, visit.next_at = now, now + ASK_DESK
        return _needs(watchers_of(session, consult, visit), consult, f"visit:{visit.id}:came")
    if now < visit.asked_at + ASK_DESK:
        visit.next_at = visit.asked_at + ASK_DESK
        return []
    visit.next_at = None
    return _needs(desk_for(session, consult), consult, f"visit:{visit.id}:silent")


def _of_list(session: Session, visit: Visit, consult: Consult, now: datetime) -> list[Telling]:
    """Every two weeks somebody asks there again; sooner only where the plan has left the visit out."""
    about, due = f"visit:{visit.id}", (visit.asked_at or visit.at) + LOOK_AGAIN
    if now < due:
        visit.next_at = due
        return _left_out(session, visit, consult)
    visit.asked_at, visit.next_at = now, now + LOOK_AGAIN
    return _needs(watchers_of(session, consult, visit), consult, f"{about}:list:{now:%y%m%d}")


def _ahead(session: Session, visit: Visit, consult: Consult, starts_at: datetime, now: datetime) -> list[Telling]:
    """The reminder the day before; before that nothing but that the plan has left the visit out."""
    before = morning(starts_at, visit.zone, -1)
    if now < before:
        visit.next_at = before
        return _left_out(session, visit, consult)
    visit.next_at = morning(starts_at, visit.zone, 1)
    if not is_asked_for(session, visit):
        # Whoever reminds a family of what its plan does not ask for any more sends it there in vain.
        return _left_out(session, visit, consult)
    visit.reminded_at = now
    if visit.reply == Reply.CANNOT:
        # They said so, and nobody has found another day: that is for staff to hear again, not for the family.
        return _needs(watchers_of(session, consult, visit, is_desk_too=True), consult, f"visit:{visit.id}:still")
    return _reminders(session, visit, consult, now)


def _left_out(session: Session, visit: Visit, consult: Consult) -> list[Telling]:
    """Of a visit that the plan does not ask for any more those who see to it hear once, so that they call it off."""
    if is_asked_for(session, visit):
        return []
    return _needs(watchers_of(session, consult, visit, is_desk_too=True), consult, f"visit:{visit.id}:changed")


def _reminders(session: Session, visit: Visit, consult: Consult, now: datetime) -> list[Telling]:
    about = f"visit:{visit.id}"
    family = family_of(session, consult, now)
    if family and is_open_to_family(session, visit):
        return [Telling(each, NoticeKind.VISIT_SOON, consult.id, about) for each in family]
    # What is kept from the caregivers is no call to their telephone either: whoever reads it knows by its mark.
    return _needs(watchers_of(session, consult, visit, is_desk_too=True), consult, f"{about}:call")


def _needs(people: list[Person], consult: Consult, about: str) -> list[Telling]:
    return [Telling(each, NoticeKind.VISIT_NEEDS, consult.id, about) for each in people]
