"""The net under the clock: a row that cannot be done is an alarm with its number, and all others are done in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import literal_column, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.ledger import Clock, ClockEvent
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.telephone import PhoneTask, open_call
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person
from econsult.picking import Pick
from econsult.queue.quiet import Quiet
from econsult.rosters.damaged import forget_said
from econsult.rosters.shifts import Shift
from econsult.rosters.watching import CoverWatch
from storage.keys import WrongKey
from tests.personas import NOON, Clinic, open_clinic
from workers.net import AGAIN, BATCH, Net, Work
from workers.work import deadlines, lapses, rounds, sweeps

H = timedelta(hours=1)
LAST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
DAMAGED: Any = literal_column("'x'")


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return open_clinic(database)


def _broken(database: Database) -> list[int]:
    broken = select(ClockEvent.consult_id).where(ClockEvent.kind == "breached", ClockEvent.name == "first_reply")
    with database.reading() as session:
        return sorted(session.scalars(broken))


def _run(net: Net, work: Work, at: datetime) -> None:
    while net.run(work, at):
        pass


def test_a_consult_that_cannot_be_fired_keeps_no_other_waiting(
    database: Database, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """Two clock processes, and each step fires once."""
    with database.writing() as session:
        numbers = [clinic.econsult(session).id for _ in range(5)]
        _damage(session, numbers[0])
    nets = [Net(database), Net(database)]
    for at in (0, 0, 1):
        for net in nets:
            _run(net, deadlines(Quiet()), NOON + 24 * H + at * timedelta(seconds=1))
    assert _broken(database) == numbers[1:]
    alarms = [line for line in caplog.messages if "ALARM" in line]
    assert len(alarms) == len(nets)
    assert all(f"number {numbers[0]} " in line for line in alarms)
    with database.writing() as session:
        session.execute(update(Clock).where(Clock.consult_id == numbers[0]).values(fired_level=0))
    _run(nets[0], deadlines(Quiet()), NOON + 24 * H + AGAIN + timedelta(seconds=1))
    assert _broken(database) == numbers
    with database.reading() as session:
        told = session.scalars(select(Notice.dedupe_key)).all()
        assert len(told) == len(set(told))


def _damage(session: Session, number: int) -> None:
    """So many steps have fired that the next one lies beyond every calendar."""
    session.execute(update(Clock).where(Clock.consult_id == number).values(fired_level=2**31 - 1))


def test_what_is_put_aside_comes_not_first_at_each_tick(sqlite_database: Database) -> None:
    """More damaged rows than a batch has room for, all of them due before the one that is whole."""
    tried: list[Pick] = []

    def step(_session: Session, _now: datetime, pick: Pick) -> int:
        tried.append(pick)
        mine = [number for number in range(BATCH + 5) if number not in pick.aside and pick.only in (None, number)]
        if any(number < BATCH + 4 for number in mine[: pick.most]):
            raise WrongKey("damaged")
        done.extend(mine)
        return len(mine)

    done: list[int] = []
    net, work = Net(sqlite_database), Work("a test", lambda _session, _now: range(BATCH + 5), step)
    _run(net, work, NOON)
    assert done == [BATCH + 4]
    del tried[:]
    _run(net, work, NOON + AGAIN / 2)
    assert [pick.only for pick in tried] == [None], "nothing that is put aside is tried again yet"
    net.run(work, NOON + AGAIN)
    assert len(tried) == 1 + BATCH + 1, "each of them by itself, and one batch for all others"
    net.run(work, NOON - 9 * H)
    assert len(tried) > 2 * BATCH, "a clock that was set back makes nothing wait longer"


@pytest.mark.parametrize("error", [OperationalError("x", None, Exception()), MemoryError()])
def test_what_lies_not_in_the_data_is_raised(sqlite_database: Database, error: Exception) -> None:
    def step(_session: Session, _now: datetime, _pick: Pick) -> int:
        raise error

    with pytest.raises(type(error)):
        Net(sqlite_database).run(Work("a test", lambda _session, _now: [1], step), NOON)


def _done(database: Database, what: str) -> set[int]:
    """The consults (or children) with which the work is done."""
    done = {
        "release": select(Consult.id).where(Consult.released_at.is_not(None)),
        "call": select(PhoneTask.consult_id).where(PhoneTask.level > 0),
        "ages": select(Patient.id).where(Patient.ages_seen_at.is_not(None)),
    }
    with database.reading() as session:
        return set(session.scalars(done[what]))


@pytest.mark.parametrize("what", ["release", "call", "ages"])
def test_each_kind_of_work_has_the_net(
    database: Database, clinic: Clinic, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as session:
        first, second = clinic.answered(session), clinic.answered(session)
        damaged, whole = first.id, {second.id}
        if what == "release":
            session.execute(update(Answer).where(Answer.consult_id == damaged).values(content=DAMAGED))
        if what == "call":
            damaged = open_call(session, first, 1, person_id=clinic.derm.id, now=NOON).id
            open_call(session, second, 1, person_id=clinic.derm.id, now=NOON)
            session.flush()
            session.execute(update(PhoneTask).where(PhoneTask.id == damaged).values(opened_at=LAST, due_at=LAST))
        if what == "ages":
            damaged = clinic.child.id
            whole = set(session.scalars(select(Patient.id).where(Patient.id != damaged)))
            session.execute(update(Patient).where(Patient.id == damaged).values(birth_date_text=DAMAGED))
    net = Net(database)
    for work in (*rounds(Quiet()), *sweeps(Quiet()), lapses()):
        net.run(work, NOON + 24 * H)
    assert _done(database, what) == whole
    assert [line for line in caplog.messages if "ALARM" in line and f"number {damaged} " in line] != []


def test_a_clinic_that_cannot_be_looked_at_keeps_no_other_waiting(
    database: Database, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody is back for whom a damaged request waits, and more clinics than a batch has room for lose theirs."""
    work = next(each for each in sweeps(Quiet()) if each.what == "the watch over clinics")
    net, minute = Net(database), timedelta(minutes=1)
    with database.writing() as session:
        owed, waits = [clinic.answered(session) for _ in range(3)], clinic.family_question(session)
        clinics = [Organization(program_id=clinic.program.id, name=f"Clinic {number}") for number in range(BATCH + 5)]
        session.add_all(clinics)
        session.flush()
        first, damaged, last = (clinics[place].id for place in (0, -2, -1))
        # The one that cannot be looked at comes after so many others that are looked at one by one.
        for consult, home in ((owed[0], first), (owed[1], damaged), (owed[2], last), (waits, damaged)):
            session.execute(update(Consult).where(Consult.id == consult.id).values(organization_id=home))
        session.execute(update(Consult).where(Consult.id == waits.id).values(uncovered_at=NOON))
        # Given longer until somebody is there: its clock begins anew when somebody is, beside one that is damaged.
        allocate = update(Clock).where(Clock.consult_id == waits.id, Clock.name == ClockName.ALLOCATE)
        session.execute(allocate.values(target_seconds=4 * 3600, deadline_at=NOON + 4 * H))
        _damage(session, waits.id)
        session.execute(update(Person).where(Person.id == clinic.pcp.id).values(organization_id=damaged))
        numbers = [each.id for each in owed]
    told = select(Notice.consult_id).where(Notice.kind == NoticeKind.NO_COVER).distinct()
    for at in (2, 3, 3.5):
        net.run(work, NOON + at * minute)
    # Once it is put aside the others are looked at as one batch again.
    assert sum("A batch failed" in line for line in caplog.messages) == 2
    with database.reading() as session:
        assert net.numbers_aside() == {work.what: [damaged]}
        assert set(session.scalars(told)) == {numbers[0], numbers[2]}


