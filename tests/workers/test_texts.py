"""The job NOTIFY by text message: a gateway in a process of its own, the other channel, nights, reports and crashes."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from econsult.consults.ledger import Clock
from econsult.jobs import Job, JobState, reap_jobs
from econsult.notices import Notice, NoticeKind, NoticeState
from econsult.people.persons import Person
from econsult.reach.deliveries import LATER, Delivery, report
from econsult.reach.mobiles import StoppedNumber, code_of, mobile_of, set_mobile
from tests.services.posts import MailServer, TextGateway
from tests.workers.clinic import Clinic, clinic_in, now, wait_until
from tests.workers.posting import COUNTRIES, address, number, posting, run, run_all, sendings, state, told
from tests.workers.test_nights import DENVER, _at
from workers.desk import Desk
from workers.horse import run_job
from workers.queue import job_policy

NOON, NIGHT = 12, 23
HOME = "505-555-"


@pytest.fixture
def both(desk: Desk, mail_server: MailServer, text_gateway: TextGateway) -> Desk:
    """A desk at noon, with both servers."""
    return replace(posting(desk, smtp_url=mail_server.url, **text_gateway.settings), now=lambda: _at(NOON))


def test_a_text_says_the_fixed_words_to_the_number(clinic: Clinic, both: Desk, text_gateway: TextGateway) -> None:
    number(clinic, HOME + "0142")
    notice, job = told(clinic)
    run(both, job)
    (text,) = text_gateway.texts
    assert text["to"] == "+15055550142"
    assert text["text"] == "You have a new answer. Sign in to read it. http://localhost:8000/"
    assert sendings(clinic, notice) == {"sms": ("sent", "")}
    assert state(clinic, notice) == NoticeState.SENT


def test_both_channels_are_served_and_neither_twice(
    clinic: Clinic, both: Desk, mail_server: MailServer, text_gateway: TextGateway
) -> None:
    number(clinic, HOME + "0142", "both")
    address(clinic, "busy@example.test")
    notice, job = told(clinic)
    run(both, job, times=2)
    assert sendings(clinic, notice) == {"sms": ("sent", ""), "email": ("pending", "")}
    address(clinic, "mother@example.test")
    run(both, job)
    assert sendings(clinic, notice) == {"sms": ("sent", ""), "email": ("sent", "")}
    assert (len(text_gateway.asked), len(mail_server.letters)) == (1, 1)


@pytest.mark.parametrize(("end", "reason"), [("0422", "refused"), ("0423", "stopped")])
def test_a_number_that_is_refused_for_good_is_told_by_letter_at_once(
    clinic: Clinic, both: Desk, mail_server: MailServer, text_gateway: TextGateway, end: str, reason: str
) -> None:
    number(clinic, HOME + end)
    notice, job = told(clinic)
    run(both, job)
    assert sendings(clinic, notice) == {"sms": ("failed", reason), "email": ("sent", "")}
    assert (state(clinic, notice), len(mail_server.letters), len(text_gateway.asked)) == ("sent", 1, 1)
    with clinic.runtime.database.reading() as session:
        assert len(session.scalars(select(StoppedNumber.id)).all()) == (reason == "stopped")
    again, job = told(clinic, about="2")
    run(both, job)
    assert state(clinic, again) == "sent"
    assert len(text_gateway.asked) == (1 if reason == "stopped" else 2)


@pytest.mark.parametrize("end", ["0503", "0302"])
def test_a_gateway_that_takes_nothing_hands_over_to_the_letter(
    clinic: Clinic, both: Desk, mail_server: MailServer, text_gateway: TextGateway, end: str
) -> None:
    number(clinic, HOME + end)
    notice, job = told(clinic)
    run(both, job, times=4)
    assert sendings(clinic, notice) == {"sms": ("failed", "away"), "email": ("pending", "")}
    run_all(both, clinic)
    assert sendings(clinic, notice)["email"] == ("sent", "")
    assert (state(clinic, notice), len(mail_server.letters)) == ("sent", 1)
    assert len({asked["id"] for asked in text_gateway.asked}) == 1


def test_where_both_fail_a_person_must_tell_and_no_clock_stops(clinic: Clinic, both: Desk) -> None:
    number(clinic, HOME + "0422")
    address(clinic, "refused@example.test")
    clocks = _clocks(clinic)
    notice, job = told(clinic)
    run(both, job)
    assert state(clinic, notice) == NoticeState.FAILED
    assert sendings(clinic, notice) == {"sms": ("failed", "refused"), "email": ("failed", "refused")}
    assert _clocks(clinic) == clocks


def test_a_change_of_the_number_is_told_by_letter_or_by_a_person_and_never_to_the_number(
    clinic: Clinic, both: Desk, text_gateway: TextGateway
) -> None:
    number(clinic, HOME + "0142", "both")
    address(clinic, "refused@example.test")
    notice, job = told(clinic, NoticeKind.CONTACT_CHANGED)
    run(both, job)
    assert sendings(clinic, notice) == {"email": ("failed", "refused")}
    assert (state(clinic, notice), text_gateway.asked) == (NoticeState.FAILED, [])


def test_a_gateway_without_a_certificate_that_is_trusted_learns_nothing(
    clinic: Clinic, desk: Desk, tmp_path: Path, mail_server: MailServer
) -> None:
    number(clinic, HOME + "0142")
    with _untrusted(tmp_path) as (address, heard):
        strict = posting(desk, smtp_url=mail_server.url, sms_url=address, sms_token="t" * 32)
        notice, job = told(clinic)
        run(replace(strict, now=lambda: _at(NOON)), job)
    assert sendings(clinic, notice) == {"sms": ("pending", "")}
    assert heard == []


def test_what_was_away_is_asked_again_later_until_it_is_there(
    clinic: Clinic, both: Desk, mail_server: MailServer
) -> None:
    address(clinic, "busy@example.test")
    notice, job = told(clinic)
    run(both, job, times=4)
    assert state(clinic, notice) == NoticeState.FAILED
    later = clinic.jobs()[-1]
    assert later.run_after - _at(NOON) == LATER[0]
    run(both, later.id, times=4)
    assert clinic.jobs()[-1].run_after - _at(NOON) == LATER[1]
    address(clinic, "mother@example.test")
    run(both, clinic.jobs()[-1].id)
    assert (state(clinic, notice), len(mail_server.letters)) == (NoticeState.SENT, 1)


def test_whoever_was_told_in_another_way_gets_no_late_letter(
    clinic: Clinic, both: Desk, mail_server: MailServer
) -> None:
    address(clinic, "busy@example.test")
    notice, job = told(clinic)
    run(both, job, times=4)
    with clinic.runtime.database.writing() as session:
        session.get_one(Notice, notice).settled_at = now()
    address(clinic, "mother@example.test")
    run(both, clinic.jobs()[-1].id)
    assert (mail_server.letters, clinic.jobs()[-1].state) == ([], JobState.DONE)


def test_a_report_of_failure_sends_the_letter_and_an_arrival_is_the_last_word(
    clinic: Clinic, both: Desk, mail_server: MailServer
) -> None:
    number(clinic, HOME + "0142")
    notice, job = told(clinic)
    run(both, job)
    key = _key(clinic, notice)
    for has_arrived, expected in ((False, "failed"), (False, "failed"), (True, "delivered"), (False, "delivered")):
        assert _report(clinic, key, has_arrived=has_arrived)
        assert sendings(clinic, notice)["sms"][0] == expected
    run_all(both, clinic)
    assert sendings(clinic, notice) == {"sms": ("delivered", ""), "email": ("sent", "")}
    assert len(mail_server.letters) == 1
    assert not _report(clinic, "0" * 32, has_arrived=True)


@pytest.mark.parametrize(
    ("kind", "urgency", "hour", "count"),
    [
        (NoticeKind.ANSWERED, "routine", NIGHT, 0),
        (NoticeKind.ANSWERED, "routine", NOON, 1),
        (NoticeKind.ANSWERED, "same_day", NIGHT, 1),
        (NoticeKind.READ_NOW, "routine", NIGHT, 1),
    ],
)
def test_a_telephone_beside_a_bed_rings_for_what_is_urgent_alone(
    clinic: Clinic, both: Desk, text_gateway: TextGateway, kind: NoticeKind, urgency: str, hour: int, count: int
) -> None:
    number(clinic, HOME + "0142")
    with clinic.runtime.database.writing() as session:
        session.merge(clinic.consult).urgency = urgency
    _notice, job = told(clinic, kind)
    run(replace(both, now=lambda: _at(hour)), job)
    assert len(text_gateway.texts) == count
    if not count:
        waits = clinic.jobs()[-1]
        assert (waits.state, waits.attempt) == (JobState.PENDING, 0)
        assert waits.run_after.astimezone(DENVER).strftime("%H:%M") == "07:00"
        assert timedelta(hours=6) < waits.run_after - _at(NIGHT) < timedelta(hours=9)
        run(replace(both, now=lambda: _at(NIGHT) + timedelta(hours=9)), job)
        assert len(text_gateway.texts) == 1


def test_a_letter_that_fails_by_night_leaves_the_text_to_the_morning(clinic: Clinic, both: Desk) -> None:
    number(clinic, HOME + "0142", "both")
    address(clinic, "busy@example.test")
    notice, job = told(clinic)
    night = replace(both, now=lambda: _at(NIGHT))
    run(night, job, times=4)
    assert sendings(clinic, notice) == {"sms": ("pending", ""), "email": ("failed", "away")}
    run_all(night, clinic)
    assert state(clinic, notice) == NoticeState.PENDING
    run_all(replace(both, now=lambda: _at(NIGHT) + timedelta(hours=9)), clinic)
    assert (state(clinic, notice), sendings(clinic, notice)["sms"]) == ("sent", ("sent", ""))


def test_an_emergency_goes_to_every_channel_whatever_was_wished_for(
    clinic: Clinic, both: Desk, mail_server: MailServer, text_gateway: TextGateway
) -> None:
    for wish in ("email", "sms"):
        number(clinic, HOME + "0142", wish)
        _notice, job = told(clinic, NoticeKind.READ_NOW, about=wish)
        run(replace(both, now=lambda: _at(NIGHT)), job)
    assert (len(mail_server.letters), len(text_gateway.texts)) == (2, 2)


def test_three_workers_at_once_send_once(clinic: Clinic, both: Desk, text_gateway: TextGateway) -> None:
    number(clinic, HOME + "0142")
    _notice, job = told(clinic)
    with clinic.runtime.database.writing() as session:
        session.get_one(Job, job).run_after = now()
    workers = [threading.Thread(target=run_job, args=(both, job)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(text_gateway.asked) == 1


def test_a_worker_that_is_killed_after_the_gateways_yes_leaves_one_text(
    folder, jail, text_gateway: TextGateway
) -> None:
    for clinic in clinic_in(folder, quiet_hours="0-0", redis_url="", **text_gateway.settings):
        number(clinic, HOME + "0909")
        notice, job = told(clinic)
        worker = clinic.start("workers", "fast")
        wait_until(lambda: bool(text_gateway.texts))
        worker.kill()
        (text_gateway.folder / "go").touch()
        assert sendings(clinic, notice) == {"sms": ("pending", "")}
        desk = Desk(clinic.runtime, jail, job_policy(clinic.runtime), now)
        with clinic.runtime.database.writing() as session:
            (lost,) = reap_jobs(session, now() + desk.policy.lease * 2, desk.policy)
            lost.run_after = now()
        run(desk, job)
        assert (sendings(clinic, notice), state(clinic, notice)) == ({"sms": ("sent", "")}, "sent")
        assert [asked["id"] for asked in text_gateway.asked] == [_key(clinic, notice)] * 2
        assert len(text_gateway.texts) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NoticeKind.DIGEST, "There is more than one new thing for you."),
        (NoticeKind.RECEIVED, "We got your question."),
        (NoticeKind.CLINIC_ASKED, "Your clinic asked a children's specialist."),
        # What is meant for staff alone says to a family that there is something new, and no more.
        (NoticeKind.NEW_REQUEST, "You have a new message."),
    ],
)
def test_a_family_is_not_told_in_the_words_of_staff(clinic: Clinic, desk: Desk, kind: NoticeKind, words: str) -> None:
    number(clinic, HOME + "0142", "both")
    _notice, job = told(clinic, kind)
    run(replace(desk, now=lambda: _at(NOON)), job)
    sent = {path.suffix: path.read_text() for path in clinic.runtime.settings.outbox.iterdir()}
    assert [words in sent[end] for end in (".eml", ".txt")] == [True, True]
    assert not any("request" in text.replace("Message-ID", "") for text in sent.values())


def test_without_a_gateway_texts_become_files_and_nobody_relies_on_them(clinic: Clinic, desk: Desk) -> None:
    number(clinic, HOME + "0142")
    notice, job = told(clinic)
    run(replace(desk, now=lambda: _at(NOON)), job)
    files = {path.suffix: path.read_text() for path in clinic.runtime.settings.outbox.iterdir()}
    assert files[".txt"].startswith("To: +15055550142\n\nYou have a new answer.")
    assert "mother@example.test" in files[".eml"]
    assert sendings(clinic, notice) == {"sms": ("sent", ""), "email": ("sent", "")}


def test_a_code_goes_to_the_number_and_a_refusal_is_shown(
    clinic: Clinic, both: Desk, text_gateway: TextGateway
) -> None:
    for end, is_refused in (("0142", False), ("0422", True)):
        with clinic.runtime.database.writing() as session:
            mother = session.get_one(Person, clinic.mother.id)
            cipher = clinic.runtime.database.cipher
            set_mobile(session, cipher, mother, HOME + end, by=mother, countries=COUNTRIES, now=_at(NOON))
        run_all(both, clinic)
        with clinic.runtime.database.reading() as session:
            mobile = mobile_of(session, clinic.mother)
            assert mobile.is_refused == is_refused
            code = code_of(mobile, clinic.runtime.secret_key)
        assert text_gateway.asked[-1]["text"].startswith(f"{code} is your eConsult code.")


def test_no_log_line_holds_a_number_a_text_or_the_token(
    clinic: Clinic, both: Desk, text_gateway: TextGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for end in ("0503", "0422", "0142"):
        number(clinic, HOME + end)
        _notice, job = told(clinic, about=end)
        run(both, job, times=2)
    assert "failed" in caplog.text
    for word in ("555", "Sign in", text_gateway.settings["sms_token"], "mother@"):
        assert word not in caplog.text
    with clinic.runtime.database.reading() as session:
        errors = " ".join(session.scalars(select(Job.last_error).where(Job.last_error.is_not(None))))
    assert "GatewayBusyError" in errors
    assert "555" not in errors


@contextmanager
def _untrusted(folder: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback whose certificate nobody has signed but itself, and what it read of a request."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now() - timedelta(days=1)).not_valid_after(now() + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    path = folder / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def listen() -> None:
        with suppress(OSError), server.accept()[0] as line, context.wrap_socket(line, server_side=True) as sealed:
            heard.append(sealed.recv(4096))

    with socket.create_server(("localhost", 0)) as server:
        thread = threading.Thread(target=listen)
        thread.start()
        yield f"https://localhost:{server.getsockname()[1]}/v1/texts", heard
        server.close()
        thread.join()


def _clocks(clinic: Clinic) -> list[tuple[str, str]]:
    with clinic.runtime.database.reading() as session:
        return [(clock.name, clock.state) for clock in session.scalars(select(Clock).order_by(Clock.id))]


def _key(clinic: Clinic, notice: int) -> str:
    with clinic.runtime.database.reading() as session:
        query = select(Delivery.key).where(Delivery.notice_id == notice, Delivery.channel == "sms")
        return session.scalars(query).one()


def _report(clinic: Clinic, key: str, *, has_arrived: bool, at: datetime | None = None) -> bool:
    database = clinic.runtime.database
    with database.writing() as session:
        return report(session, database.cipher, key, has_arrived=has_arrived, has_gateway=True, now=at or _at(NOON))
