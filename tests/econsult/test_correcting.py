"""Correcting a signed answer: a new version with a reason that is told, and the old one stays to be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.following import accept_and_read
from econsult.advice.lists import advice_of
from econsult.billing.rounds import begun_in
from econsult.consults import answers, clocks, holding, reopening, telling
from econsult.consults.added_steps import without_added
from econsult.consults.clocks import ClockName
from econsult.consults.correcting import cancel_correction, correct, save_correction
from econsult.consults.correction_drafts import correction_of
from econsult.consults.own_steps import CALL, SEND
from econsult.consults.recommendations import add_event, events_of, steps_of
from econsult.consults.records import Consult
from econsult.consults.telephone import call_of
from econsult.consults.undoing import UNDO, take_back
from econsult.consults.versions import Answer, versions_of
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, StaleVersionError
from econsult.jobs import Job
from econsult.notices import Notice
from econsult.people.persons import Person
from econsult.queue.corrections import mend_corrections
from econsult.queue.invariants import violations
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

LATER = NOON + timedelta(days=3)
SOON = LATER + timedelta(seconds=9)
WHY = "The dose was wrong: once a day, not twice."
STEPS: list[dict[str, Any]] = [
    {"text": "Cream twice a day", "owner": "family"},
    {"text": "See the child", "owner": "pcp"},
    {"text": "Read up on it", "owner": "pcp"},
]


def signed(session: Session, clinic: Clinic, **changes: object) -> Consult:
    consult = clinic.claimed(session)
    content = {**ANSWER, "recommendations": STEPS, **changes}
    answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    return consult


def corrected(session: Session, consult: Consult, person: Person, now: datetime = LATER, **changes: object) -> Answer:
    content = {**ANSWER, "recommendations": STEPS, "impression": "Contact dermatitis", **changes}
    return correct(session, consult, person, content, WHY, now=now)


def actions(session: Session, consult: Consult) -> list[str]:
    """What the audit trail tells of corrections that are being written."""
    query = select(AuditEvent.action).where(AuditEvent.consult_id == consult.id, AuditEvent.action.like("%_correction"))
    return list(session.scalars(query.order_by(AuditEvent.id)))


def told(session: Session, at: datetime) -> dict[int, tuple[str, datetime]]:
    query = select(Notice.person_id, Notice.kind, Job.run_after).join(Job, Job.subject_id == Notice.id)
    return {row.person_id: (row.kind, row.run_after) for row in session.execute(query.where(Notice.created_at == at))}


def test_the_family_and_the_clinic_hear_of_it_and_both_versions_stay(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOON)
        answer = corrected(session, consult, clinic.derm)
        assert (answer.version, answer.corrects, answer.reason) == (2, 1, WHY)
        assert told(session, LATER) == dict.fromkeys((clinic.pcp.id, clinic.mother.id), ("corrected", LATER + UNDO))
        read = answers.answer_for(session, consult, clinic.mother)
        assert read is not None
        assert read.content["impression"] == "Contact dermatitis"
        old, _new = versions_of(session, consult.id, for_family=True)
        assert old.content["impression"] == ANSWER["impression"]
        assert (consult.acknowledged_at, consult.informed_at) == (None, None)
        (clock,) = clocks.open_clocks(session, consult.id)
        assert (clock.name, clock.deadline_at) == (ClockName.FAMILY_INFORMED, LATER + timedelta(hours=24))
        assert list(violations(session, SOON)) == []


def test_what_the_family_could_not_read_yet_waits_for_the_clinic_as_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        soon = NOON + timedelta(hours=1)
        corrected(session, consult, clinic.derm, soon)
        assert set(told(session, soon)) == {clinic.pcp.id}
        assert answers.answer_for(session, consult, clinic.mother) is None
        assert consult.release_at == NOON + timedelta(hours=12)
        answers.release_due(session, NOON + timedelta(hours=12))
        read = answers.answer_for(session, consult, clinic.mother)
        assert read is not None
        assert read.version == 2


@pytest.mark.parametrize(("was", "becomes"), [("advice_only", "emergency_now"), ("emergency_now", "advice_only")])
def test_the_correction_of_an_emergency_goes_at_once(
    database: Database, clinic: Clinic, was: str, becomes: str
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic, disposition=was)
        answer = corrected(session, consult, clinic.derm, disposition=becomes)
        assert (answer.undo_until, answer.released_at) == (None, LATER)
        heard = {who: told(session, LATER)[who] for who in (clinic.pcp.id, clinic.mother.id, clinic.coordinator.id)}
        assert {at for _kind, at in heard.values()} == {LATER}
        assert heard[clinic.mother.id][0] == "corrected_now"
        task = call_of(session, consult.id)
        assert task is not None
        assert task.version == (2 if becomes == "emergency_now" else 1)
        with pytest.raises(ImpossibleVerbError):
            take_back(session, consult, clinic.derm, now=SOON, lease=LEASE)


def test_the_ledger_of_steps_follows(database: Database, clinic: Clinic) -> None:
    """What is said again stays as far as it was; what is left out or said otherwise is replaced."""
    with database.writing() as session:
        consult = signed(session, clinic)
        accept_and_read(session, consult, clinic.pcp, {}, now=NOON)
        first = steps_of(session, consult.id)
        add_event(session, first[0], "done", person_id=clinic.mother.id, now=NOON)
        add_event(session, first[1], "decline", person_id=clinic.pcp.id, now=NOON, reason="Seen last week")
        steps = [STEPS[1], STEPS[0], {"text": "Read up on it twice", "owner": "pcp"}]
        at = NOON + timedelta(hours=1)
        corrected(session, consult, clinic.derm, at, recommendations=steps)
        states = [(step.version, step.state) for step in steps_of(session, consult.id)]
        assert states == [*[(1, "replaced")] * 3, (2, "declined"), (2, "done"), (2, "proposed")]
        # Pages say that the family did it then; it did nothing when the answer was corrected.
        assert [step.state_at for step in steps_of(session, consult.id, 2)] == [NOON, NOON, at]
        take_back(session, consult, clinic.derm, now=at + timedelta(seconds=9), lease=LEASE)
        states = [(step.version, step.state) for step in steps_of(session, consult.id)]
        assert states == [(1, "done"), (1, "declined"), (1, "accepted")]
        again = steps_of(session, consult.id, 1)
        people = [event.person_id for event in events_of(session, [again[0].id, again[1].id]) if event.number >= 4]
        assert ({step.state_at for step in again}, set(people)) == ({NOON}, {clinic.mother.id, clinic.pcp.id})
        # Corrected and taken back once more, it is still theirs, of then and with its reason.
        at += timedelta(minutes=1)
        corrected(session, consult, clinic.derm, at, recommendations=steps)
        (declined,) = (step for step in steps_of(session, consult.id, 2) if step.state == "declined")
        assert [event.reason for event in events_of(session, [declined.id]) if event.reason] == ["Seen last week"]
        take_back(session, consult, clinic.derm, now=at + timedelta(seconds=9), lease=LEASE)
        assert {step.state_at for step in steps_of(session, consult.id, 1)} == {NOON}
        assert list(violations(session, at + timedelta(seconds=9))) == []


def test_a_step_keeps_its_day_where_the_second_of_two_corrections_is_taken_back(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        accept_and_read(session, consult, clinic.pcp, {}, now=NOON)
        for at in (LATER, LATER + timedelta(hours=1)):
            corrected(session, consult, clinic.derm, at, recommendations=STEPS, impression=f"Seen at {at:%H}")
        take_back(session, consult, clinic.derm, now=at + timedelta(seconds=9), lease=LEASE)
        assert {(step.state, step.state_at) for step in steps_of(session, consult.id, 2)} == {("accepted", NOON)}
        assert list(violations(session, at + timedelta(seconds=9))) == []


def test_what_was_closed_is_told_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOON)
        answers.close(session, consult, clinic.pcp, reason="", now=NOON)
        corrected(session, consult, clinic.derm)
        assert (consult.status, consult.ended_at, consult.holder_id) == ("answered", None, clinic.derm.id)
        assert list(violations(session, SOON)) == []
        take_back(session, consult, clinic.derm, now=SOON, lease=LEASE)
        assert (consult.status, consult.ended_at, consult.informed_at) == ("closed", NOON, NOON)
        assert clocks.open_clocks(session, consult.id) == []
        kept = answers.signed_answer(session, consult.id)
        assert kept is not None
        assert kept.version == 1
        assert list(violations(session, SOON)) == []


def test_what_is_being_written_ends_with_the_correction_or_is_thrown_away(database: Database, clinic: Clinic) -> None:
    """Nobody but who may sign it keeps or drops it; the same words again change nothing."""
    content = {**ANSWER, "recommendations": STEPS, "impression": "Contact dermatitis"}
    with database.writing() as session:
        consult = signed(session, clinic)

        def save(person: Person, reason: str, **seen: int) -> int:
            return save_correction(session, consult, person, content, reason, now=LATER, **{"version": 1, **seen}).saves

        assert (save(clinic.derm, "", saves=0), save(clinic.derm, "The dose", saves=1)) == (1, 2)
        assert save(clinic.derm, "The dose", saves=1) == 2
        for seen in (0, 1):
            with pytest.raises(StaleVersionError):
                save(clinic.derm, "Another window", saves=seen)
        with pytest.raises(StaleVersionError):
            save(clinic.derm, "The dose", version=2)
        for person in (clinic.derm2, clinic.pcp):
            with pytest.raises(ForbiddenError):
                save(person, "Not mine")
            with pytest.raises(ForbiddenError):
                cancel_correction(session, consult, person, now=LATER)
        assert cancel_correction(session, consult, clinic.derm, now=LATER)
        assert not cancel_correction(session, consult, clinic.derm, now=LATER)
        with pytest.raises(StaleVersionError):
            save(clinic.derm, "Thrown away meanwhile", saves=2)
        save(clinic.derm, "Anew", saves=0)
        corrected(session, consult, clinic.derm)
        assert correction_of(session, consult.id) is None
    with database.reading() as session:
        assert actions(session, consult) == ["begin_correction", "cancel_correction", "begin_correction"]


def test_a_correction_that_is_taken_back_is_written_on_as_one(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        corrected(session, consult, clinic.derm)
        take_back(session, consult, clinic.derm, now=SOON, lease=LEASE)
        draft, stands = correction_of(session, consult.id), answers.answer_for(session, consult, clinic.derm)
        assert draft is not None
        assert (draft.corrects, draft.content["impression"], draft.reason) == (1, "Contact dermatitis", WHY)
        assert stands is not None
        assert (stands.version, answers.draft_of(session, consult.id)) == (1, None)
        assert corrected(session, consult, clinic.derm, SOON).version == 2


def test_only_whoever_answers_for_it_corrects_it_while_it_stands(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        for person in (clinic.derm2, clinic.pcp):
            with pytest.raises(ForbiddenError):
                corrected(session, consult, person)
        reopening.reopen(session, consult, clinic.pcp, "new", now=LATER, targets=TARGETS)
        with pytest.raises(ImpossibleVerbError):
            corrected(session, consult, clinic.derm)


def test_a_correction_needs_a_reason_and_a_change_and_the_newest_version(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        content = {**ANSWER, "recommendations": STEPS}
        for change, reason, field in (({"impression": "B"}, " ", "reason"), ({}, WHY, "answer")):
            with pytest.raises(InvalidError) as error:
                correct(session, consult, clinic.derm, {**content, **change}, reason, now=LATER)
            assert list(error.value.fields) == [field]
        with pytest.raises(InvalidError):
            corrected(session, consult, clinic.derm, family_summary="")
        corrected(session, consult, clinic.derm)
        with pytest.raises(StaleVersionError):
            correct(session, consult, clinic.derm, content, WHY, now=SOON, version=1)


def test_nobody_is_paid_for_a_correction_and_the_list_of_advice_shows_the_newest(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        corrected(session, consult, clinic.derm)
        assert begun_in(session, Consult.id == consult.id) == {consult.id: []}
        assert [each.answer.version for each in advice_of(session, clinic.derm, SOON)] == [2]


def plan_of(session: Session, consult: Consult, version: int) -> list[tuple[str, str, str]]:
    """The steps of one version: its words, the day by which it is due, and how far it is."""
    answer = next(each for each in versions_of(session, consult.id) if each.version == version)
    plan = answer.content["recommendations"]
    return [
        (plan[step.position]["text"], str(plan[step.position]["due_at"]), step.state)
        for step in steps_of(session, consult.id, version)
    ]


@pytest.mark.parametrize(
    ("becomes", "days", "plan"),
    [
        ("new_photo", 21, [(SEND["en"], "2026-03-26", "proposed")]),
        ("new_photo", 7, [(SEND["en"], "2026-03-09", "accepted")]),
        ("clinic_visit", None, [(CALL["en"], "None", "proposed")]),
        ("advice_only", None, []),
    ],
)
def test_our_own_steps_follow_the_correction(
    database: Database, clinic: Clinic, becomes: str, days: int | None, plan: list[tuple[str, str, str]]
) -> None:
    """The writer's own keep to what was written; those that came with the signature are as what comes next needs."""
    with database.writing() as session:
        own = ("See the child", "None", "accepted")
        consult = signed(session, clinic, disposition="new_photo", photo_days=7, recommendations=[STEPS[1]])
        accept_and_read(session, consult, clinic.pcp, {}, now=NOON)
        first = answers.signed_answer(session, consult.id)
        assert first is not None
        form = {**first.content, "disposition": becomes, "photo_days": days, "impression": "Contact dermatitis"}
        correct(session, consult, clinic.derm, form, WHY, now=LATER)
        assert plan_of(session, consult, 2) == [own, *plan]
        # A draft that an undo gave back has none of our steps, and comes to the same.
        take_back(session, consult, clinic.derm, now=SOON, lease=LEASE)
        draft = correction_of(session, consult.id)
        assert draft is not None
        correct(session, consult, clinic.derm, draft.content, WHY, now=SOON)
        assert plan_of(session, consult, 2) == [own, *plan]


