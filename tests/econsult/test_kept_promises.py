"""Promises that people found to be lost: each is kept, seen in the right list, and counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.consults import answers, clocks, holding, passing, telling, threads
from econsult.consults.clocks import Clock, ClockName, open_clocks
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.urgency import change_urgency
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.database import Database
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures, figures_and_missed
from econsult.queue.reoffering import offer_again
from econsult.rosters.qualifying import add_fallback
from tests.beside import beside
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)


def _clock(session: Session, consult: Consult, name: ClockName) -> list[Clock]:
    return open_clocks(session, consult.id, name)


def _overdue(session: Session, person: Person, now: datetime) -> list[int]:
    return [consult.id for consult in page(session, person, View.OVERDUE, now=now).consults]


def _ask(session: Session, clinic: Clinic, consult: Consult, lane: Audience, now: datetime) -> None:
    threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=lane, now=now)


@pytest.mark.parametrize("hours", [1, 24, 48])
def test_a_stand_in_keeps_what_it_was_offered_whatever_breaks(database: Database, clinic: Clinic, hours: int) -> None:
    with database.writing() as session:
        add_fallback(session, clinic.admin, "cardiology", "dermatology", now=NOON)
        consult = clinic.econsult(session, specialty="cardiology")
        assert consult.fallback_specialty == "dermatology"
        now = NOON + hours * HOUR
        fire(session, now)
        assert (consult.fallback_specialty, consult.is_unallocated) == ("dermatology", False)
        assert list(violations(session, now)) == []
        passing.assign(session, consult, clinic.derm, "hers", by=clinic.coordinator, now=now, lease=LEASE)


def test_a_broken_promise_stays_with_its_stand_in_after_a_lapse(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        add_fallback(session, clinic.admin, "dermatology", "neurology", now=NOON)
        consult = clinic.econsult(session)
        fire(session, NOON + 24 * HOUR)
        assert consult.fallback_specialty == "neurology"
        holding.claim(session, consult, clinic.derm, now=NOON + 25 * HOUR, lease=LEASE)
        holding.lapse_claims(session, NOON + 26 * HOUR)
        assert (consult.status, consult.fallback_specialty) == ("submitted", "neurology")
        assert offer_again(session, clinic.program.id, NOON + 26 * HOUR) == 0
        change_urgency(session, consult, clinic.pcp, "same_day", "", now=NOON + 27 * HOUR, targets=TARGETS)
        assert consult.fallback_specialty == "neurology"


def test_what_nobody_can_take_goes_to_the_desk_and_is_found(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        clinic_people = [session.get_one(Person, person.id) for person in (clinic.derm, clinic.derm2)]
        for person in clinic_people:
            person.is_active = False
        session.flush()
        assert [line for line in violations(session, NOON) if "not at the desk" in line]
        fire(session, NOON + HOUR)
        assert consult.is_unallocated
        assert list(violations(session, NOON + HOUR)) == []


def test_a_family_waits_until_it_can_read_the_answer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Still itches", now=NOON + HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 2 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 2 * HOUR)
        assert consult.family_waits_since == NOON + HOUR
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Worse now", now=NOON + 3 * HOUR)
        answers.release_due(session, NOON + 14 * HOUR)
        # The answer was written before she said that it was worse.
        assert consult.family_waits_since == NOON + 3 * HOUR
        found = figures(session, NOON, NOON + 48 * HOUR, NOON + 14 * HOUR)
        line = next(each for each in found if (each.clock, each.by) == ("next_reply", "all"))
        assert (line.count, line.wall[0]) == (1, 13.0)
        assert list(violations(session, NOON + 14 * HOUR)) == []


@pytest.mark.parametrize("lane", [Audience.FAMILY, Audience.CLINICIANS])
def test_a_family_that_writes_while_information_is_waited_for_waits_itself(
    database: Database, clinic: Clinic, lane: Audience
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _ask(session, clinic, consult, lane, NOON)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="And the cream?", now=NOON + HOUR)
        assert (consult.status, consult.family_waits_since) == ("claimed", NOON + HOUR)
        assert [clock.lane for clock in _clock(session, consult, ClockName.NEXT_REPLY)] == ["family"]


@pytest.mark.parametrize("lane", list(Audience))
@pytest.mark.parametrize("asked", [Audience.FAMILY, Audience.CLINICIANS])
def test_a_remark_of_somebody_who_was_not_asked_ends_no_waiting(
    database: Database, clinic: Clinic, lane: Audience, asked: Audience
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _ask(session, clinic, consult, asked, NOON)
        threads.post(session, consult, clinic.coordinator, lane, text="I called twice", now=NOON + HOUR)
        threads.post(session, consult, clinic.derm2, Audience.CLINICIANS, text="Interesting", now=NOON + HOUR)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Please send it", now=NOON + HOUR)
        assert consult.status == "needs_info"
        threads.post(session, consult, clinic.coordinator, Audience.FAMILY, text="Two cm", now=NOON, is_relayed=True)
        assert consult.status == "claimed"


def test_the_desk_that_was_asked_ends_the_waiting(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _ask(session, clinic, consult, Audience.COORDINATION, NOON)
        threads.post(session, consult, clinic.coordinator, Audience.COORDINATION, text="Booked", now=NOON + HOUR)
        assert consult.status == "claimed"


def test_a_clinic_that_asks_waits_for_the_specialist_and_not_for_a_note(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Which dose?", now=NOON + HOUR)
        threads.post(session, consult, clinic.coordinator, Audience.CLINICIANS, text="Seen", now=NOON + 2 * HOUR)
        assert consult.clinic_waits_since == NOON + HOUR
        threads.post(session, consult, clinic.derm, Audience.CLINICIANS, text="5 mg", now=NOON + 3 * HOUR)
        assert consult.clinic_waits_since is None


def test_all_pauses_of_a_promise_are_as_long_as_one_may_be(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, now = clinic.claimed(session), NOON
        for _ in range(10):
            _ask(session, clinic, consult, Audience.CLINICIANS, now)
            now += 70 * HOUR
            if consult.status == "needs_info":
                fire(session, now)
                threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=now)
        (clock,) = _clock(session, consult, ClockName.FIRST_REPLY)
        assert clock.deadline_at == NOON + clocks.PAUSE_LIMIT + 24 * HOUR
        fire(session, now)
        assert (consult.status, clock.is_breached) == ("claimed", True)
        assert list(violations(session, now)) == []
        clock.deadline_at += HOUR
        session.flush()
        assert [line for line in violations(session, now) if "longer than is allowed" in line]


def test_what_is_held_is_not_late_and_what_was_late_before_stays_so(database: Database, clinic: Clinic) -> None:
    later = NOON + 30 * HOUR
    with database.writing() as session:
        held = clinic.claimed(session)
        _ask(session, clinic, held, Audience.CLINICIANS, NOON + 23 * HOUR)
        late = clinic.claimed(session)
        fire(session, NOON + 25 * HOUR)
        _ask(session, clinic, late, Audience.CLINICIANS, NOON + 25 * HOUR)
        for person in (clinic.coordinator, clinic.pcp, clinic.derm):
            assert _overdue(session, person, later) == [late.id]


def test_a_reply_that_is_late_after_the_answer_is_listed_to_whoever_owes_it(database: Database, clinic: Clinic) -> None:
    later = NOON + 26 * HOUR
    with database.writing() as session:
        quiet = clinic.answered(session)
        waits = clinic.answered(session)
        for consult in (quiet, waits):
            telling.inform(session, consult, clinic.nurse, method="phone", teach_back=True, now=NOON)
        threads.post(session, waits, clinic.pcp, Audience.CLINICIANS, text="Which dose?", now=NOON + HOUR)
        for person in (clinic.coordinator, clinic.pcp, clinic.derm):
            assert _overdue(session, person, NOON + 2 * HOUR) == []
            assert _overdue(session, person, later) == [waits.id]
        threads.post(session, waits, clinic.derm, Audience.CLINICIANS, text="5 mg", now=later)
        assert _overdue(session, clinic.coordinator, later) == []


@pytest.mark.parametrize("is_told", [True, False])
def test_a_broken_promise_is_not_erased_by_a_longer_one(database: Database, clinic: Clinic, *, is_told: bool) -> None:
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        if is_told:
            fire(session, NOON + 4 * HOUR)
        change_urgency(session, consult, clinic.pcp, "routine", "better", now=NOON + 5 * HOUR, targets=TARGETS)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 7 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 7 * HOUR)
        assert figures_and_missed(session, NOON, NOON + 9 * HOUR, NOON + 9 * HOUR)[1] == [
            (consult.id, "first_reply", 3.0)
        ]


def test_a_pause_before_another_target_is_no_lateness(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        _ask(session, clinic, consult, Audience.CLINICIANS, NOON + HOUR)
        change_urgency(session, consult, clinic.pcp, "routine", "better", now=NOON + 9 * HOUR, targets=TARGETS)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 10 * HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 11 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 11 * HOUR)
        assert figures_and_missed(session, NOON, NOON + 12 * HOUR, NOON + 12 * HOUR)[1] == []


def test_what_is_sent_while_figures_are_read_counts_the_next_time(database: Database, clinic: Clinic) -> None:
    def send() -> None:
        with database.writing() as session:
            clinic.econsult(session)

    send()
    split_by = "consult.organization_id, consult.language"
    with database.reading() as session, beside(database, split_by, send, patience=9):
        found = figures_and_missed(session, NOON, NOON + 40 * HOUR, NOON + 30 * HOUR)[1]
    assert {number for number, _clock, _late in found} == {1}
