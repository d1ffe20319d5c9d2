"""An answer corrected from each disposition to each other: what comes next is somebody's, nothing of before is left.

Beside the step that an answer brings, with whatever became of it, stand steps of the writer's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, correcting
from econsult.consults.contents import MOST_RECOMMENDATIONS, Disposition, clean_content
from econsult.consults.correction_drafts import correction_of
from econsult.consults.own_steps import ASK_OTHER, CALL, SEND, TESTS
from econsult.consults.recommendations import TO_DO, Recommendation, add_event, steps_of
from econsult.consults.records import Consult
from econsult.consults.undoing import take_back
from econsult.consults.versions import Answer, signed_answer
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.queue.invariants import violations
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.spread import spread

DAY = timedelta(days=1)
WHY = "It was the other way round."
OURS: dict[str, tuple[str, str, timedelta]] = {
    "work_up_first": (TESTS["en"], "pcp", 30 * DAY),
    "new_photo": (SEND["en"], "family", 8 * DAY),
    "clinic_visit": (CALL["en"], "pcp", 30 * DAY),
    "expedite": (CALL["en"], "pcp", 7 * DAY),
    "convert_to_referral": (CALL["en"], "pcp", 30 * DAY),
    "wrong_specialty": (ASK_OTHER["en"], "pcp", 3 * DAY),
}
"""The step of a disposition: its words, whose it is, and by when at the latest. The other two bring none."""
WORDS = {words for words, _owner, _within in OURS.values()}
FAMILYS = {"text": "Use the cream", "owner": "family", "due_at": None}
CLINICS = {"text": "See the child", "owner": "pcp", "due_at": None}
BECAME = {
    "proposed": (),
    "accepted": ("accept",),
    "declined": ("decline",),
    "done": ("done",),
    "not_done": ("not_done",),
}


def signed(session: Session, clinic: Clinic, disposition: str, plan: list[dict[str, Any]]) -> Consult:
    consult = clinic.claimed(session)
    content = {**ANSWER, "disposition": disposition, "recommendations": plan}
    answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    return consult


def bring(session: Session, clinic: Clinic, steps: list[Recommendation], became: str) -> None:
    """Let this become of steps."""
    for step in steps:
        for verb in BECAME[became]:
            add_event(session, step, verb, person_id=clinic.pcp.id, now=NOON, reason="Because")


def corrected(session: Session, consult: Consult, clinic: Clinic, now: datetime, **changes: object) -> Answer:
    """Change these fields of the form as it opens, and sign it."""
    earlier = signed_answer(session, consult.id)
    assert earlier is not None
    form = {**earlier.content, "impression": f"Corrected {now}", **changes}
    return correcting.correct(session, consult, clinic.derm, form, WHY, now=now)


def plan_of(session: Session, answer: Answer) -> list[tuple[Mapping[str, Any], Recommendation]]:
    steps = steps_of(session, answer.consult_id, answer.version)
    return [(answer.content["recommendations"][step.position], step) for step in steps]


def check_next(session: Session, answer: Answer) -> None:
    """The disposition's own step is open, once, with its owner and day; no other of ours is."""
    ours = [(entry["text"], step) for entry, step in plan_of(session, answer) if entry["text"] in WORDS]
    is_open = [(text, step.owner) for text, step in ours if step.state in TO_DO]
    words = OURS.get(str(answer.disposition))
    assert is_open == ([] if words is None else [words[:2]])
    for _text, step in ours:
        if words is not None and step.state in TO_DO:
            assert timedelta() < step.due_at - answer.saved_at <= words[2]
            assert step.next_at == step.due_at
    left = select(Recommendation).where(
        Recommendation.consult_id == answer.consult_id, Recommendation.version < answer.version
    )
    assert [step.id for step in session.scalars(left) if step.state in TO_DO] == []


@pytest.mark.parametrize("was", spread([str(each) for each in Disposition], 2))
@pytest.mark.wide
def test_what_comes_next_by_a_correction_is_to_be_done(sqlite_database: Database, was: str) -> None:
    _correct_to_each(sqlite_database, was)


@pytest.mark.slow
def test_what_comes_next_by_a_correction_is_to_be_done_on_postgres(postgres_database: Database) -> None:
    # One row of the table: what differs between the databases does not differ between the dispositions.
    _correct_to_each(postgres_database, "clinic_visit")


def _correct_to_each(database: Database, was: str) -> None:
    clinic = open_clinic(database)
    now = NOON + timedelta(minutes=1)
    with database.writing() as session:
        for becomes, became in product(map(str, Disposition), BECAME if was in OURS else ["proposed"]):
            consult = signed(session, clinic, was, [FAMILYS])
            bring(session, clinic, steps_of(session, consult.id)[1:], became)
            answer = corrected(session, consult, clinic, now, disposition=becomes)
            plan = [(entry["text"], step.state) for entry, step in plan_of(session, answer)[1:]]
            if was == becomes:
                # What is as it was needs nothing again, whatever became of it.
                assert plan == ([(OURS[was][0], became)] if was in OURS else [])
            else:
                check_next(session, answer)
                done = [text for text, state in plan if state not in TO_DO]
                assert done == ([OURS[was][0]] if became == "done" else []), (becomes, became)
        assert list(violations(session, now)) == []


