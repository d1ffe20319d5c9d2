"""Answers: private while a draft, final when signed, open to the family when released, and proof that they heard it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults import answers, clocks, holding, requests, telling
from econsult.consults.clocks import ClockName, ClockState, clocks_of
from econsult.consults.requests import RequestForm
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, StaleVersionError
from econsult.notices import Notice, NoticeKind
from tests.personas import ANSWER, LEASE, NOON, QUESTION, TARGETS, Clinic

HOUR = timedelta(hours=1)


def test_nobody_but_the_holder_reads_a_draft(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        readers = [clinic.mother, clinic.pcp, clinic.derm2, clinic.coordinator]
        assert [answers.answer_for(session, consult, reader) for reader in readers] == [None] * 4
        assert answers.answer_for(session, consult, clinic.derm) is not None


def test_a_stale_save_is_refused_and_overwrites_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        first = answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "impression": "B"}, now=NOON, lease=LEASE, saves=1)
        with pytest.raises(StaleVersionError):
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE, saves=1)
        assert first.content["impression"] == "B"


@pytest.mark.parametrize("missing", ["impression", "disposition", "family_summary"])
def test_an_incomplete_answer_is_not_signed(database: Database, clinic: Clinic, missing: str) -> None:
    with pytest.raises(InvalidError) as error, database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, missing: ""}, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
    assert error.value.fields == {missing: "required"}


def test_there_is_nothing_to_sign_without_a_draft(database: Database, clinic: Clinic) -> None:
    with pytest.raises(InvalidError), database.writing() as session:
        answers.sign(session, clinic.claimed(session), clinic.derm, now=NOON)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"confidence": "certain"}, "confidence"),
        ({"disposition": "go_home"}, "disposition"),
        ({"impression": 7}, "impression"),
        ({"family_summary": "x" * 10_001}, "family_summary"),
        ({"recommendations": "cream"}, "recommendations"),
        ({"recommendations": [{"text": " "}]}, "recommendations.0"),
        ({"recommendations": [{"text": "a", "owner": "cat"}]}, "recommendations.0.owner"),
        ({"recommendations": [{"text": "a", "due_at": "soon"}]}, "recommendations.0.due_at"),
    ],
)
def test_a_wrong_part_is_named(database: Database, clinic: Clinic, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as error, database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, **change}, now=NOON, lease=LEASE)
    assert list(error.value.fields) == [field]


def test_only_the_holder_writes_and_signs(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        with pytest.raises(ForbiddenError):
            answers.save_draft(session, consult, clinic.derm2, ANSWER, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        with pytest.raises(ForbiddenError):
            answers.sign(session, consult, clinic.derm2, now=NOON)


def test_signing_stops_the_first_reply_and_starts_the_familys_clock(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        states = {clock.name: clock.state for clock in clocks_of(session, consult.id)}
        assert states == {
            ClockName.ALLOCATE: ClockState.STOPPED,
            ClockName.FIRST_REPLY: ClockState.STOPPED,
            ClockName.FAMILY_INFORMED: ClockState.RUNNING,
        }
        assert (consult.due_at, consult.next_deadline_at) == (NOON + 24 * HOUR, NOON + 12 * HOUR)
        with pytest.raises(ImpossibleVerbError):
            answers.sign(session, consult, clinic.derm, now=NOON)


def test_the_family_reads_the_answer_after_the_pcp_acknowledged_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        assert answers.answer_for(session, consult, clinic.mother) is None
        assert answers.answer_for(session, consult, clinic.pcp) is not None
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + HOUR)
        assert answers.answer_for(session, consult, clinic.mother) is not None
        told = select(Notice.id).where(Notice.person_id == clinic.mother.id, Notice.kind == NoticeKind.ANSWERED)
        assert len(session.scalars(told).all()) == 1


def test_without_an_acknowledgement_the_answer_opens_after_twelve_hours(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        assert answers.release_due(session, NOON + 12 * HOUR - timedelta(seconds=1)) == []
        assert answers.release_due(session, NOON + 12 * HOUR) == [consult]
        assert answers.release_due(session, NOON + 13 * HOUR) == []
        assert answers.answer_for(session, consult, clinic.mother) is not None


def test_an_emergency_answer_and_a_family_questions_answer_open_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        urgent = clinic.claimed(session)
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, urgent, clinic.derm, content, now=NOON, lease=LEASE)
        answers.sign(session, urgent, clinic.derm, now=NOON)
        assert urgent.released_at == NOON


def test_opening_the_answer_tells_that_the_family_knows(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        with pytest.raises(ForbiddenError, match="not open"):
            telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOON)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOON + HOUR)
        assert (consult.informed_at, consult.informed_method) == (NOON + HOUR, "opened")
        assert consult.next_deadline_at is None


@pytest.mark.parametrize("method", ["opened", "smoke_signal"])
def test_staff_do_not_open_it_for_the_family(database: Database, clinic: Clinic, method: str) -> None:
    with pytest.raises((ForbiddenError, InvalidError)), database.writing() as session:
        telling.inform(session, clinic.answered(session), clinic.pcp, method=method, teach_back=False, now=NOON)


def test_an_answer_that_the_clinic_has_not_read_closes_with_a_reason_and_is_lost_to_nobody(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON)
        with pytest.raises(InvalidError, match="has not read") as refused:
            answers.close(session, consult, clinic.coordinator, reason="", now=NOON)
        assert refused.value.fields == {"reason": "not_read"}
        answers.close(session, consult, clinic.coordinator, reason="The clinic has shut", now=NOON)
        assert (consult.status, consult.released_at, consult.release_at) == ("closed", NOON, None)
        assert answers.answer_for(session, consult, clinic.mother) is not None
        told = session.scalars(select(Notice.person_id).where(Notice.dedupe_key.contains("closed_unread"))).all()
    assert told == [clinic.pcp.id]


def test_a_recommendation_is_refused_rather_than_cut(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        content = {**ANSWER, "recommendations": ["Emollient", "R" * 2000 + " never give X"]}
        with pytest.raises(InvalidError) as refused:
            answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    assert refused.value.fields == {"recommendations.1": "too_long"}


@pytest.mark.parametrize("name", ["impression", "family_summary"])
def test_blanks_are_no_answer(database: Database, clinic: Clinic, name: str) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, name: " \n "}, now=NOON, lease=LEASE)
        with pytest.raises(InvalidError) as refused:
            answers.sign(session, consult, clinic.derm, now=NOON)
    assert refused.value.fields == {name: "required"}


def test_what_a_clinic_began_to_write_does_not_go_on_to_the_specialist(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        holding.claim(session, consult, clinic.pcp, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, {"impression": "Luz has"}, now=NOON, lease=LEASE)
        form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
        requests.send_on(session, consult, clinic.pcp, form, now=NOON, targets=TARGETS)
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        assert answers.answer_for(session, consult, clinic.derm) is None


def test_closing_needs_an_informed_family_or_a_reason(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        with pytest.raises(InvalidError, match="has not heard"):
            answers.close(session, consult, clinic.pcp, reason=" ", now=NOON)
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        answers.close(session, consult, clinic.pcp, reason="", now=NOON)
        assert (consult.status, consult.ended_at, consult.next_deadline_at) == ("closed", NOON, None)
        assert {clock.state for clock in clocks.clocks_of(session, consult.id)} == {ClockState.STOPPED}
