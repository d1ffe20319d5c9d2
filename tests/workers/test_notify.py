"""The job NOTIFY by letter: the outbox folder, and a real mail server in a process of its own."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeState
from econsult.queue.invariants import violations
from econsult.reach.deliveries import Delivery, DeliveryState
from tests.services.posts import MailServer
from tests.workers.clinic import Clinic, now
from tests.workers.posting import address, posting, run, sendings, state, told
from workers.desk import Desk
from workers.sending.cutting import Patience
from workers.sending.mail import Post, post


def _again(clinic: Clinic, notice: int, job: int) -> None:
    """As after a crash between the server's yes and our commit."""
    with clinic.runtime.database.writing() as session:
        session.get_one(Job, job).state, session.get_one(Notice, notice).state = JobState.PENDING, NoticeState.PENDING
        session.scalars(select(Delivery).where(Delivery.notice_id == notice)).one().state = DeliveryState.PENDING


def test_without_a_mail_server_a_notice_becomes_one_file_without_health_data(clinic: Clinic, desk: Desk) -> None:
    notice, job = told(clinic)
    run(desk, job)
    files = list(clinic.runtime.settings.outbox.iterdir())
    assert [path.name for path in files] == [f"notice-{notice}.eml"]
    text = files[0].read_text()
    assert "mother@example.test" in text
    assert "Child" not in text
    assert state(clinic, notice) == NoticeState.SENT


def test_a_notice_is_handed_to_the_mail_server(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = told(clinic)
    run(posting(desk, smtp_url=mail_server.url), job)
    (letter,) = mail_server.letters
    assert letter["To"] == "mother@example.test"
    assert letter["Subject"] == "eConsult: please sign in"
    assert state(clinic, notice) == NoticeState.SENT
    assert sendings(clinic, notice) == {"email": ("sent", "")}


def test_a_mail_server_that_says_not_now_is_asked_again(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = told(clinic)
    address(clinic, "busy@example.test")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert (state(clinic, notice), clinic.jobs()[-1].state) == (NoticeState.PENDING, JobState.PENDING)
    address(clinic, "mother@example.test")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert (state(clinic, notice), len(mail_server.letters)) == (NoticeState.SENT, 1)


def test_a_letter_that_may_have_arrived_goes_again_under_the_same_message_id(
    clinic: Clinic, desk: Desk, mail_server: MailServer
) -> None:
    notice, job = told(clinic)
    address(clinic, "dropped@example.test")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert (state(clinic, notice), len(mail_server.letters)) == (NoticeState.PENDING, 1)
    run(posting(desk, smtp_url=mail_server.url), job)
    assert state(clinic, notice) == NoticeState.SENT
    _again(clinic, notice, job)
    run(posting(desk, smtp_url=mail_server.url), job)
    assert len(mail_server.letters) == 3
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 1


@pytest.mark.parametrize("name", ["refused", "full", "ñandú"])
def test_an_address_that_is_refused_for_good_is_tried_once_and_shown_to_a_person(
    clinic: Clinic, desk: Desk, mail_server: MailServer, name: str
) -> None:
    notice, job = told(clinic)
    address(clinic, f"{name}@example.test")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert (state(clinic, notice), sendings(clinic, notice)) == ("failed", {"email": ("failed", "refused")})
    assert [row.state for row in clinic.jobs()] == [JobState.DONE]
    with clinic.runtime.database.reading() as session:
        assert list(violations(session, now())) == []


def test_a_letter_goes_to_the_one_address_alone(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = told(clinic)
    address(clinic, "mother,other@example.test")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert mail_server.letters == []
    assert sendings(clinic, notice) == {"email": ("failed", "refused")}
    address(clinic, "mother@example.test")
    _notice, job = told(clinic, about="2")
    run(posting(desk, smtp_url=mail_server.url), job)
    assert [letter["X-Envelope-To"] for letter in mail_server.letters] == ["mother@example.test"]


def test_a_mail_server_that_never_answers_is_left(desk: Desk, mail_server: MailServer) -> None:
    runtime = posting(desk, smtp_url=mail_server.url).runtime
    with pytest.raises(OSError, match="timed out"):
        post(runtime, _letter("mute@example.test"), Patience(0.3, 5))


def test_a_mail_server_that_dribbles_is_left_as_well(desk: Desk) -> None:
    with _dribbling() as url, pytest.raises(smtplib.SMTPException):
        post(posting(desk, smtp_url=url).runtime, _letter("mother@example.test"), Patience(5, 0.5))


def test_a_mail_server_that_says_no_at_the_door_hears_nothing(desk: Desk) -> None:
    heard: list[bytes] = []

    def talk() -> None:
        with server.accept()[0] as line:
            line.sendall(b"554 not today\r\n")
            heard.extend(iter(lambda: line.recv(4096), b""))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk)
        thread.start()
        url = f"smtp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(smtplib.SMTPConnectError):
            post(posting(desk, smtp_url=url).runtime, _letter("mother@example.test"), Patience(5, 5))
        thread.join()
    assert heard == []


def _letter(to: str) -> Post:
    return Post("notice/1", to, "eConsult", "Sign in.", now())


@contextmanager
def _dribbling() -> Iterator[str]:
    """A server that says one letter of its greeting ten times a second, for as long as anybody listens."""
    is_over = threading.Event()

    def talk() -> None:
        with server.accept()[0] as line:
            while not is_over.wait(0.1):
                try:
                    line.send(b"2")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk)
        thread.start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"
        is_over.set()
        thread.join()


def test_a_notice_that_was_sent_is_not_sent_again(clinic: Clinic, desk: Desk, mail_server: MailServer) -> None:
    notice, job = told(clinic)
    with clinic.runtime.database.writing() as session:
        session.get_one(Notice, notice).state = NoticeState.SENT
    run(posting(desk, smtp_url=mail_server.url), job)
    assert mail_server.letters == []
