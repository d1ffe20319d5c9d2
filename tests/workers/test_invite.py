"""The job INVITE: the letter with an invitation, to the address that the clinic gave, while it still waits."""

from __future__ import annotations

import email
import re

import pytest
from sqlalchemy import select

from econsult.jobs import Job, JobKind, JobState
from econsult.people.invitations import Door, invite, look_at, revoke
from econsult.people.patients import Patient
from tests.workers.clinic import Clinic, now
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
