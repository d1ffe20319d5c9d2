"""A request that goes from pool to pool: when it is late in being taken, and whose figures say so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, passing, reopening, requests
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.wishes import Wishes, wish_of
from econsult.database import Database, alembic_config
from econsult.notices import Notice, NoticeKind
from econsult.people.consent import ConsentGiven
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.reoffering import roster_changed
from econsult.queue.trial import Offered, try_out
from econsult.rosters.planning import take_off
from tests.econsult.test_clinic_away import off
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FORM = RequestForm(
    specialty="dermatology",
    question="Is this atopic dermatitis, and is a steroid safe here?",
    question_type="diagnosis",
    details={"body_site": "elbow", "red_flags": []},
    consent=ConsentGiven("parent", "verbal", "en"),
)


def _lines(session: Session, now: datetime) -> list[tuple[str, str, int, int]]:
    """Clock, specialty, how many and how many in time, of the first ten days."""
    session.flush()
    found = figures(session, NOON, NOON + timedelta(days=10), now)
    return [(each.clock, each.value, each.count, each.within) for each in found if each.by == "specialty"]


def _answer(session: Session, consult, person, now) -> None:
    answers.save_draft(session, consult, person, ANSWER, now=now, lease=LEASE)
    answers.sign(session, consult, person, now=now)


@pytest.mark.parametrize("urgency", ["routine", "urgent"])
def test_what_is_passed_from_pool_to_pool_is_late_in_being_taken_all_the_same(
    database: Database, clinic: Clinic, urgency: str
) -> None:
    longest, every = (4 * HOUR, 53 * MINUTE) if urgency == "routine" else (12 * MINUTE, 5 * MINUTE)
    with database.writing() as session:
        consult = clinic.econsult(session, urgency=urgency)
        now, turns = NOON, 0
        while now + every < NOON + 2.2 * longest:
            now, turns = now + every, turns + 1
            fire(session, now)
            specialty = ("neurology", "dermatology")[turns % 2 - 1]
            passing.reroute(session, consult, clinic.coordinator, specialty, "perhaps theirs", now=now)
            (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
            assert taking.deadline_at <= now + (HOUR if urgency == "routine" else longest)
            assert not list(violations(session, now))
        fire(session, NOON + 2.2 * longest)
        broken = select(ClockEvent.due_at).where(ClockEvent.name == "allocate", ClockEvent.level == 100)
        assert list(session.scalars(broken.order_by(ClockEvent.id))) == [NOON + longest, NOON + 2 * longest]
        told = select(Notice.id).where(Notice.person_id == clinic.director.id, Notice.kind == NoticeKind.UNTAKEN)
        assert len(session.scalars(told).all()) == 2


def test_what_was_had_and_given_back_waits_from_then_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        holding.release(session, consult, clinic.derm, "", now=NOON + 7 * HOUR)
        at = NOON + 7 * HOUR + 30 * MINUTE
        passing.reroute(session, consult, clinic.coordinator, "neurology", "brain", now=at)
        (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
        assert taking.deadline_at == at + HOUR


def test_figures_of_a_period_that_is_over_never_change(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _answer(session, consult, clinic.derm, NOON + 30 * HOUR)
        later = NOON + timedelta(days=40)
        before = _lines(session, later)
        assert ("first_reply", "dermatology", 1, 0) in before
        reopening.reopen(session, consult, clinic.pcp, "again", now=later)
        passing.reroute(session, consult, clinic.coordinator, "neurology", "brain", now=later + HOUR)
        assert _lines(session, later) == before
        assert not [line for line in violations(session, later + HOUR) if line.startswith("4")]


def test_the_pool_that_let_a_request_lie_is_the_one_that_is_late(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        fire(session, NOON + 25 * HOUR)
        at = NOON + 30 * HOUR
        passing.reroute(session, consult, clinic.coordinator, "neurology", "brain", now=at)
        holding.claim(session, consult, clinic.neuro, now=at + 5 * MINUTE, lease=LEASE)
        _answer(session, consult, clinic.neuro, at + 10 * MINUTE)
        found = _lines(session, at + HOUR)
        assert [each for each in found if each[0] in ("allocate", "first_reply")] == [
            ("allocate", "dermatology", 1, 0),
            ("allocate", "neurology", 1, 1),
            ("first_reply", "dermatology", 1, 0),
        ]
        assert not list(violations(session, at + HOUR))


def test_what_was_passed_on_in_time_counts_for_who_answered(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        passing.reroute(session, consult, clinic.coordinator, "neurology", "brain", now=NOON + HOUR / 2)
        assert not list(violations(session, NOON + HOUR / 2))
        holding.claim(session, consult, clinic.neuro, now=NOON + HOUR, lease=LEASE)
        _answer(session, consult, clinic.neuro, NOON + 2 * HOUR)
        found = [each for each in _lines(session, NOON + 2 * HOUR) if each[0] in ("allocate", "first_reply")]
        assert found == [("allocate", "neurology", 1, 1), ("first_reply", "neurology", 1, 1)]


def test_a_clinic_that_let_its_familys_question_lie_stays_late_when_it_sends_it_on(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        fire(session, NOON + 25 * HOUR)
        at = NOON + 29 * HOUR
        before = _lines(session, at)
        assert ("first_reply", "family_question", 1, 0) in before
        requests.send_on(session, consult, clinic.pcp, FORM, now=at, targets=TARGETS)
        holding.claim(session, consult, clinic.derm, now=at + MINUTE, lease=LEASE)
        _answer(session, consult, clinic.derm, at + 10 * MINUTE)
        found = [each for each in _lines(session, at + HOUR) if each[0] in ("allocate", "first_reply")]
        assert found == [
            ("allocate", "dermatology", 1, 1),
            ("allocate", "family_question", 1, 0),
            ("first_reply", "dermatology", 1, 1),
            ("first_reply", "family_question", 1, 0),
        ]
        # How long the clinic had it is no wait of the specialty's.
        whole = figures(session, NOON, NOON + timedelta(days=10), at + HOUR)
        assert [each.wall[2] for each in whole if (each.clock, each.value) == ("allocate", "dermatology")] == [0.02]
        assert not list(violations(session, at + HOUR))


@pytest.mark.parametrize("is_claimed", [False, True])
def test_whom_the_clinic_names_is_asked_first_though_it_had_the_question(
    database: Database, clinic: Clinic, is_claimed: bool
) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        if is_claimed:
            holding.claim(session, consult, clinic.pcp, now=NOON + MINUTE, lease=LEASE)
        at = NOON + 2 * MINUTE
        form = RequestForm(**{**FORM.__dict__, "wishes": Wishes(named=clinic.derm2.public_id)})
        requests.send_on(session, consult, clinic.pcp, form, now=at, targets=TARGETS)
        wish = wish_of(session, consult.id)
        assert wish is not None
        assert (wish.first_until, wish.passed_over) == (at + 45 * MINUTE, None)
        session.flush()
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.NEW_REQUEST, Notice.created_at == at)
        assert list(session.scalars(told)) == [clinic.derm2.id]


def test_who_is_asked_and_the_ledger_does_not_know_is_seen(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        consult.specialty, consult.organization_id, consult.language = "neurology", None, "es"
        session.flush()
        found = " ".join(violations(session, NOON))
        assert all(f"{name} differs from the ledger" in found for name in ("specialty", "site", "language"))
        # Of what was written by the version before, nobody knows.
        session.execute(update(ClockEvent).values(specialty=None, site=None, language=None))
        assert not any("differs" in line for line in violations(session, NOON))


def test_the_clinic_that_let_a_question_lie_is_late_and_not_the_one_that_answers(
    database: Database, clinic: Clinic
) -> None:
    at = NOON + 30 * HOUR
    with database.writing() as session:
        off(session, clinic.pcp, -1, 14 * 24)
        consult = clinic.family_question(session)
        fire(session, NOON + 25 * HOUR)
        before = _by_site(session, at)
        assert before["first_reply"] == {clinic.home.name: (1, 0)}
        passing.assign(session, consult, clinic.other_pcp, "here", by=clinic.coordinator, now=at, lease=LEASE)
        _answer(session, consult, clinic.other_pcp, at + MINUTE)
        answers.close(session, consult, clinic.other_pcp, reason="done", now=at + 2 * MINUTE)
        after = _by_site(session, at + HOUR)
        assert {name: after[name] for name in before} == before
        # What is given on in time is kept by whoever answers it.
        early = clinic.family_question(session, now=at)
        passing.assign(session, early, clinic.other_pcp, "here", by=clinic.coordinator, now=at + HOUR, lease=LEASE)
        assert not [line for line in violations(session, at + HOUR) if line.startswith("4")]
        _answer(session, early, clinic.other_pcp, at + 2 * HOUR)
        assert _by_site(session, at + 3 * HOUR)["first_reply"] == {clinic.home.name: (1, 0), "Other clinic": (1, 1)}


def _by_site(session: Session, now: datetime) -> dict[str, dict[str, tuple[int, int]]]:
    session.flush()
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for each in figures(session, NOON, NOON + timedelta(days=10), now):
        if each.by == "site":
            found.setdefault(each.clock, {})[each.value] = (each.count, each.within)
    return found


@pytest.mark.parametrize("begins", [5, 20])
def test_the_trial_of_a_leave_says_what_would_be_everybodys(database: Database, clinic: Clinic, begins: int) -> None:
    at = NOON + 5 * MINUTE
    with database.writing() as session:
        consult = clinic.econsult(session, wishes=Wishes(named=clinic.derm2.public_id))
        number = consult.number

    def act(session: Session) -> None:
        start = NOON + begins * MINUTE
        take_off(session, clinic.coordinator, clinic.derm2.public_id, start, start + 10 * HOUR, now=at)

    with database.writing() as session:
        tried = try_out(session, clinic.program.id, act, at)
        assert tried.moved == [Offered(number, "dermatology", is_at_desk=False, was_kept=True)]
        assert not tried.is_quiet
    with database.writing() as session:
        act(session)
        roster_changed(session, clinic.program.id, at)
        assert try_out(session, clinic.program.id, lambda _session: None, at).is_quiet


def test_what_was_sent_before_counts_as_it_did_on_that_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _answer(session, consult, clinic.derm, NOON + 2 * HOUR)
        later = NOON + timedelta(days=40)
        before = _lines(session, later)
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0078' for each in script.walk_revisions())}")
    database.migrate()
    with database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        reopening.reopen(session, consult, clinic.pcp, "again", now=later)
        passing.reroute(session, consult, clinic.coordinator, "neurology", "brain", now=later + HOUR)
        assert _lines(session, later) == before
