"""Whatever the reason for which nobody is there: the desk hears of it once, at that moment, of many in one letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, passing, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.jobs import Job
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.queue.absence import uncovered_held
from econsult.queue.audience import Audience
from econsult.queue.clinics import watch_clinics
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet
from econsult.queue.reoffering import roster_changed
from econsult.rosters import planning, swapping
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Shift, Swap, TimeOff, awake_among
from tests.econsult.test_cover import EDGE, HOUR, SECOND, shift, told
from tests.personas import ANSWER, LEASE, NOON, Clinic

MINUTE = timedelta(minutes=1)


def all_day(session: Session, start: datetime, end: datetime, step: timedelta = 30 * MINUTE) -> None:
    """Whatever a clock does about cover, in the order in which it does it."""
    at = start
    while at <= end:
        fire(session, at)
        watch_cover(session, at)
        watch_absences(session, at)
        watch_clinics(session, at)
        at += step


def held(session: Session, clinic: Clinic) -> Consult:
    """Held by the one who is on duty until one o'clock, with a lease that outlives the day."""
    consult = clinic.claimed(session)
    consult.claim_until = NOON + 100 * HOUR
    return consult


def test_time_off_within_a_shift_its_end_and_half_of_the_promise_are_one_telling(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = held(session, clinic)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + 2 * HOUR, ends_at=NOON + 30 * HOUR))
        session.flush()
        all_day(session, NOON, NOON + 13 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)]
        lines = select(ClockEvent.at).where(ClockEvent.reason == "no_cover")
        assert list(session.scalars(lines)) == [NOON + 2 * HOUR]
        assert [line for line in violations(session, NOON + 13 * HOUR) if line.startswith("4")] == []


@pytest.mark.parametrize("change", ["swap", "removed", "ended"])
def test_duty_that_ends_by_a_change_is_told_within_a_minute(database: Database, clinic: Clinic, change: str) -> None:
    """A colleague takes the rest of the shift over, the shift is taken off the plan, or it ends sooner."""
    with database.writing() as session:
        own = shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = held(session, clinic)
        all_day(session, NOON, NOON + HOUR)
        assert told(session) == []
        if change == "swap":
            desk, derm2 = session.merge(clinic.coordinator), session.merge(clinic.derm2)
            swap = Swap(shift_id=own.id, on_day=NOON.date(), to_id=derm2.id, asked_by_id=desk.id, asked_at=NOON)
            session.add(swap)
            session.flush()
            swapping.accept_swap(session, derm2, swap.id, now=NOON + HOUR)
        elif change == "removed":
            planning.remove_shift(session, session.merge(clinic.coordinator), own.id, now=NOON + HOUR, ends_plan=True)
        else:
            own.minutes = 60
        roster_changed(session, clinic.program.id, NOON + HOUR)
        all_day(session, NOON + HOUR + SECOND, NOON + 5 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)]


