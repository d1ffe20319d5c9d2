"""Hands and places: how much somebody may hold at once, and what becomes of a request while nobody has room for it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, offering, passing, second
from econsult.consults.clocks import open_clocks
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.absence import unheard
from econsult.queue.cover import watch_cover
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.rosters.limits import FallbackPool, Limits
from econsult.rosters.shifts import Shift
from tests.beside import plans
from tests.econsult.test_cover import HOUR, shift, told
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic

MINUTE = timedelta(minutes=1)


def limit(session: Session, person: Person, most: int) -> None:
    session.add(Limits(person_id=person.id, capacity=most))
    session.flush()


def take(session: Session, clinic: Clinic, person: Person) -> Consult:
    """A new request in this person's hands for good."""
    return holding.claim(session, clinic.econsult(session), person, now=NOON, lease=100 * HOUR)


def heard(session: Session, consult: Consult, kind: NoticeKind) -> list[int]:
    query = select(Notice.person_id).where(Notice.consult_id == consult.id, Notice.kind == kind)
    return list(session.scalars(query.order_by(Notice.id)))


def test_one_free_place_is_for_one_request_the_most_urgent_first(database: Database, clinic: Clinic) -> None:
    """The others keep their mark and their time; each place that comes free takes one more."""
    with database.writing() as session:
        held = []
        for person in (clinic.derm, clinic.derm2):
            limit(session, person, 1)
            held.append(take(session, clinic, person))
        routine, sooner = clinic.econsult(session), clinic.econsult(session, urgency="same_day")
        for consult, at in ((held[0], NOON + HOUR), (held[1], NOON + 2 * HOUR)):
            person = session.get_one(Person, consult.holder_id)
            answers.save_draft(session, consult, person, ANSWER, now=at, lease=LEASE)
            answers.sign(session, consult, person, now=at)
            for minute in (1, 2, 3):
                watch_cover(session, at + minute * MINUTE)
            session.expire_all()
            assert sooner.uncovered_at is None
            assert (routine.uncovered_at is None) == (consult is held[1])
        due = [clock.deadline_at for clock in open_clocks(session, routine.id, ClockName.ALLOCATE)]
        assert due == [NOON + 3 * HOUR + MINUTE]


@pytest.mark.parametrize("after", [10, 185, 239])
def test_whoever_has_room_hears_of_it_at_once_whenever_it_comes(database: Database, clinic: Clinic, after: int) -> None:
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            limit(session, person, 1)
            take(session, clinic, person)
        waiting = clinic.econsult(session)
        assert waiting.uncovered_at == NOON
        at = NOON + after * MINUTE
        fire(session, at - MINUTE)
        session.scalars(select(Limits).where(Limits.person_id == clinic.derm2.id)).one().capacity = 2
        session.flush()
        before = len(heard(session, waiting, NoticeKind.NEW_REQUEST))
        watch_cover(session, at)
        assert heard(session, waiting, NoticeKind.NEW_REQUEST)[before:] == [clinic.derm2.id]
        steps = len(heard(session, waiting, NoticeKind.UNTAKEN))
        if after < 180:
            # The usual hour begins now, with all its steps.
            fire(session, at + MINUTE)
            assert len(heard(session, waiting, NoticeKind.UNTAKEN)) == steps