@pytest.mark.parametrize("damage", [{"minutes": 2_000_000_000}, {"starts": 2_147_483_647}, {"weekday": 9}])
@pytest.mark.parametrize("is_watched", [True, False])
def test_a_damaged_shift_gives_nobody_duty_and_stops_no_watch(
    database: Database, clinic: Clinic, caplog: pytest.LogCaptureFixture, damage: dict[str, int], is_watched: bool
) -> None:
    _look_at_damaged(database, clinic, damage, is_watched=is_watched)
    assert [line for line in caplog.messages if "ALARM" in line] == [DAMAGED_SHIFT]


def test_a_shift_whose_day_cannot_be_read_stops_no_watch(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL keeps no such day."""
    never: Any = literal_column("'never'")
    _look_at_damaged(sqlite_database, open_clinic(sqlite_database), {"from_day": never}, is_watched=False)
    assert [line for line in caplog.messages if "ALARM" in line] == [DAMAGED_SHIFT]


DAMAGED_SHIFT = "ALARM: shift 1 is damaged and counts for nobody."


def _look_at_damaged(database: Database, clinic: Clinic, damage: dict[str, Any], *, is_watched: bool) -> None:
    """The others of its specialty, another specialty and another program are told of when their last shift ends."""
    forget_said()
    net, other = Net(database), open_clinic(database, mark="B")
    with database.writing() as session:
        plan = [(clinic, clinic.derm), (clinic, clinic.derm2), (clinic, clinic.neuro), (other, other.derm)]
        names = ("dermatology", "dermatology", "neurology", "dermatology")
        for (each, person), name in zip(plan, names, strict=True):
            session.add(_until_two(each, person, name))
            session.flush()
        own = (clinic.econsult(session), clinic.econsult(session, specialty="neurology"), other.econsult(session))
        waits = {each.id for each in own}
    if is_watched:
        _look_around(net, NOON)
    with database.writing() as session:
        session.execute(update(Shift).where(Shift.id == 1).values(damage))
    told = select(Notice.consult_id).where(Notice.kind == NoticeKind.NO_COVER).distinct()
    for hours, expected in ((1, set()), (2, waits)):
        _look_around(net, NOON + hours * H)
        with database.reading() as session:
            assert set(session.scalars(told)) == expected
    assert net.numbers_aside() == {}


def _until_two(clinic: Clinic, person: Person, specialty: str) -> Shift:
    hours = {"weekday": NOON.weekday(), "starts": 0, "minutes": 14 * 60, "time_zone": "UTC"}
    same = {"program_id": clinic.program.id, "specialty": specialty, "from_day": NOON.date()}
    return Shift(person_id=person.id, **same, **hours)


def _look_around(net: Net, at: datetime) -> None:
    for work in (*rounds(Quiet()), *sweeps(Quiet())):
        _run(net, work, at)


def test_watches_begin_although_the_look_that_begins_them_fails(sqlite_database: Database) -> None:
    """Nobody could tell otherwise that anything is due: there would be no row, and no alarm."""
    open_clinic(sqlite_database)
    watch = next(each for each in rounds(Quiet()) if each.what == "the watch over cover")

    def step(session: Session, now: datetime, pick: Pick) -> int:
        done = watch.step(session, now, pick)
        if pick.only != 0:
            raise ValueError
        return done

    net = Net(sqlite_database)
    for at in (0, 1):
        net.run(Work(watch.what, watch.numbers, step), NOON + at * timedelta(seconds=1))
    with sqlite_database.reading() as session:
        numbers = sorted(session.scalars(select(CoverWatch.id)))
    assert numbers
    assert net.numbers_aside() == {watch.what: numbers}
