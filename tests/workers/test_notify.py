"""The job NOTIFY: the outbox folder, and a real mail server on loopback."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message

import pytest

from econsult.installation import Installation
from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeKind, NoticeState, notify
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job
from workers.runtime import Runtime


@dataclass
class MailServer:
    """Takes letters; `refuses` makes it say no for now, as a busy server does."""

    letters: list[Message] = field(default_factory=list)
    refuses: bool = False
    address: str = ""


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: MailServer = self.server.mail  # type: ignore[attr-defined]
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split(maxsplit=1)[0].upper()
            if word == b"DATA":
                self.wfile.write(b"451 busy\r\n" if server.refuses else b"354 go on\r\n")
                if not server.refuses:
                    server.letters.append(email.message_from_bytes(b"".join(iter(self.rfile.readline, b".\r\n"))))
                    self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """An SMTP server on loopback."""
    mail = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.mail = mail  # type: ignore[attr-defined]
        mail.address = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield mail
        server.shutdown()
        thread.join()


def _notice(clinic: Clinic) -> tuple[Notice, Job]:
    with clinic.runtime.database.writing() as session:
        mother = session.merge(clinic.mother)
        notice = notify(session, mother, NoticeKind.ANSWERED, consult_id=clinic.consult.id, about="1", now=now())
    return notice, next(job for job in clinic.jobs() if job.subject_id == notice.id and job.kind == "notify")


def _state(clinic: Clinic, notice: Notice) -> str:
    with clinic.runtime.database.reading() as session:
        return session.get_one(Notice, notice.id).state


def _posting(desk: Desk, url: str) -> Desk:
    known = desk.runtime.installation
    settings = replace(known.settings, smtp_url=url)
    return replace(desk, runtime=Runtime(Installation(settings, known.database, known.vault, known.secret_key)))


def test_without_a_mail_server_a_notice_becomes_one_file_without_health_data(clinic: Clinic, desk: Desk) -> None:
    notice, job = _notice(clinic)
    run_job(desk, job.id)
    files = list(clinic.runtime.settings.outbox.iterdir())
    assert [path.name for path in files] == [f"notice-{notice.id}.eml"]
    text = files[0].read_text()
    assert "mother@example.test" in text
    assert "Child" not in text
    assert _state(clinic, notice) == NoticeState.SENT


def test_a_notice_is_handed_to_the_mail_server(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = _notice(clinic)
    run_job(_posting(desk, mail_server.address), job.id)
    (letter,) = mail_server.letters
    assert letter["To"] == "mother@example.test"
    assert letter["Subject"] == "eConsult: please sign in"
    assert _state(clinic, notice) == NoticeState.SENT


def test_a_mail_server_that_says_no_is_asked_again_under_the_same_message_id(
    clinic: Clinic, desk: Desk, mail_server: MailServer
) -> None:
    notice, job = _notice(clinic)
    mail_server.refuses = True
    run_job(_posting(desk, mail_server.address), job.id)
    assert (_state(clinic, notice), clinic.jobs()[-1].state) == (NoticeState.PENDING, JobState.PENDING)
    mail_server.refuses = False
    for _ in range(2):
        with clinic.runtime.database.writing() as session:
            row, known = session.get_one(Job, job.id), session.get_one(Notice, notice.id)
            row.state, row.run_after, known.state = JobState.PENDING, now(), NoticeState.PENDING
        run_job(_posting(desk, mail_server.address), job.id)
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 1
    assert len(mail_server.letters) == 2


def test_a_notice_that_was_sent_is_not_sent_again(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = _notice(clinic)
    with clinic.runtime.database.writing() as session:
        session.get_one(Notice, notice.id).state = NoticeState.SENT
    run_job(_posting(desk, mail_server.address), job.id)
    assert mail_server.letters == []
