"""After a change of who may take what, or of who is there: requests that wait are offered again, or are due sooner."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session

from econsult.consults.choice import choose, stand_in
from econsult.consults.clocks import open_clocks, refresh_deadline, start_clock, stop_clock, supersede
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.offering import allocate_within, offer_anew
from econsult.consults.own_clinic import bring_home
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import SEALED_STAY_SHUT, UNALLOCATED, Consult, Kind
from econsult.consults.wishes import has_lost, named_now
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.absence import lock_in_order, owed
from econsult.queue.letting_go import let_go
from econsult.rosters.watching import look_soon

MOST = 500
"""So many that wait are looked at within one form; each step of the ladder looks at its own consult anyway."""
A_FEW = 50
"""So many that nobody may take are looked at in a minute."""
ORDER = (Consult.is_unallocated.desc(), Consult.urgency_rank, Consult.due_at, Consult.id)

_UNALLOCATED = (
    select(Consult.id)
    .where(Consult.program_id == bindparam("program"), UNALLOCATED, Consult.id > bindparam("after"))
    .order_by(Consult.id)
    .limit(A_FEW)
)


def offer_again(session: Session, program_id: int, now: datetime) -> int:
    """Offer each waiting request again whose pool is another than it was told; returns how many.

    What somebody holds who may not answer it any more is given back first, however much it is.
    """
    waiting = select(Consult.id).where(Consult.program_id == program_id, Consult.status == Status.SUBMITTED)
    numbers = list(session.scalars(waiting.order_by(*ORDER).limit(MOST)))
    let_go(session, program_id, now, numbers)
    return _offer(session, numbers, now)


def offer_unallocated(session: Session, program_id: int, after: int, now: datetime) -> int | None:
    """Offer a part of what nobody may take to whoever may by now; returns the last number, or None after the last.

    A form offers again what waits, as far as it comes; and somebody may stand in from now on whom no form told of.
    """
    numbers = list(session.scalars(_UNALLOCATED, {"program": program_id, "after": after}))
    _offer(session, numbers, now)
    return numbers[-1] if len(numbers) == A_FEW else None


def _offer(session: Session, numbers: list[int], now: datetime) -> int:
    """Those whose pool is another than they were told, or whom nobody asked for by name will take; how many."""
    count = 0
    for consult in _locked(session, numbers):
        chosen = choose(session, consult, now)
        stands_in = stand_in(consult, chosen)
        before = (consult.is_unallocated, consult.fallback_specialty)
        if (chosen.is_unallocated, stands_in) != before or has_lost(session, consult, chosen, now):
            offer_anew(session, consult, now)
            count += 1
    return count


def come_home(session: Session, clinics: Collection[int], now: datetime) -> None:
    """Somebody of these clinics is back: the families' questions that others have and nobody took are theirs again."""
    if not clinics:
        return
    query = select(Consult.id).join(Patient, Patient.id == Consult.patient_id)
    query = query.where(Patient.organization_id.in_(clinics), Consult.organization_id != Patient.organization_id)
    query = query.where(Consult.status == Status.SUBMITTED, Consult.kind == Kind.FAMILY_QUESTION)
    for consult in _locked(session, list(session.scalars(query))):
        bring_home(session, consult, now, by_id=None)
        offer_anew(session, consult, now)


def roster_changed(session: Session, program_id: int, now: datetime) -> int:
    """Cover is worked out anew: by the next tick, and for what waits to be taken until somebody is there.

    Whoever comes sooner than was planned takes it sooner: the clock of being taken is due earlier, never later. Returns
    of how many requests.
    """
    session.flush()
    begin_change(session, program_id, now)
    # Whoever was asked for by name and is not there any more keeps nothing from the others.
    _offer(session, sorted(named_now(session, now, program_id)), now)
    for_cover = _for_cover(session, program_id, now)
    return sum(_bring_forward(session, consult, now) for consult in _locked(session, for_cover))


def begin_change(session: Session, program_id: int, now: datetime, absent: Person | None = None) -> None:
    """Lock what a change of the roster comes to: the watch as the clock process does, then requests by their numbers.

    All of them before anybody is told: whoever tells somebody of one and then locks another would wait for a clock
    process that has that one, and waits to tell the same person. `absent` is who is written off.
    """
    look_soon(session, program_id, now)
    numbers = {*named_now(session, now, program_id), *_for_cover(session, program_id, now)}
    if absent is not None:
        clinics = (Consult.organization_id == absent.organization_id, Consult.status == Status.SUBMITTED)
        numbers |= set(session.scalars(select(Consult.id).where(owed(Consult.holder_id == absent.id))))
        numbers |= set(session.scalars(select(Consult.id).where(*clinics))) if absent.organization_id else set()
    lock_in_order(session, numbers)


def _for_cover(session: Session, program_id: int, now: datetime) -> list[int]:
    """What is to be taken when somebody comes, the most pressing first."""
    rows = session.execute(_to_be_taken(now).where(Consult.program_id == program_id).limit(10 * MOST)).all()
    return [row.id for row in rows if _waits_for_cover(row)][:MOST]


def cover_came(session: Session, numbers: Collection[int], now: datetime) -> None:
    """Somebody is there, with room, for these requests, of which the desk heard that nobody was.

    What was given longer, until somebody comes, is due to be taken within the usual time from now, with all its steps.
    """
    ahead = session.execute(_to_be_taken(now).where(Consult.id.in_(numbers))).all()
    for consult in _locked(session, [row.id for row in ahead if _waits_for_cover(row)]):
        target = rules_of(consult).allocate
        for clock in open_clocks(session, consult.id, ClockName.ALLOCATE):
            if now + target < clock.deadline_at:
                stop_clock(session, consult, ClockName.ALLOCATE, now, "cover_came")
                start_clock(session, consult, ClockName.ALLOCATE, target, now)


def _to_be_taken(now: datetime) -> Select[int, str | None, str, int]:
    """What waits in a pool and whose clock of being taken still runs, the most pressing first."""
    return (
        select(Consult.id, Consult.rules, Consult.urgency, Clock.target_seconds)
        .join(Clock, Clock.consult_id == Consult.id)
        .where(Consult.status == Status.SUBMITTED)
        .where(Clock.name == ClockName.ALLOCATE, Clock.state == ClockState.RUNNING, Clock.deadline_at > now)
        .order_by(*ORDER)
    )


def _waits_for_cover(row: Row[int, str | None, str, int]) -> bool:
    return timedelta(seconds=row.target_seconds) > rules_of(row).allocate


def _bring_forward(session: Session, consult: Consult, now: datetime) -> bool:
    chosen = choose(session, consult, now)
    for clock in open_clocks(session, consult.id, ClockName.ALLOCATE):
        within = now + allocate_within(consult, chosen, now) - clock.started_at
        if within < timedelta(seconds=clock.target_seconds):
            supersede(session, consult, clock, within, now, person_id=None)
            refresh_deadline(session, consult)
            return True
    return False


def _locked(session: Session, numbers: list[int]) -> list[Consult]:
    """Those of them that still wait, locked by number, so that two forms at once never wait for each other."""
    if not numbers:
        return []
    locked = select(Consult).where(Consult.id.in_(numbers), Consult.status == Status.SUBMITTED).order_by(Consult.id)
    again = locked.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(again.options(*SEALED_STAY_SHUT)))
