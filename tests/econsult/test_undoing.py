"""For 15 seconds a signature can be taken back: nobody was told, and everything is as it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import answers, clocks, holding, reopening, second, telling, threads, undoing
from econsult.consults.clocks import ClockName
from econsult.consults.ledger import ClockEvent
from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import Recommendation, RecommendationEvent, StepState, steps_of
from econsult.consults.records import Consult
from econsult.consults.sides import side_of
from econsult.consults.threads import Audience
from econsult.consults.undoing import UNDO, take_back, undoable
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, TooLateError
from econsult.jobs import Job, JobKind, JobPolicy, claim_job, next_rings
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.tongues import put_language_right
from econsult.queue.waits import mend_waits
from econsult.rights import Right
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic, open_clinic

SIGNED = NOON + timedelta(hours=1)
SOON = SIGNED + timedelta(seconds=9)
COLUMNS = [column.key for column in Consult.__table__.columns if column.key != "version"]


def drafted(session: Session, clinic: Clinic, **changes: object) -> Consult:
    consult = clinic.claimed(session)
    answers.save_draft(session, consult, clinic.derm, {**ANSWER, **changes}, now=NOON, lease=LEASE)
    return consult


def back(session: Session, consult: Consult, person: Person, now: datetime = SOON) -> None:
    take_back(session, consult, person, now=now, lease=LEASE)


def row(consult: Consult) -> dict[str, Any]:
    return {name: getattr(consult, name) for name in COLUMNS}


def letters(session: Session, consult: Consult) -> list[Notice]:
    query = select(Notice).where(Notice.consult_id == consult.id, Notice.kind == NoticeKind.ANSWERED)
    return list(session.scalars(query))


def test_everything_is_as_it_was(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        before = row(consult)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        assert [answer.version for answer, _consult in undoable(session, clinic.derm, SOON)] == [1]
        back(session, consult, clinic.derm)
        # A fresh claim: whoever takes it back writes on.
        assert row(consult) == {**before, "claim_until": SOON + timedelta(hours=4)}
        assert undoable(session, clinic.derm, SOON) == []
        draft = answers.draft_of(session, consult.id)
        assert (draft is not None and draft.content["impression"], answers.signed_answer(session, consult.id)) == (
            ANSWER["impression"],
            None,
        )
        for table in (Recommendation, RecommendationEvent, OutcomePing):
            assert session.scalars(select(func.count(table.id))).one() == 0
        assert letters(session, consult) == []
        assert list(violations(session, SOON)) == []


def test_a_language_that_is_put_right_in_these_seconds_stays_right(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        put_language_right(session, session.get_one(Patient, clinic.child.id), "es", clinic.pcp, SIGNED)
        back(session, consult, clinic.derm)
        assert (consult.language, consult.interpreter_since) == ("es", None)
        assert list(violations(session, SOON)) == []


def test_the_ledger_keeps_both_and_it_can_be_signed_again_and_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        for times in range(3):
            at = SIGNED + timedelta(minutes=times)
            answers.sign(session, consult, clinic.derm, now=at)
            back(session, consult, clinic.derm, at + timedelta(seconds=5))
        answers.sign(session, consult, clinic.derm, now=SIGNED + timedelta(minutes=9))
        query = select(ClockEvent.kind).where(ClockEvent.consult_id == consult.id, ClockEvent.name == "first_reply")
        assert list(session.scalars(query.order_by(ClockEvent.id))) == [
            "started",
            *["stopped", "undone"] * 3,
            "stopped",
        ]
        assert list(violations(session, SIGNED + timedelta(minutes=10))) == []
        assert [step.state for step in steps_of(session, consult.id)] == [StepState.PROPOSED]
        assert len(letters(session, consult)) == 1


def test_letters_leave_after_the_seconds_and_once(database: Database, clinic: Clinic) -> None:
    policy = JobPolicy()
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        (letter,) = letters(session, consult)
        assert letter.person_id == clinic.pcp.id
        query = select(Job).where(Job.kind == JobKind.NOTIFY, Job.subject_id == letter.id)
        job = session.scalars(query).one()
        early = SIGNED + UNDO - timedelta(milliseconds=1)
        assert (
            job.id in [ring[0] for ring in next_rings(session, early, policy)],
            claim_job(session, job.id, early, policy),
        ) == (False, None)
    # Whoever died in between, a later process finds it by its time.
    with database.writing() as session:
        assert job.id in [ring[0] for ring in next_rings(session, SIGNED + UNDO, policy)]
        assert claim_job(session, job.id, SIGNED + UNDO, policy) is not None
        assert claim_job(session, job.id, SIGNED + UNDO, policy) is None


def test_what_is_on_its_way_is_not_taken_back(database: Database, clinic: Clinic) -> None:
    """A clock that goes wrong between two machines: the letter decides, not the time."""
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        job = session.scalars(select(Job).where(Job.subject_id == letters(session, consult)[0].id)).one()
        assert claim_job(session, job.id, SIGNED + UNDO, JobPolicy()) is not None
        with pytest.raises(TooLateError):
            back(session, consult, clinic.derm)


@pytest.mark.parametrize("late", [UNDO, timedelta(days=1)])
def test_after_the_seconds_it_is_too_late(database: Database, clinic: Clinic, late: timedelta) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        with pytest.raises(TooLateError):
            back(session, consult, clinic.derm, SIGNED + late)


def test_an_emergency_waits_for_nothing_and_is_not_taken_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic, disposition="emergency_now")
        answer = answers.sign(session, consult, clinic.derm, now=SIGNED)
        assert (answer.undo_until, answer.before) == (None, None)
        told = select(Job.run_after).join(Notice, Notice.id == Job.subject_id).where(Notice.created_at == SIGNED)
        assert set(session.scalars(told)) == {SIGNED}
        with pytest.raises(ImpossibleVerbError):
            back(session, consult, clinic.derm)


@pytest.mark.parametrize("reader", ["pcp", "coordinator"])
def test_whoever_has_read_it_does_not_lose_it(database: Database, clinic: Clinic, reader: str) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
    with database.writing() as session:
        consult_for(session, getattr(clinic, reader), consult.public_id, now=SIGNED + timedelta(seconds=3))
    with database.writing() as session, pytest.raises(TooLateError, match="opened"):
        held = consult_for(session, clinic.derm, consult.public_id, now=SOON, right=Right.ANSWER).consult
        back(session, held, clinic.derm)


def test_a_familys_question_is_open_at_once_and_closed_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        holding.claim(session, consult, clinic.pcp, now=NOON, lease=LEASE)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Well?", now=NOON + timedelta(minutes=1))
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=NOON, lease=LEASE)
        before = row(consult)
        answers.sign(session, consult, clinic.pcp, now=SIGNED)
        assert (consult.released_at, consult.family_waits_since) == (SIGNED, None)
        back(session, consult, clinic.pcp)
        assert row(consult) == {**before, "claim_until": SOON + timedelta(hours=4)}
        assert answers.answer_for(session, consult, clinic.mother) is None
        assert letters(session, consult) == []
        assert list(violations(session, SOON)) == []


def test_what_was_waited_for_is_waited_for_again(database: Database, clinic: Clinic) -> None:
    """Signed over a question for information, and with a colleague's opinion open."""
    with database.writing() as session:
        consult = drafted(session, clinic)
        second.ask_second(session, consult, clinic.derm, "Do you agree?", specialty="neurology", now=NOON)
        threads.request_info(session, consult, clinic.derm, text="A photo", items=[], audience=None, now=NOON)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        assert side_of(session, consult.id) is None
        back(session, consult, clinic.derm)
        assert (consult.status, side_of(session, consult.id) is not None) == ("needs_info", True)
        (clock,) = clocks.open_clocks(session, consult.id, ClockName.FIRST_REPLY)
        assert (clock.paused_reason, clock.paused_until) == (
            "needs_clinicians",
            SOON + timedelta(hours=72) - (SIGNED - NOON),
        )
        assert list(violations(session, SOON)) == []
        # Ended by one signature and by the next: both are in its ledger.
        answers.sign(session, consult, clinic.derm, now=SOON)
        assert (side_of(session, consult.id), list(violations(session, SOON))) == (None, [])


