"""The clock's ticks, on both databases where rows are contended for."""

from __future__ import annotations

import io
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, literal_column, select, update
from sqlalchemy.orm import Session

from econsult.anchors import read_anchors
from econsult.consults import requests
from econsult.consults.attachments import MediaKind
from econsult.consults.clocks import ClockEvent
from econsult.consults.glass import BrokenGlass
from econsult.consults.intake import Upload
from econsult.consults.ledger import Clock
from econsult.consults.records import Consult
from econsult.consults.telephone import PhoneTask, open_call
from econsult.heartbeats import Heartbeat, aside_of, aside_text
from econsult.jobs import Job, JobState, claim_job
from econsult.notices import Notice, NoticeKind
from econsult.people.consent import ConsentGiven
from econsult.people.persons import Person, PractitionerSpecialty, Program, Role, add_person
from econsult.queue.firing import oldest_due
from econsult.queue.pending import look_for_work
from econsult.rosters.shifts import Shift, TimeOff
from econsult.rosters.watching import CoverWatch
from econsult.trail import AuditChain
from tests.services.databases import CleanDatabases
from tests.services.postgres import PostgresServer
from tests.workers.clinic import Clinic, clinic_in, now, wait_until
from uploads import verbs
from uploads.chunks import Chunk
from uploads.door import Door
from uploads.kinds import LIVES, Wanted
from workers.clock import SWEEP_EVERY, TICK, JumpGuard, Ticker, run, turn
from workers.desk import Desk
from workers.horse import run_job
from workers.process import Heart
from workers.queue import job_policy
from workers.shared_clock import SharedClock
from workers.work import DEADLINES

# Later than the clinic of these tests was made, whenever they run.
NOON = datetime.now(UTC) + timedelta(hours=3)
DAY = timedelta(hours=24)
DAMAGED: Any = literal_column("'x'")
"""What no key opens; a plain text would be sealed."""


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, folder: Path) -> Iterator[Clinic]:
    """The clinic, once on each database."""
    if request.param == "sqlite":
        yield from clinic_in(folder)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    stock: CleanDatabases = request.getfixturevalue("clean_databases")
    name = server.create(stock.template)
    yield from clinic_in(folder, database_url=server.url(name))
    server.drop(name)


def _submit(clinic: Clinic, at: datetime) -> None:
    form = requests.RequestForm(
        question="Is this a rash that can wait until Monday?", consent=ConsentGiven("parent", "electronic", "en")
    )
    targets = clinic.runtime.settings.first_reply
    with clinic.runtime.database.writing() as session:
        consult = session.get_one(Consult, clinic.consult.id)
        requests.edit(session, consult, clinic.mother, form, now=at)
        requests.submit(session, consult, clinic.mother, requests.SubmitForm(), now=at, targets=targets)


def _add(clinic: Clinic, key: str, role: Role) -> None:
    with clinic.runtime.database.writing() as session:
        program = session.scalars(select(Program)).one()
        cipher = clinic.runtime.database.cipher
        add_person(session, cipher, program, email=f"{key}@example.test", name=key, role=role, now=now())


def _count(clinic: Clinic, kind: NoticeKind) -> int:
    with clinic.runtime.database.reading() as session:
        return len(session.scalars(select(Notice).where(Notice.kind == kind)).all())


def _breaches(clinic: Clinic) -> int:
    with clinic.runtime.database.reading() as session:
        broken = select(ClockEvent).where(ClockEvent.kind == "breached", ClockEvent.name == "first_reply")
        return len(session.scalars(broken).all())


def test_a_broken_promise_is_told_once_however_many_clocks_tick(either: Clinic) -> None:
    _add(either, "coordinator", Role.COORDINATOR)
    _submit(either, NOON)
    first, second = Ticker(either.runtime), Ticker(either.runtime)
    first.tick(NOON + DAY - timedelta(seconds=1))
    assert _breaches(either) == 0
    for ticker in (first, second, first):
        ticker.tick(NOON + DAY)
    assert (_breaches(either), _count(either, NoticeKind.OVERDUE)) == (1, 1)


def test_a_tick_that_is_held_fires_nothing_and_says_how_late_it_is(either: Clinic) -> None:
    _submit(either, NOON)
    ticker = Ticker(either.runtime)
    ticker.tick(NOON + DAY - timedelta(seconds=1))
    assert ticker.tick(NOON + DAY + timedelta(seconds=40), is_held=True) == 40
    assert _breaches(either) == 0
    assert ticker.tick(NOON + DAY + timedelta(seconds=42)) == 42
    assert _breaches(either) == 1
    assert ticker.tick(NOON + DAY + timedelta(seconds=44)) == 0


