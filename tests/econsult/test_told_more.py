"""Whoever puts on file what tells who a child is has its papers looked at again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.billing.records import set_coverage
from econsult.consults.requests import RequestForm, SubmitForm, send_on, submit
from econsult.database import Database
from econsult.identifying import on_file
from econsult.jobs import Job, JobKind
from econsult.linking import Authority, Newcomer, add_caregiver
from econsult.people.invitations import invite
from econsult.people.onfile import set_contact
from econsult.people.patients import Patient
from econsult.reach.mobiles import set_mobile
from econsult.youths import YouthForm, open_account
from tests.econsult.test_invitations import SECRET
from tests.personas import NOON, QUESTION, TARGETS, Clinic

Write = Callable[[Session, Database, Clinic, Patient], object]
CALLER = {"caller": {"who": "family", "name": "Xochitl Quetzalli", "phone": "505-555-0111"}}
CONTACT = {"contact": {"phone": "505-555-0122"}}


def link(session: Session, database: Database, clinic: Clinic, child: Patient) -> None:
    who = Newcomer("xq@example.test", "Xochitl Quetzalli", "es", Authority("grandparent", True))
    add_caregiver(session, database.cipher, child, who, clinic.pcp, now=NOON)


def mobile(session: Session, database: Database, clinic: Clinic, _child: Patient) -> None:
    set_mobile(
        session, database.cipher, clinic.mother, "505-555-0157", by=clinic.mother, countries=["US"], now=NOON
    )  # fmt: skip


def youth(session: Session, database: Database, clinic: Clinic, child: Patient) -> None:
    child.birth_date_text = "2010-01-15"
    open_account(
        session, database.cipher, child, YouthForm("own@example.test", "en", is_seen=True), clinic.pcp, now=NOON
    )


def coverage(session: Session, _database: Database, clinic: Clinic, child: Patient) -> None:
    set_coverage(
        session, child, clinic.pcp, payer="", insurance_id="W123456789", plan="", state="", now=NOON
    )  # fmt: skip


def called(session: Session, _database: Database, clinic: Clinic, _child: Patient) -> None:
    consult = clinic.draft(session, details={"body_site": "elbow", **CALLER, **CONTACT})
    submit(session, consult, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)


def sent_on(session: Session, _database: Database, clinic: Clinic, _child: Patient) -> None:
    consult = clinic.family_question(session)
    form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis", details=CONTACT)
    send_on(session, consult, clinic.pcp, form, now=NOON, targets=TARGETS)


WRITES: dict[str, Write] = {
    "a caregiver": link,
    "their telephone": mobile,
    "a young person's address": youth,
    "an insurance number": coverage,
    "who called": called,
    "where to call back": sent_on,
    "the family's address": lambda session, _database, clinic, child: set_contact(
        session, child, child.phone, "home@example.test", clinic.pcp, now=NOON
    ),
    "where an invitation went": lambda session, _database, clinic, child: invite(
        session, clinic.pcp, child, "es", secret_key=SECRET, now=NOON, sent_to="aunt@example.test"
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_papers_are_looked_at_again_for(database: Database, clinic: Clinic, name: str) -> None:
    looks = select(Job.id).where(Job.kind == JobKind.READ_AGAIN, Job.subject_id == clinic.child.id)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        before, known = on_file(session, [child])[child.id], len(session.scalars(looks).all())
        WRITES[name](session, database, clinic, child)
        session.flush()
        assert on_file(session, [child])[child.id] != before
        assert len(session.scalars(looks).all()) > known