def test_the_answer_before_has_its_steps_and_its_telling_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=NOON)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + timedelta(minutes=1))
        reopening.reopen(session, consult, clinic.pcp, "new", now=NOON + timedelta(minutes=2), targets=TARGETS)
        holding.claim(session, consult, clinic.derm, now=NOON + timedelta(minutes=3), lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + timedelta(minutes=4), lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        back(session, consult, clinic.derm)
        assert [(step.version, step.state) for step in steps_of(session, consult.id)] == [(1, StepState.PROPOSED)]
        assert (consult.unheard_version, clocks.is_open(session, consult, ClockName.FAMILY_INFORMED)) == (1, True)
        shown = {clock.name: clock.state for clock in clocks.clocks_of(session, consult.id)}
        assert (shown["family_informed"], shown["first_reply"]) == ("running", "running")
        assert session.scalars(select(OutcomePing.state)).one() == "waiting"
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=SOON)
        assert list(violations(session, SOON)) == []


def test_only_whoever_signed_takes_it_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        answers.sign(session, consult, clinic.derm, now=SIGNED)
        with pytest.raises(ForbiddenError):
            back(session, consult, clinic.derm2)
        assert undoing.undoable(session, clinic.derm2, SOON) == []


def test_where_the_longest_pause_was_over_the_holder_has_it_again(database: Database, clinic: Clinic) -> None:
    """No clock process ran meanwhile: whoever signed has it, its clock runs on, and a silent claim lapses."""
    with database.writing() as session:
        consult = drafted(session, clinic)
        threads.request_info(session, consult, clinic.derm, text="A photo", items=[], audience=None, now=NOON)
        late = NOON + timedelta(hours=72, minutes=10)
        answers.sign(session, consult, clinic.derm, now=late)
        back(session, consult, clinic.derm, late + timedelta(seconds=9))
        (clock,) = clocks.open_clocks(session, consult.id, ClockName.FIRST_REPLY)
        assert (consult.status, clock.state, consult.holder_id) == ("claimed", "running", clinic.derm.id)
        assert list(violations(session, late + timedelta(seconds=9))) == []
        assert holding.lapse_claims(session, late + timedelta(hours=5)) == [consult]
        assert consult.status == "submitted"


