"""Whoever is asked, and whoever must act, hears of it at once, and once; where nobody is left, the desk does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import answers, passing, requests, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.replies import sent_file
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.threads import Audience, post, request_info
from econsult.consults.unasking import take_back_part
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import EmergencyError, ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.lanes import lanes_for, messages_for, writing_to
from econsult.notices import Notice, NoticeKind
from econsult.people.consent import ConsentGiven
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.queue.clinics import watch_clinics
from econsult.queue.cover import watch_absences
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.reoffering import offer_again
from tests.personas import LEASE, NOON, QUESTION, TARGETS, Clinic

HOUR = timedelta(hours=1)


def heard(session: Session, kind: NoticeKind) -> list[int]:
    return sorted(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def ask(session: Session, consult: Consult, by: Person, audience: Audience | None) -> threads.Message:
    return request_info(session, consult, by, text="A photo by daylight?", items=(), audience=audience, now=NOON + HOUR)


def presented(session: Session, clinic: Clinic) -> Consult:
    """The nurse asks for a child whom she presents; the dermatologist takes it."""
    form = RequestForm(
        kind="econsult",
        specialty="dermatology",
        question=QUESTION,
        question_type="diagnosis",
        details={"body_site": "elbow", "red_flags": []},
        consent=ConsentGiven("parent", "verbal", "en"),
    )
    draft = requests.create(session, clinic.nurse, clinic.child, form, now=NOON)
    return clinic.take(session, requests.submit(session, draft, clinic.nurse, SubmitForm(), now=NOON, targets=TARGETS))


def test_the_telepresenter_who_asked_is_asked_for_more_and_lets_the_clock_run_on(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = presented(session, clinic)
        ask(session, consult, clinic.derm, Audience.CLINICIANS)
        assert heard(session, NoticeKind.MORE_NEEDED) == sorted([clinic.pcp.id, clinic.nurse.id])
        fire(session, NOON + 37 * HOUR)
        assert clinic.nurse.id in heard(session, NoticeKind.STILL_NEEDED)
        post(session, consult, clinic.nurse, Audience.CLINICIANS, text="Here it is", now=NOON + 40 * HOUR)
        clock = open_clocks(session, consult.id, ClockName.FIRST_REPLY)[0]
        assert (consult.status, clock.state, clock.deadline_at) == (Status.CLAIMED, "running", NOON + 63 * HOUR)
        # The holder reads of it once.
        assert heard(session, NoticeKind.MESSAGE) == sorted([clinic.pcp.id, clinic.derm.id])
        post(session, consult, clinic.derm, Audience.CLINICIANS, text="Thank you", now=NOON + 41 * HOUR)
        loaded = consult_for(session, clinic.nurse, consult.public_id, now=NOON + 41 * HOUR)
        assert [each.text for each in messages_for(session, clinic.nurse, loaded)] == [
            "A photo by daylight?",
            "Here it is",
        ]
        # Nobody asks a telepresenter to read what is closed to them.
        assert clinic.nurse.id not in heard(session, NoticeKind.MESSAGE)


def test_a_telepresenter_writes_to_the_clinicians_once_they_were_asked(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = presented(session, clinic)
        with pytest.raises(ForbiddenError):
            writing_to(session, clinic.nurse, consult.public_id, Audience.CLINICIANS, now=NOON)
        asked = ask(session, consult, clinic.derm, Audience.CLINICIANS)
        passed = writing_to(session, clinic.nurse, consult.public_id, Audience.CLINICIANS, now=NOON + HOUR)
        assert lanes_for(passed) == (Audience.FAMILY, Audience.CLINICIANS)
        asked.taken_back_at = NOON + HOUR
        with pytest.raises(ForbiddenError):
            writing_to(session, clinic.nurse, consult.public_id, Audience.CLINICIANS, now=NOON + HOUR)


def test_a_family_of_whom_nobody_has_an_account_is_asked_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        close_account(session, session.get_one(Person, clinic.mother.id), NOON)
        with pytest.raises(InvalidError) as refused:
            ask(session, consult, clinic.derm, Audience.FAMILY)
        assert (refused.value.fields, consult.status) == ({"audience": "nobody_reads"}, Status.CLAIMED)
        assert open_clocks(session, consult.id, ClockName.FIRST_REPLY)[0].state == "running"


def test_where_nobody_of_those_asked_is_left_the_desk_finds_out(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, other = clinic.claimed(session), clinic.claimed(session)
        ask(session, other, clinic.derm, Audience.FAMILY)
        for person in (clinic.pcp, clinic.mother):
            close_account(session, session.get_one(Person, person.id), NOON)
        ask(session, consult, clinic.derm, Audience.CLINICIANS)
        # The desk cannot read what the clinic is asked: it hears that nobody there can, and once.
        told = select(Notice.consult_id, Notice.kind).where(Notice.person_id == clinic.coordinator.id)
        told = told.where(Notice.created_at > NOON)
        assert [tuple(row) for row in session.execute(told)] == [(consult.id, NoticeKind.NOBODY_READS)]
        assert watch_clinics(session, NOON + HOUR) == 0
        fire(session, NOON + 38 * HOUR)
        still = [
            tuple(row) for row in session.execute(told) if row.kind in (NoticeKind.STILL_NEEDED, NoticeKind.NO_COVER)
        ]
        assert sorted(still) == sorted([(other.id, NoticeKind.STILL_NEEDED), (consult.id, NoticeKind.NO_COVER)])


def test_a_clinic_without_doctors_is_asked_twice_in_a_minute_and_its_nurses_reply_alarms_nobody(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = presented(session, clinic)
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        watch_clinics(session, NOON)
        asked = ask(session, consult, clinic.derm, Audience.CLINICIANS)
        take_back_part(session, consult, clinic.derm, asked.public_id, "words", now=NOON + HOUR + timedelta(seconds=9))
        at = NOON + HOUR + timedelta(seconds=20)
        request_info(session, consult, clinic.derm, text="How old?", items=(), audience=Audience.CLINICIANS, now=at)
        assert heard(session, NoticeKind.NOBODY_READS) == [clinic.coordinator.id] * 2
        assert watch_clinics(session, at + HOUR) == 0
        post(session, consult, clinic.nurse, Audience.CLINICIANS, text="Three", now=NOON + 2 * HOUR)
        assert heard(session, NoticeKind.NOBODY_READS) == [clinic.coordinator.id] * 2
        assert clinic.derm.id in heard(session, NoticeKind.MESSAGE)


@pytest.mark.parametrize("has_left", [False, True])
def test_a_question_after_the_answer_reaches_somebody_at_once(
    database: Database, clinic: Clinic, has_left: bool
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        if has_left:
            close_account(session, session.get_one(Person, clinic.derm.id), NOON)
        post(session, consult, clinic.pcp, Audience.CLINICIANS, text="And if it spreads?", now=NOON + HOUR)
        watch_absences(session, NOON + HOUR)
        reached = heard(session, NoticeKind.NO_COVER if has_left else NoticeKind.MESSAGE)
        assert reached == [clinic.coordinator.id if has_left else clinic.derm.id]


def test_what_is_raised_while_information_is_asked_for_waits_no_longer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        ask(session, consult, clinic.derm, Audience.CLINICIANS)
        change_urgency(session, consult, clinic.pcp, "urgent", "worse", now=NOON + 3 * HOUR, targets=TARGETS)
        clock = open_clocks(session, consult.id, ClockName.FIRST_REPLY)[0]
        # An hour from the original start, and the two hours for which it was held.
        assert (clock.state, clock.started_at, clock.deadline_at) == ("running", NOON, NOON + 3 * HOUR)
        assert (consult.status, consult.claim_until) == (Status.CLAIMED, NOON + 3.5 * HOUR)
        assert heard(session, NoticeKind.RAISED) == sorted([clinic.coordinator.id, clinic.derm.id])
        fire(session, NOON + 3 * HOUR)
        assert clinic.director.id in heard(session, NoticeKind.OVERDUE)
        assert list(violations(session, NOON + 3 * HOUR)) == []


def test_the_desk_gives_a_question_after_the_answer_to_somebody_who_is_there(
    database: Database, clinic: Clinic
) -> None:
    def give(to: Person) -> None:
        passing.assign(session, consult, to, "She left", by=clinic.coordinator, now=NOON + 2 * HOUR, lease=LEASE)

    with database.writing() as session:
        consult = clinic.answered(session)
        with pytest.raises(ImpossibleVerbError):
            give(clinic.derm2)
        close_account(session, session.get_one(Person, clinic.derm.id), NOON)
        post(session, consult, clinic.pcp, Audience.CLINICIANS, text="And if it spreads?", now=NOON + HOUR)
        give(clinic.derm2)
        assert (consult.status, consult.holder_id, watch_absences(session, NOON + 3 * HOUR)) == (
            Status.ANSWERED,
            clinic.derm2.id,
            0,
        )
        post(session, consult, clinic.derm2, Audience.CLINICIANS, text="Then write again.", now=NOON + 4 * HOUR)
        assert (consult.clinic_waits_since, open_clocks(session, consult.id, ClockName.NEXT_REPLY)) == (None, [])
        assert list(violations(session, NOON + 4 * HOUR)) == []


@pytest.mark.parametrize("has_team", [True, False])
@pytest.mark.parametrize("how", ["words", "file", "telephone"])
def test_what_a_family_says_while_nobody_has_the_question_reaches_its_clinic_at_once(
    database: Database, clinic: Clinic, how: str, has_team: bool
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session) if how == "file" else clinic.econsult(session)
        if how == "file":
            answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        if not has_team:
            close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        for minutes in (1, 2):
            at = NOON + minutes * HOUR / 60
            if how == "file":
                sent_file(session, consult, clinic.mother, now=at)
            elif how == "words":
                post(session, consult, clinic.mother, Audience.FAMILY, text="It itches more", now=at)
            else:
                said = {"text": "It itches more", "now": at, "is_relayed": True}
                post(session, consult, clinic.nurse, Audience.FAMILY, **said)
        told = heard(session, NoticeKind.MESSAGE)
        responsible = clinic.pcp.id if has_team else clinic.coordinator.id
        # Each word is a message; of files the first is enough.
        assert told.count(responsible) == (1 if how == "file" else 2)


def test_a_stopped_family_of_a_clinic_without_anybody_is_the_desks(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": "elbow", "red_flags": ["breathing"]})
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        with pytest.raises(EmergencyError):
            requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert heard(session, NoticeKind.EMERGENCY) == [clinic.coordinator.id]


def test_the_last_of_a_clinic_leaves_and_the_desk_has_its_questions_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        question = clinic.family_question(session)
        assert offer_again(session, clinic.program.id, NOON + HOUR) == 0
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON + HOUR)
        assert offer_again(session, clinic.program.id, NOON + HOUR) == 1
        assert (question.is_unallocated, heard(session, NoticeKind.UNALLOCATED)) == (True, [clinic.coordinator.id])
        assert list(violations(session, NOON + HOUR)) == []


def test_an_answer_for_a_clinic_without_anybody_is_told_to_the_desk(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        clinic.answered(session)
        assert heard(session, NoticeKind.ANSWERED) == [clinic.coordinator.id]