@pytest.mark.parametrize(
    ("text", "owner", "count"),
    [
        ("Take another picture of the arm", "family", 1),
        ("Envíe una fotografía en una semana", "family", 1),
        ("Send no photo of the face", "family", 2),
    ],
)
def test_a_step_that_asks_for_the_photo_is_the_photos_step_in_its_writers_words(
    database: Database, clinic: Clinic, text: str, owner: str, count: int
) -> None:
    """It is due when the answer says, a correction's too; an undo, or the same answer again, finds it as it was."""
    entry = {"text": text, "owner": owner, "due_at": None}
    with database.writing() as session:
        consult = signed(session, clinic, disposition="new_photo", photo_days=9, recommendations=[entry])
        first = answers.signed_answer(session, consult.id)
        assert first is not None
        (photo,) = [step for step in steps_of(session, consult.id) if step.kind == "photo"]
        assert (len(first.content["recommendations"]), photo.due_at.date().isoformat()) == (count, "2026-03-12")
        assert (first.content["recommendations"][0].get("kind") == "photo") is (count == 1)
        assert without_added(first.content)["recommendations"] == [entry]
        correct(session, consult, clinic.derm, {**first.content, "photo_days": 21}, WHY, now=LATER)
        (photo,) = [step for step in steps_of(session, consult.id, 2) if step.kind == "photo"]
        assert photo.due_at.date().isoformat() == "2026-03-27"