def test_the_checker_sees_what_waits_without_an_end_and_mends_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = drafted(session, clinic)
        consult.status = "needs_info"
        (line,) = [each for each in violations(session, NOON) if "without an end" in each]
        assert line.startswith(f"1 {consult.number}: waits for information")
        assert mend_waits(session, NOON) == 1
        assert (consult.status, mend_waits(session, NOON)) == ("claimed", 0)
        assert list(violations(session, NOON)) == []


def test_what_was_late_unseen_when_it_was_signed_is_told_once_it_is_no_answer_any_more(
    sqlite_database: Database,
) -> None:
    """No tick came between the deadline and the signature, which therefore alarmed nobody."""
    clinic, late = open_clinic(sqlite_database), NOON + timedelta(hours=25)
    with sqlite_database.writing() as session:
        consult = drafted(session, clinic)
        consult.claim_until = late
        answers.sign(session, consult, clinic.derm, now=late)
        back(session, consult, clinic.derm, late + timedelta(seconds=9))
        told = select(Notice.kind, Person.role).join(Person, Person.id == Notice.person_id)
        hearers = {tuple(each) for each in session.execute(told.where(Notice.kind.in_(("overdue", "late"))))}
        staff = {("overdue", role) for role in ("coordinator", "director", "pcp")}
        assert hearers == {*staff, ("late", "caregiver")}
        for seconds in (10, 12):
            fire(session, late + timedelta(seconds=seconds))
        assert {tuple(each) for each in session.execute(told.where(Notice.kind.in_(("overdue", "late"))))} == hearers
        assert list(violations(session, late + timedelta(seconds=12))) == []
