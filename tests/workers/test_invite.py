"""The job INVITE: the letter with an invitation, to the address that the clinic gave, while it still waits."""

from __future__ import annotations

import email
import re

import pytest
from sqlalchemy import select

from econsult.jobs import Job, JobKind, JobState
from econsult.people.invitations import Door, Invitation, invite, look_at, revoke
from econsult.people.patients import Patient
from econsult.reach.mobiles import is_stopped, stop_number
from econsult.reach.short import invitation_text, parts
from tests.services.posts import TextGateway
from tests.workers.clinic import Clinic, now
from tests.workers.posting import posting
from workers.desk import Desk
from workers.horse import run_job


@pytest.mark.parametrize("is_revoked", [False, True])
def test_the_letter_brings_the_link_and_no_name_unless_it_was_taken_back(
    clinic: Clinic, desk: Desk, is_revoked: bool
) -> None:
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        child = session.scalars(select(Patient)).first()
        assert child is not None
        where = {"secret_key": runtime.secret_key, "sent_to": "ana@example.test"}
        made = invite(session, clinic.mother, child, "es", now=now(), **where)
        if is_revoked:
            revoke(session, made, clinic.mother, now())
        job = session.scalars(select(Job).where(Job.kind == JobKind.INVITE)).one()
    run_job(desk, job.id)
    with runtime.database.reading() as session:
        assert session.get_one(Job, job.id).state == JobState.DONE
    outbox = runtime.settings.outbox
    letters = sorted(outbox.iterdir()) if outbox.exists() else []
    assert len(letters) == (0 if is_revoked else 1)
    for path in letters:
        letter = email.message_from_bytes(path.read_bytes())
        text = letter.get_payload(decode=True).decode()
        assert letter["To"] == "ana@example.test"
        assert all(word not in text for word in child.name.split())
        found = re.search(r"http://localhost:8000/invitation/(\S{43})\n", text)
        assert found is not None
        with runtime.database.reading() as session:
            assert look_at(session, found[1], "", now())[0] == Door.READY


def invited(clinic: Clinic, sent_to: str, language: str = "es") -> tuple[int, int]:
    """An invitation, and the job that sends it."""
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        where = {"secret_key": runtime.secret_key, "sent_to": sent_to}
        made = invite(session, clinic.mother, child, language, now=now(), **where)
        return made.id, session.scalars(select(Job.id).where(Job.kind == JobKind.INVITE)).one()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_text_brings_the_link_and_no_name_once(
    clinic: Clinic, desk: Desk, text_gateway: TextGateway, language: str
) -> None:
    _number, job = invited(clinic, "+15055550142", language)
    texting = posting(desk, **text_gateway.settings)
    run_job(texting, job)
    (text,) = text_gateway.texts
    assert text["to"] == "+15055550142"
    assert [word for word in clinic.child.name.split() if word in text["text"]] == []
    found = re.search(r"http://localhost:8000/invitation/(\S{43}) ", text["text"])
    assert found is not None
    with clinic.runtime.database.reading() as session:
        assert look_at(session, found[1], "", now())[0] == Door.READY
    # A link to an address of usual length leaves room in two messages.
    assert parts(invitation_text(f"https://econsult.example.org/invitation/{'x' * 43}", language)) == 2


@pytest.mark.parametrize(("end", "stops"), [("0422", False), ("0423", True), ("0142", True)])
def test_a_number_that_takes_no_texts_is_noted_and_the_job_ends(
    clinic: Clinic, desk: Desk, text_gateway: TextGateway, end: str, stops: bool
) -> None:
    runtime, number = clinic.runtime, f"+1505555{end}"
    made, job = invited(clinic, number)
    if end == "0142":
        with runtime.database.writing() as session:
            stop_number(session, runtime.database.cipher, number, now())
    run_job(posting(desk, **text_gateway.settings), job)
    with runtime.database.reading() as session:
        assert session.get_one(Job, job).state == JobState.DONE
        assert session.get_one(Invitation, made).refused_at is not None
        assert is_stopped(session, runtime.database.cipher, number) is stops
    assert text_gateway.texts == []
