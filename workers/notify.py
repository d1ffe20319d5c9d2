"""The job NOTIFY: sends one notice of the outbox by SMTP, or writes it as a file where there is no mail server.

The record of a notice exists once; its sending happens at least once. A crash between the mail server's yes and our
commit sends it again under the same Message-ID, by which mail programs show it once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from econsult.jobs import Lease, postpone_job
from econsult.notices import Notice, NoticeState, letter, mark_notice_sent
from econsult.people.persons import Person, Role
from econsult.queue.nights import rests_until
from econsult.queue.outbox import quiet_of
from econsult.settings import Settings
from econsult.values import LOOPBACK
from workers.desk import Desk, LeaseLostError
from workers.runtime import Runtime

SMTP_SECONDS = 30


def send_notice(desk: Desk, lease: Lease) -> None:
    """Send the notice and end the job. Raises smtplib.SMTPException, OSError, LeaseLostError."""
    runtime = desk.runtime
    with runtime.database.reading() as session:
        notice = session.get_one(Notice, lease.subject_id)
        person = session.get_one(Person, notice.person_id)
        morning = rests_until(session, notice, person, quiet_of(runtime.settings), desk.now())
    # A device that was invited has no mailbox: the clinic calls its family.
    is_reachable = person.is_active and person.role != Role.INVITED
    is_wanted = notice.state == NoticeState.PENDING and is_reachable
    if is_wanted and morning is not None:
        with runtime.database.writing() as session:
            if not postpone_job(session, lease, "Its reader's night.", desk.now(), desk.policy, until=morning):
                raise LeaseLostError
        return
    if is_wanted:
        subject, text = letter(notice, runtime.settings.base_url)
        post(runtime, Post(f"notice/{notice.id}", person.email, subject, text, notice.created_at))
    with desk.finishing(lease) as session:
        if is_wanted:
            mark_notice_sent(session.get_one(Notice, lease.subject_id), desk.now())


@dataclass(frozen=True)
class Post:
    """One letter. Its `name` is the same at each attempt, and no other letter has it."""

    name: str
    to: str
    subject: str
    text: str
    at: datetime


def post(runtime: Runtime, letter: Post) -> None:
    """Send it, or write it as a file. Raises smtplib.SMTPException, OSError."""
    message = _message(runtime, letter)
    if runtime.settings.smtp_url:
        _send(runtime.settings, message)
    else:
        _write_file(runtime.settings.outbox, letter.name.replace("/", "-"), message)


def _message(runtime: Runtime, letter: Post) -> EmailMessage:
    """The letter. Its Message-ID is a keyed hash: the same at each attempt, and nothing can be read from it."""
    settings = runtime.settings
    digest = hmac.digest(runtime.secret_key.encode(), letter.name.encode(), hashlib.sha256).hex()[:32]
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["Message-ID"] = f"<{digest}@{domain}>"
    message["Date"] = format_datetime(letter.at)
    message["From"], message["To"], message["Subject"] = settings.mail_from, letter.to, letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _send(settings: Settings, message: EmailMessage) -> None:
    """Hand it to the mail server, over TLS wherever the server is not on this machine."""
    parts = urlsplit(settings.smtp_url)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SMTP_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SMTP_SECONDS)
    with server:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and (host not in LOOPBACK or server.has_extn("starttls")):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _write_file(outbox: Path, name: str, message: EmailMessage) -> None:
    """One file per letter, whole or not at all; another attempt replaces it by the same."""
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = outbox / f".{name}.{os.getpid()}"
    draft.write_bytes(bytes(message))
    draft.replace(outbox / f"{name}.eml")