def test_a_clock_that_fires_everything_late_says_so(either: Clinic) -> None:
    """Its ticks come twenty seconds apart: each leaves nothing behind, and was late all the same."""
    _submit(either, NOON)
    ticker, begun = Ticker(either.runtime), NOON + timedelta(hours=2, seconds=-5)
    lags = [ticker.tick(begun + number * timedelta(seconds=20)) for number in range(3)]
    with either.runtime.database.reading() as session:
        fired = session.scalars(select(ClockEvent).where(ClockEvent.level > 0)).all()
    assert [each.at - (each.due_at or NOON) for each in fired] == [timedelta(seconds=15)]
    assert lags == [0, 15, 0]


def test_a_job_whose_worker_fell_silent_is_taken_back(either: Clinic, photo: bytes) -> None:
    job = either.job_of(either.send(photo))
    _make_silent(either, job, attempt=1)
    Ticker(either.runtime).tick(now())
    assert either.jobs()[0].state == JobState.PENDING


def test_a_leap_of_the_clock_takes_no_job_from_a_worker_that_is_at_it(either: Clinic, photo: bytes) -> None:
    job = either.job_of(either.send(photo))
    policy, ticker = job_policy(either.runtime), Ticker(either.runtime)
    with either.runtime.database.writing() as session:
        lease = claim_job(session, job.id, now(), policy)
    assert lease is not None
    leapt = now() + timedelta(hours=1)
    ticker.tick(leapt, is_held=True)
    ticker.tick(leapt + TICK)
    assert either.jobs()[0].state == JobState.RUNNING
    ticker.tick(leapt + policy.lease)
    assert either.jobs()[0].state == JobState.PENDING


def test_a_photo_whose_job_is_dead_is_shown_as_failed(either: Clinic, photo: bytes) -> None:
    number = either.send(photo)
    _make_silent(either, either.job_of(number), attempt=either.runtime.settings.job_attempts)
    Ticker(either.runtime).tick(now())
    assert either.jobs()[0].state == JobState.DEAD
    assert (either.attachment(number).state, either.attachment(number).reason) == ("failed", "gave_up")


def _make_silent(clinic: Clinic, job: Job, attempt: int) -> None:
    past = now() - timedelta(minutes=5)
    silent = {"state": JobState.RUNNING, "lease_until": past, "lease_token": "gone", "attempt": attempt}
    with clinic.runtime.database.writing() as session:
        session.execute(update(Job).where(Job.id == job.id).values(**silent))