@pytest.mark.parametrize(("becomes", "days"), [("advice_only", None), ("new_photo", 21)])
def test_a_step_of_ours_that_is_done_stays_and_so_does_one_that_was_changed_by_hand(
    database: Database, clinic: Clinic, becomes: str, days: int | None
) -> None:
    with database.writing() as session:
        consult = signed(session, clinic, disposition="new_photo", photo_days=7, recommendations=[])
        (step,) = steps_of(session, consult.id)
        first = answers.signed_answer(session, consult.id)
        assert first is not None
        form = {**first.content, "disposition": becomes, "photo_days": days}
        hand = [{**first.content["recommendations"][0], "due_at": "2026-03-20"}]
        correct(session, consult, clinic.derm, {**form, "recommendations": hand}, WHY, now=LATER)
        assert plan_of(session, consult, 2) == [(SEND["en"], "2026-03-20", "proposed")]
        take_back(session, consult, clinic.derm, now=SOON, lease=LEASE)
        add_event(session, step, "done", person_id=clinic.mother.id, now=SOON)
        correct(session, consult, clinic.derm, form, WHY, now=SOON)
        assert plan_of(session, consult, 2) == [(SEND["en"], "2026-03-09", "done")]


@pytest.mark.parametrize(("hours", "version"), [(2, 2), (30, 1)])
def test_a_family_that_was_sent_to_the_hospital_by_mistake_is_called_again(
    database: Database, clinic: Clinic, hours: int, version: int
) -> None:
    with database.writing() as session:
        consult, at = signed(session, clinic, disposition="emergency_now"), NOON + timedelta(hours=hours)
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NOON)
        corrected(session, consult, clinic.derm, at, disposition="advice_only")
        task = call_of(session, consult.id)
        assert task is not None
        assert (task.version, task.done_at is None) == (version, version == 2)
        # The family has read that it is no emergency: nobody need telephone it for that.
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=at, version=2)
        assert task.done_at is not None
        assert list(violations(session, at)) == []


