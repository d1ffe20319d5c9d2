"""The results that an answer asked for: the clinic sends them, and whoever asked reads them beside its step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.billing.rounds import begun_in
from econsult.consults import answers, holding
from econsult.consults.awaited import results_awaited
from econsult.consults.clocks import open_clocks
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.results import Results, send_results, why_anew
from econsult.database import Database
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.notices import Notice, NoticeKind
from econsult.queue.invariants import violations
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

READ, LATER = NOON + timedelta(minutes=5), NOON + timedelta(minutes=10)
BLOOD = {"text": "Ferritin and blood count", "owner": "pcp", "kind": "lab_test"}
PLAN = [BLOOD, {"text": "Emollient", "owner": "pcp"}]


def asked_for(session: Session, clinic: Clinic, *, is_read: bool = True, **changes: Any) -> Consult:
    """An eConsult whose answer says "tests first", with a test among its steps."""
    consult = clinic.claimed(session)
    content = {**ANSWER, "disposition": "work_up_first", "recommendations": PLAN, **changes}
    answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    if is_read:
        answers.acknowledge(session, consult, clinic.pcp, now=READ)
    return consult


def told(session: Session, kind: NoticeKind) -> list[int]:
    query = select(Notice.person_id).where(Notice.kind == kind, Notice.created_at == LATER)
    return sorted(session.scalars(query))


def test_results_open_the_question_for_whoever_asked_and_carry_out_their_step(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = asked_for(session, clinic)
        test, _cream = steps_of(session, consult.id)
        send_results(session, consult, clinic.pcp, Results([test.public_id], "Ferritin 6"), now=LATER, targets=TARGETS)
        assert [step.state for step in steps_of(session, consult.id)] == ["done", "proposed"]
        running = {clock.name: clock.deadline_at for clock in open_clocks(session, consult.id)}
        assert running["first_reply"] == LATER + TARGETS["routine"]
        # The other dermatologist is asked where the first does not come.
        assert told(session, NoticeKind.NEW_REQUEST) == [clinic.derm.id]
        found = why_anew(session, consult)
        assert found is not None
        assert (found.words, [step.id for step in found.steps]) == ("Ferritin 6", [test.id])
        assert list(violations(session, LATER)) == []
        holding.claim(session, consult, clinic.derm, now=LATER, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=LATER, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=LATER)
        assert begun_in(session, Consult.id == consult.id)[consult.id][0] == (LATER, clinic.pcp.id)
        assert why_anew(session, consult) is None


@pytest.mark.parametrize(("steps", "words", "wrong"), [(0, "normal", "step"), (1, " ", "words")])
def test_results_name_their_step_and_say_something(
    database: Database, clinic: Clinic, steps: int, words: str, wrong: str
) -> None:
    with database.writing() as session:
        consult = asked_for(session, clinic, disposition="advice_only")
        sent = Results([step.public_id for step in steps_of(session, consult.id)[:steps]], words)
        with pytest.raises(InvalidError) as refused:
            send_results(session, consult, clinic.pcp, sent, now=LATER, targets=TARGETS)
        assert list(refused.value.fields) == [wrong]
        assert [step.state for step in steps_of(session, consult.id)] == ["proposed", "proposed"]


def test_an_answer_takes_results_once_it_is_read_and_only_where_it_asks_for_some(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        unread = asked_for(session, clinic, is_read=False)
        assert results_awaited(session, unread) is None
        advice = asked_for(session, clinic, disposition="advice_only", recommendations=[])
        with pytest.raises(ImpossibleVerbError):
            send_results(session, advice, clinic.pcp, Results([], "normal"), now=LATER, targets=TARGETS)
        bare = asked_for(session, clinic, recommendations=[])
        [ours] = steps_of(session, bare.id)
        send_results(session, bare, clinic.pcp, Results([ours.public_id], "Normal"), now=LATER, targets=TARGETS)
        assert bare.status == "submitted"