@pytest.mark.parametrize("becomes", spread(sorted(OURS), 3))
def test_a_step_of_the_writer_stands_for_one_to_come_only_while_it_is_to_be_done(
    database: Database, clinic: Clinic, becomes: str
) -> None:
    with database.writing() as session:
        for kind, became in product(("other", "visit", "photo"), ("declined", "done", "not_done")):
            consult = signed(session, clinic, "advice_only", [{**CLINICS, "kind": kind}])
            bring(session, clinic, steps_of(session, consult.id), became)
            answer = corrected(session, consult, clinic, NOON + DAY, disposition=becomes)
            (first, theirs), *_rest = plan_of(session, answer)
            assert (first["text"], theirs.state) == ("See the child", became)
            check_next(session, answer)


def test_a_step_of_the_writer_that_is_to_be_done_stands_for_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic, "work_up_first", [FAMILYS, CLINICS])
        answer = corrected(session, consult, clinic, NOON + DAY, disposition="wrong_specialty")
        assert [entry["text"] for entry, _step in plan_of(session, answer)] == ["Use the cream", "See the child"]


def test_our_words_for_something_else_do_not_stand_for_it_even_with_another_day(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic, "work_up_first", [FAMILYS])
        earlier = signed_answer(session, consult.id)
        assert earlier is not None
        plan = [FAMILYS, {**earlier.content["recommendations"][1], "due_at": "2026-03-20"}]
        answer = corrected(session, consult, clinic, NOON + DAY, disposition="wrong_specialty", recommendations=plan)
        texts = [(entry["text"], step.state) for entry, step in plan_of(session, answer)[1:]]
        assert texts == [(TESTS["en"], "proposed"), (ASK_OTHER["en"], "proposed")]


@pytest.mark.parametrize("last", spread([str(each) for each in Disposition], 4))
def test_the_same_words_twice_are_told_apart_by_what_became_of_them(
    database: Database, clinic: Clinic, last: str
) -> None:
    """A visit that is arranged, then an urgent one that is not, then something else; or the same, put better."""
    with database.writing() as session:
        consult = signed(session, clinic, "clinic_visit", [FAMILYS])
        bring(session, clinic, steps_of(session, consult.id)[1:], "done")
        second = corrected(session, consult, clinic, NOON + DAY, disposition="expedite")
        assert [step.state for _entry, step in plan_of(session, second)[1:]] == ["done", "proposed"]
        third = corrected(session, consult, clinic, NOON + 2 * DAY, disposition=last)
        check_next(session, third)
        assert [entry["text"] for entry, step in plan_of(session, third) if step.state == "done"] == [CALL["en"]]


@pytest.mark.parametrize("was", spread(["work_up_first", "clinic_visit", "new_photo"], 2))
def test_a_correction_that_was_taken_back_comes_to_the_same(database: Database, clinic: Clinic, was: str) -> None:
    with database.writing() as session:
        for becomes in ("wrong_specialty", "expedite", "advice_only"):
            consult, at = signed(session, clinic, was, [FAMILYS]), NOON + DAY
            bring(session, clinic, steps_of(session, consult.id)[1:], "done")
            first = corrected(session, consult, clinic, at, disposition=becomes)
            plan = [(entry["text"], step.state) for entry, step in plan_of(session, first)]
            take_back(session, consult, clinic.derm, now=at + timedelta(seconds=9), lease=LEASE)
            draft, now = correction_of(session, consult.id), at + timedelta(seconds=11)
            assert draft is not None
            again = correcting.correct(session, consult, clinic.derm, draft.content, WHY, now=now)
            assert [(entry["text"], step.state) for entry, step in plan_of(session, again)] == plan
            check_next(session, again)


def test_a_photo_that_was_said_to_be_sent_by_mistake_is_not_asked_for_by_what_comes_later(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic, "new_photo", [FAMILYS])
        bring(session, clinic, steps_of(session, consult.id)[1:], "done")
        second = corrected(session, consult, clinic, NOON + DAY, disposition="clinic_visit")
        photo = next(step for entry, step in plan_of(session, second) if entry["text"] == SEND["en"])
        add_event(session, photo, "again", person_id=clinic.mother.id, now=NOON + DAY)
        check_next(session, corrected(session, consult, clinic, NOON + 2 * DAY, disposition="advice_only"))


def test_a_full_plan_has_room_for_our_step_and_stays_one_that_can_be_corrected(
    database: Database, clinic: Clinic
) -> None:
    full = [{**FAMILYS, "text": f"Step {number}"} for number in range(MOST_RECOMMENDATIONS)]
    with database.writing() as session:
        consult = signed(session, clinic, "work_up_first", [FAMILYS])
        bring(session, clinic, steps_of(session, consult.id)[1:], "done")
        for hours in (1, 2):
            now = NOON + timedelta(hours=hours)
            answer = corrected(session, consult, clinic, now, disposition="wrong_specialty", recommendations=full)
            texts = [entry["text"] for entry, _step in plan_of(session, answer)]
            assert texts[:MOST_RECOMMENDATIONS] == [step["text"] for step in full]
            assert set(texts[MOST_RECOMMENDATIONS:]) == {TESTS["en"], ASK_OTHER["en"]}
        # What comes back with the form is no step more; one more of somebody's own is refused, by name.
        sent = [{**entry} for entry, _step in plan_of(session, answer)]
        again = corrected(session, consult, clinic, now, watch_for="Fever", recommendations=sent)
        assert [entry["text"] for entry, _step in plan_of(session, again)] == texts
        with pytest.raises(InvalidError) as refused:
            clean_content({**ANSWER, "recommendations": [*full, FAMILYS]})
        assert refused.value.fields == {"recommendations": "too_many"}
        # A first answer has the room as well.
        first = signed(session, clinic, "clinic_visit", full)
        assert steps_of(session, first.id)[-1].kind == "visit"
