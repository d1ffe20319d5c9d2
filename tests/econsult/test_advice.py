"""What becomes of each recommended step: decided by the clinic, done or not, late once, replaced by a newer answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from econsult.advice import figures, following, lists
from econsult.advice.late import tell_of_late_steps
from econsult.consults import answers, holding, reopening
from econsult.consults.recommendations import Recommendation, RecommendationEvent, events_of, steps_of, tell_late
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, NOON, Clinic

DAY = timedelta(days=1)
LATER = NOON + timedelta(hours=1)
PLAN = [
    {"text": "Ferritin and a blood count", "owner": "pcp", "kind": "lab_test", "due_at": "2026-03-09"},
    {"text": "Cream twice a day", "owner": "family", "kind": "new_medicine"},
    {"text": "Look at new photos", "owner": "specialist"},
    {"text": "Book the visit", "owner": "coordinator", "kind": "visit"},
]
CONTENT = {**ANSWER, "recommendations": PLAN}


def signed(session, clinic: Clinic, content=CONTENT) -> Consult:
    consult = clinic.claimed(session)
    answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    return consult


def states(session, consult: Consult, version: int = 1) -> list[str]:
    return [step.state for step in steps_of(session, consult.id, version)]


def mark(session, consult: Consult, person: Person, position: int, verb: str, reason: str = "", now=LATER):
    step = steps_of(session, consult.id)[position]
    return following.mark(session, person, consult.public_id, step.public_id, verb, reason=reason, now=now)


def kept(session, now) -> list[str]:
    """The rules that are broken, of the steps."""
    return [line for line in violations(session, now) if "recommended step" in line]


def test_a_signature_opens_the_ledger_and_a_clinic_accepts_all_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        first, second, *_ = steps_of(session, consult.id)
        # The day that was named ends in the program's own time; of the others the answer says nothing.
        assert (first.due_at.isoformat(), second.due_at) == ("2026-03-10T06:00:00+00:00", NOON + 30 * DAY)
        following.accept_and_read(session, consult, clinic.pcp, now=LATER)
        assert (states(session, consult), consult.acknowledged_at) == (["accepted"] * 4, LATER)
        lines = events_of(session, [first.id])
        assert [(line.kind, line.number, line.person_id) for line in lines] == [
            ("proposed", 1, clinic.derm.id), ("accepted", 2, clinic.pcp.id),
        ]  # fmt: skip
        assert kept(session, LATER) == []


def test_a_step_is_declined_with_a_reason_that_the_specialist_reads(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        key = steps_of(session, consult.id)[1].public_id
        for refused in ({key: " "}, {"nothing": "x"}):
            with pytest.raises(InvalidError):
                following.accept_and_read(session, consult, clinic.pcp, refused, now=LATER)
        assert (states(session, consult), consult.acknowledged_at) == (["proposed"] * 4, None)
        following.accept_and_read(session, consult, clinic.pcp, {key: "Allergic to it"}, now=LATER)
        following.accept_and_read(session, consult, clinic.pcp, {key: "Allergic to it"}, now=LATER)
        assert states(session, consult) == ["accepted", "declined", "accepted", "accepted"]
        (advice,) = lists.advice_of(session, clinic.derm, LATER)
        told = [(each.text, each.why, each.by.id) for each in advice.steps if each.step.state == "declined"]
        assert told == [("Cream twice a day", "Allergic to it", clinic.pcp.id)]
        assert lists.advice_of(session, clinic.derm2, LATER) == []


def test_each_does_their_own_and_nobody_anything_else(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        for person in (clinic.mother, clinic.stranger, clinic.other_pcp, clinic.neuro):
            with pytest.raises(NotFoundError):  # The answer is not open to the family yet.
                mark(session, consult, person, 1, "done")
        following.accept_and_read(session, consult, clinic.pcp, now=LATER)
        for person, position, verb in (
            (clinic.mother, 1, "decline"), (clinic.derm, 0, "done"), (clinic.derm, 2, "decline"),
            (clinic.coordinator, 3, "decline"), (clinic.coordinator, 3, "accept"),
        ):  # fmt: skip
            with pytest.raises(ForbiddenError):
                mark(session, consult, person, position, verb)
        with pytest.raises(NotFoundError):
            mark(session, consult, clinic.mother, 0, "done")
        with pytest.raises(InvalidError):
            mark(session, consult, clinic.pcp, 0, "not_done")
        mark(session, consult, clinic.pcp, 0, "done")
        mark(session, consult, clinic.pcp, 0, "done")
        mark(session, consult, clinic.mother, 1, "not_done")
        mark(session, consult, clinic.derm, 2, "done")
        mark(session, consult, clinic.coordinator, 3, "not_done", "No seat in the van")
        assert states(session, consult) == ["done", "not_done", "done", "not_done"]
        with pytest.raises(ImpossibleVerbError):
            mark(session, consult, clinic.pcp, 0, "accept")
        mark(session, consult, clinic.pcp, 0, "again")
        assert steps_of(session, consult.id)[0].state == "accepted"
        assert kept(session, LATER) == []


def test_taking_back_that_it_was_done_accepts_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        for verb in ("done", "again", "not_done", "again"):
            mark(session, consult, clinic.pcp, 0, verb, reason="because" if verb == "not_done" else "")
        lines = events_of(session, [steps_of(session, consult.id)[0].id])
        assert [line.kind for line in lines] == ["proposed", "done", "proposed", "not_done", "proposed"]
        for verb in ("accept", "done", "again"):
            mark(session, consult, clinic.pcp, 0, verb)
        assert states(session, consult)[0] == "accepted", "what its clinic has accepted stays so"
        assert kept(session, LATER) == []


def test_a_late_step_is_told_once_to_its_owner_and_the_desk(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        following.accept_and_read(session, consult, clinic.pcp, now=LATER)
    late = NOON + 31 * DAY
    for now in (NOON + 7 * DAY, late, late + DAY, NOON):
        with database.writing() as session:
            tell_of_late_steps(session, now, Quiet())
    with database.writing() as session:
        told = session.scalars(select(Notice).where(Notice.dedupe_key.contains(":step:"))).all()
        readers = sorted((notice.person_id, notice.kind) for notice in told)
        desk, kinds = clinic.coordinator.id, NoticeKind
        assert readers == sorted(
            [(desk, kinds.STEP_LATE)] * 4
            + [(clinic.pcp.id, kinds.STEP_LATE), (clinic.derm.id, kinds.STEP_LATE), (clinic.mother.id, kinds.STEP_OPEN)]
        )
        assert len(lists.late_steps(session, clinic.coordinator, late)) == 4
        mark(session, consult, clinic.pcp, 0, "done", now=late)
        mark(session, consult, clinic.pcp, 0, "again", now=late)
        assert lists.count_late(session, clinic.coordinator, late) == 4
        assert tell_of_late_steps(session, late + DAY, Quiet()) == 0
        assert kept(session, late + DAY) == []
        with pytest.raises(ForbiddenError):
            lists.late_steps(session, clinic.pcp, late)


def test_the_ledger_itself_holds_a_second_telling_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        step = steps_of(session, signed(session, clinic).id)[0]
        tell_late(session, step, NOON + 31 * DAY)
        with pytest.raises(IntegrityError), session.begin_nested():
            tell_late(session, step, NOON + 32 * DAY)


def test_nobody_is_chased_after_the_family_took_its_consent_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        consult.consent_withdrawn_at = LATER
        tell_of_late_steps(session, NOON + 31 * DAY, Quiet())
        assert session.scalars(select(Notice).where(Notice.dedupe_key.contains(":step:"))).all() == []
        assert session.scalars(select(Recommendation.next_at)).all() == [None] * 4
        assert lists.late_steps(session, clinic.coordinator, NOON + 31 * DAY) == []


def test_a_newer_answer_replaces_what_is_still_to_do(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = signed(session, clinic)
        following.accept_and_read(session, consult, clinic.pcp, now=LATER)
        mark(session, consult, clinic.pcp, 0, "done")
        reopening.reopen(session, consult, clinic.pcp, "It got worse", now=LATER)
        holding.claim(session, consult, clinic.derm, now=LATER, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=LATER, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=LATER)
        assert states(session, consult) == ["done", "replaced", "replaced", "replaced"]
        assert states(session, consult, 2) == ["proposed"]
        # No page shows it any more: nobody brings it back to life.
        with pytest.raises(StaleVersionError):
            mark(session, consult, clinic.pcp, 0, "again")
        assert states(session, consult) == ["done", "replaced", "replaced", "replaced"]
        found = {(share.by, share.value): share for share in figures.shares(session, NOON, LATER + DAY, LATER)}
        assert (found["all", ""].count, found["all", ""].percent_done) == (2, 50.0)
        assert (found["kind", "lab_test"].done, ("kind", "visit") in found) == (1, False)
        assert kept(session, LATER) == []


def test_a_clinics_own_answer_needs_no_second_yes(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        question = clinic.family_question(session)
        holding.claim(session, question, clinic.pcp, now=NOON, lease=LEASE)
        answers.save_draft(session, question, clinic.pcp, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, question, clinic.pcp, now=NOON)
        assert states(session, question) == ["accepted"]
        mark(session, question, clinic.mother, 0, "done")
        assert states(session, question) == ["done"]


def test_figures_leave_test_consults_out(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        signed(session, clinic).is_test = True
        session.flush()
        assert figures.shares(session, NOON, LATER, LATER) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "done"}, "differs from its ledger"),
        ({"number": 7}, "differs from its ledger"),
        ({"next_at": NOON, "state": "declined"}, "is watched although"),
        ({"next_at": NOON - DAY}, "nobody was told"),
    ],
)
def test_the_check_finds_what_was_tampered_with(
    database: Database, clinic: Clinic, change: dict[str, object], words: str
) -> None:
    with database.writing() as session:
        signed(session, clinic)
        session.execute(update(Recommendation).where(Recommendation.position == 0).values(**change))
        assert any(words in line for line in kept(session, NOON))


def test_the_check_finds_an_unlawful_line(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        signed(session, clinic)
        session.execute(update(RecommendationEvent).values(kind="done"))
        assert any("went from nothing to done" in line for line in kept(session, NOON))


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "magic"},
        {"owner": "nobody"},
        *({"due_at": at} for at in ("soon", "9999-12-31", "0026-12-01", "0001-01-01T00:00+14:00")),
    ],
)
def test_a_step_of_another_shape_is_refused(database: Database, clinic: Clinic, entry: dict[str, str]) -> None:
    content = {**ANSWER, "recommendations": [{"text": "x", **entry}]}
    with database.writing() as session, pytest.raises(InvalidError) as refused:
        answers.save_draft(session, clinic.claimed(session), clinic.derm, content, now=NOON, lease=LEASE)
    assert list(refused.value.fields) == [f"recommendations.0.{next(iter(entry))}"]
