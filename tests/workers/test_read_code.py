"""The job READ_CODE: a code goes to the contact on file, where there is one, and nowhere else."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.consults.by_code import LIVES, Asking, Reader, ReadingCode, ask_code, code_of
from econsult.jobs import Job, JobKind, JobState
from econsult.people.onfile import Way, set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person, Program, Role, add_person
from econsult.reach.mobiles import stop_number
from econsult.reach.short import parts, reading_code_text
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job


def on_file(clinic: Clinic, days: float) -> None:
    """The clinic wrote down a telephone and an e-mail so long ago."""
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        program = session.get_one(Program, clinic.child.program_id)
        details = {"email": "c@clinic.test", "name": "Carla", "role": Role.COORDINATOR, "now": now()}
        staff = add_person(session, runtime.database.cipher, program, **details)
        child = session.get_one(Patient, clinic.child.id)
        set_contact(session, child, "505-555-0142", "ana@example.test", staff, now=now() - timedelta(days=days))


def asked(clinic: Clinic, way: Way, ago: timedelta = timedelta(), *, reader: Person | None = None) -> tuple[Job, str]:
    """A code that somebody asked for about the clinic's child, and its digits."""
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        who = Reader(reader or clinic.mother, "browser")
        at = now() - ago
        ask_code(session, clinic.consult, who, Asking(way, ["place"]), runtime.secret_key, now=at)
        job = session.scalars(select(Job).where(Job.kind == JobKind.READ_CODE)).one()
        return job, code_of(session.scalars(select(ReadingCode)).one(), runtime.secret_key)


def outbox(clinic: Clinic, desk: Desk, job: Job) -> list[bytes]:
    """What was sent by the job."""
    run_job(desk, job.id)
    runtime = clinic.runtime
    with runtime.database.reading() as session:
        assert session.get_one(Job, job.id).state == JobState.DONE
    folder = runtime.settings.outbox
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.exists() else []


def test_a_letter_brings_the_code_and_nothing_about_anybody(clinic: Clinic, desk: Desk) -> None:
    on_file(clinic, 2)
    job, code = asked(clinic, Way.EMAIL)
    (letter,) = (email.message_from_bytes(each) for each in outbox(clinic, desk, job))
    text = letter.get_payload(decode=True).decode()
    assert letter["To"] == "ana@example.test"
    assert code in text
    assert code not in letter["Subject"]
    assert [word for word in (*clinic.child.name.split(), "http") if word in text] == []


def test_a_text_goes_to_the_number_in_one_message(clinic: Clinic, desk: Desk) -> None:
    on_file(clinic, 2)
    job, code = asked(clinic, Way.SMS)
    (text,) = outbox(clinic, desk, job)
    assert text.startswith(b"To: +15055550142\n")
    assert code.encode() in text
    assert [parts(reading_code_text(code, language)) for language in ("en", "es")] == [1, 1]


@pytest.mark.parametrize("case", ["nothing on file", "too new", "stopped", "over"])
def test_nothing_goes_out_where_it_must_not(clinic: Clinic, desk: Desk, case: str) -> None:
    if case != "nothing on file":
        on_file(clinic, 0 if case == "too new" else 2)
    job, _code = asked(clinic, Way.SMS, LIVES if case == "over" else timedelta())
    if case == "stopped":
        with clinic.runtime.database.writing() as session:
            stop_number(session, clinic.runtime.database.cipher, "+15055550142", now())
    assert outbox(clinic, desk, job) == []