def test_what_begins_to_run_while_its_holder_is_off_duty_is_told(database: Database, clinic: Clinic) -> None:
    """Answered by day; the clinic asks at night, long after the shift, and once more the night after."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, hours=9)
        consult = clinic.answered(session)
        all_day(session, NOON, NOON + 12 * HOUR, HOUR)
        before = told(session)
        threads.post(
            session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="And if it spreads?", now=NOON + 13 * HOUR
        )
        all_day(session, NOON + 13 * HOUR + MINUTE, NOON + 15 * HOUR)
        assert told(session)[len(before) :] == [(consult.id, clinic.coordinator.id)]
        for hour, person in ((15, clinic.derm), (16, clinic.pcp)):
            at = NOON + hour * HOUR + MINUTE
            threads.post(session, consult, person, threads.Audience.CLINICIANS, text="Watch it.", now=at)
        all_day(session, NOON + 16 * HOUR + 2 * MINUTE, NOON + 17 * HOUR)
        assert told(session)[len(before) :] == [(consult.id, clinic.coordinator.id)] * 2


def test_whoever_comes_back_and_goes_again_is_told_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm, starts=15, hours=2)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = held(session, clinic)
        all_day(session, NOON, EDGE + 5 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)] * 2


def test_what_somebody_takes_off_duty_is_told_when_it_changes_hands(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, weekday=2)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = clinic.econsult(session)
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        consult.claim_until = NOON + 100 * HOUR
        all_day(session, NOON, NOON + 11 * HOUR, HOUR)
        assert told(session) == []


@pytest.mark.wide
def test_twenty_requests_of_one_who_is_away_are_one_letter_and_a_digest(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for _ in range(20):
            held(session, clinic)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 90 * HOUR))
        session.flush()
        watch_absences(session, NOON + HOUR)
        assert len(told(session)) == 20
        kinds = select(Notice.kind).join(Job, (Job.subject_id == Notice.id) & (Job.kind == "notify"))
        mine = kinds.where(Notice.person_id == clinic.coordinator.id)
        assert sorted(session.scalars(mine)) == [NoticeKind.DIGEST, NoticeKind.NO_COVER]


@pytest.mark.parametrize("is_on_duty", [True, False])
def test_whoever_is_on_duty_at_night_is_reminded_at_night(database: Database, clinic: Clinic, is_on_duty: bool) -> None:
    """Though nothing of the batch waits for their pool: they hold it."""
    at = NOON - 2 * HOUR
    with database.writing() as session:
        shift(session, clinic, clinic.derm if is_on_duty else clinic.derm2, weekday=6, starts=22, hours=9)
        derm = session.get_one(Person, clinic.derm.id)
        consult = held(session, clinic)
        tell_all(session, [Telling(derm, NoticeKind.REMINDER, consult.id, "half")], Quiet("America/Denver"), at)
        notice = select(Notice.id).where(Notice.kind == NoticeKind.REMINDER, Notice.person_id == derm.id)
        sent = session.scalars(select(Job.run_after).where(Job.subject_id.in_(notice), Job.kind == "notify")).one()
        assert (sent == at) is is_on_duty
        # A tick takes it from what it has looked up already.
        everybody = [derm, *(session.get_one(Person, each.id) for each in (clinic.derm2, clinic.pcp))]
        here = {clinic.derm.id if is_on_duty else clinic.derm2.id}
        assert awake_among(session, everybody, at) == Audience(session, at).awake(session, everybody, at) == here
        assert Audience(session, at).awake(session, everybody[2:], at) == set()


def test_two_clocks_at_once_tell_it_once(database: Database, clinic: Clinic) -> None:
    """The second one finds the mark of the first in the row, whatever it had read before."""
    with database.writing() as session:
        consult = held(session, clinic)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON, ends_at=NOON + 90 * HOUR))
        session.flush()
        looks: list[Callable[[], int]] = [lambda: watch_absences(session, NOON), lambda: watch_cover(session, NOON)]
        assert sum(look() for look in looks) == 1
        assert consult.uncovered_at == NOON
        session.execute(update(Consult).where(Consult.id == consult.id).values(uncovered_at=None))
        assert [look() for look in looks] == [1, 0]


@pytest.mark.parametrize("has_roster", [False, True])
def test_hands_that_are_full_are_no_cover_and_whoever_has_room_again_hears_at_once(
    database: Database, clinic: Clinic, has_roster: bool
) -> None:
    """The desk hears once; the clock of being taken runs an hour from the moment at which somebody could take it."""
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            session.add(Limits(person_id=person.id, capacity=1))
            if has_roster:
                shift(session, clinic, person)
        session.flush()
        full = held(session, clinic)
        other = holding.claim(session, clinic.econsult(session), clinic.derm2, now=NOON, lease=LEASE)
        other.claim_until = NOON + 100 * HOUR
        waiting = clinic.econsult(session)
        assert told(session) == [(waiting.id, clinic.coordinator.id)]
        all_day(session, NOON + MINUTE, NOON + 2 * HOUR)
        assert waiting.uncovered_at == NOON
        answers.save_draft(session, full, clinic.derm, ANSWER, now=NOON + 2 * HOUR, lease=LEASE)
        answers.sign(session, full, clinic.derm, now=NOON + 2 * HOUR)
        session.flush()
        watch_cover(session, NOON + 2 * HOUR + MINUTE)
        session.refresh(waiting)
        assert waiting.uncovered_at is None
        came = select(Notice.person_id).where(Notice.consult_id == waiting.id, Notice.dedupe_key.contains(":cover:"))
        assert list(session.scalars(came)) == [clinic.derm.id]
        due = [clock.deadline_at for clock in open_clocks(session, waiting.id, ClockName.ALLOCATE)]
        assert due == [NOON + 3 * HOUR + MINUTE]
        assert told(session) == [(waiting.id, clinic.coordinator.id)]


def test_after_a_standstill_nobody_is_reminded_of_what_is_over(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        fire(session, NOON + 80 * HOUR)
        kinds = set(session.scalars(select(Notice.kind).where(Notice.consult_id == consult.id)))
        assert NoticeKind.STILL_NEEDED not in kinds
        assert NoticeKind.MESSAGE in kinds
        lines = select(ClockEvent.kind).where(ClockEvent.consult_id == consult.id, ClockEvent.kind == "reminded")
        assert len(list(session.scalars(lines))) == 1


def test_a_shift_without_end_is_no_gap(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for day in range(7):
            shift(session, clinic, clinic.derm, weekday=day, starts=0, hours=24)
        held(session, clinic), clinic.econsult(session)
        all_day(session, NOON, NOON + 11 * HOUR, HOUR)
        assert told(session) == []
        assert session.scalars(select(Shift.id)).all()


@pytest.mark.parametrize("how", ["closed", "away"])
def test_what_somebody_took_off_duty_is_told_when_they_go_for_good_or_are_away(
    database: Database, clinic: Clinic, how: str
) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, weekday=2)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = clinic.econsult(session, urgency="urgent")
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        consult.claim_until = NOON + 100 * HOUR
        all_day(session, NOON, NOON + 2 * MINUTE, MINUTE)
        assert told(session) == []
        if how == "closed":
            close_account(session, session.get_one(Person, clinic.derm.id), NOON + 2 * MINUTE)
        else:
            starts = NOON + 2 * MINUTE
            session.add(TimeOff(person_id=clinic.derm.id, starts_at=starts, ends_at=NOON + 40 * HOUR))
        session.flush()
        watch_absences(session, NOON + 3 * MINUTE)
        all_day(session, NOON + 3 * MINUTE, NOON + 20 * MINUTE)
        assert told(session) == [(consult.id, clinic.coordinator.id)]


def test_an_account_that_is_closed_while_information_is_asked_for_is_told_at_once(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=(), audience=None, now=NOON)
        all_day(session, NOON, NOON + HOUR)
        assert told(session) == []
        close_account(session, session.get_one(Person, clinic.derm.id), NOON + HOUR)
        session.flush()
        assert [watch_absences(session, NOON + HOUR), watch_absences(session, NOON + HOUR + MINUTE)] == [1, 0]
        assert told(session) == [(consult.id, clinic.coordinator.id)]


def test_a_family_whose_clinic_has_nobody_left_is_told_of_once_and_at_once(database: Database, clinic: Clinic) -> None:
    """A mother wrote; then the only clinician of her clinic leaves. So it is with what nobody has told her yet."""
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text="Pica", now=NOON + MINUTE)
        all_day(session, NOON + MINUTE, NOON + 10 * MINUTE)
        assert told(session) == []
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON + 11 * MINUTE)
        session.flush()
        all_day(session, NOON + 12 * MINUTE, NOON + 20 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)]
        lines = select(ClockEvent.name).where(ClockEvent.reason == "no_cover").order_by(ClockEvent.id)
        assert set(session.scalars(lines)) == {"next_reply", "family_informed"}


def test_what_is_held_by_nobody_who_is_there_is_listed_for_the_desk(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, other = held(session, clinic), held(session, clinic)
        passing.take_over(session, other, clinic.derm2, "mine", now=NOON, lease=LEASE)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 90 * HOUR))
        session.flush()
        watch_absences(session, NOON + HOUR)
        assert [each.id for each in uncovered_held(session, clinic.program.id, 9)] == [consult.id]
        passing.take_over(session, consult, clinic.derm2, "away", now=NOON + HOUR, lease=LEASE)
        assert uncovered_held(session, clinic.program.id, 9) == []
