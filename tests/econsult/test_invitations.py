"""Invitations: one child, seven days, one browser; what came by one waits until the clinic says whose it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from econsult.access import consult_for, patient_for, patients_for, sent_file_for
from econsult.consults import requests
from econsult.consults.adopting import MOST, adopt
from econsult.consults.records import Consult, Source
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.jobs import Job, JobKind
from econsult.notices import Notice
from econsult.people.consent import ConsentGiven
from econsult.people.invitations import (
    LASTS,
    LOCKED,
    TRIES,
    TRIES_IN_ALL,
    Device,
    Door,
    Invitation,
    invitation_letter,
    invite,
    live_invitation,
    look_at,
    open_invitation,
    revoke,
    token_of,
)
from econsult.people.persons import Person, Role
from econsult.people.signin import open_session, visitor_by_session
from econsult.rights import Right
from econsult.trail import AuditEvent
from tests.personas import NOON, TARGETS, Clinic

SECRET = "a secret of the installation, long enough"
PHONE = Device("0" * 31 + "1", "mother", "2022-01-15")
OTHER = Device("0" * 31 + "2", "father", "2022-01-15")
ASKED = RequestForm(
    question="¿Qué le salió a mi hija en el codo esta semana?",
    details={"body_site": "elbow", "red_flags": []},
    consent=ConsentGiven("parent", "electronic", "es"),
)


def issue(database: Database, clinic: Clinic, **more: str) -> tuple[Invitation, str]:
    with database.writing() as session:
        made = invite(session, clinic.pcp, clinic.child, "es", secret_key=SECRET, now=NOON, **more)
        token = token_of(made, SECRET)
    assert token is not None
    return made, token


def opened(database: Database, token: str, device: Device = PHONE, after: timedelta = timedelta()) -> Door:
    with database.writing() as session:
        return open_invitation(session, database.cipher, token, device, NOON + after)[0]


def device_of(database: Database, token: str) -> Person:
    with database.writing() as session:
        _door, person = open_invitation(session, database.cipher, token, PHONE, NOON)
    assert person is not None
    return person


def sent_by(database: Database, person: Person, clinic: Clinic) -> Consult:
    with database.writing() as session:
        draft = requests.create(session, person, clinic.child, ASKED, now=NOON)
        return requests.submit(session, draft, person, SubmitForm(), now=NOON, targets=TARGETS)


def test_only_a_hash_of_the_secret_is_kept_and_no_name_in_its_letter(database: Database, clinic: Clinic) -> None:
    made, token = issue(database, clinic, sent_to="ana@example.test")
    with database.reading() as session:
        row = session.execute(text("SELECT * FROM invitation")).one()
        assert JobKind.INVITE in session.scalars(select(Job.kind)).all()
    assert token not in str(row)
    assert "ana@example.test" not in str(row)
    subject, letter = invitation_letter(made, f"https://x.test/invitation/{token}")
    # Of the secret's own letters any three may come beside each other.
    told = subject + letter.replace(token, "")
    assert all(word not in told for word in ("Luz", "Prueba", "2022"))
    assert token_of(made, "another secret of the installation") is None


def test_the_first_browser_keeps_it_and_comes_back(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    assert [opened(database, token, each) for each in (PHONE, OTHER, PHONE)] == [
        Door.OPENED,
        Door.ELSEWHERE,
        Door.OPENED,
    ]
    with database.reading() as session:
        devices = session.scalars(select(Person).where(Person.role == Role.INVITED)).all()
    assert [(each.name[:10], each.is_staff) for each in devices] == [("Invitación", False)]


def test_of_two_browsers_at_once_one_opens_it(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    with ThreadPoolExecutor(2) as both:
        doors = sorted(both.map(lambda device: opened(database, token, device), (PHONE, OTHER)))
    assert doors == [Door.ELSEWHERE, Door.OPENED]


def test_it_ends_after_seven_days_and_when_taken_back(database: Database, clinic: Clinic) -> None:
    made, token = issue(database, clinic)
    person = device_of(database, token)
    with database.writing() as session:
        cookie = open_session(session, person, NOON, until=made.expires_at)
    with database.reading() as session:
        late = NOON + LASTS - timedelta(minutes=1)
        assert visitor_by_session(session, cookie, late) is not None
        assert visitor_by_session(session, cookie, NOON + LASTS) is None
        assert look_at(session, token, PHONE.secret, NOON + LASTS)[0] == Door.GONE
        assert live_invitation(session, person, NOON + LASTS) is None
    with database.writing() as session:
        revoke(session, session.get_one(Invitation, made.id), clinic.pcp, NOON)
    with database.reading() as session:
        assert visitor_by_session(session, cookie, NOON) is None
        assert live_invitation(session, person, NOON) is None
    assert opened(database, token) == Door.GONE


def test_wrong_birth_dates_close_it_for_a_while_and_then_for_good(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    wrong, step = replace(PHONE, birth_date="2022-01-16"), timedelta()
    doors = []
    for number in range(TRIES_IN_ALL):
        step += LOCKED if number % TRIES == 0 else timedelta()
        doors.append(opened(database, token, wrong, step))
        if number % TRIES == TRIES - 1 and number < TRIES_IN_ALL - 1:
            assert opened(database, token, PHONE, step) == Door.LOCKED, "the right date waits too"
    assert doors == ([Door.WRONG] * (TRIES - 1) + [Door.LOCKED]) * (TRIES_IN_ALL // TRIES)
    assert opened(database, token, PHONE, step + LOCKED) == Door.GONE


@pytest.mark.parametrize("born", ["", "15.1.2022", "2022-13-01", "x" * 500])
def test_what_is_no_date_is_a_wrong_one(database: Database, clinic: Clinic, born: str) -> None:
    _made, token = issue(database, clinic)
    assert opened(database, token, replace(PHONE, birth_date=born)) == Door.WRONG


@pytest.mark.parametrize("fault", [{"language": "fr"}, {"sent_to": "no address"}, {"patient": ""}])
def test_what_cannot_be_invited_is_named(database: Database, clinic: Clinic, fault: dict[str, str]) -> None:
    with database.writing() as session:
        child = session.merge(clinic.child)
        if "patient" in fault:
            child.organization_id = None
        given = {"sent_to": fault.get("sent_to", "")}
        with pytest.raises(InvalidError) as refused:
            invite(session, clinic.pcp, child, fault.get("language", "es"), secret_key=SECRET, now=NOON, **given)
        session.rollback()
    assert list(refused.value.fields) == list(fault)


def test_a_device_knows_what_it_sent_and_nothing_else(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    person = device_of(database, token)
    with database.writing() as session:
        others = clinic.claimed(session)
    own = sent_by(database, person, clinic)
    with database.writing() as session:
        loaded = consult_for(session, person, own.public_id, now=NOON)
        assert loaded.rights == {Right.SEE, Right.UPLOAD, Right.REQUEST}
        assert loaded.readable_lanes() == ()
        assert patients_for(session, person, now=NOON) == []
        for load in (consult_for, patient_for, sent_file_for):
            with pytest.raises(NotFoundError):
                load(session, person, others.public_id, now=NOON)
        with pytest.raises(NotFoundError):
            patient_for(session, person, clinic.child.public_id, now=NOON)
        with pytest.raises(ForbiddenError):
            requests.create(session, person, clinic.other_child, ASKED, now=NOON)


def test_one_invitation_brings_so_many_questions_and_no_more(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    person = device_of(database, token)
    for _ in range(MOST):
        sent_by(database, person, clinic)
    with database.writing() as session, pytest.raises(ForbiddenError):
        requests.create(session, person, clinic.child, ASKED, now=NOON)


def test_the_clinic_answers_only_what_it_has_taken_for_the_familys(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    person = device_of(database, token)
    own = sent_by(database, person, clinic)
    assert own.source == Source.CAREGIVER
    with database.writing() as session:
        for right in (Right.ANSWER, Right.SEND_ON):
            with pytest.raises(ForbiddenError):
                consult_for(session, clinic.pcp, own.public_id, now=NOON, right=right)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.other_pcp, own.public_id, now=NOON, right=Right.ADOPT)
        consult = consult_for(session, clinic.pcp, own.public_id, now=NOON, right=Right.ADOPT).consult
        with pytest.raises(InvalidError):
            adopt(session, consult, clinic.pcp, clinic.stranger, now=NOON)
        adopt(session, consult, clinic.pcp, clinic.mother, now=NOON)
        with pytest.raises(ImpossibleVerbError):
            adopt(session, consult, clinic.pcp, None, now=NOON)
    with database.writing() as session:
        assert Right.ANSWER in consult_for(session, clinic.pcp, own.public_id, now=NOON).rights
        assert Right.REQUEST in consult_for(session, clinic.mother, own.public_id, now=NOON).rights
        assert Right.REQUEST not in consult_for(session, person, own.public_id, now=NOON).rights
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.patient_id == clinic.child.id)).all()
    assert {"invite", "open_invitation", "adopt"} <= set(acts)


def test_a_draft_of_a_device_is_nobody_elses(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    person = device_of(database, token)
    with database.writing() as session:
        draft = requests.create(session, person, clinic.child, ASKED, now=NOON)
        for other in (clinic.mother, clinic.pcp, clinic.coordinator):
            with pytest.raises(NotFoundError):
                consult_for(session, other, draft.public_id, now=NOON)


def test_no_letter_waits_for_a_device(database: Database, clinic: Clinic) -> None:
    _made, token = issue(database, clinic)
    person = device_of(database, token)
    sent_by(database, person, clinic)
    with database.reading() as session:
        told = set(session.scalars(select(Notice.person_id)))
    assert person.id not in told
    assert clinic.mother.id in told


def test_a_tampered_row_opens_nothing(database: Database, clinic: Clinic) -> None:
    made, token = issue(database, clinic)
    with database.writing() as session:
        session.execute(update(Invitation).where(Invitation.id == made.id).values(token_hash="0" * 64))
    assert opened(database, token) == Door.GONE