def test_hands_that_are_full_are_said_so(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            shift(session, clinic, person)
            limit(session, person, 1)
            take(session, clinic, person)
        said = [line.code for line in offering.why_of(clinic.econsult(session))]
        assert said == ["pool", "full", "all_full"]


def test_what_a_broken_promise_was_offered_to_is_asked_again_when_it_comes_back(
    database: Database, clinic: Clinic
) -> None:
    """The stand-in is there and the specialty is not: no alarm, an hour to take it, and the stand-in hears."""
    with database.writing() as session:
        session.add(FallbackPool(program_id=clinic.program.id, specialty="dermatology", fallback="neurology"))
        for person in (clinic.derm, clinic.derm2):
            shift(session, clinic, person)
        for weekday in (0, 1, 2):
            own = Shift(program_id=clinic.program.id, specialty="neurology", person_id=clinic.neuro.id)
            own.weekday, own.starts, own.minutes, own.time_zone = weekday, 0, 24 * 60, "America/Denver"
            own.from_day = NOON.date()
            session.add(own)
        consult = clinic.econsult(session)
        for hour in range(25):
            fire(session, NOON + hour * HOUR)
            watch_cover(session, NOON + hour * HOUR)
        session.refresh(consult)
        assert consult.fallback_specialty == "neurology"
        holding.claim(session, consult, clinic.neuro, now=NOON + 26 * HOUR, lease=LEASE)
        alarms, asked = len(told(session)), heard(session, consult, NoticeKind.NEW_REQUEST)
        at = NOON + 27 * HOUR
        assert holding.lapse_claims(session, at) == [consult]
        assert len(told(session)) == alarms
        assert heard(session, consult, NoticeKind.NEW_REQUEST)[len(asked) :] == [clinic.neuro.id]
        assert [each.deadline_at for each in open_clocks(session, consult.id, ClockName.ALLOCATE)] == [at + HOUR]


def test_a_reply_of_a_colleague_takes_nothing_from_a_draft(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        side = second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
        second.take_second(session, consult, side, clinic.neuro, now=NOON + MINUTE)
        second.reply_second(session, consult, side, clinic.neuro, "No.", now=NOON + 10 * MINUTE)
        assert consult.claim_until == NOON + LEASE * holding.DRAFT_FACTOR


@pytest.mark.parametrize("what", ["nothing", "draft before", "draft meanwhile", "look", "other holder"])
def test_a_question_to_a_colleague_shortens_no_claim_however_long_claims_are(
    database: Database, clinic: Clinic, what: str
) -> None:
    """Twelve hours each, of a request that is urgent: what the question gave would be over much sooner."""
    lease, replied = 12 * HOUR, NOON + 10 * MINUTE
    with database.writing() as session:
        consult, other = clinic.econsult(session, urgency="urgent"), clinic.econsult(session, urgency="urgent")
        for each in (consult, other):
            holding.claim(session, each, clinic.derm, now=NOON, lease=lease)
            if what == "draft before":
                answers.save_draft(session, each, clinic.derm, ANSWER, now=NOON, lease=lease)
        side = second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
        second.take_second(session, consult, side, clinic.neuro, now=NOON + MINUTE)
        for each in (consult, other):
            if what == "draft meanwhile":
                answers.save_draft(session, each, clinic.derm, ANSWER, now=NOON + MINUTE, lease=lease)
            elif what == "look":
                holding.stay(session, each, clinic.derm, NOON + MINUTE, lease)
                holding.stay(session, each, clinic.derm2, NOON + 2 * MINUTE, lease)
            elif what == "other holder":
                passing.take_over(session, each, clinic.derm2, "Hers", now=NOON + MINUTE, lease=lease / 2)
        second.reply_second(session, consult, side, clinic.neuro, "No.", now=replied)
        session.expire_all()
        assert consult.claim_until == other.claim_until


def test_a_test_fills_nobodys_hands(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        limit(session, clinic.derm, 1)
        take(session, clinic, clinic.derm).is_test = True
        session.flush()
        take(session, clinic, clinic.derm)
        with pytest.raises(ForbiddenError):
            take(session, clinic, clinic.derm)


def test_the_forecast_sees_that_one_person_cannot_do_all_they_hold(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for _ in range(6):
            consult = clinic.econsult(session, urgency="same_day")
            holding.claim(session, consult, clinic.derm, now=NOON, lease=24 * HOUR)
        # Half an hour before all of them are due: two can be answered.
        found = forecast(session, clinic.program.id, NOON + 3.5 * HOUR)
        assert [risk.why for risk in found.risks] == ["too_many"] * 4


def test_two_claims_at_once_pass_no_limit(postgres_database: Database) -> None:
    clinic = open_clinic(postgres_database)
    with postgres_database.writing() as session:
        limit(session, clinic.derm, 1)
        numbers = [clinic.econsult(session).id for _ in range(2)]
    gate, lost = threading.Barrier(2), []

    def go(number: int) -> None:
        try:
            with postgres_database.writing() as session:
                consult, person = session.get_one(Consult, number), session.get_one(Person, clinic.derm.id)
                gate.wait(20)
                holding.claim(session, consult, person, now=NOON, lease=LEASE)
        except ForbiddenError as error:
            lost.append(error.code)

    threads = [threading.Thread(target=go, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with postgres_database.reading() as session:
        held = session.scalar(select(func.count(Consult.id)).where(Consult.holder_id == clinic.derm.id))
    assert (held, lost) == (1, ["at_capacity"])


def test_what_the_desk_gives_away_meanwhile_is_told_to_nobody_else(postgres_database: Database) -> None:
    """The watch waits for the desk's transaction, finds the request in somebody's hands, and lets it be."""
    clinic = open_clinic(postgres_database)
    with postgres_database.writing() as session:
        shift(session, clinic, clinic.derm, starts=6)
        shift(session, clinic, clinic.derm2, weekday=3)
        number = clinic.econsult(session).id
        watch_cover(session, NOON + MINUTE)
    at = NOON + HOUR + MINUTE
    begun = threading.Event()

    def watch() -> None:
        begun.set()
        with postgres_database.writing() as session:
            watch_cover(session, at)

    thread = threading.Thread(target=watch)
    with postgres_database.writing() as session:
        consult, to = session.get_one(Consult, number), session.merge(clinic.derm2)
        desk = session.merge(clinic.coordinator)
        passing.assign(session, consult, to, "Knows her", by=desk, now=at, lease=LEASE, although_off_duty=True)
        session.flush()
        thread.start()
        begun.wait(20)
        # It reads what was committed before, and then waits at the row.
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    with postgres_database.writing() as session:
        watch_cover(session, at + MINUTE)
        consult = session.get_one(Consult, number)
        assert clinic.derm.id not in heard(session, consult, NoticeKind.NEW_REQUEST)[2:]
        assert len([each for each in told(session) if each[0] == number]) == 2


def test_looking_for_what_somebody_holds_reads_none_of_what_they_have_answered(sqlite_database: Database) -> None:
    open_clinic(sqlite_database)
    with sqlite_database.reading() as session, plans(session) as seen:
        unheard(session, {1, 2})
    assert any("ix_consult_asked" in line for line in seen)
    assert any("ix_consult_holder (holder_id=? AND status=?)" in line for line in seen)
