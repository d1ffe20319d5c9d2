"""The job LINK: the letter with a sign-in link, for whoever has an account."""

from __future__ import annotations

import email
import re
from email.message import Message

import pytest
from sqlalchemy import select

from econsult.jobs import Job, JobKind, JobState
from econsult.people.links import ask_link, use_asked
from econsult.people.persons import choose_language
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job


def _asked(clinic: Clinic, desk: Desk, address: str) -> list[Message]:
    """Ask for a link and let the worker run; returns the letters."""
    ask_link(clinic.runtime.database, address, source="192.0.2.1", browser="here", now=now())
    with clinic.runtime.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.LINK)).one()
    run_job(desk, job.id)
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Job, job.id).state == JobState.DONE
    outbox = clinic.runtime.settings.outbox
    files = sorted(outbox.iterdir()) if outbox.exists() else []
    return [email.message_from_bytes(path.read_bytes()) for path in files]


@pytest.mark.parametrize(("language", "word"), [("en", "It works once"), ("es", "Sirve una vez")])
def test_the_letter_brings_the_link_in_the_persons_language_and_no_name(
    clinic: Clinic, desk: Desk, language: str, word: str
) -> None:
    with clinic.runtime.database.writing() as session:
        choose_language(session, clinic.mother, language, now())
    (letter,) = _asked(clinic, desk, "Mother@example.test")
    text = letter.get_payload(decode=True).decode()
    assert letter["To"] == "mother@example.test"
    assert word in text
    assert "Mother" not in text
    found = re.search(r"http://localhost:8000/sign-in/link/(\S{43})\n", text)
    assert found is not None
    with clinic.runtime.database.writing() as session:
        person = use_asked(session, found[1], "here", now())
    assert person is not None
    assert person.id == clinic.mother.id


def test_an_address_that_nobody_has_gets_no_letter(clinic: Clinic, desk: Desk) -> None:
    assert _asked(clinic, desk, "nobody@example.test") == []
