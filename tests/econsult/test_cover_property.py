"""Random rosters, time off and hands: the desk hears of each stretch in which nobody is there, once, at its start.

Who is there is worked out anew here from the plan as it is, in whole minutes, without a line of the product. The
normal run lives a few days of several programs; others: `COVER_SEED=N COVER_STEPS=N python -m pytest -k stretch`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, passing, requests, threads
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.reoffering import roster_changed
from econsult.rosters import planning
from econsult.rosters.limits import Limits
from econsult.rosters.planning import ShiftForm
from tests.personas import ANSWER, NOON, Clinic, open_clinic
from tests.spread import spread

STEP = timedelta(minutes=10)
FOR_EVER = timedelta(days=365)
ALARMS = (NoticeKind.NO_COVER, NoticeKind.UNALLOCATED)


@dataclass
class Case:
    """One consult as the desk should know it: `knows` while nobody is there and it has been told (or need not be).

    `is_new` while it has just been put into the pool: then hands that are full are nobody.
    """

    number: int
    holder: int | None = None
    owes: bool = True
    is_volunteer: bool = False
    is_answered: bool = False
    is_new: bool = True
    knows: bool = False
    told: int = 0
    told_at: datetime | None = None


@dataclass
class World:
    """A pool of two with a roster. `plan` is weekday, hour, hours by shift; `away` is from and until by person.

    `most` is how much each may hold at once; 0 is no limit.
    """

    clinic: Clinic
    dice: random.Random
    now: datetime = NOON
    plan: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    away: dict[int, tuple[int, datetime, datetime]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    most: dict[int, int] = field(default_factory=dict)

    @property
    def pool(self) -> list[Person]:
        return [self.clinic.derm, self.clinic.derm2]

    def is_away(self, person: int) -> bool:
        return any(who == person and start <= self.now < end for who, start, end in self.away.values())

    def is_here(self, person: int) -> bool:
        return not self.is_away(person) and any(
            who == person and self._is_in(day, hour, hours) for who, day, hour, hours in self.plan.values()
        )

    def places(self, person: int) -> int:
        held = sum(case.holder == person and not case.is_answered for case in self.cases)
        return max(self.most[person] - held, 0)

    def has_room(self, person: int) -> bool:
        return not self.most[person] or self.places(person) > 0

    def _is_in(self, day: int, hour: int, hours: int) -> bool:
        week = timedelta(days=7)
        begins = timedelta(days=day, hours=hour)
        monday = self.now.replace(hour=0, minute=0) - timedelta(days=self.now.weekday())
        return any(
            monday + begins + shift <= self.now < monday + begins + shift + timedelta(hours=hours)
            for shift in (-week, timedelta())
        )

    def is_covered(self, case: Case) -> bool:
        is_over = self.is_here(case.holder or 0) or self.is_away(case.holder or 0)
        case.is_volunteer = case.is_volunteer and not is_over
        if not case.owes:
            return True
        if case.holder is None:
            here = [each.id for each in self.pool if self.is_here(each.id)]
            if case.is_new or not case.knows:
                return any(self.has_room(each) or not case.is_new for each in here)
            # Places are for what was asked first, whether the desk has heard of it or not.
            before = sum(each.holder is None and each.number < case.number for each in self.cases)
            return any(not self.most[each] for each in here) or sum(map(self.places, here)) > before
        return self.is_here(case.holder) or case.is_volunteer

    def look(self) -> None:
        """What the desk should have heard by now."""
        for case in self.cases:
            if self.is_covered(case):
                case.knows = case.knows and not case.owes
            elif not case.knows:
                # Twice in one minute is one letter: the shift ends, and at once its person is written off.
                case.told += case.told_at != self.now
                case.knows, case.told_at = True, self.now
            case.is_new = False

    def pick(self, session: Session, fits: Callable[[Case], bool]) -> tuple[Case, Consult] | None:
        found = [case for case in self.cases if fits(case)]
        case = self.dice.choice(found) if found else None
        return (case, session.get_one(Consult, case.number)) if case else None


def _submit(world: World, session: Session) -> None:
    world.cases.append(Case(world.clinic.econsult(session, now=world.now).id))
    world.look()


def _claim(world: World, session: Session) -> None:
    """Whoever takes it off duty is there for it, but for their time off."""
    if chosen := world.pick(session, lambda case: case.holder is None):
        case, consult = chosen
        person = world.dice.choice(world.pool)
        if not world.has_room(person.id):
            with pytest.raises(ForbiddenError):
                holding.claim(session, consult, person, now=world.now, lease=FOR_EVER)
            return
        holding.claim(session, consult, person, now=world.now, lease=FOR_EVER)
        case.holder, case.knows, case.is_volunteer = person.id, False, not world.is_here(person.id)


def _release(world: World, session: Session) -> None:
    if chosen := world.pick(session, lambda case: case.holder is not None and case.owes):
        case, consult = chosen
        if consult.status == "claimed":
            holding.release(session, consult, session.get_one(Person, case.holder or 0), "", now=world.now)
            case.holder, case.knows, case.is_new = None, False, True
            world.look()


def _give(world: World, session: Session) -> None:
    """The desk gives it away: to somebody who is off duty only where it says so, and hears of it then."""
    if chosen := world.pick(session, lambda case: case.owes):
        case, consult = chosen
        to, desk = world.dice.choice(world.pool), world.clinic.coordinator
        for although in (False, True):
            try:
                passing.assign(
                    session, consult, to, "You", by=desk, now=world.now, lease=FOR_EVER, although_off_duty=although
                )
            except ForbiddenError:
                assert not although or world.is_away(to.id) or not world.has_room(to.id)
                continue
            assert although is not world.is_here(to.id)
            case.told += not world.is_here(to.id)
            case.holder, case.knows, case.is_volunteer = to.id, not world.is_here(to.id), False
            return


def _sign(world: World, session: Session) -> None:
    if chosen := world.pick(session, lambda case: case.holder is not None and case.owes):
        case, consult = chosen
        if consult.status == "claimed":
            holder = session.get_one(Person, case.holder or 0)
            answers.save_draft(session, consult, holder, ANSWER, now=world.now, lease=FOR_EVER)
            answers.sign(session, consult, holder, now=world.now)
            # What is asked after the answer is another wait, whoever took the first off duty.
            case.owes, case.is_answered, case.is_volunteer = False, True, False


def _talk(world: World, session: Session) -> None:
    """After the answer the clinic asks, and whoever signed replies: each question is a wait of its own."""
    if chosen := world.pick(session, lambda case: case.holder is not None):
        case, consult = chosen
        if consult.status != "answered":
            return
        by = session.get_one(Person, case.holder or 0) if case.owes else world.clinic.pcp
        threads.post(session, consult, by, threads.Audience.CLINICIANS, text="And now?", now=world.now)
        if not case.owes:
            case.knows = False
        case.owes = not case.owes


def _plan(world: World, session: Session) -> None:
    person, day = world.dice.choice(world.pool), world.now.weekday()
    hour, hours = world.dice.randrange(24), world.dice.choice((1, 3, 8, 12))
    if (person.id, day, hour) in {each[:3] for each in world.plan.values()}:
        return
    form = ShiftForm(person.public_id, "dermatology", day, hour * 60, hours * 60, "UTC")
    number = planning.add_shift(session, world.clinic.coordinator, form, now=world.now).id
    world.plan[number] = (person.id, day, hour, hours)
    roster_changed(session, world.clinic.program.id, world.now)


def _unplan(world: World, session: Session) -> None:
    if len(world.plan) > 1:
        number = world.dice.choice(sorted(world.plan))
        planning.remove_shift(session, world.clinic.coordinator, number, now=world.now, ends_plan=True)
        del world.plan[number]
        roster_changed(session, world.clinic.program.id, world.now)


def _write_off(world: World, session: Session) -> None:
    """Illness from now on is told anew, whoever knew that they are off duty; what is planned is not."""
    person = world.dice.choice(world.pool)
    start = world.now + world.dice.choice((0, 0, 1, 5)) * timedelta(hours=1)
    end = start + world.dice.choice((1, 4, 30)) * timedelta(hours=1)
    off = planning.take_off(session, world.clinic.coordinator, person.public_id, start, end, now=world.now)
    world.away[off.id] = (person.id, start, end)
    roster_changed(session, world.clinic.program.id, world.now)
    if start == world.now:
        watch_absences(session, world.now, anew=person)
        for case in world.cases:
            case.knows = case.knows and case.holder != person.id
        world.look()


def _call_back(world: World, session: Session) -> None:
    coming = [number for number, (_who, _start, end) in world.away.items() if end > world.now]
    if coming:
        number = world.dice.choice(coming)
        who, start, _end = world.away.pop(number)
        planning.end_time_off(session, world.clinic.coordinator, number, now=world.now)
        if start < world.now:
            world.away[-number] = (who, start, world.now)
        roster_changed(session, world.clinic.program.id, world.now)


ACTS = (
    _submit,
    _submit,
    _submit,
    _claim,
    _claim,
    _claim,
    _release,
    _give,
    _sign,
    _talk,
    _talk,
    _plan,
    _unplan,
    _write_off,
    _call_back,
)


def _live(database: Database, steps: int, seed: int) -> int:
    world = World(open_clinic(database), random.Random(seed))
    with database.writing() as session:
        for person, most in zip(world.pool, world.dice.choice(((0, 0), (1, 1), (1, 2), (2, 1))), strict=True):
            world.most[person.id] = most
            session.add(Limits(person_id=person.id, capacity=world.most[person.id]))
        for _ in range(3):
            _plan(world, session)
    for number in range(steps):
        with database.writing() as session:
            world.now += STEP * world.dice.choice((1, 1, 1, 6))
            _tick(world, session)
            if world.dice.random() < 0.4:
                world.dice.choice(ACTS)(world, session)
                # Each pool is looked at once a minute.
                world.now += timedelta(minutes=1)
                _tick(world, session)
            found = _told(session, world.clinic)
            expected = {case.number: case.told for case in world.cases if case.told}
            assert found == expected, f"step {number}"
            _end_some(world, session)
    return sum(case.told for case in world.cases)


def _tick(world: World, session: Session) -> None:
    session.flush()
    while fire(session, world.now)[0]:
        session.flush()
    watch_cover(session, world.now)
    watch_absences(session, world.now)
    session.flush()
    world.look()


def _told(session: Session, clinic: Clinic) -> dict[int, int]:
    """How often the desk heard of each consult that nobody is there."""
    mine = select(Notice.consult_id, func.count()).where(
        Notice.kind.in_(ALARMS), Notice.person_id == clinic.coordinator.id
    )
    return {number: count for number, count in session.execute(mine.group_by(Notice.consult_id)) if number}


def _end_some(world: World, session: Session) -> None:
    """Keep the world small."""
    while len(world.cases) > 20:
        case = world.cases.pop(0)
        consult = session.get_one(Consult, case.number)
        if consult.status == "answered":
            answers.close(session, consult, world.clinic.pcp, reason="moved away", now=world.now)
        else:
            requests.withdraw(session, consult, world.clinic.pcp, "moved away", now=world.now)
        session.execute(delete(Notice).where(Notice.consult_id == case.number))


@pytest.mark.parametrize("part", spread(range(3), 1))
def test_each_stretch_without_anybody_is_told_once(sqlite_database: Database, part: int) -> None:
    steps = int(os.environ.get("COVER_STEPS", "150"))
    assert _live(sqlite_database, steps, int(os.environ.get("COVER_SEED", "1")) + part) > 0


@pytest.mark.wide
def test_each_stretch_without_anybody_is_told_once_on_postgres(postgres_database: Database) -> None:
    assert _live(postgres_database, 60, 11) > 0
