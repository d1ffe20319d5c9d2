"""Putting a child's details right: what changes with them, what is never forgotten, and who may do it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from econsult.access import consult_for, patient_for
from econsult.access_log import Deed, looks_at
from econsult.birthdays import AgeTask, finish, tasks_about, watch_ages
from econsult.child_details import Details, Look, correct, details_of, reach_family_by
from econsult.consults import requests
from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.facepolicy import KEEP
from econsult.consults.records import RedFlagStop
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError, StaleVersionError, TooManyTriesError
from econsult.jobs import Job, JobKind
from econsult.notices import Notice, NoticeKind
from econsult.panel import KnownChildError, KnownElsewhereError, find
from econsult.people import lookalikes, signin
from econsult.people.caregivers import caregiver_link
from econsult.people.former import PatientCorrection, corrections_of
from econsult.people.onfile import Way, contact_on_file
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.quiet import Quiet
from econsult.reading import outsider, readers_among
from econsult.trail import AuditEvent
from tests.personas import NOON, TARGETS, Clinic, grown_youth
from workers.policies import identifiers_of

LATER = NOON + timedelta(minutes=5)
MARKS = {"name": "name", "birth_date": "day", "phone": "phone", "number": "number"}
RIGHT = {"name": "Lucía Nomás", "birth_date": "2021-12-24", "mrn": "A-778899", "phone": "505-555-0177"}
TOLD = "Luz Prueba, born 2022-01-15, is Lucía Nomás, born December 24, 2021, number A-778899."


def put(session: Session, clinic: Clinic, who: Person, *, is_another: bool = False, **changes: str) -> tuple[str, ...]:
    child = patient_for(session, who, clinic.child.public_id, now=LATER)
    given = replace(details_of(child), **changes)
    return correct(session, child, given, who, look=Look(child.version, is_another), now=LATER)


def test_the_old_is_kept_sealed_and_covered_beside_the_new(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        changed = put(session, clinic, clinic.coordinator, **RIGHT, language="es", sex="male", region=" North ")
        assert set(changed) == {"name", "birth_date", "sex", "language", "mrn", "phone", "region"}
        child = session.get_one(Patient, clinic.child.id)
        assert (child.name, child.birth_date, child.language) == ("Lucía Nomás", date(2021, 12, 24), "es")
        assert child.region == "North"
        was = [row.was for row in corrections_of(session, child)[0]]
        assert {**was[0], **was[1]} == {
            "name": "Luz Prueba", "birth_date": "2022-01-15", "sex": "female", "language": "en", "mrn": "",
            "phone": "", "region": "",
        }  # fmt: skip
        # A telephone that was never there tells nobody; a second one makes the first a former one.
        put(session, clinic, clinic.pcp, phone="505-555-0188")
    with database.writing() as session:
        found = identifiers_of(session, clinic.child.id)
        assert {"Luz Prueba", "Lucía Nomás"} <= set(found.names)
        assert set(found.birth_dates) == {"2022-01-15", "2021-12-24"}
        assert (set(found.phones), found.numbers) == ({"505-555-0177", "505-555-0188"}, ("A-778899",))
        passed = consult_for(session, clinic.derm, consult.public_id, now=LATER)
        covered = "[name], born [day], is [name], born [day], number [number]."
        assert outsider(session, passed, MARKS).text(TOLD) == covered
        listed = readers_among(session, clinic.derm, [passed.patient], MARKS)
        assert listed[passed.patient.id].text(TOLD) == covered
        assert contact_on_file(session, passed.patient, Way.SMS, LATER) == "", "a new number rests, as everywhere"
        rows = str(session.execute(text("SELECT * FROM patient_correction")).all())
        assert not any(secret in rows for secret in ("Luz", "2022-01-15", "0177"))
        _child, looks, _more = looks_at(session, clinic.mother, clinic.child.public_id, now=LATER)
        seen = [(look.person.id, look.detail) for look in looks if look.deed == Deed.CORRECTED and look.person]
        assert seen == [(clinic.coordinator.id, "name/birth_date/sex/language/mrn/region")]


def test_a_wrong_birth_date_ended_a_right_and_the_right_one_brings_it_back(database: Database, clinic: Clinic) -> None:
    """Eighteen by mistake, and twelve in truth: rights, tasks and what the clock looks at follow the truth."""
    quiet = Quiet(starts=0, ends=0)
    with database.writing() as session:
        for day in ("2014-02-01", "2008-02-01"):
            put(session, clinic, clinic.pcp, birth_date=day)
            watch_ages(session, LATER, quiet)
        child = session.get_one(Patient, clinic.child.id)
        assert [task.age for task in tasks_about(session, child)] == [18]
        finish(session, clinic.coordinator, child, tasks_about(session, child)[0].id, LATER)
        assert caregiver_link(session, child.id, clinic.mother.id, LATER) is None
        with pytest.raises(NotFoundError):
            patient_for(session, clinic.mother, child.public_id, now=LATER)
        put(session, clinic, clinic.coordinator, birth_date="2014-02-01")
        assert caregiver_link(session, child.id, clinic.mother.id, LATER) is not None
        assert session.scalars(select(AgeTask)).all() == []
        watch_ages(session, LATER, quiet)
        assert [task.age for task in tasks_about(session, child)] == [12]
        # What a person has done for an age that was reached stays done.
        finish(session, clinic.coordinator, child, tasks_about(session, child)[0].id, LATER)
        put(session, clinic, clinic.coordinator, birth_date="2014-01-31")
        watch_ages(session, LATER, quiet)
        assert tasks_about(session, child) == []


def test_the_young_persons_own_account_is_called_as_the_record(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        youth = grown_youth(session, database, clinic)
        put(session, clinic, clinic.pcp, name="Lucía Nomás")
        assert session.get_one(Person, youth.id, populate_existing=True).name == "Lucía Nomás"


def test_what_a_child_is_called_at_home_is_covered_as_its_name_and_finds_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        for home in (" Chuyita ", "Nené Lu", ""):
            assert put(session, clinic, clinic.pcp, nickname=home) == ("nickname",)
        assert identifiers_of(session, clinic.child.id).nicknames == ("Chuyita", "Lu")
        passed = consult_for(session, clinic.derm, consult.public_id, now=LATER)
        told = "We call Chuyita a good girl; my girl chuyita, or Nené Lu, scratches."
        read = "We call [name] a good girl; my girl [name], or [name], scratches."
        assert outsider(session, passed, MARKS).text(told) == read
        # A word of every day tells hardly who somebody is, and may be what the child must not eat.
        put(session, clinic, clinic.pcp, nickname="Peanut")
        assert "Peanut" not in identifiers_of(session, clinic.child.id).nicknames
        told = "We call our son Peanut. Peanut allergy, no sugar."
        assert outsider(session, passed, MARKS).text(told) == "We call our son [name]. Peanut allergy, no sugar."
        put(session, clinic, clinic.pcp, nickname="Nené Lu")
        assert [child.id for child in find(session, clinic.pcp, "nene", now=LATER).children] == [clinic.child.id]
        assert "Chuyita" not in str(session.execute(text("SELECT * FROM patient")).all())
        with pytest.raises(InvalidError) as refused:
            put(session, clinic, clinic.pcp, nickname="x" * 41)
        assert list(refused.value.fields) == ["nickname"]


@pytest.mark.parametrize("changed", [{"name": "Lucía Nomás"}, {"nickname": "Chuyita"}])
def test_what_was_read_for_the_old_name_is_read_again(
    database: Database, clinic: Clinic, changed: dict[str, str]
) -> None:
    def states(session: Session) -> list[str]:
        return list(session.scalars(select(Attachment.state).order_by(Attachment.id)))

    with database.writing() as session:
        consult = clinic.econsult(session)
        for state, policy in (("ready", None), ("ready", "mask_all"), ("ready", KEEP), ("held", None)):
            session.add(
                Attachment(
                    consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id, kind="photo",
                    size=1, state=state, face_policy=policy, blob_key="originals/x", key_wrapped=b"", received_at=NOON,
                )
            )  # fmt: skip
        session.flush()
        put(session, clinic, clinic.pcp, language="es", sex="male")
        assert states(session) == ["ready", "ready", "ready", "held"], "nothing on paper tells these"
        put(session, clinic, clinic.pcp, **changed)
        assert states(session) == [AttachmentState.RECEIVED] * 2 + ["ready", "held"]
        again = select(Job.dedupe_key).where(Job.kind == JobKind.PREPARE)
        assert len(session.scalars(again).all()) == 2


def test_two_windows_and_what_is_wrong(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = patient_for(session, clinic.pcp, clinic.child.public_id, now=LATER)
        old, seen = details_of(child), Look(child.version)
        assert correct(session, child, old, clinic.pcp, look=Look(99), now=LATER) == (), "nothing to write, no quarrel"
        correct(session, child, replace(old, name="Lucía Nomás"), clinic.pcp, look=seen, now=LATER)
        with pytest.raises(StaleVersionError):
            correct(session, child, replace(old, name="Luz P."), clinic.coordinator, look=seen, now=LATER)
        wrong = Details("", "2027-01-01", "x", "fr", mrn="a\u200bb", phone="1", region="x" * 41)
        with pytest.raises(InvalidError) as refused:
            correct(session, child, wrong, clinic.pcp, look=Look(child.version), now=LATER)
        assert set(refused.value.fields) == {"name", "birth_date", "sex", "language", "region"}
        too_old = replace(details_of(child), birth_date="1999-01-01")
        with pytest.raises(InvalidError):
            correct(session, child, too_old, clinic.pcp, look=Look(child.version), now=LATER)
        assert session.scalars(select(PatientCorrection.was)).all() == [{"name": "Luz Prueba"}]
        # Who was a child when they were registered is put right as a grown-up, too.
        grown, north = LATER + timedelta(days=365 * 20), replace(details_of(child), region="North")
        assert correct(session, child, north, clinic.pcp, look=Look(child.version), now=grown) == ("region",)


def test_a_twin_is_told_and_another_clinics_child_is_not_named(database: Database, clinic: Clinic) -> None:
    same = {"name": "SAM  SAMPLE", "birth_date": "2022-01-15"}
    with database.writing() as session, pytest.raises(KnownChildError) as known:
        put(session, clinic, clinic.coordinator, **same)
    assert known.value.child.id == clinic.other_child.id
    with database.writing() as session, pytest.raises(KnownElsewhereError) as elsewhere:
        put(session, clinic, clinic.pcp, **same)
    assert elsewhere.value.detail == {}
    with database.writing() as session:
        asked = select(AuditEvent.person_id).where(AuditEvent.action == "ask_elsewhere")
        assert session.scalars(asked).all() == [clinic.pcp.id], "who asks leaves a trace, whatever became of it"
        session.get_one(Patient, clinic.other_child.id).mrn = "77-88"
        session.flush()
    with database.writing() as session, pytest.raises(KnownElsewhereError):
        put(session, clinic, clinic.pcp, mrn="7788")
    with database.writing() as session:
        put(session, clinic, clinic.pcp, **same, is_another=True)
        # What has not to do with who it is asks no more.
        put(session, clinic, clinic.pcp, region="North")


def test_nobody_asks_for_a_whole_town_by_putting_names_right(database: Database, clinic: Clinic) -> None:
    """Whatever the answer was; what was asked with the mark that it is another child was not looked for."""
    with database.writing() as session:
        put(session, clinic, clinic.pcp, name="Not Looked For", is_another=True)
    same = {"name": "Sam Sample", "birth_date": "2022-01-15"}
    for number in range(lookalikes.LOOKS):
        asked = {"mrn": f"A-{number}"} if number % 2 else same
        with database.writing() as session, pytest.raises(KnownElsewhereError) if number % 2 == 0 else nullcontext():
            put(session, clinic, clinic.pcp, **asked)
    for once_more in (same, {"name": "Nobody Elsewhere"}):
        with database.writing() as session, pytest.raises(TooManyTriesError):
            put(session, clinic, clinic.pcp, **once_more)
    with database.writing() as session:
        often = select(AuditEvent.person_id).where(AuditEvent.action == "look_often")
        assert session.scalars(often).all() == [clinic.pcp.id], "the officer reads it once"
        assert put(session, clinic, clinic.pcp, region="North") == ("region",), "what is no question goes on"
        assert put(session, clinic, clinic.coordinator, name="Rosa Nueva") == ("name",)
        assert signin.sweep_sign_ins(session, LATER + lookalikes.DAY) == lookalikes.LOOKS
    with database.writing() as session:
        assert put(session, clinic, clinic.pcp, name="Rosa Vieja") == ("name",)


def test_who_may(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for stranger in (clinic.other_pcp, clinic.derm, clinic.stranger, clinic.nurse):
            with pytest.raises(NotFoundError):
                put(session, clinic, stranger, region="North")
        with pytest.raises(ForbiddenError):
            put(session, clinic, clinic.mother, region="North")
        child = session.get_one(Patient, clinic.child.id)
        child.registered_by_id = clinic.nurse.id
        session.flush()
        assert put(session, clinic, clinic.nurse, region="North") == ("region",)
        nurse = session.get_one(Person, clinic.nurse.id)
        nurse.organization_id = clinic.other_pcp.organization_id
        session.flush()
        with pytest.raises(ForbiddenError):
            put(session, clinic, nurse, region="South")


def test_danger_signs_are_weighed_again_for_the_right_age(database: Database, clinic: Clinic) -> None:
    """A fever of somebody of four, who is two months old in truth."""
    baby = (NOON - timedelta(days=60)).date().isoformat()
    fever = {"body_site": "elbow", "red_flags": [], "symptoms": ["fever"]}
    with database.writing() as session:
        asked = clinic.family_draft(session, question="My baby has a fever of 38.5 since last night", details=fever)
        requests.submit(session, asked, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        ended = clinic.family_draft(session, question="My baby has a fever of 38.5 since last night", details=fever)
        requests.submit(session, ended, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        requests.withdraw(session, ended, clinic.pcp, "", now=NOON)
        session.execute(delete(RedFlagStop))
        put(session, clinic, clinic.pcp, birth_date="2022-01-16")
        assert session.scalars(select(RedFlagStop)).all() == [], "still four years old"
        for day in (baby, (NOON - timedelta(days=61)).date().isoformat()):
            put(session, clinic, clinic.pcp, birth_date=day)
            (stop,) = session.scalars(select(RedFlagStop)).all()
            assert (stop.consult_id, stop.is_hint, stop.dealt_with_at) == (asked.id, True, None)
            assert "young_infant_fever" in stop.codes.split(",")
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.DANGER_WORDS)
        assert clinic.pcp.id in session.scalars(told.where(Notice.consult_id == asked.id)).all()
        assert asked.urgency == "same_day"


def test_a_new_telephone_of_the_family_has_papers_read_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        child = session.get_one(Patient, clinic.child.id)
        file = Attachment(
            consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id, kind="photo",
            size=1, state="ready", blob_key="originals/x", key_wrapped=b"", received_at=NOON, reviews=0,
        )  # fmt: skip
        session.add(file)
        session.flush()
        for phone, email, reviews in (
            ("", "ana@example.test", 0),
            ("505-555-0177", "ana@example.test", 1),
            ("505-555-0177", "", 1),
        ):
            reach_family_by(session, child, phone, email, clinic.pcp, now=LATER)
            assert (file.reviews, "505-555-0177" in identifiers_of(session, child.id).phones) == (reviews, bool(phone))
            assert file.state == (AttachmentState.RECEIVED if reviews else AttachmentState.READY)
