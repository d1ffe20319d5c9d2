"""Who may not answer any more holds nothing: it goes back to its pool in the transaction that bars them.

Barred is who has a conflict with the child, no licence where the child's clinic lies, or an account that is closed;
a language bars nobody from what they hold, since the desk gives that on purpose. The draft stays with the request, as
after any release, and a name that was opened by exception closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult.consults.glass import BrokenGlass
from econsult.consults.handover import hand_over
from econsult.consults.hearers import desk_of
from econsult.consults.holding import to_pool
from econsult.consults.lifecycle import OPEN, next_status
from econsult.consults.records import SEALED_STAY_SHUT, Consult, note
from econsult.notices import Notice, NoticeKind, notify
from econsult.people.persons import Organization, Person, Role
from econsult.picking import ANY, Pick
from econsult.queue.absence import lock_in_order, owed
from econsult.rosters.limits import Conflict, Limits, why_barred

VERB = "let_go"
"""How the trail and the way from hand to hand call it."""

# A clinician of the medical home is barred by a closed account alone.
_MAY_BE_BARRED = select(Person.id).where(or_(Person.role == Role.SPECIALIST, Person.is_active.is_(False)))
_IS_TOLD = exists().where(
    Notice.consult_id == Consult.id,
    Notice.kind == NoticeKind.LET_GO,
    Notice.created_at >= Consult.clinic_waits_since,
    or_(Consult.claimed_at.is_(None), Notice.created_at >= Consult.claimed_at),
)
_IS_DONE = and_(Consult.status.not_in(OPEN), or_(Consult.is_test, _IS_TOLD))
"""What was answered stays with its holder: the desk is told, once for each wait and holder, and of a test nobody."""


def let_go(session: Session, program_id: int, now: datetime, waiting: Sequence[int] = ()) -> int:
    """Give back whatever barred people of this program hold, and tell them and the desk, once; returns how many.

    Those that wait are locked with them, all by their numbers, before anybody is told of one: whoever is just taking
    one of them is waited for, and found here then.
    """
    is_here = Consult.program_id == program_id
    lock_in_order(session, {*waiting, *_held_by_barred(session, is_here)})
    numbers = _held_by_barred(session, is_here)
    lock_in_order(session, numbers)
    _close(session, open_to_barred(session, now, is_here), now)
    return _give_all_back(session, numbers, now)


def held_by_barred(session: Session, _now: datetime) -> list[int]:
    """What barred people of any program hold still: it could not be read when they were barred."""
    return _held_by_barred(session)


def let_go_later(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Give that back, as soon as it can be read; returns how many."""
    is_wanted = Consult.id.not_in(pick.aside) if pick.only is None else Consult.id == pick.only
    numbers = _held_by_barred(session, is_wanted)[: pick.most]
    lock_in_order(session, numbers)
    # Whoever had them locked may have changed who holds them.
    return _give_all_back(session, _held_by_barred(session, Consult.id.in_(numbers)) if numbers else [], now)


def _give_all_back(session: Session, numbers: list[int], now: datetime) -> int:
    query = select(Consult).where(Consult.id.in_(numbers)).order_by(Consult.id).options(*SEALED_STAY_SHUT)
    found = session.scalars(query.execution_options(populate_existing=True)).all() if numbers else []
    for consult in found:
        _give_back(session, consult, now)
    return len(found)


def _give_back(session: Session, consult: Consult, now: datetime) -> None:
    holder, about = session.get_one(Person, consult.holder_id), f"{VERB}:{now.isoformat()}"
    is_open = consult.status in OPEN
    has_alarm = False
    if is_open:
        hand_over(session, consult, VERB, None, by_id=None, now=now)
        has_alarm = not to_pool(session, consult, next_status(consult.status, "release"), now).has_cover
        note(session, consult, VERB, person_id=None, now=now)
    else:
        # What the clinic asks about an answer has no pool: the desk gives it to somebody who may reply.
        about = f"{VERB}:{holder.id}:{consult.clinic_waits_since}"
    if holder.is_active:
        notify(session, holder, NoticeKind.NO_LONGER_YOURS, consult_id=consult.id, about=about, now=now)
    # Where nobody is there for it, the desk has just had an alarm: one event is one letter.
    for person in () if has_alarm else desk_of(session, consult.program_id, now):
        notify(session, person, NoticeKind.LET_GO, consult_id=consult.id, about=about, now=now)


def _held_by_barred(session: Session, *which: ColumnElement[bool]) -> list[int]:
    """What barred people hold and owe a reply to, and is not done: what goes back to a pool first, then by number."""
    # PostgreSQL finds the index by the first of these conditions, SQLite by the second.
    held = owed(and_(Consult.holder_id.is_not(None), Consult.holder_id.in_(_MAY_BE_BARRED)))
    query = _bars(Consult.id).join(Person, Person.id == Consult.holder_id)
    asked = _with_bars(query).where(*which, held, ~_IS_DONE)
    rows = session.execute(asked.order_by(Consult.status.in_(OPEN).desc(), Consult.id))
    return [row.id for row in rows if _is_barred(row)]


def open_to_barred(session: Session, now: datetime, *which: ColumnElement[bool]) -> list[int]:
    """The openings of a child's name, by number, that run and are of people who may not answer any more."""
    query = _bars(BrokenGlass.id).join(BrokenGlass, BrokenGlass.consult_id == Consult.id)
    opened = _with_bars(query.join(Person, Person.id == BrokenGlass.person_id))
    rows = session.execute(opened.where(*which, BrokenGlass.ends_at > now).order_by(BrokenGlass.id))
    return [row.id for row in rows if _is_barred(row)]


def close_names(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Close these names; returns how many. A form finds none of a request that it cannot read: here none is read."""
    is_wanted = BrokenGlass.id.not_in(pick.aside) if pick.only is None else BrokenGlass.id == pick.only
    numbers = open_to_barred(session, now, is_wanted)[: pick.most]
    _close(session, numbers, now)
    return len(numbers)


def _close(session: Session, numbers: list[int], now: datetime) -> None:
    if numbers:
        session.execute(update(BrokenGlass).where(BrokenGlass.id.in_(numbers)).values(ends_at=now))


def _bars(number: InstrumentedAttribute[int]) -> Select[Any]:
    """Something of a request, by its number, with what may bar its person from it."""
    columns: list[InstrumentedAttribute[Any]] = [number, Person.is_active, Limits.states, Organization.state]
    return select(*columns, Conflict.id.label("conflict")).select_from(Consult)


def _with_bars(query: Select[Any]) -> Select[Any]:
    is_conflict = and_(Conflict.person_id == Person.id, Conflict.patient_id == Consult.patient_id)
    return (
        query.outerjoin(Limits, Limits.person_id == Person.id)
        .outerjoin(Organization, Organization.id == Consult.organization_id)
        .outerjoin(Conflict, is_conflict)
    )


def _is_barred(row: Row[Any]) -> bool:
    limits = Limits(states=row.states or "", languages="")
    is_conflicted = row.conflict is not None
    return not row.is_active or bool(
        why_barred(limits, is_conflicted=is_conflicted, state=row.state or "", language="")
    )
