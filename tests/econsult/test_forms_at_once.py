"""Forms that change many requests at once, sent at the same moment: none waits for ever, and every ledger adds up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle, islice

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from econsult.advice.following import accept_and_read
from econsult.advice.late import tell_of_late_steps
from econsult.consults import holding
from econsult.consults.policies import save_policy
from econsult.consults.recommendations import events_of, steps_of
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.preview import Scope, apply_to_open
from econsult.queue.quiet import Quiet
from econsult.queue.reoffering import begin_change, offer_again, roster_changed
from econsult.rosters.limits import Limits
from econsult.rosters.planning import take_off
from econsult.rosters.qualifying import LimitsForm, set_limits
from tests.econsult.test_cover import shift
from tests.personas import LEASE, NOON, TARGETS, Clinic, open_clinic
from tests.workers.clinic import wait_until

LATER = NOON + timedelta(hours=13)
"""Half of the first target, and of no later one, has passed."""


def test_policies_limits_rosters_and_ticks_at_once_wait_for_each_other_in_no_circle(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        numbers = [clinic.econsult(session, now=NOON, urgency=name).id for name in ("routine", "same_day") * 6]

    def go_over(session: Session, turn: int) -> None:
        content = {"first_reply": 60 * (24 + turn), "allocate": 30 + turn}
        save_policy(session, clinic.admin, specialty="dermatology", urgency="", content=content, now=LATER)
        apply_to_open(session, clinic.admin, Scope(clinic.program.id, "dermatology", "", TARGETS), now=LATER)

    def bar(session: Session, turn: int) -> None:
        found = {each.person_id: each for each in session.scalars(select(Limits).order_by(Limits.person_id))}
        for person in (clinic.derm, clinic.derm2):
            limits = found.get(person.id) or Limits(person_id=person.id, capacity=0)
            limits.languages = "fr" if turn % 2 else ""
            session.add(limits)
        session.flush()
        offer_again(session, clinic.program.id, LATER)

    def plan(session: Session, _turn: int) -> None:
        roster_changed(session, clinic.program.id, LATER)

    def tick(session: Session, _turn: int) -> None:
        fire(session, LATER)

    with database.writing() as session:
        bar(session, 0)
    _together(database, [go_over, bar, plan, tick])
    with database.writing() as session:
        bar(session, 0)
        while fire(session, LATER)[0]:
            session.flush()
        consults = session.scalars(select(Consult).order_by(Consult.id)).all()
        assert [consult.id for consult in consults] == numbers
        assert not any(consult.is_unallocated for consult in consults)
    with database.reading() as session:
        assert list(violations(session, LATER)) == []


def _together(database: Database, forms: list[Callable[[Session, int], None]]) -> None:
    """Each form many times by its own thread; a circle of waiting would raise an error of the database."""

    def send(place: int) -> None:
        for turn in range(5):
            with database.writing() as session:
                forms[place](session, turn)

    with ThreadPoolExecutor(len(forms)) as pool:
        list(pool.map(send, islice(cycle(range(len(forms))), len(forms))))


def test_two_forms_that_meet_in_the_middle_of_a_list_both_end(postgres_database: Database) -> None:
    """Somebody holds the one in the middle until both wait for it; locked in one order, they make no circle."""
    clinic, database = open_clinic(postgres_database), postgres_database
    with database.writing() as session:
        numbers = [clinic.econsult(session, now=NOON).id for _ in range(9)]
        session.add_all(
            Limits(person_id=person.id, capacity=0, languages="fr") for person in (clinic.derm, clinic.derm2)
        )
        save_policy(session, clinic.admin, specialty="", urgency="", content={"first_reply": 600}, now=LATER)
    scope = Scope(clinic.program.id, "", "", TARGETS)

    def go_over() -> int:
        with database.writing() as session:
            return apply_to_open(session, clinic.admin, scope, now=LATER).done

    def offer() -> int:
        with database.writing() as session:
            return offer_again(session, clinic.program.id, LATER)

    with ThreadPoolExecutor(2) as pool:
        with database.writing() as session:
            session.execute(select(Consult.id).where(Consult.id == numbers[4]).with_for_update())
            forms = [pool.submit(go_over), pool.submit(offer)]
            wait_until(lambda: waiting(database) == 2)
        assert [form.result() for form in forms] == [9, 9]
    with database.writing() as session:
        while fire(session, LATER)[0]:
            session.flush()
    with database.reading() as session:
        assert list(violations(session, LATER)) == []


def test_a_clinic_reads_an_answer_while_the_clock_tells_of_its_step(postgres_database: Database) -> None:
    clinic, database = open_clinic(postgres_database), postgres_database
    late = NOON + timedelta(days=31)
    with database.writing() as session:
        number = clinic.answered(session).id

    def read() -> None:
        with database.writing() as session:
            accept_and_read(session, session.get_one(Consult, number), clinic.pcp, now=late)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            assert tell_of_late_steps(session, late, Quiet()) == 1
            form = pool.submit(read)
            wait_until(lambda: waiting(database) == 1)
        form.result()
    with database.reading() as session:
        (step,) = steps_of(session, number)
        lines = [(line.number, line.kind) for line in events_of(session, [step.id])]
        assert lines == [(1, "proposed"), (2, "overdue"), (3, "accepted")]


def test_a_limit_is_set_while_its_person_takes_a_request(postgres_database: Database) -> None:
    """The form has written the limit and not yet locked what waits; the claim has locked what it takes."""
    clinic, database = open_clinic(postgres_database), postgres_database
    with database.writing() as session:
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        first, second = (clinic.econsult(session, now=NOON).id for _ in range(2))

    def claim(number: int) -> None:
        with database.writing() as session:
            consult, person = session.get_one(Consult, number), session.get_one(Person, clinic.derm.id)
            holding.claim(session, consult, person, now=NOON, lease=LEASE)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            limits = LimitsForm(states="", languages=("en", "es"), capacity=1)
            set_limits(session, clinic.coordinator, clinic.derm.public_id, limits, now=NOON)
            taken = pool.submit(claim, first)
            wait_until(lambda: taken.done() or waiting(database) == 1)
            offer_again(session, clinic.program.id, NOON)
        taken.result()
    with pytest.raises(ForbiddenError, match="as many requests as you may hold"):
        claim(second)


def test_somebody_is_written_off_while_the_clock_tells_of_another_request(postgres_database: Database) -> None:
    """The form tells the desk of what they hold and changes what waits; the clock has that, and tells of it too."""
    clinic, database = open_clinic(postgres_database), postgres_database
    at = NOON + timedelta(hours=2.5)
    with database.writing() as session:
        held = clinic.claimed(session).id
        for person in (clinic.derm, clinic.derm2):
            shift(session, clinic, person, weekday=1)
        waits = clinic.econsult(session)
        assert waits.uncovered_at == NOON
        # Somebody was there meanwhile.
        waits.uncovered_at, number = None, waits.id

    def write_off() -> None:
        with database.writing() as session:
            derm, desk = session.get_one(Person, clinic.derm.id), session.get_one(Person, clinic.coordinator.id)
            begin_change(session, clinic.program.id, at, derm)
            take_off(session, desk, derm.public_id, at, at + timedelta(days=1), now=at)
            assert watch_absences(session, at, anew=derm) == 1
            roster_changed(session, clinic.program.id, at)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            session.execute(select(Consult.id).where(Consult.id == number).with_for_update(key_share=True))
            form = pool.submit(write_off)
            wait_until(lambda: waiting(database) == 1)
            assert fire(session, at)[0] == 1
        form.result()
    with database.reading() as session:
        marked = select(Consult.id).where(Consult.uncovered_at == at).order_by(Consult.id)
        assert session.scalars(marked).all() == [held, number]
        assert list(violations(session, at)) == []


def waiting(database: Database) -> int:
    """How many of this database's transactions wait for a lock."""
    with database.reading() as session:
        own = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return session.execute(own).scalar_one()