def left_over(session: Session, consult: Consult, person: Person, version: int) -> Answer:
    """A correction as taking it back left it before it had a place of its own: an unsigned answer."""
    answer = Answer(
        program_id=consult.program_id, consult_id=consult.id, author_id=person.id, version=version, corrects=1,
        content={**ANSWER, "impression": f"Slip {version}"}, reason=WHY, created_at=LATER, saved_at=LATER,
    )  # fmt: skip
    session.add(answer)
    session.flush()
    return answer


def test_no_answer_falls_into_a_correction_that_an_undo_left_behind(database: Database, clinic: Clinic) -> None:
    """Two of them stop nobody; they are named, and mended into the one draft of a correction."""
    with database.writing() as session:
        kept, again = signed(session, clinic), signed(session, clinic)
        for consult in (kept, again):
            for version in (2, 3):
                left_over(session, consult, clinic.derm, version)
        reopening.reopen(session, again, clinic.pcp, "It got worse", now=LATER, targets=TARGETS)
        holding.claim(session, again, clinic.derm, now=LATER, lease=LEASE)
        assert answers.draft_of(session, again.id) is None
        answers.save_draft(session, again, clinic.derm, {**ANSWER, "impression": "New"}, now=LATER, lease=LEASE)
        answer = answers.sign(session, again, clinic.derm, now=LATER)
        assert (answer.version, answer.corrects, answers.signed_answer(session, again.id)) == (4, None, answer)
        lines = [line for line in violations(session, LATER) if "was taken back" in line]
        assert [line.split()[1] for line in lines] == [f"{kept.number}:", f"{again.number}:"]
        assert mend_corrections(session, LATER) == 4
        assert [line for line in violations(session, LATER) if line.startswith("5")] == []
        draft = correction_of(session, kept.id)
        assert (draft is not None and draft.content["impression"], correction_of(session, again.id)) == ("Slip 3", None)
        assert [each.version for each in versions_of(session, kept.id)] == [1]
        corrected(session, kept, clinic.derm)


def test_a_version_that_is_no_correction_or_out_of_its_place_is_named(database: Database, clinic: Clinic) -> None:
    """As left-over drafts made them before: the next answer of a question was signed into one."""
    with database.writing() as session:
        number = signed(session, clinic).id
        consult = session.get_one(Consult, number)
        reopening.reopen(session, consult, clinic.pcp, "It got worse", now=LATER, targets=TARGETS)
        holding.claim(session, consult, clinic.derm, now=LATER, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=SOON, lease=LEASE)
        answer = answers.sign(session, consult, clinic.derm, now=SOON)
        answer.corrects, answer.reason = 1, WHY
    # The audit trail, which tells that it was opened again, is written as a transaction ends.
    with database.writing() as session:
        assert "of a new cycle says that it corrects" in "".join(violations(session, SOON))
        left_over(session, session.get_one(Consult, number), clinic.derm, 3).signed_at = LATER
        session.flush()
        assert "signed later stands before another" in "".join(violations(session, SOON))
