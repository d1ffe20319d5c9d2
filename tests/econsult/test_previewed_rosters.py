"""Random changes of roster and limits: what the page shows of each is what saving the same then does, to the letter."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, threads
from econsult.consults.desks import desk_gaps
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, number_of
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.queue.reoffering import begin_change, offer_again, roster_changed
from econsult.queue.trial import AHEAD, Trial, try_out
from econsult.rosters import planning, qualifying, swapping
from econsult.rosters.limits import fallbacks_of
from econsult.rosters.planning import ShiftForm
from econsult.rosters.qualifying import LimitsForm
from econsult.rosters.shifts import Shift, TimeOff
from econsult.rosters.watching import look_soon
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.spread import spread

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=30)
SPECIALTIES = ("dermatology", "neurology")
Act = Callable[[Session], object]


class Seen(NamedTuple):
    """What is true of the program at one moment, read anew from its rows."""

    waiting: dict[str, tuple[str, bool]]
    held: dict[str, int]
    taken_by: dict[str, datetime]
    late: set[tuple[str, str, str]]
    uncovered: set[tuple[str, datetime]]
    planned: set[str]


def _see(session: Session, clinic: Clinic, now: datetime) -> Seen:
    consults = {each.id: each for each in session.scalars(select(Consult).order_by(Consult.id))}
    open_now = {number: each for number, each in consults.items() if each.status == "submitted"}
    clocks = select(Clock).where(Clock.name == ClockName.ALLOCATE, Clock.state == ClockState.RUNNING)
    ahead = forecast(session, clinic.program.id, now, AHEAD)
    nobody = [(gap.specialty, gap.start, gap.end) for gap in ahead.gaps]
    nobody += [("", start, end) for start, end in desk_gaps(session, clinic.program.id, now, now + AHEAD)]
    return Seen(
        {c.number: (c.fallback_specialty or c.specialty or "", c.is_unallocated) for c in open_now.values()},
        {c.number: c.holder_id for c in consults.values() if c.holder_id and c.status in ("claimed", "needs_info")},
        {number_of(each.consult_id): each.deadline_at for each in session.scalars(clocks)},
        {(risk.consult.number, each.clock, each.lane) for risk in ahead.risks for each in risk.late},
        {(specialty, at) for specialty, start, end in nobody for at in _halves(start, end)},
        set(session.scalars(select(Shift.specialty))),
    )


def _halves(start: datetime, end: datetime) -> Iterable[datetime]:
    at = datetime.fromtimestamp(-(-start.timestamp() // 1800) * 1800, start.tzinfo)
    while at < end:
        yield at
        at += STEP


def _numbers(promises: Iterable[tuple[str, str, str]]) -> set[str]:
    return {number for number, _clock, _lane in promises}


def _fill(session: Session, clinic: Clinic, dice: random.Random) -> None:
    """Requests of the last hours that wait, are held, wait for information, or are answered."""
    for _ in range(12):
        sent, specialty = NOON - dice.randrange(20) * HOUR, dice.choice(("dermatology", *SPECIALTIES))
        consult = clinic.econsult(session, now=sent, specialty=specialty)
        holder = dice.choice([clinic.derm, clinic.derm2]) if specialty == "dermatology" else clinic.neuro
        if dice.random() < 0.5:
            holding.claim(session, consult, holder, now=sent, lease=100 * HOUR)
            what = dice.random()
            if what < 0.3:
                threads.request_info(session, consult, holder, text="?", items=["a"], audience=None, now=sent)
            elif what < 0.5:
                answers.save_draft(session, consult, holder, ANSWER, now=sent, lease=LEASE)
                answers.sign(session, consult, holder, now=sent)
    for person, specialty in ((clinic.derm, "dermatology"), (clinic.neuro, "neurology")):
        # Nobody is there until tomorrow.
        form = ShiftForm(person.public_id, specialty, (NOON.weekday() + 1) % 7, 480, 480, "UTC")
        planning.add_shift(session, clinic.coordinator, form, now=NOON)


def _roster(session: Session, clinic: Clinic, dice: random.Random, now: datetime) -> Act:
    """One of the forms of the page of the roster."""
    specialty = dice.choice(SPECIALTIES)
    person = clinic.neuro if specialty == "neurology" else dice.choice([clinic.derm, clinic.derm2])
    shifts, away = list(session.scalars(select(Shift.id))), list(session.scalars(select(TimeOff.id)))
    kinds = ("add", "add", "off", "off", "remove" if shifts else "add", "end" if away else "off", "swap", "swap")
    swapped = list(session.scalars(select(Shift).where(Shift.specialty == "dermatology").order_by(Shift.id)))
    kind = dice.choice(kinds if swapped else kinds[:-2])
    absent: Person | None = None
    if kind == "add":
        zone, once = dice.choice(("UTC", "America/Denver")), None
        if specialty in set(session.scalars(select(Shift.specialty))) and dice.random() < 0.3:
            once = now.date() + timedelta(days=dice.randrange(3))
        when = (dice.choice((0, 0, *range(7))), 60 * dice.randrange(24), 60 * dice.choice((4, 8, 24)))
        form = ShiftForm(person.public_id, specialty, *when, zone, once)
        act = _adding(clinic, form, now)
    elif kind == "remove":
        act = _removing(clinic, dice.choice(shifts), now)
    elif kind == "swap":
        act = _swapping(clinic, dice.choice(swapped), now)
    elif kind == "end":
        act = _ending(clinic, dice.choice(away), now)
    else:
        absent = dice.choice([person, person, clinic.pcp, clinic.coordinator])
        start = now + dice.choice((0, 0, 3, 30)) * HOUR
        act = _off(clinic, absent, start, start + dice.choice((2, 12, 80)) * HOUR, now)

    def whole(inner: Session) -> None:
        begin_change(inner, clinic.program.id, now, inner.get_one(Person, absent.id) if absent else None)
        act(inner)

    return whole


def _adding(clinic: Clinic, form: ShiftForm, now: datetime) -> Act:
    return lambda session: planning.add_shift(session, clinic.coordinator, form, now=now)


def _removing(clinic: Clinic, shift_id: int, now: datetime) -> Act:
    return lambda session: planning.remove_shift(session, clinic.coordinator, shift_id, now=now, ends_plan=True)


def _ending(clinic: Clinic, off_id: int, now: datetime) -> Act:
    return lambda session: planning.end_time_off(session, clinic.coordinator, off_id, now=now)


def _off(clinic: Clinic, person: Person, start: datetime, end: datetime, now: datetime) -> Act:
    def act(inner: Session) -> None:
        planning.take_off(inner, clinic.coordinator, person.public_id, start, end, now=now)
        inner.flush()
        if start <= now:
            watch_absences(inner, now, anew=inner.get_one(Person, person.id))

    return act


def _swapping(clinic: Clinic, shift: Shift, now: datetime) -> Act:
    """The colleague is asked to take the next day of this shift, and does: the page shows that beforehand."""
    to = clinic.derm if shift.person_id == clinic.derm2.id else clinic.derm2
    number, day = shift.id, shift.to_day or now.date() + timedelta(days=(shift.weekday - now.weekday()) % 7)

    def act(inner: Session) -> None:
        asked = swapping.offer_swap(inner, clinic.coordinator, number, day, to.public_id, now=now)
        swapping.accept_swap(inner, inner.get_one(Person, to.id), asked.id, now=now)

    return act


def _limits(session: Session, clinic: Clinic, dice: random.Random, now: datetime) -> Act:
    """One of the forms of the page of who may take what."""
    by, which, specialty = clinic.coordinator, dice.randrange(5), dice.choice(SPECIALTIES)
    person = dice.choice([clinic.derm, clinic.derm2, clinic.neuro])
    form = LimitsForm(dice.choice(("", "NM", "TX")), dice.choice(((), ("es",), ("en",))), dice.choice((0, 1, 2, 9)))
    state, other = dice.choice(("", "NM", "TX")), SPECIALTIES[specialty == "dermatology"]

    def act(inner: Session) -> None:
        if which < 2:
            qualifying.set_limits(inner, by, person.public_id, form, now=now)
        elif which == 2:
            qualifying.set_state(inner, by, clinic.home.public_id, state, now=now)
        elif which == 3:
            child = inner.get_one(Patient, clinic.child.id)
            barred = {each.id for each, _child in qualifying.conflicts_of(inner, child.program_id)}
            turn = qualifying.unbar if person.id in barred else qualifying.bar
            turn(inner, by, person.public_id, child, now=now)
        elif other in fallbacks_of(inner, clinic.program.id, specialty):
            qualifying.remove_fallback(inner, by, specialty, other, now=now)
        else:
            qualifying.add_fallback(inner, by, specialty, other, now=now)
        inner.flush()
        offer_again(inner, clinic.program.id, now)

    return act


def _check(database: Database, clinic: Clinic, act: Act, now: datetime) -> Trial:
    """Look, save the same, and compare; what the page said."""
    with database.reading() as session:
        before = _see(session, clinic, now)
    with database.writing() as session:
        told = try_out(session, clinic.program.id, act, now)
    with database.reading() as session:
        assert _see(session, clinic, now) == before
    with database.writing() as session:
        look_soon(session, clinic.program.id, now)
        act(session)
        sooner = roster_changed(session, clinic.program.id, now)
    with database.reading() as session:
        after = _see(session, clinic, now)
        assert [line for line in violations(session, now) if line[0] in "14"] == []
    lost = {number for number, holder in before.held.items() if after.held.get(number) != holder}
    moved = {n for n, where in after.waiting.items() if n not in lost and before.waiting.get(n) != where}
    assert ({each.number for each in told.returned}, {each.number for each in told.moved}) == (lost, moved)
    ends = [(each.number, each.specialty, each.is_at_desk) for each in told.moved]
    ends += [(each.number, each.specialty, each.is_at_desk) for each in told.returned]
    assert all(after.waiting[number] == (specialty, is_at_desk) for number, specialty, is_at_desk in ends)
    earlier = {n for n, at in after.taken_by.items() if at < before.taken_by.get(n, at)}
    assert told.sooner == sooner <= len(earlier | moved | lost)
    assert {each.number for each in told.late} == _numbers(after.late - before.late)
    unplanned = before.planned - after.planned
    assert set(told.unplanned) == unplanned
    if not unplanned:
        assert {each.number for each in told.kept} == _numbers(before.late - after.late)
        gone, new = before.uncovered - after.uncovered, after.uncovered - before.uncovered
        for stretches, differs in ((told.uncovered, new), (told.covered, gone)):
            assert {(each.specialty, at) for each in stretches for at in _halves(each.start, each.end)} == differs
    if told.is_quiet:
        assert before._replace(taken_by={}) == after._replace(taken_by={})
    return told


@pytest.mark.parametrize("seed", spread(range(1, 13), 1))
def test_what_a_change_of_roster_or_limits_would_do_is_what_it_does(sqlite_database: Database, seed: int) -> None:
    """`ROSTER_SEED=N ROSTER_CHANGES=N` looks at others, and at more of them."""
    seed, changes = (int(os.environ.get(f"ROSTER_{n}", usual)) for n, usual in (("SEED", seed), ("CHANGES", 8)))
    clinic, dice, now, count = open_clinic(sqlite_database, now=NOON - 30 * HOUR), random.Random(seed), NOON, 0
    with sqlite_database.writing() as session:
        _fill(session, clinic, dice)
        fire(session, now)
        clinic.econsult(session, now=now)
    soon = ShiftForm(clinic.derm2.public_id, "dermatology", now.weekday(), 60 * (now.hour + 1), 120, "UTC")
    told = _check(sqlite_database, clinic, _adding(clinic, soon, now), now)
    assert told.sooner > 0
    for number in range(4 * changes):
        if number >= changes and count:
            break  # Of some seeds the first changes are all refused, or change nothing.
        with sqlite_database.reading() as session:
            act = dice.choice((_roster, _roster, _limits))(session, clinic, dice, now)
        try:
            count += not _check(sqlite_database, clinic, act, now).is_quiet
        except InvalidError:
            continue
        now += dice.choice((0, 1, 20, 90)) * timedelta(minutes=1)
        with sqlite_database.writing() as session:
            # Of what is sent while nobody is there the time to take it depends on who comes when.
            clinic.econsult(session, now=now, specialty=dice.choice(SPECIALTIES))
            watch_cover(session, now)
            fire(session, now)
    print(f"seed {seed}: {count} of {changes} changed something")
    assert count > 0
