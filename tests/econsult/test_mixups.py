"""A mistyped address gives nobody a child: a link opens once its person has typed the birth date."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from econsult.access import consult_for, patient_for, patients_for
from econsult.consults import requests
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.errors import NotFoundError
from econsult.linking import Authority, Newcomer, add_caregiver
from econsult.notices import Notice, NoticeKind
from econsult.people.caregivers import caregivers_of, has_grown_up
from econsult.people.mixups import TRIES, is_shut, prove, shut_out, waiting_links
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from econsult.youths import YouthForm, close_youth, open_account
from tests.personas import NOON, TARGETS, Clinic

MISTYPED = Newcomer("anna@example.test", "Ana Gil", "es", Authority("grandparent", True))
BORN, OTHER = "2022-01-15", "2022-01-16"


@pytest.fixture
def reached(database: Database, clinic: Clinic) -> Person:
    """Whoever reads the letters of the address that staff typed."""
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        return add_caregiver(session, database.cipher, child, MISTYPED, clinic.pcp, now=NOON)[0]


def test_before_the_birth_date_nothing_of_the_child_is_there_and_nothing_is_told(
    database: Database, clinic: Clinic, reached: Person
) -> None:
    with database.writing() as session:
        asked = clinic.family_question(session)
        assert patients_for(session, reached, now=NOON) == []
        for find, number in ((patient_for, clinic.child.public_id), (consult_for, asked.public_id)):
            with pytest.raises(NotFoundError):
                find(session, reached, number, now=NOON)
        assert [each.id for each in caregivers_of(session, clinic.child.id, NOON)] == [clinic.mother.id]
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == reached.id)).all()
        assert kinds == [NoticeKind.ACCOUNT_OPENED]
        assert not has_grown_up(session, reached, NOON)
        assert prove(session, reached, BORN, NOON)
        assert [each.id for each in patients_for(session, reached, now=NOON)] == [clinic.child.id]
        assert waiting_links(session, reached, NOON) == []
        draft = clinic.family_draft(session)
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == reached.id)).all()
        assert NoticeKind.RECEIVED in kinds


def test_five_wrong_days_shut_it_until_staff_make_it_anew(database: Database, clinic: Clinic, reached: Person) -> None:
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        for given in (OTHER, "", "15.1.2022", "2022-1-15", "2021-01-15"):
            assert not is_shut(waiting_links(session, reached, NOON)[0])
            assert not prove(session, reached, given, NOON)
        assert shut_out(session, child) == {reached.id}
        assert not prove(session, reached, BORN, NOON), "the right day too"
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        acts = select(AuditEvent.action).where(AuditEvent.person_id == reached.id)
        assert session.scalars(acts).all().count("wrong_birth_date") == TRIES
        add_caregiver(session, database.cipher, child, MISTYPED, clinic.pcp, now=NOON)
        assert shut_out(session, child) == set()
        assert prove(session, reached, BORN, NOON)
        # Who has shown it once is not asked again.
        add_caregiver(session, database.cipher, child, MISTYPED, clinic.pcp, now=NOON)
        assert waiting_links(session, reached, NOON) == []


def test_windows_at_once_have_five_tries_together(database: Database, clinic: Clinic, reached: Person) -> None:
    def guess(number: int) -> bool:
        with database.writing() as session:
            return prove(session, session.get_one(Person, reached.id), f"2021-01-{number:02d}", NOON)

    with ThreadPoolExecutor(4) as windows:
        assert not any(windows.map(guess, range(1, 13)))
    with database.reading() as session:
        (link,) = waiting_links(session, reached, NOON)
        assert link.proof_tries == TRIES


def test_each_child_has_its_own_day_and_one_right_day_costs_the_others_nothing(
    database: Database, clinic: Clinic, reached: Person
) -> None:
    with database.writing() as session:
        other = session.get_one(Patient, clinic.other_child.id)
        other.birth_date_text = OTHER
        session.flush()
        add_caregiver(session, database.cipher, other, MISTYPED, clinic.other_pcp, now=NOON)
        assert prove(session, reached, BORN, NOON)
        assert [each.id for each in patients_for(session, reached, now=NOON)] == [clinic.child.id]
        assert [link.proof_tries for link in waiting_links(session, reached, NOON)] == [0]
        assert prove(session, reached, OTHER, NOON)
        assert len(patients_for(session, reached, now=NOON)) == 2


def test_the_young_persons_own_account_waits_as_well_and_again_after_it_was_closed(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.birth_date_text = "2010-01-15"
        form = YouthForm("own@example.test", "en", is_seen=True)
        for _ in range(2):
            youth = open_account(session, database.cipher, child, form, clinic.pcp, now=NOON)
            assert patients_for(session, youth, now=NOON) == []
            assert youth not in caregivers_of(session, child.id, NOON, only_self=True)
            assert prove(session, youth, "2010-01-15", NOON)
            assert youth in caregivers_of(session, child.id, NOON, only_self=True)
            assert close_youth(session, child, clinic.pcp, NOON)
