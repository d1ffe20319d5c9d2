"""What a family could read stays open to it, and is still to be told, when its question is opened again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.consults import answers, clocks, declining, holding, requests, telling, threads
from econsult.consults.correcting import save_correction
from econsult.consults.correction_drafts import correction_of
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.threads import Audience
from econsult.consults.undoing import take_back
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, StaleVersionError
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.rosters.shifts import TimeOff
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)

SOON, LATER = NOON + timedelta(minutes=5), NOON + timedelta(minutes=6)


def answer(session: Session, clinic: Clinic, consult: Consult, disposition: str = "emergency_now") -> None:
    holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
    answers.save_draft(session, consult, clinic.derm, {**ANSWER, "disposition": disposition}, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)


def opened_again(session: Session, clinic: Clinic) -> Consult:
    """An emergency that the family can read and has not heard, opened again by the clinic."""
    consult = clinic.econsult(session)
    answer(session, clinic, consult)
    return reopen(session, consult, clinic.pcp, "new symptom", now=SOON, targets=TARGETS)


def understood(session: Session, clinic: Clinic, consult: Consult) -> None:
    telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=LATER)


def tells(session: Session, consult: Consult) -> bool:
    return clocks.is_open(session, consult, clocks.ClockName.FAMILY_INFORMED)


def untold(session: Session, clinic: Clinic) -> list[int]:
    return [each.id for each in page(session, clinic.coordinator, View.UNTOLD, now=LATER).consults]


def test_an_open_answer_is_still_to_be_told_after_a_reopening(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        assert (consult.released_at, consult.unheard_version, consult.is_unheard) == (None, 1, True)
        assert tells(session, consult)
        assert consult.due_at == SOON + TARGETS["routine"]
        assert untold(session, clinic) == [consult.id]
        assert list(violations(session, LATER)) == []


def test_nobody_but_a_clinician_asks_again_with_less_urgency(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, urgency="same_day")
        answer(session, clinic, consult, "advice_only")
        with pytest.raises(ForbiddenError, match="less urgent"):
            reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS, urgency="routine")
        reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS, urgency="same_day")
        answer(session, clinic, consult, "advice_only")
        assert reopen(session, consult, clinic.pcp, "Again", now=LATER, urgency="routine").urgency == "routine"


def test_what_nobody_can_promise_now_is_asked_again_of_the_same_day_by_whoever_may_not_lower(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, urgency="urgent")
        answer(session, clinic, consult, "advice_only")
        with pytest.raises(ForbiddenError, match="less urgent"):
            reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS, urgency="same_day")
        away = {"starts_at": NOON, "ends_at": NOON + 9 * HOUR}
        session.add_all(TimeOff(person_id=each.id, **away) for each in (clinic.derm, clinic.derm2))
        session.flush()
        with pytest.raises(InvalidError, match="on duty"):
            reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS)
        with pytest.raises(ForbiddenError, match="less urgent"):
            reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS, urgency="routine")
        again = reopen(session, consult, clinic.nurse, "Again", now=SOON, targets=TARGETS, urgency="same_day")
        assert (again.status, again.urgency) == ("submitted", "same_day")


def test_a_family_that_wrote_still_waits_for_a_reply_after_a_reopening(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        answer(session, clinic, consult, "advice_only")
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Fever now", now=SOON)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Which dose?", now=SOON)
        reopen(session, consult, clinic.pcp, "fever", now=LATER, targets=TARGETS)
        assert (consult.family_waits_since, consult.clinic_waits_since) == (SOON, None)
        waits = [clock.lane for clock in clocks.open_clocks(session, consult.id, clocks.ClockName.NEXT_REPLY)]
        assert waits == ["family"]
        assert list(violations(session, LATER)) == []
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Come today", now=LATER)
        assert consult.family_waits_since is None
        assert not clocks.open_clocks(session, consult.id, clocks.ClockName.NEXT_REPLY)
        assert list(violations(session, LATER)) == []


def test_the_family_confirms_an_answer_of_a_cycle_before_once_or_twice(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        understood(session, clinic, consult)
        understood(session, clinic, consult)
        assert (consult.status, consult.is_unheard, consult.informed_at) == ("submitted", False, None)
        assert not tells(session, consult)
        assert untold(session, clinic) == []
        assert list(violations(session, LATER)) == []


@pytest.mark.parametrize("ending", ["decline", "withdraw"])
def test_the_end_of_the_question_does_not_hide_what_was_not_heard(
    database: Database, clinic: Clinic, ending: str
) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        if ending == "decline":
            holding.claim(session, consult, clinic.derm, now=SOON, lease=LEASE)
            declining.decline(session, consult, clinic.derm, "see somebody", now=SOON)
        else:
            requests.withdraw(session, consult, clinic.pcp, "", now=SOON)
        assert (consult.is_unheard, untold(session, clinic)) == (True, [consult.id])
        assert tells(session, consult) == (ending == "decline")
        understood(session, clinic, consult)
        # Of the decline the family has not been told yet.
        assert (consult.is_unheard, consult.informed_at) == (False, None)
        assert tells(session, consult) == (ending == "decline")
        assert list(violations(session, LATER)) == []


def test_a_reached_call_tells_the_answer_and_not_the_decline(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        holding.claim(session, consult, clinic.derm, now=SOON, lease=LEASE)
        declining.decline(session, consult, clinic.derm, "see somebody", now=SOON)
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=LATER)
        assert (consult.is_unheard, consult.informed_at, tells(session, consult)) == (False, None, True)
        telling.inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=LATER)
        assert (consult.informed_at, tells(session, consult)) == (LATER, False)


def test_a_newer_answer_is_told_instead_once_it_is_open(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        answer(session, clinic, consult, "advice_only")
        assert (consult.unheard_version, answers.emergencies_among(session, [consult.id])) == (1, set())
        assert answers.emergencies_among(session, [consult.id], for_family=True) == {consult.id}
        answers.acknowledge(session, consult, clinic.pcp, now=LATER)
        assert (consult.unheard_version, consult.is_unheard) == (None, True)
        assert answers.emergencies_among(session, [consult.id], for_family=True) == set()
        understood(session, clinic, consult)
        assert (consult.informed_at, tells(session, consult)) == (LATER, False)


def test_confirming_the_old_answer_leaves_the_newer_one_to_be_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        answer(session, clinic, consult, "advice_only")
        understood(session, clinic, consult)
        assert (consult.unheard_version, consult.informed_at, tells(session, consult)) == (None, None, True)
        assert list(violations(session, LATER)) == []


def test_an_answer_that_was_never_open_cannot_be_confirmed(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        with pytest.raises(ForbiddenError):
            understood(session, clinic, consult)
        reopen(session, consult, clinic.pcp, "wrong side", now=SOON, targets=TARGETS)
        assert (consult.is_unheard, tells(session, consult)) == (False, False)
        with pytest.raises(ImpossibleVerbError):
            understood(session, clinic, consult)


def test_closed_without_telling_and_opened_again_is_to_be_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.close(session, consult, clinic.pcp, reason="moved away", now=NOON)
        reopen(session, consult, clinic.pcp, "they are back", now=SOON, targets=TARGETS)
        assert (consult.unheard_version, tells(session, consult)) == (1, True)


def test_the_checker_names_what_nobody_is_told_to_tell(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        clocks.stop_clock(session, consult, clocks.ClockName.FAMILY_INFORMED, SOON, "reopened")
        assert [line for line in violations(session, LATER) if "has not heard" in line]
        consult.unheard_version = 7
        session.flush()
        assert [line for line in violations(session, LATER) if "not open to the family" in line]


def test_whoever_answers_anew_reads_the_own_draft(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = opened_again(session, clinic)
        holding.claim(session, consult, clinic.derm, now=SOON, lease=LEASE)
        draft = answers.save_draft(session, consult, clinic.derm, ANSWER, now=SOON, lease=LEASE)
        assert answers.answer_for(session, consult, clinic.derm) is draft
        assert getattr(answers.answer_for(session, consult, clinic.pcp), "version", None) == 1


def test_questions_opened_again_before_this_revision_are_found(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        lost, told = opened_again(session, clinic), opened_again(session, clinic)
        clocks.stop_clock(session, lost, clocks.ClockName.FAMILY_INFORMED, SOON, "reopened")
        understood(session, clinic, told)
        lost_id, told_id = lost.id, told.id
    database.migrate("0015")
    database.migrate()
    with database.reading() as session:
        found = [session.get_one(Consult, number).unheard_version for number in (lost_id, told_id)]
    assert found == [1, None]


def test_an_answer_that_was_held_back_is_opened_by_the_clinic_and_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text="¿Y ahora?", now=NOON + HOUR)
        reopen(session, consult, clinic.pcp, "new symptom", now=NOON + 2 * HOUR, targets=TARGETS)
        held = answers.held_back(session, consult)
        assert held is not None
        assert (held.version, answers.released_answer(session, consult.id), consult.is_unheard) == (1, None, False)
        with pytest.raises(StaleVersionError):
            # Read before the reopening, by a colleague whose page shows nothing of it.
            answers.acknowledge(session, consult, clinic.pcp, now=NOON + 3 * HOUR, version=1)
        assert answers.released_answer(session, consult.id) is None
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + 3 * HOUR, version=1, opens_held=True)
        assert (answers.released_answer(session, consult.id), consult.unheard_version) == (held, 1)
        assert answers.held_back(session, consult) is None
        (tells,) = clocks.open_clocks(session, consult.id, ClockName.FAMILY_INFORMED)
        assert tells.deadline_at == NOON + 27 * HOUR
        with pytest.raises(ImpossibleVerbError):
            answers.acknowledge(session, consult, clinic.pcp, now=NOON + 4 * HOUR)
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON + 5 * HOUR)
        assert consult.unheard_version is None
        fire(session, NOON + 5 * HOUR)
        assert list(violations(session, NOON + 5 * HOUR)) == []


def test_a_new_question_has_no_answer_to_open(database: Database, clinic: Clinic) -> None:
    with database.writing() as session, pytest.raises(ImpossibleVerbError):
        answers.acknowledge(session, clinic.claimed(session), clinic.pcp, now=NOON)


def test_a_correction_that_is_being_written_becomes_the_draft_of_the_next_answer(
    database: Database, clinic: Clinic
) -> None:
    changed = {**ANSWER, "impression": "Scabies, I think now"}
    with database.writing() as session:
        consult = clinic.answered(session)
        save_correction(session, consult, clinic.derm, changed, "Wrong", now=NOON + HOUR, version=1)
        reopen(session, consult, clinic.pcp, "new symptom", now=NOON + 2 * HOUR, targets=TARGETS)
        assert correction_of(session, consult.id) is None
        holding.claim(session, consult, clinic.derm, now=NOON + 2 * HOUR, lease=LEASE)
        draft = answers.answer_for(session, consult, clinic.derm)
        assert draft is not None
        assert (draft.version, draft.signed_at, draft.content["impression"]) == (2, None, changed["impression"])
        answers.save_draft(session, consult, clinic.derm, changed, now=NOON + 2 * HOUR, lease=LEASE)
        assert draft.why == "Wrong"
        assert getattr(answers.answer_for(session, consult, clinic.pcp), "version", None) == 1
        answers.sign(session, consult, clinic.derm, now=NOON + 2 * HOUR)
        assert (draft.corrects, draft.why, correction_of(session, consult.id)) == (None, "", None)
        # Whoever takes the signature back within its seconds reads it again.
        take_back(session, consult, clinic.derm, now=NOON + 2 * HOUR, lease=LEASE)
        assert draft.why == "Wrong"
        answers.sign(session, consult, clinic.derm, now=NOON + 2 * HOUR)
        fire(session, NOON + 2 * HOUR)
        assert list(violations(session, NOON + 2 * HOUR)) == []
