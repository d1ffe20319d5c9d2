"""An answer that says "emergency, now": a person telephones the family, and nobody is left in peace until one has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.bereavement import mark_death, take_back_death
from econsult.consults import answers, reopening, telephone, telling
from econsult.consults.correcting import correct
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import CallOpenError, InvalidError
from econsult.jobs import Job
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.queue.calling import fire_calls, oldest_call
from econsult.queue.invariants import violations
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

MINUTE = timedelta(minutes=1)
NIGHT = NOON + 19 * 60 * MINUTE  # midnight in Denver


def emergency(session: Session, clinic: Clinic, *, now=NIGHT) -> Consult:
    consult = clinic.claimed(session, now=now)
    content = {**ANSWER, "disposition": "emergency_now"}
    answers.save_draft(session, consult, clinic.derm, content, now=now, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=now)
    return consult


def told(session: Session, kind: NoticeKind) -> list[int]:
    return sorted(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_an_emergency_is_told_to_all_at_once_in_the_middle_of_the_night(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        assert told(session, NoticeKind.CALL_NOW) == [clinic.pcp.id, clinic.coordinator.id]
        assert told(session, NoticeKind.READ_NOW) == [clinic.mother.id]
        assert consult.released_at == NIGHT
        notices = (NoticeKind.CALL_NOW, NoticeKind.READ_NOW)
        waits = select(Job.run_after).join(Notice, Notice.id == Job.subject_id).where(Notice.kind.in_(notices))
        assert set(session.scalars(waits)) <= {None, NIGHT}


def test_the_call_is_told_again_and_louder_until_somebody_has_called(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        for minute in range(1, 31):
            for _clock in range(2):
                fire_calls(session, NIGHT + minute * MINUTE)
        home = [clinic.pcp.id, clinic.coordinator.id]
        assert told(session, NoticeKind.CALL_NOW) == sorted(3 * home)
        assert told(session, NoticeKind.CALL_LATE) == sorted(2 * [*home, clinic.director.id])
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NIGHT + 31 * MINUTE)
        assert (fire_calls(session, NIGHT + 600 * MINUTE), oldest_call(session)) == (0, None)
        assert (consult.informed_method, list(violations(session, NIGHT + 31 * MINUTE))) == ("phone", [])
        task = telephone.call_of(session, consult.id)
        assert task is not None
        kinds = [event.kind for event in telephone.events_of(session, task)]
        assert kinds == ["opened", "reminded", "reminded", "late", "late", "done"]


def test_after_a_long_sleep_each_step_has_its_line_and_people_hear_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        assert fire_calls(session, NIGHT + 60 * MINUTE) == 1
        assert told(session, NoticeKind.CALL_LATE) == [clinic.pcp.id, clinic.coordinator.id, clinic.director.id]
        task = telephone.call_of(session, consult.id)
        assert task is not None
        assert [event.level for event in telephone.events_of(session, task)] == [0, 1, 2, 3, 4, 5, 6]
        assert task.next_at == NIGHT + 75 * MINUTE


def test_a_call_that_nobody_answers_goes_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        for _ in range(2):
            telephone.try_call(session, consult, clinic.coordinator, now=NIGHT + MINUTE)
        assert fire_calls(session, NIGHT + 5 * MINUTE) == 1
        with pytest.raises(InvalidError) as error:
            telling.confirm_call(session, consult, clinic.pcp, "sent_help", now=NIGHT + 6 * MINUTE)
        assert error.value.fields == {"words": "required"}
        words = "The police look after them"
        telling.confirm_call(session, consult, clinic.pcp, "sent_help", words=words, now=NIGHT + 6 * MINUTE)
        assert (consult.informed_at, fire_calls(session, NIGHT + 60 * MINUTE)) == (None, 0)
        assert not telephone.try_call(session, consult, clinic.pcp, now=NIGHT + 7 * MINUTE)


def test_a_family_that_only_opened_the_answer_is_called_all_the_same(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NIGHT + MINUTE)
        answers.acknowledge(session, consult, clinic.pcp, now=NIGHT + MINUTE)
        with pytest.raises(CallOpenError):
            answers.close(session, consult, clinic.pcp, reason="Seen and well", now=NIGHT + 2 * MINUTE)
        assert fire_calls(session, NIGHT + 5 * MINUTE) == 1
        telling.inform(session, consult, clinic.pcp, method="visit", teach_back=True, now=NIGHT + 6 * MINUTE)
        assert (consult.informed_method, fire_calls(session, NIGHT + 20 * MINUTE)) == ("opened", 0)
        assert answers.close(session, consult, clinic.pcp, reason="", now=NIGHT + 21 * MINUTE).status == "closed"


def test_a_second_emergency_of_one_case_is_a_second_call(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        reopening.reopen(session, consult, clinic.pcp, "Worse", now=NIGHT + MINUTE, targets=TARGETS)
        clinic.take(session, consult, now=NIGHT + MINUTE)
        answers.save_draft(
            session, consult, clinic.derm, {**ANSWER, "disposition": "emergency_now"}, now=NIGHT, lease=LEASE
        )
        answers.sign(session, consult, clinic.derm, now=NIGHT + 2 * MINUTE)
        assert fire_calls(session, NIGHT + 8 * MINUTE) == 2
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NIGHT + 9 * MINUTE)
        assert oldest_call(session) is None


def test_a_call_that_nobody_is_told_of_breaks_a_promise(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = emergency(session, clinic)
        late = list(violations(session, NIGHT + 30 * MINUTE))
        assert late == [f"2 {consult.number}: a telephone call is due and nobody was told"]
        task = telephone.call_of(session, consult.id)
        assert task is not None
        task.level = 2
        session.flush()
        assert list(violations(session, NIGHT)) == [f"4 {consult.number}: the telephone call differs from its ledger"]


@pytest.mark.parametrize("disposition", ["emergency_now", "advice_only"])
@pytest.mark.parametrize("is_marked", [False, True])
def test_what_is_corrected_twice_rings_for_the_newest_version_alone(
    database: Database, clinic: Clinic, disposition: str, is_marked: bool
) -> None:
    with database.writing() as session:
        consult, child = emergency(session, clinic, now=NOON), session.get_one(Patient, clinic.child.id)
        if is_marked:
            mark_death(session, child, clinic.pcp, "", now=NOON + MINUTE)
        for minute in (2, 3):
            content = {**ANSWER, "impression": f"v{minute}", "disposition": disposition}
            correct(session, consult, clinic.derm, content, "w", now=NOON + minute * MINUTE)
        if is_marked:
            take_back_death(session, child, clinic.pcp, now=NOON + 4 * MINUTE)
        rings = select(telephone.PhoneTask.version).where(telephone.PhoneTask.done_at.is_(None))
        assert list(session.scalars(rings)) == [3 if disposition == "emergency_now" else 1]
        assert list(violations(session, NOON + 4 * MINUTE)) == []
        before = len(told(session, NoticeKind.CALL_NOW))
        for minute in range(5, 31):
            fire_calls(session, NOON + minute * MINUTE)
        # The family has waited since the first version, whose quarter of an hour it is.
        assert len(told(session, NoticeKind.CALL_NOW)) - before == 2 * 2
        assert told(session, NoticeKind.CALL_LATE).count(clinic.pcp.id) == 2
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NOON + 31 * MINUTE)
        assert oldest_call(session) is None