def test_a_job_that_fails_as_often_as_it_may_is_dead(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    for path in clinic.runtime.settings.staging.rglob("data"):
        path.unlink()
    for _ in range(desk.policy.attempts):
        with clinic.runtime.database.writing() as session:
            session.execute(update(Job).values(run_after=now()))
        run_job(desk, clinic.job_of(number).id)
    assert clinic.job_of(number).state == JobState.DEAD
    assert clinic.attachment(number).state == "failed"


def test_the_end_of_the_audit_trail_is_written_down_outside(clinic: Clinic) -> None:
    ticker = Ticker(clinic.runtime)
    ticker.tick(NOON)
    folder = clinic.runtime.settings.audit_anchors
    assert [each.sequence for each in read_anchors(folder) if each] == [_rows_of_trail(clinic)]
    ticker.tick(NOON + timedelta(minutes=2))
    assert len(list(read_anchors(folder))) == 1


def test_a_clock_that_cannot_write_the_anchors_goes_on_and_says_so(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    clinic.runtime.settings.audit_anchors.write_text("a file where the folder should be")
    Ticker(clinic.runtime).tick(NOON)
    assert "ALARM: the end of the audit trail could not be written down" in caplog.text


def _rows_of_trail(clinic: Clinic) -> int:
    with clinic.runtime.database.reading() as session:
        return session.scalars(select(AuditChain.sequence)).one()


def test_a_leap_of_the_wall_clock_is_noticed_once_and_a_backward_step_never() -> None:
    guard = JumpGuard(NOON, 100.0)
    assert guard.jump(NOON + timedelta(seconds=2), 102.0) is None
    assert guard.jump(NOON + timedelta(hours=1), 104.0) is not None
    assert guard.jump(NOON + timedelta(hours=1, seconds=2), 106.0) is None
    assert guard.jump(NOON, 108.0) is None
    assert guard.jump(NOON + 2 * TICK, 108.0) is None


LEAPS: dict[str, list[tuple[float, int]]] = {
    # What the wall clock shows (hours after the question) at ticks that are two seconds apart, and which steps of the
    # first reply have fired by then. A step of the clock forward waits for one tick, in which it may be put right.
    "ahead for one tick": [(0, 0), (25, 0), (0, 0), (11.9, 0), (11.9, 0), (12, 0), (12, 1)],
    "ahead and left so": [(0, 0), (25, 0), (25, 4), (0, 4), (12, 4), (12, 4), (24, 4), (24, 4)],
    "behind and right again": [(0, 0), (12, 0), (12, 1), (-13, 1), (12, 1), (12, 1), (18, 1), (18, 2)],
    "to and fro": [(0, 0), (18, 0), (18, 2), (-7, 2), (18, 2), (-7, 2), (21.6, 2), (21.6, 3), (24, 3), (24, 4)],
}


@pytest.mark.parametrize("name", LEAPS)
def test_a_clock_that_leaps_25_hours_loses_and_doubles_nothing(either: Clinic, name: str) -> None:
    _add(either, "pcp", Role.PCP)
    _submit(either, NOON)
    tickers, guard = [Ticker(either.runtime), Ticker(either.runtime)], JumpGuard(NOON, 0.0)
    for beat, (hours, steps) in enumerate(LEAPS[name]):
        turn(tickers[beat % 2], guard, NOON + timedelta(hours=hours), 2.0 * beat)
        assert (beat, _steps(either)) == (beat, [50, 75, 90, 100][:steps])
    with either.runtime.database.reading() as session:
        told = session.scalars(select(Notice.dedupe_key)).all()
        assert len(told) == len(set(told))


@pytest.mark.wide
def test_a_leap_that_is_put_right_leaves_no_work_waiting_for_the_wrong_time(either: Clinic, photo: bytes) -> None:
    """Ahead by a day for some ticks, and right again: lost jobs, sweeps and the watch over cover go on at once."""
    _add(either, "derm", Role.SPECIALIST)
    _submit(either, NOON)
    job, wrong = either.job_of(either.send(photo)), NOON + timedelta(hours=25)
    with either.runtime.database.writing() as session:
        _spoil(session, either, "cover")
    ticker, guard = Ticker(either.runtime), JumpGuard(NOON, 0.0)
    for beat, at in enumerate((NOON, wrong, wrong + TICK, NOON + 3 * TICK, wrong, NOON + 5 * TICK)):
        _make_silent(either, job, attempt=1)
        turn(ticker, guard, at, 2.0 * beat)
        state = either.job_of(job.subject_id).state
        if at >= wrong:
            assert (beat, state) == (beat, JobState.RUNNING), "its worker may be well"
            continue
        assert (beat, state, _seen(either, at)) == (beat, JobState.PENDING, set())
        assert ticker.swept_at is not None
        assert timedelta() <= at - ticker.swept_at < SWEEP_EVERY
    with either.runtime.database.reading() as session:
        watches = session.scalars(select(CoverWatch.next_at)).all()
        assert max(watches) <= NOON + 5 * TICK + timedelta(minutes=1)


def _steps(clinic: Clinic) -> list[int]:
    """The steps of the first reply that have fired, none of them before its time as the ledger knows it."""
    lines = select(ClockEvent).where(ClockEvent.name == "first_reply", ClockEvent.level > 0).order_by(ClockEvent.id)
    with clinic.runtime.database.reading() as session:
        found = session.scalars(lines).all()
    assert all(line.due_at is not None and line.at >= line.due_at for line in found)
    return [line.level for line in found]


def test_a_clock_process_beats_and_goes_in_order(clinic: Clinic) -> None:
    service = clinic.start("workers.clock")
    wait_until(lambda: clinic.roles() == {"clock"})
    service.process.terminate()
    assert service.process.wait(20) == 0
    assert clinic.roles() == set()


@contextmanager
def _statements(clinic: Clinic) -> Iterator[list[str]]:
    """Everything that is sent to the database meanwhile."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    event.listen(clinic.runtime.database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(clinic.runtime.database.engine, "before_cursor_execute", hear)


def test_an_idle_tick_writes_nothing_and_locks_nothing(either: Clinic) -> None:
    _submit(either, NOON)
    ticker = Ticker(either.runtime)
    ticker.tick(NOON)
    with _statements(either) as heard:
        assert ticker.tick(NOON + TICK) == 0
    loud = [each for each in heard if re.match(r"INSERT|UPDATE|DELETE|BEGIN IMMEDIATE", each) or "FOR UPDATE" in each]
    assert loud == []
    assert len(heard) <= 4


def test_ticks_end_the_uploads_that_expired_and_free_their_bytes(either: Clinic) -> None:
    door = Door(either.runtime.database, either.runtime.vault, either.runtime.settings.staging)
    wanted = Wanted(either.consult.public_id, MediaKind.PHOTO, 1000, view="far")
    begun = verbs.begin(door, either.mother, wanted, now=NOON)
    ticker = Ticker(either.runtime)
    for at, state in ((NOON, "created"), (NOON + LIVES, "created"), (NOON + LIVES + SWEEP_EVERY, "expired")):
        ticker.tick(at, is_held=at == NOON + LIVES)
        with either.runtime.database.reading() as session:
            assert session.scalars(select(Upload.state).where(Upload.public_id == begun.public_id)).all() == [state]


def test_a_clock_without_the_staging_folder_says_so(
    clinic: Clinic, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    clinic.send(photo)
    shutil.rmtree(clinic.runtime.settings.staging)
    clinic.runtime.settings.staging.mkdir()
    Ticker(clinic.runtime).tick(NOON)
    assert "ALARM: the staging folder is not the one in which uploads rest" in caplog.text


@pytest.mark.wide
def test_words_that_do_not_open_keep_no_deadline_waiting(either: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """One damaged row is one row's trouble: its own promises are kept, and everybody else's."""
    _add(either, "derm", Role.SPECIALIST)
    _submit(either, NOON)
    door = Door(either.runtime.database, either.runtime.vault, either.runtime.settings.staging)
    whole = verbs.begin(door, either.mother, Wanted(either.consult.public_id, MediaKind.PHOTO, 9, view="far"), now=NOON)
    chunk = Chunk(0, io.BytesIO(b"12345678"), 8)
    verbs.append(door, either.mother, whole.public_id, chunk, clock=lambda: NOON)
    ticker = Ticker(either.runtime)
    ticker.tick(NOON)
    with either.runtime.database.writing() as session:
        derm = session.scalars(select(Person).where(Person.role == Role.SPECIALIST)).one()
        opened = {"consult_id": either.consult.id, "person_id": derm.id, "opened_at": NOON, "ends_at": NOON + DAY}
        session.add(BrokenGlass(reason="so", remind_at=NOON + DAY, **opened))
        for work in ("release", "lapse", "call"):
            _spoil(session, either, work)
        session.flush()
        broken = {"filename": DAMAGED, "metadata_text": DAMAGED, "key_wrapped": b"x", "length": 8}
        session.execute(update(Upload).values(expires_at=NOON + timedelta(days=9), **broken))
        session.execute(update(Consult).values(question=DAMAGED, details=DAMAGED, rules='{"first_reply"'))
        session.execute(update(BrokenGlass).values(reason=DAMAGED))
    late = NOON + timedelta(days=2)
    assert ticker.tick(late) > DAY.total_seconds()
    assert ticker.tick(late + TICK) == 0
    assert "1 uploads could not be swept" in caplog.text
    assert "waiting" not in caplog.text
    with either.runtime.database.reading() as session:
        row = session.execute(select(Consult.status, Consult.release_at, Consult.next_deadline_at)).one()
        assert (row.status, row.release_at, row.next_deadline_at > late) == ("submitted", None, True)
        assert session.scalars(select(ClockEvent.kind).where(ClockEvent.kind == "breached")).first() is not None
        told = [session.scalars(select(column)).one() for column in (PhoneTask.next_at, BrokenGlass.remind_at)]
        assert [at for at in told if at is None or at <= late] == []


def test_people_whose_names_do_not_open_are_told_of_deadlines(either: Clinic) -> None:
    _submit(either, NOON)
    ticker = Ticker(either.runtime)
    ticker.tick(NOON)
    with either.runtime.database.writing() as session:
        session.execute(update(Person).values(name=DAMAGED, email=DAMAGED))
    ticker.tick(NOON + timedelta(days=2))
    assert ticker.tick(NOON + timedelta(days=2) + TICK) == 0
    assert _breaches(either) == 1


@pytest.mark.parametrize("work", ["release", "lapse", "call", "cover", "pool", "absence", "job"])
def test_a_tick_sees_each_kind_of_work(either: Clinic, work: str) -> None:
    """Each is seen by the one look of an otherwise idle tick."""
    _add(either, "derm", Role.SPECIALIST)
    _submit(either, NOON)
    ticker = Ticker(either.runtime)
    ticker.tick(NOON)
    with either.runtime.database.writing() as session:
        _spoil(session, either, work)
    expected = {"lapse": "has_lapse", "job": "has_lost_job"}.get(work, "has_round")
    assert _seen(either, NOON + TICK) == {expected}
    ticker.tick(NOON + TICK)
    assert _seen(either, NOON + TICK) == set()


def _seen(clinic: Clinic, at: datetime) -> set[str]:
    with clinic.runtime.database.reading() as session:
        found = look_for_work(session, at, job_policy(clinic.runtime))
    return {name for name in ("has_lapse", "has_lost_job", "has_round") if getattr(found, name)}


def _spoil(session: Session, clinic: Clinic, work: str) -> None:
    consult = session.get_one(Consult, clinic.consult.id)
    derm = session.scalars(select(Person).where(Person.role == Role.SPECIALIST)).one()
    if work == "release":
        consult.release_at = NOON
    if work == "lapse":
        consult.status, consult.holder_id, consult.claim_until = "claimed", derm.id, NOON
    if work == "absence":
        consult.status, consult.holder_id, consult.uncovered_at = "claimed", derm.id, None
        session.add(TimeOff(person_id=derm.id, starts_at=NOON, ends_at=NOON + DAY))
    if work == "call":
        open_call(session, consult, 1, person_id=derm.id, now=NOON - timedelta(minutes=5))
    if work == "pool":
        session.add(PractitionerSpecialty(person_id=derm.id, specialty="neurology"))
    if work == "cover":
        same = {"program_id": consult.program_id, "specialty": "dermatology"}
        shift = Shift(**same, person_id=derm.id, weekday=0, starts=0, minutes=60, time_zone="UTC")
        shift.from_day = NOON.date()
        session.add_all((shift, CoverWatch(**same, is_covered=True, next_at=NOON)))
    if work == "job":
        job = session.scalars(select(Job).order_by(Job.id).limit(1)).one()
        job.state, job.lease_until, job.lease_token, job.attempt = JobState.RUNNING, NOON, "x", 1


def test_what_is_put_aside_makes_nobody_late_and_is_named_in_the_sign_of_life(either: Clinic) -> None:
    """A damaged row is an alarm of its own; the others are on time for all that."""
    _submit(either, NOON)
    number = either.consult.id
    with either.runtime.database.writing() as session:
        session.execute(update(Clock).where(Clock.consult_id == number).values(fired_level=2**31 - 1))
    ticker = Ticker(either.runtime)
    late = NOON + timedelta(hours=30)
    assert ticker.tick(late) == 0
    assert ticker.tick(late + TICK) == 0
    Heart(either.runtime, "clock").beat(late, aside=aside_text(ticker.net.numbers_aside()))
    with either.runtime.database.reading() as session:
        assert oldest_due(session) is not None
        assert aside_of(session.scalars(select(Heartbeat)).one()) == {DEADLINES: [number]}


def test_a_machine_whose_clock_goes_ahead_fires_nothing_early(either: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """A clock process a day ahead of the database: on PostgreSQL it ticks by the database's time, and says so once."""
    at = datetime.now(UTC)
    with either.runtime.database.writing() as session:
        # Out of nobody's way, whatever a day ahead means to the rest of the installation.
        session.execute(update(Consult).values(next_deadline_at=at + timedelta(hours=12), status="submitted"))
    is_shared = either.runtime.database.engine.dialect.name != "sqlite"
    shared = SharedClock(either.runtime.database, lambda: datetime.now(UTC) + DAY)
    times = [shared.read() for _ in range(3)]
    assert all((abs(each - datetime.now(UTC)) < timedelta(minutes=1)) == is_shared for each in times)
    assert all(each.tzinfo is UTC for each in times)
    assert sum("off the database's" in line for line in caplog.messages) == int(is_shared)
    if not is_shared:
        return
    wish, ticks = threading.Event(), iter(range(3))

    def steady() -> float:
        if next(ticks, None) is None:
            wish.set()
        return time.monotonic()

    run(either.runtime, wish, steady, machine=lambda: datetime.now(UTC) + DAY)
    with either.runtime.database.reading() as session:
        assert session.scalars(select(ClockEvent.kind).where(ClockEvent.level > 0)).all() == []
        assert session.scalars(select(Consult.next_deadline_at)).one() == at + timedelta(hours=12)
