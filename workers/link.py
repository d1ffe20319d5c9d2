"""The job LINK: sends a sign-in link to somebody who asked for one, where the address belongs to an account."""

from __future__ import annotations

from econsult.jobs import Lease
from econsult.people.links import letter_text, write_letter
from econsult.people.signin import LINK_PATH
from workers.desk import Desk
from workers.sending.mail import Post, post


def send_link(desk: Desk, lease: Lease) -> None:
    """Send the letter and end the job. Raises smtplib.SMTPException, OSError, LeaseLostError.

    The link works as soon as the letter can be there: its hash is written before the letter goes.
    """
    runtime = desk.runtime
    with runtime.database.writing() as session:
        letter = write_letter(session, runtime.database.cipher, lease.subject_id, runtime.secret_key, desk.now())
    if letter is not None:
        subject, text = letter_text(letter, f"{runtime.settings.base_url}{LINK_PATH}{letter.token}")
        post(runtime, Post(f"link/{lease.subject_id}", letter.person.email, subject, text, letter.asked_at))
    with desk.finishing(lease):
        pass
