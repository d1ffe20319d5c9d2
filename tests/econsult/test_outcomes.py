"""How it went: asked once by the clock, said by clinic, family and desk, and closed with three answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from econsult.access import consult_for
from econsult.advice import asking, close_out, figures, late, lists
from econsult.advice.following import mark
from econsult.bereavement import mark_death
from econsult.consults import answers, declining, holding, reopening, telling
from econsult.consults.outcomes import OutcomePing, Said, pings_of, reports_of
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from econsult.rights import Right
from tests.personas import ANSWER, LEASE, NOON, Clinic

DAY = timedelta(days=1)
LATER = NOON + timedelta(hours=1)
BARE = {"reason": "", "now": LATER, "version": None}
DUE = NOON + 21 * DAY
FAMILYS = Said(how="better", seen="no", otherwise="without")
CLINICS = Said(how="same", seen="yes", referral="avoided")


def answered(session, clinic: Clinic) -> Consult:
    consult = clinic.answered(session)
    answers.acknowledge(session, consult, clinic.pcp, now=LATER)
    telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=LATER)
    return consult


def ask(session, now=DUE) -> int:
    return asking.ask_how_it_went(session, now, Quiet())


def told(session) -> list[tuple[int, str]]:
    query = select(Notice.person_id, Notice.kind).where(Notice.kind.startswith("outcome"))
    return sorted((row.person_id, row.kind) for row in session.execute(query))


def say(session, consult: Consult, person: Person, said: Said, now=DUE) -> None:
    passed = consult_for(session, person, consult.public_id, now=now, right=Right.FOLLOW)
    asking.tell_outcome(session, passed, person, said, now=now)


def asked(session, person: Person, now=DUE) -> list[int]:
    return [each.consult.id for each in asking.asked_of(session, person, now)]


def test_clinic_and_family_are_asked_once_after_three_weeks(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        answers.close(session, consult, clinic.pcp, reason="", now=LATER)
        assert (ask(session, DUE - DAY), told(session)) == (0, [])
        with pytest.raises(NotFoundError):
            say(session, consult, clinic.mother, FAMILYS)
        assert any("nobody was asked" in line for line in violations(session, DUE + DAY))
    for now in (DUE, DUE + DAY, DUE - DAY):
        with database.writing() as session:
            ask(session, now)
    with database.writing() as session:
        assert told(session) == sorted([(clinic.mother.id, "outcome_asked"), (clinic.pcp.id, "outcome_clinic")])
        assert [line for line in violations(session, DUE + DAY) if "asked how" in line] == []
        assert (asked(session, clinic.mother), asked(session, clinic.pcp)) == ([consult.id], [consult.id])
        assert [asked(session, each) for each in (clinic.stranger, clinic.other_pcp, clinic.coordinator)] == [[]] * 3
        say(session, consult, clinic.mother, FAMILYS)
        say(session, consult, clinic.pcp, CLINICS)
        assert (asked(session, clinic.mother), asked(session, clinic.pcp)) == ([], [])
        lines = {(row.side, row.question, row.said): row for row in figures.outcomes(session, NOON, DUE)}
        assert (lines["family", "asked", "answered"].count, lines["family", "otherwise", "without"].count) == (1, 1)


def test_who_is_worse_is_called_and_owed_a_reply(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        ask(session)
        say(session, consult, clinic.mother, Said(how="worse", seen="emergency", otherwise="unsure"))
        worse = [(person, kind) for person, kind in told(session) if kind == NoticeKind.OUTCOME_WORSE]
        assert worse == sorted((each.id, NoticeKind.OUTCOME_WORSE) for each in (clinic.pcp, clinic.coordinator))
        assert consult.family_waits_since == DUE


def test_who_is_worse_after_closing_stays_on_the_clinics_list(database: Database, clinic: Clinic) -> None:
    def listed(person: Person) -> list[int]:
        return [each.consult.id for each in asking.worse_of(session, person, DUE)]

    with database.writing() as session:
        consult = answered(session, clinic)
        answers.close(session, consult, clinic.pcp, reason="", now=LATER)
        ask(session)
        say(session, consult, clinic.mother, FAMILYS)
        assert listed(clinic.pcp) == []
        say(session, consult, clinic.mother, replace(FAMILYS, how="worse"))
        people = (clinic.pcp, clinic.other_pcp, clinic.derm, clinic.mother)
        assert [listed(each) for each in people] == [[consult.id], [], [], []]
        say(session, consult, clinic.pcp, CLINICS)
        assert listed(clinic.pcp) == []
        say(session, consult, clinic.mother, replace(FAMILYS, how="worse"))
        assert listed(clinic.pcp) == [consult.id]
        reopening.reopen(session, consult, clinic.pcp, "It got worse", now=DUE)
        assert listed(clinic.pcp) == []


def test_a_family_without_an_account_is_the_desks_task(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        session.execute(delete(RelatedPerson).where(RelatedPerson.patient_id == consult.patient_id))
        ask(session)
        assert (clinic.coordinator.id, "outcome_desk") in told(session)
        assert asked(session, clinic.coordinator) == [consult.id]
        consult.confidential = "clinic"
        assert asked(session, clinic.coordinator) == []
        consult.confidential = ""
        say(session, consult, clinic.coordinator, FAMILYS)
        assert asked(session, clinic.coordinator) == []
        (line,) = reports_of(session, consult.id)
        assert (line.side, line.is_relayed, pings_of(session, consult.id)[0].state) == ("family", True, "done")


@pytest.mark.parametrize("why", ["test", "consent", "reopened", "declined"])
def test_nobody_is_asked_where_there_is_nothing_to_ask(database: Database, clinic: Clinic, why: str) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        if why == "test":
            consult.is_test = True
        elif why == "consent":
            consult.consent_withdrawn_at = LATER
        else:
            reopening.reopen(session, consult, clinic.pcp, "It got worse", now=LATER)
            if why == "declined":
                holding.claim(session, consult, clinic.derm, now=LATER, lease=LEASE)
                declining.decline(session, consult, clinic.derm, "Not ours", now=LATER)
        ask(session)
        assert (told(session), pings_of(session, consult.id)[0].state) == ([], "dropped")


def test_a_grown_up_childs_family_is_not_asked(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        answered(session, clinic)
        later = NOON + 30 * 365 * DAY
        ask(session, later)
        assert [kind for _, kind in told(session)] == ["outcome_clinic"]


def test_what_is_kept_from_caregivers_is_not_asked_of_them(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        consult.confidential = "clinic"
        ask(session)
        assert told(session) == [(clinic.pcp.id, "outcome_clinic")]
        assert (asked(session, clinic.mother), asked(session, clinic.coordinator)) == ([], [])
        consult.confidential = ""
        assert asked(session, clinic.mother) == [consult.id]


def test_a_newer_answer_is_asked_after_instead(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        reopening.reopen(session, consult, clinic.pcp, "It got worse", now=LATER)
        holding.claim(session, consult, clinic.derm, now=LATER, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=LATER, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=LATER)
        assert [(ping.state, ping.next_at) for ping in pings_of(session, consult.id)] == [
            ("replaced", None), ("waiting", LATER + 21 * DAY),
        ]  # fmt: skip
        answers.acknowledge(session, consult, clinic.pcp, now=LATER)
        ask(session, DUE + DAY)
        assert len(told(session)) == 2


def test_two_askings_of_one_case_are_one_line(database: Database, clinic: Clinic) -> None:
    again = DUE + DAY
    with database.writing() as session:
        consult = answered(session, clinic)
        ask(session)
        reopening.reopen(session, consult, clinic.pcp, "It got worse again", now=again)
        holding.claim(session, consult, clinic.derm, now=again, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=again, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=again)
        answers.acknowledge(session, consult, clinic.pcp, now=again)
        assert (asked(session, clinic.mother, again), asked(session, clinic.pcp, again)) == ([], [])
        # What comes late about the first answer is written down, and asks nobody less.
        say(session, consult, clinic.mother, FAMILYS, now=again)
        later = again + 22 * DAY
        ask(session, later)
        assert [ping.state for ping in pings_of(session, consult.id)] == ["replaced", "sent"]
        assert (asked(session, clinic.mother, later), asked(session, clinic.pcp, later)) == ([consult.id],) * 2


def test_only_what_a_side_is_asked_is_written_down(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        ask(session)
        say(session, consult, clinic.mother, replace(FAMILYS, changed="yes", referral="avoided"))
        say(session, consult, clinic.pcp, replace(CLINICS, changed="yes", otherwise="without"))
        lines = {line.side: (line.changed, line.referral, line.otherwise) for line in reports_of(session, consult.id)}
        assert lines == {"family": (None, None, "without"), "clinic": (None, "avoided", None)}


def test_nobody_else_says_how_it_went(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        ask(session)
        for person in (clinic.stranger, clinic.other_pcp, clinic.neuro):
            with pytest.raises(NotFoundError):
                say(session, consult, person, FAMILYS)
        with pytest.raises(ForbiddenError):
            say(session, consult, clinic.derm, CLINICS)
        for said, wrong in (
            (Said(how="better"), {"seen", "otherwise"}),
            (Said("great", "no", "", "", "unsure"), {"how"}),
        ):
            with pytest.raises(InvalidError) as refused:
                say(session, consult, clinic.mother, said)
            assert set(refused.value.fields) == wrong


def test_a_clinic_closes_with_three_answers(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        with pytest.raises(InvalidError) as refused:
            close_out.close_out(session, consult, clinic.pcp, Said(seen="no"), reason="", now=LATER)
        assert (set(refused.value.fields), consult.status) == ({"changed", "referral"}, "answered")
        said = Said(changed="yes", referral="avoided", seen="no", otherwise="without")
        close_out.close_out(session, consult, clinic.pcp, said, reason="", now=LATER)
        (line,) = reports_of(session, consult.id)
        assert (consult.status, line.is_close, line.referral) == ("closed", True, "avoided")
        assert line.otherwise == "without"
        lines = [(row.side, row.question) for row in figures.outcomes(session, NOON, DUE)]
        assert ("clinic at closing", "referral") in lines


def test_what_nobody_said_at_closing_counts_nowhere(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for otherwise in ("", "unsure", "without"):
            consult = answered(session, clinic)
            said = Said(changed="yes", referral="avoided", seen="no", otherwise=otherwise)
            close_out.close_out(session, consult, clinic.pcp, said, reason="", now=LATER)
            assert reports_of(session, consult.id)[0].otherwise == (otherwise or None)
        found = [row for row in figures.outcomes(session, NOON, DUE) if row.side == "clinic at closing"]
        assert {(row.said, row.of) for row in found if row.question == "otherwise"} == {("unsure", 2), ("without", 2)}
        assert {row.of for row in found if row.question == "changed"} == {3}


def test_what_the_desk_closes_its_clinic_still_says(database: Database, clinic: Clinic) -> None:
    said = Said(changed="yes", referral="avoided", seen="no")

    def listed(person: Person, now=DUE) -> list[int]:
        return [each.consult.id for each in close_out.left_open(session, person, now)]

    def passed(person: Person):
        return consult_for(session, person, consult.public_id, now=LATER, right=Right.CLOSE)

    with database.writing() as session:
        consult = answered(session, clinic)
        with pytest.raises(ForbiddenError):
            close_out.close_as(session, passed(clinic.coordinator), clinic.coordinator, said, **BARE)
        with pytest.raises(NotFoundError):
            close_out.say_close_out(session, passed(clinic.pcp), clinic.pcp, said, now=LATER)
        close_out.close_as(session, passed(clinic.coordinator), clinic.coordinator, Said(), **BARE)
        assert (consult.status, reports_of(session, consult.id)) == ("closed", [])
        people = (clinic.pcp, clinic.other_pcp, clinic.coordinator, clinic.derm, clinic.mother)
        assert [listed(each) for each in people] == [[consult.id], [], [], [], []]
        assert listed(clinic.pcp, LATER + 61 * DAY) == []
        with pytest.raises(ForbiddenError):
            close_out.say_close_out(session, passed(clinic.coordinator), clinic.coordinator, said, now=DUE)
        with pytest.raises(InvalidError):
            close_out.say_close_out(session, passed(clinic.pcp), clinic.pcp, replace(said, seen=""), now=DUE)
        close_out.say_close_out(session, passed(clinic.pcp), clinic.pcp, said, now=DUE)
        (line,) = reports_of(session, consult.id)
        assert (line.is_close, line.side, line.otherwise, listed(clinic.pcp)) == (True, "clinic", None, [])
        with pytest.raises(NotFoundError):
            close_out.say_close_out(session, passed(clinic.pcp), clinic.pcp, said, now=DUE)


def test_a_second_cycle_is_closed_out_for_itself(database: Database, clinic: Clinic) -> None:
    said = Said(changed="yes", referral="avoided", seen="no")
    with database.writing() as session:
        consult = answered(session, clinic)
        close_out.close_out(session, consult, clinic.pcp, said, reason="", now=LATER)
        assert not close_out.is_left_open(session, consult)
        reopening.reopen(session, consult, clinic.pcp, "It got worse", now=DUE)
        holding.claim(session, consult, clinic.derm, now=DUE, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=DUE, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=DUE)
        assert not close_out.is_left_open(session, consult)
        answers.close(session, consult, clinic.coordinator, reason="Told at a visit", now=DUE + DAY)
        assert close_out.is_left_open(session, consult)
        consult.consent_withdrawn_at = DUE + DAY
        assert not close_out.is_left_open(session, consult)


def test_a_clinic_is_not_asked_of_its_own_answer_to_a_family(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        holding.claim(session, consult, clinic.pcp, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=NOON)
        answers.close(session, consult, clinic.coordinator, reason="Told at a visit", now=LATER)
        assert not close_out.is_left_open(session, consult)
        assert close_out.left_open(session, clinic.pcp, LATER) == []


def test_after_a_childs_death_nobody_asks_what_came_of_the_answer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        answers.close(session, consult, clinic.coordinator, reason="", now=LATER)
        child = session.get_one(Patient, consult.patient_id)
        mark_death(session, child, clinic.pcp, "", now=LATER)
        assert not close_out.is_left_open(session, consult)
        assert close_out.left_open(session, clinic.pcp, DUE) == []


@pytest.mark.parametrize("closes", ["pcp", "coordinator"])
def test_a_step_that_is_open_at_closing_is_followed_as_before(database: Database, clinic: Clinic, closes: str) -> None:
    with database.writing() as session:
        consult = answered(session, clinic)
        step = steps_of(session, consult.id)[0]
        step.state, step.due_at, step.next_at = "accepted", DUE, DUE
        answers.close(session, consult, getattr(clinic, closes), reason="", now=LATER)
        assert lists.count_late(session, clinic.coordinator, DUE + DAY) >= 1
        assert late.tell_of_late_steps(session, DUE + DAY, Quiet()) >= 1
        kinds = set(session.scalars(select(Notice.kind).where(Notice.person_id == clinic.coordinator.id)))
        assert NoticeKind.STEP_LATE in kinds
        mark(session, clinic.pcp, consult.public_id, step.public_id, "done", now=DUE + DAY)
        assert step.state == "done"


def test_zero_days_ask_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.info["outcome_after"] = 0
        clinic.answered(session)
        assert session.scalars(select(OutcomePing)).all() == []
