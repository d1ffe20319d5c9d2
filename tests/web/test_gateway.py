"""The gateway's own doors: its token alone opens them; a report twice is one; what people write is kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from econsult.notices import Notice, NoticeKind, NoticeState, notify
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.reach.deliveries import Delivery, Reason, Sending, pending_deliveries, record_failed, record_sent, ways_to
from econsult.reach.mobiles import confirm, is_stopped, set_mobile
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.texting import HOOK, browser, code_for, texting_app
from web.words.stopping import Answered, read_answer
from workers.runtime import Runtime

REPORTS, INBOUND = "/gateway/sms/reports", "/gateway/sms/inbound"
NUMBER = "+15055550142"


@pytest.fixture
def app(runtime: Runtime, clinic: Clinic) -> Flask:
    return texting_app(runtime)


@pytest.fixture
def door(app: Flask) -> FlaskClient:
    return app.test_client()


def tell(door: FlaskClient, path: str, body: Any, token: str = HOOK) -> TestResponse:
    return door.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def key(runtime: Runtime, clinic: Clinic) -> str:
    """A text that was sent to the mother."""
    now = datetime.now(UTC)
    database = runtime.database
    with database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        set_mobile(session, database.cipher, mother, NUMBER, by=mother, countries=("US",), now=now)
    with database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        mother.channel = "sms"
        confirm(session, mother, code_for(runtime, mother), runtime.secret_key, by=mother, now=now)
        notice = notify(session, mother, NoticeKind.ANSWERED, consult_id=None, about="1", now=now)
        ways = ways_to(session, database.cipher, mother, has_gateway=True)
        (delivery,) = pending_deliveries(session, notice, mother, ways, now)
        record_sent(Sending(notice, delivery, ways), now)
        return delivery.key


def states(runtime: Runtime) -> dict[str, str]:
    with runtime.database.reading() as session:
        return {row.channel: row.state for row in session.scalars(select(Delivery))}


def test_a_report_is_written_down_once_and_a_failure_sends_a_letter(
    runtime: Runtime, door: FlaskClient, key: str
) -> None:
    for _ in range(2):
        assert tell(door, REPORTS, {"id": key, "state": "failed", "extra": 1}).status_code == 204
    assert states(runtime) == {"sms": "failed", "email": "pending"}
    assert tell(door, REPORTS, {"id": key, "state": "delivered"}).status_code == 204
    assert tell(door, REPORTS, {"id": key, "state": "failed"}).status_code == 204
    assert states(runtime) == {"sms": "delivered", "email": "pending"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "0" * 32, "state": "delivered"}, 404),
        ({"id": "\x00", "state": "delivered"}, 400),
        ({"id": "x" * 3000, "state": "failed"}, 404),
        ({"id": "0" * 32, "state": "lost"}, 422),
        ({"id": 5, "state": "failed"}, 422),
        ({"state": "failed"}, 422),
        ([], 422),
        ("x", 422),
    ],
)
def test_what_is_no_report_is_refused(door: FlaskClient, key: str, body: Any, status: int) -> None:
    assert tell(door, REPORTS, body).status_code == status


def test_what_is_no_json_is_refused(door: FlaskClient) -> None:
    for path in (REPORTS, INBOUND):
        for content in (b"{", b"[" * 5000, b"\xff\xfe"):
            answer = door.post(
                path, data=content, content_type="application/json", headers={"Authorization": f"Bearer {HOOK}"}
            )
            assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_the_gateways_token_alone_opens_its_doors_and_opens_nothing_else(
    runtime: Runtime, clinic: Clinic, door: FlaskClient, key: str
) -> None:
    with runtime.database.writing() as session:
        persons = make_token(session, clinic.pcp, datetime.now(UTC))
    for path in (REPORTS, INBOUND):
        for token in ("", "wrong", HOOK + "x", persons, "ñ"):
            assert tell(door, path, {"id": key, "state": "failed"}, token).status_code == 401
        assert door.post(path, json={"id": key, "state": "failed"}).status_code == 401
        assert door.get(path).status_code in {401, 405}
    assert states(runtime) == {"sms": "sent"}
    assert tell(door, "/api/v1/consults", {}).status_code == 401


def test_without_a_token_there_is_no_door(shell: Flask) -> None:
    for path in (REPORTS, INBOUND):
        assert tell(shell.test_client(), path, {"id": "0" * 32, "state": "failed"}, "").status_code == 404


def test_stop_and_start_are_heard_and_the_rest_is_kept_nowhere(runtime: Runtime, door: FlaskClient, key: str) -> None:
    def says(text: str) -> bool:
        assert tell(door, INBOUND, {"from": "+1 (505) 555-0142", "text": text}).status_code == 204
        with runtime.database.reading() as session:
            return is_stopped(session, runtime.database.cipher, NUMBER)

    assert says("Alto.") is True
    assert says("STOP") is True
    assert says("my child stopped breathing zarzamora") is True
    assert says(" alta ") is False
    assert says("please do not stop") is False
    assert tell(door, INBOUND, {"from": "nobody", "text": "STOP"}).status_code == 422
    assert tell(door, INBOUND, {"from": "+15055550177", "text": "STOP"}).status_code == 204
    for path in runtime.settings.data.rglob("*"):
        assert not path.is_file() or b"zarzamora" not in path.read_bytes()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("STOP", Answered.STOP),
        (" stop! ", Answered.STOP),
        ("Stop all", Answered.STOP),
        ("ALTO", Answered.STOP),
        ("No más", Answered.STOP),
        ("¡Basta!", Answered.STOP),
        ("START", Answered.START),
        ("Alta.", Answered.START),
        ("stop the fever", Answered.OTHER),
        ("", Answered.OTHER),
        ("\x00" * 9999, Answered.OTHER),
    ],
)
def test_the_whole_message_must_be_the_word(text: str, meant: Answered) -> None:
    assert read_answer(text) == meant


def test_the_board_shows_whom_nobody_reached_until_somebody_told_them(
    runtime: Runtime, app: Flask, clinic: Clinic
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=now)
        mother = session.get_one(Person, clinic.mother.id)
        notice = notify(session, mother, NoticeKind.ANSWERED, consult_id=consult.id, about="1", now=now)
        ways = ways_to(session, runtime.database.cipher, mother, has_gateway=True)
        (delivery,) = pending_deliveries(session, notice, mother, ways, now)
        record_failed(session, Sending(notice, delivery, ways), Reason.REFUSED, now)
    here = browser(app, runtime, clinic.coordinator)
    page = here.get("/coordination?lang=en").text
    assert "Could not be told: call them" in page
    assert "1 message did not arrive." in page
    assert "The mail server does not take the e-mail address." in page
    assert f'href="/coordination/{consult.public_id}"' in page
    assert "No se les pudo avisar: llámelos" in here.get("/coordination?lang=es").text
    answer = post(here, f"/unreached/{notice.id}/told", {})
    assert answer.location == "/coordination?said=told_otherwise"
    page = here.get("/coordination?said=told_otherwise&lang=en").text
    assert "Could not be told" not in page
    assert "1 call to make" in page
    with runtime.database.reading() as session:
        assert session.get_one(Notice, notice.id).state == NoticeState.FAILED
