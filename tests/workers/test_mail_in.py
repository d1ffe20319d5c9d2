"""From a mail server's pipe to a prepared picture: real commands, a real store, a real jail."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.consults.attachments import AttachmentState, renditions_of
from econsult.consults.requests import RequestForm, edit
from econsult.incoming.confirming import begin_request, count_mail, mail_for, mail_of
from econsult.incoming.records import WAITS, IncomingMail
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, Program, Role, add_person
from econsult.people.typed import Typed, TypedWords, keep_typed
from tests.econsult.letters import letter
from tests.workers.clinic import Clinic, now
from uploads.door import Door
from uploads.from_mail import hand_over
from workers.clock import Ticker
from workers.desk import Desk
from workers.horse import run_job

ADDRESS = {"ECONSULT_MAIL_IN_ADDRESS": "ask@program.test"}
TAKEN = "Taken: it waits for its person.\n"


@pytest.fixture
def pcp(clinic: Clinic) -> Person:
    with clinic.runtime.database.writing() as session:
        program = session.get_one(Program, clinic.child.program_id)
        home = session.get_one(Organization, clinic.child.organization_id)
        details = {"email": "pcp@clinic.test", "name": "Hale", "role": Role.PCP, "organization": home, "now": now()}
        return add_person(session, clinic.runtime.database.cipher, program, **details)


def mail_in(clinic: Clinic, raw: bytes, **environ: str) -> tuple[int, str]:
    """Hand a message to the command as a mail server does; returns how it ended and every word that it said."""
    line = [sys.executable, "-m", "econsult", "mail-in"]
    settings = {**clinic.environ, **environ}
    done = subprocess.run(line, input=raw, env=settings, capture_output=True, check=False, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_a_photo_goes_from_the_pipe_into_the_request_and_out_of_the_quarantine(
    clinic: Clinic, pcp: Person, desk: Desk, photo: bytes
) -> None:
    raw, runtime = letter(files=(("IMG_1.png", "image/png", photo),)), clinic.runtime
    assert mail_in(clinic, raw, **ADDRESS) == (0, TAKEN)
    assert mail_in(clinic, raw, **ADDRESS) == (0, TAKEN)
    with runtime.database.writing() as session:
        (mail,) = mail_of(session, pcp, now())
        child = session.get_one(Patient, clinic.child.id)
        consult = begin_request(session, mail_for(session, pcp, mail.public_id, now()), pcp, child, now=now())
        edit(session, consult, pcp, RequestForm(details={"red_flags": [], "body_site": "elbow"}), now=now())
    door = Door(runtime.database, runtime.vault, runtime.settings.staging)
    assert hand_over(door, runtime.blobs, pcp, consult.public_id, {0}, clock=now) == 1
    assert (list(runtime.blobs.list("incoming/")), list(clinic.attachment(1).filename)) == ([], list("IMG_1.png"))
    assert run_job(desk, clinic.job_of(1).id)
    assert clinic.attachment(1).state in (AttachmentState.READY, AttachmentState.HELD)
    with runtime.database.reading() as session:
        assert {copy.name for copy in renditions_of(session, [1])[1]} >= {"thumb", "view"}


def test_each_end_has_its_number_and_no_word_of_anybody(clinic: Clinic, pcp: Person) -> None:
    odd = letter("stranger@else.test")
    told = [
        mail_in(clinic, letter()),
        mail_in(clinic, odd, **ADDRESS),
        mail_in(clinic, b"From: pcp@clinic.test\n\n", **ADDRESS),
        mail_in(clinic, b"", **ADDRESS),
        mail_in(clinic, letter(), **ADDRESS, ECONSULT_DATABASE_URL="sqlite:////nowhere/at/all"),
        mail_in(clinic, letter(), **ADDRESS, ECONSULT_LEASE_SECONDS="soon"),
    ]
    assert [status for status, _said in told] == [77, 77, 65, 77, 75, 75]
    assert not [said for _status, said in told if "@" in said or "ZQ7PHI" in said or said.count("\n") != 1]
    with clinic.runtime.database.reading() as session:
        assert session.scalars(select(IncomingMail)).all() == []
        assert count_mail(session, pcp, now()) == 0


@pytest.mark.wide
def test_the_clock_sweeps_what_nobody_confirmed_and_what_was_typed_and_not_sent(clinic: Clinic, pcp: Person) -> None:
    typed = Typed("/clinic/children/new", "/clinic/children/new", "0" * 16, 1, "", [("name", "Joaquín")])
    with clinic.runtime.database.writing() as session:
        keep_typed(session, pcp, typed, now())
    assert mail_in(clinic, letter(), **ADDRESS) == (0, TAKEN)
    Ticker(clinic.runtime).tick(now())
    assert len(list(clinic.runtime.blobs.list("incoming/"))) == 1
    with clinic.runtime.database.reading() as session:
        assert len(session.scalars(select(TypedWords)).all()) == 1
    Ticker(clinic.runtime).tick(now() + WAITS + timedelta(minutes=1))
    with clinic.runtime.database.reading() as session:
        assert session.scalars(select(TypedWords)).all() == []
        mail = session.scalars(select(IncomingMail)).one()
        assert (mail.content, mail.is_stored, mail.person_id) == (None, False, pcp.id)
    assert list(clinic.runtime.blobs.list("incoming/")) == []
