"""One specialist by name: asked first while they are there, and nobody waits for somebody who is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, requests, undoing
from econsult.consults.clocks import open_clocks
from econsult.consults.offering import why_of
from econsult.consults.policies import ClockName
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.taking import next_for
from econsult.consults.wishes import PassedOver, Wish, Wishes, wish_of
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.reoffering import offer_again, roster_changed
from econsult.rosters.limits import Conflict, Limits
from econsult.rosters.planning import take_off
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

MINUTE = timedelta(minutes=1)


def _named(session: Session, clinic: Clinic, person: Person | None = None, **changes: object) -> Consult:
    wishes = Wishes(named=(person or clinic.derm2).public_id)
    return clinic.econsult(session, wishes=wishes, **changes)


def _told(session: Session, kind: NoticeKind = NoticeKind.NEW_REQUEST) -> list[int]:
    session.flush()
    return sorted(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def _codes(consult: Consult) -> list[str]:
    return [line.code for line in why_of(consult)]


def test_who_is_named_is_asked_first_and_the_pool_at_three_quarters(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _named(session, clinic)
        assert _told(session) == [clinic.derm2.id]
        assert _codes(consult)[-1] == "named_first"
        (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
        assert taking.deadline_at == NOON + timedelta(hours=1)
        assert next_for(session, clinic.derm, now=NOON + MINUTE) is None
        found = next_for(session, clinic.derm2, now=NOON + MINUTE)
        assert found is not None
        assert found.id == consult.id
    with database.writing() as session:
        fire(session, NOON + 31 * MINUTE)
        assert _told(session, NoticeKind.UNTAKEN) == [clinic.derm2.id]
    with database.writing() as session:
        fire(session, NOON + 46 * MINUTE)
        assert clinic.derm.id in _told(session, NoticeKind.UNTAKEN)
        assert next_for(session, clinic.derm, now=NOON + 46 * MINUTE) is not None
        assert not list(violations(session, NOON + 46 * MINUTE))


def test_a_colleague_may_take_it_all_the_same(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = holding.claim(session, _named(session, clinic), clinic.derm, now=NOON, lease=LEASE)
        assert consult.holder_id == clinic.derm.id
        # What was had by somebody is everybody's when it comes back.
        holding.release(session, consult, clinic.derm, "", now=NOON + MINUTE)
        found = next_for(session, clinic.derm, now=NOON + 2 * MINUTE)
        assert found is not None
        assert found.id == consult.id


@pytest.mark.parametrize("why", ["conflict", "language", "full", "away"])
def test_nobody_waits_for_who_cannot_take_it(database: Database, clinic: Clinic, why: str) -> None:
    with database.writing() as session:
        if why == "conflict":
            session.add(Conflict(person_id=clinic.derm2.id, patient_id=clinic.child.id))
        elif why == "away":
            take_off(session, clinic.coordinator, clinic.derm2.public_id, NOON - MINUTE, NOON + 600 * MINUTE, now=NOON)
        else:
            held = clinic.econsult(session)
            holding.claim(session, held, clinic.derm2, now=NOON, lease=LEASE)
            kept = {"languages": "fr"} if why == "language" else {"capacity": 1, "states": "", "languages": ""}
            session.add(Limits(person_id=clinic.derm2.id, **kept))
        session.flush()
        before = _told(session).count(clinic.derm.id)
        consult = _named(session, clinic)
        wish = wish_of(session, consult.id)
        code = {"conflict": "barred", "language": "barred"}.get(why, why)
        assert wish is not None
        assert (wish.passed_over, wish.first_until) == (code, None)
        assert _codes(consult)[-1] == f"named_{code}"
        assert _told(session).count(clinic.derm.id) == before + 1
        assert next_for(session, clinic.derm, now=NOON + MINUTE) is not None


def test_an_urgent_request_is_asked_of_everybody_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _named(session, clinic, urgency="urgent")
        assert {clinic.derm.id, clinic.derm2.id} <= set(_told(session))
        assert _codes(consult)[-1] == "named_urgent"


def test_who_goes_away_meanwhile_keeps_nothing_from_the_others(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _named(session, clinic)
        at = NOON + 5 * MINUTE
        take_off(session, clinic.coordinator, clinic.derm2.public_id, at, at + 600 * MINUTE, now=at)
        roster_changed(session, clinic.program.id, at)
        wish = wish_of(session, consult.id)
        assert wish is not None
        assert wish.passed_over == PassedOver.AWAY
        assert clinic.derm.id in _told(session)
        (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
        assert taking.deadline_at <= NOON + timedelta(hours=1)
        assert not list(violations(session, at))


def test_a_bar_that_comes_later_opens_it_to_the_pool(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _named(session, clinic)
        session.add(Conflict(person_id=clinic.derm2.id, patient_id=clinic.child.id))
        session.flush()
        offer_again(session, clinic.program.id, NOON + MINUTE)
        assert clinic.derm.id in _told(session)
        assert next_for(session, clinic.derm, now=NOON + 2 * MINUTE) == consult


def test_only_somebody_of_the_specialty_and_the_program_is_named(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for person in (clinic.neuro, clinic.pcp):
            with pytest.raises(InvalidError):
                clinic.draft(session, wishes=Wishes(named=person.public_id))
        session.rollback()
    with database.writing() as session:
        draft = clinic.draft(session, wishes=Wishes(named=clinic.derm2.public_id, may_convert=True))
        requests.edit(session, draft, clinic.pcp, RequestForm(specialty="neurology"), now=NOON)
        wish = wish_of(session, draft.id)
        # Who was named for one specialty is not meant for another; that a visit is agreed stays said.
        assert wish is not None
        assert (wish.named_id, wish.may_convert) == (None, True)
        requests.edit(session, draft, clinic.pcp, RequestForm(wishes=Wishes(may_convert=False)), now=NOON)
        assert wish.may_convert is False
        requests.submit(session, draft, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
        assert clinic.neuro.id in _told(session)


def test_the_database_keeps_a_wish_within_its_program(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.draft(session)
        session.add(Wish(program_id=clinic.program.id + 1, consult_id=draft.id, may_convert=False))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("disposition", ["clinic_visit", "expedite", "convert_to_referral", "advice_only"])
def test_a_visit_that_was_agreed_to_is_a_step_that_nobody_has_to_accept(
    database: Database, clinic: Clinic, disposition: str
) -> None:
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = "es"
        consult = clinic.take(session, clinic.econsult(session, wishes=Wishes(may_convert=True)))
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "disposition": disposition}, now=NOON, lease=LEASE)
        signed = answers.sign(session, consult, clinic.derm, now=NOON)
        steps = [(step.owner, step.kind, step.state) for step in steps_of(session, consult.id)]
        visit = [] if disposition == "advice_only" else [("coordinator", "visit", "accepted")]
        assert steps == [("family", "other", "proposed"), *visit]
        # The step is of the signed text itself, in the language of the family.
        assert len(signed.content["recommendations"]) == len(steps)
        assert "de antemano" in str(signed.content) or not visit


def test_a_visit_in_the_plan_is_accepted_and_not_asked_for_twice(database: Database, clinic: Clinic) -> None:
    plan = [{"text": "Patch test", "owner": "pcp", "kind": "visit", "due_at": None}]
    for may_convert, state in ((True, "accepted"), (False, "proposed")):
        with database.writing() as session:
            consult = clinic.take(session, clinic.econsult(session, wishes=Wishes(may_convert=may_convert)))
            content = {**ANSWER, "disposition": "clinic_visit", "recommendations": plan}
            answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
            answers.sign(session, consult, clinic.derm, now=NOON)
            assert [step.state for step in steps_of(session, consult.id)] == [state]


def test_a_signature_that_is_taken_back_takes_the_step_of_the_visit_with_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, wishes=Wishes(may_convert=True)))
        content = {**ANSWER, "disposition": "clinic_visit"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        draft = undoing.take_back(session, consult, clinic.derm, now=NOON + timedelta(seconds=5), lease=LEASE)
        assert [step["text"] for step in draft.content["recommendations"]] == [ANSWER["recommendations"][0]["text"]]
        assert steps_of(session, consult.id) == []


@pytest.mark.parametrize(("disposition", "days"), [("clinic_visit", 30), ("expedite", 7), ("convert_to_referral", 30)])
def test_a_visit_that_nobody_agreed_to_is_the_clinics_call(
    database: Database, clinic: Clinic, disposition: str, days: int
) -> None:
    """The family reads that its clinic will call: somebody there has the call as a task, with a day."""
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session))
        content = {**ANSWER, "disposition": disposition, "recommendations": []}
        answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        (step,) = steps_of(session, consult.id)
        assert (step.owner, step.kind, step.state) == ("pcp", "visit", "proposed")
        assert step.due_at == NOON + timedelta(days=days)
        draft = undoing.take_back(session, consult, clinic.derm, now=NOON + timedelta(seconds=5), lease=LEASE)
        assert draft.content["recommendations"] == []
