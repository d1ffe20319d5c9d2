"""A clinic of which nobody is there: the desk hears of each family that waits for it, once for as long as that lasts.

Once a minute. What waits for the clinic to be answered has the mark of every request (`uncovered_at`), which is taken
off when somebody is back; what the clinic owes a family beside that, and what a specialist asked it for, is known by
its line in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from econsult.bulk import insert_new
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.overdue import IS_STILL_PROMISED
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind, Urgency
from econsult.consults.uncovered import NO_COVER, OF_CLINIC, line_of, minute_of
from econsult.notices import NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, Role, team_of
from econsult.picking import ANY, Pick
from econsult.queue.absence import ASKED, unmark
from econsult.queue.cover import letters, tell_uncovered
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.queue.reoffering import come_home, cover_came
from econsult.rosters.homes import empty_homes, note_gaps, noted, there_of, unnoted
from econsult.rosters.shifts import is_away

_IS_HOMES = or_(Consult.kind == Kind.FAMILY_QUESTION, Consult.specialty.is_(None))
_OWES = and_(
    Clock.state == ClockState.RUNNING,
    or_(Clock.name == ClockName.FAMILY_INFORMED, and_(Clock.name == ClockName.NEXT_REPLY, Clock.lane == "family")),
)
_IS_ASKED = and_(Clock.state == ClockState.PAUSED, Clock.paused_reason == OF_CLINIC)
EVER = datetime.min.replace(tzinfo=UTC)


def watch_clinics(session: Session, now: datetime, quiet: Quiet | None = None, pick: Pick = ANY) -> int:
    """Tell the desk of what waits for clinics of which nobody is there, and a clinic that is back of what waits for it.

    Returns of how many consults the desk heard.
    """
    empty = empty_homes(session, now)
    _begin_again(session, empty, now, quiet or Quiet(), pick)
    known = _locked(session, {*empty, *noted(session)}, pick)
    come_home(session, set(known) - set(empty), now)
    anew = note_gaps(session, known, empty, now)
    clinics = sorted(set(known) & set(empty))
    if not clinics:
        return 0
    _forget_marks(session, anew)
    told = tell_uncovered(session, session.execute(_waiting(clinics)).all(), now, quiet)
    found = [row for half in _unheard(clinics, now) for row in session.execute(half)]
    if found:
        insert_new(session, ClockEvent, [line_of(row[0], now) for row in found])
        rows = list({row.id: row for row in found}.values())
        tell_all(session, letters(session, rows, now), quiet or Quiet(), now)
    return told + len({row.id for row in found})


def watched_clinics(session: Session, now: datetime) -> list[int]:
    """The clinics for which one look has something to do; once it has done it, they are none of these any more."""
    empty = empty_homes(session, now)
    marked = select(Consult.organization_id).where(*_MARKED)
    found = {*(set(session.scalars(marked.distinct())) - set(empty)), *unnoted(session, empty, now)}
    for query in (_waiting(empty), *_unheard(empty, now)) if empty else ():
        found |= set(session.scalars(query.with_only_columns(Consult.organization_id).order_by(None).distinct()))
    return sorted(each for each in found if each is not None)


def has_heard(told_at: datetime | None, last_there_at: datetime | None) -> bool:
    """Whether the desk heard of a wait since somebody of the clinic was there."""
    return told_at is not None and told_at >= (last_there_at or EVER)


def told_at(consult_id: Any, name: Any, cycle: Any) -> Select[datetime | None]:
    """When the desk last heard that nobody is there for this wait."""
    return select(func.max(ClockEvent.at)).where(*_same(consult_id, name, cycle), ClockEvent.reason == NO_COVER)


def _same(consult_id: Any, name: Any, cycle: Any) -> tuple[ColumnElement[bool], ...]:
    return ClockEvent.consult_id == consult_id, ClockEvent.name == name, ClockEvent.cycle == cycle


_MARK = aliased(Consult)
_MARKED = (
    # By the index of the marks, beside which SQLite would find another one, of everything that waits.
    Consult.id.in_(select(_MARK.id).where(_MARK.uncovered_at.is_not(None))),
    Consult.status == Status.SUBMITTED,
    _IS_HOMES,
    Consult.is_unallocated.is_(False),
)


def _locked(session: Session, clinics: Collection[int], pick: Pick) -> list[int]:
    """Those of these clinics that no other clock process looks at in this moment."""
    if not clinics:
        return []
    query = pick.narrow(select(Organization.id).where(Organization.id.in_(clinics)), Organization.id)
    return list(session.scalars(query.order_by(Organization.id).with_for_update(skip_locked=True, key_share=True)))


def _waiting(clinics: Collection[int]) -> Select[*tuple[Any, ...]]:
    """What waits for one of these clinics to take it, and the desk has not heard of."""
    return (
        select(*(getattr(Consult, name) for name in ASKED))
        .where(Consult.organization_id.in_(clinics), Consult.status == Status.SUBMITTED, _IS_HOMES)
        .where(Consult.uncovered_at.is_(None), Consult.is_unallocated.is_(False))
        .order_by(Consult.id)
    )


def unheard_asked(session: Session, now: datetime) -> list[int]:
    """What waits, by number, for information from a clinic known to be empty, of which the desk never heard."""
    known = [number for number, since in noted(session).items() if since <= now]
    queries = [query.where(_IS_ASKED, Clock.paused_at <= now) for query in _unheard(known, now)] if known else []
    return sorted({row.id for query in queries for row in session.execute(query)})


def _unheard(clinics: Collection[int], now: datetime) -> list[Select[*tuple[Any, ...]]]:
    """What these clinics owe a family, or a specialist who asked them for something; each with its clock first.

    Of that the desk has not heard in this gap, nor since it was asked. Who is of the child's own clinic reads it too.

    What was answered and asked about no more is not read: each half has an index of its own.
    """
    is_since = or_(Clock.paused_at.is_(None), ClockEvent.at >= Clock.paused_at)
    since_when = (ClockEvent.reason == NO_COVER, ClockEvent.at >= Organization.empty_since, is_since)
    heard = exists().where(*_same(Clock.consult_id, Clock.name, Clock.cycle), *since_when)
    query = (
        select(Clock, *(getattr(Consult, name) for name in ASKED))
        .join(Consult, Consult.id == Clock.consult_id)
        .join(Organization, Organization.id == Consult.organization_id)
        .where(Consult.organization_id.in_(clinics), or_(_OWES, and_(_IS_ASKED, ~_is_own_there(now))), ~heard)
        .order_by(Clock.id)
    )
    return [query.where(Consult.status.in_(OPEN)), query.where(IS_STILL_PROMISED)]


def _is_own_there(now: datetime) -> ColumnElement[bool]:
    """Whether a clinician of the child's own clinic is there to read it, as a part of a look at consults.

    The telepresenter who asked is told as well, and is nobody here: they read a part of it alone.
    """
    # Two levels below the consult: unless that is said, it is looked for among all consults once more.
    own = select(Patient.organization_id).where(Patient.id == Consult.patient_id).correlate(Consult).scalar_subquery()
    return exists().where(
        Person.organization_id == own,
        Person.role == Role.PCP,
        Person.is_active,
        ~is_away(now),
    )


def _forget_marks(session: Session, clinics: Collection[int]) -> None:
    """What waits for these clinics is of a gap that nobody has told yet."""
    if clinics:
        marked = select(Consult.id).where(*_MARKED, Consult.organization_id.in_(clinics))
        unmark(session, session.scalars(marked).all(), Consult.status == Status.SUBMITTED)


def _begin_again(session: Session, empty: Collection[int], now: datetime, quiet: Quiet, pick: Pick) -> None:
    """Somebody of a clinic is back: they hear of what waits, and the desk hears anew when they go."""
    query = select(*(getattr(Consult, name) for name in ASKED)).where(*_MARKED, Consult.organization_id.is_not(None))
    query = query.where(Consult.organization_id.not_in(empty)) if empty else query
    # A clinic that was put aside must not make the same batch fail each minute, and the other clinics with it.
    rows = session.execute(pick.narrow(query, Consult.organization_id).order_by(Consult.id)).all()
    found = {row.id: row for row in rows}
    changed = unmark(session, list(found), Consult.status == Status.SUBMITTED)
    if not changed:
        return
    cover_came(session, changed, now)
    clinics = {found[number].organization_id for number in changed}
    there = {clinic: there_of(session, team_of(session, clinic), now) for clinic in sorted(clinics)}
    tellings = [
        Telling(person, NoticeKind.NEW_REQUEST, row.id, f"cover:{minute_of(now)}", row.urgency == Urgency.URGENT)
        for row in (found[number] for number in sorted(changed))
        for person in there[row.organization_id]
    ]
    tell_all(session, tellings, quiet, now)
