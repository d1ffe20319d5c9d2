"""The plain door: a form with files and no JavaScript, read as a stream."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import Clinic
from tests.web.browsing import token_from
from uploads.kinds import LARGEST_SIMPLE
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
DATA = os.urandom(200_000) + b"\r\n--not-a-boundary\r\n" + os.urandom(1000)


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_draft(session, now=datetime.now(UTC))


def send(browser: FlaskClient, consult: Consult, *files: tuple[str, bytes], **fields: str) -> TestResponse:
    """Post the form as a browser does: the hidden fields first, then the files in the order of the page."""
    given: MultiDict[str, Any] = MultiDict(
        {
            "csrf_token": token_from(browser.get("/nowhere").text),
            "consult_id": consult.public_id,
            "next": "/family?x=1",
            **fields,
        }
    )
    for name, data in files:
        given.add(name, FileStorage(io.BytesIO(data), filename="IMG.jpg" if data else ""))
    # Encoded here, because the test client would spool a large form into a file of its own.
    boundary, body = encode_multipart(given)
    return browser.post("/uploads/simple", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def arrived(runtime: Runtime) -> list[Attachment]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def test_files_of_a_form_become_attachments_and_the_page_comes_back(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf
) -> None:
    answer = send(
        browser_of(clinic.mother), consult, ("photo:far", DATA), ("photo:close", b""), ("lab_document:ecg", b"%PDF")
    )
    assert (answer.status_code, answer.location) == (303, "/family?x=1&sent=2")
    photo, paper = arrived(runtime)
    assert (photo.kind, photo.view, photo.size, photo.filename) == ("photo", "far", len(DATA), "IMG.jpg")
    assert (paper.kind, paper.document_type, paper.view) == ("lab_document", "ecg", None)


def test_one_bad_file_does_not_lose_the_others(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf
) -> None:
    big = bytes(LARGEST_SIMPLE + 1)
    answer = send(browser_of(clinic.mother), consult, ("photo:far", big), ("photo:close", DATA))
    assert parse_qs(urlsplit(answer.location).query) == {"x": ["1"], "sent": ["1"], "problem": ["too_big"]}
    assert [attachment.view for attachment in arrived(runtime)] == ["close"]


def test_a_form_without_its_proof_is_refused_before_a_file_is_read(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf
) -> None:
    answer = send(browser_of(clinic.mother), consult, ("photo:far", DATA), csrf_token="0" * 64)
    assert answer.status_code == 400
    assert arrived(runtime) == []
    assert list(runtime.settings.staging.glob("??/*")) == []


def test_a_form_from_another_site_is_refused(clinic: Clinic, consult: Consult, browser_of: BrowserOf) -> None:
    browser = browser_of(clinic.mother)
    data = {"csrf_token": token_from(browser.get("/nowhere").text)}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = browser.post("/uploads/simple", data=data, content_type="multipart/form-data", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example/x", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(clinic: Clinic, consult: Consult, browser_of: BrowserOf, place: str) -> None:
    assert send(browser_of(clinic.mother), consult, next=place).location == "/?sent=0"


def test_a_visitor_is_sent_to_the_sign_in_page(visitor: FlaskClient, consult: Consult) -> None:
    assert send(visitor, consult, ("photo:far", DATA)).location == "/sign-in?ended=1"


@pytest.mark.parametrize("who", ["stranger", "derm"])
def test_others_cannot_add_files(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf, who: str
) -> None:
    answer = send(browser_of(getattr(clinic, who)), consult, ("photo:far", DATA))
    assert "problem=not_allowed" in answer.location
    assert arrived(runtime) == []


def test_a_form_that_breaks_off_leaves_no_file(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf
) -> None:
    browser = browser_of(clinic.mother)
    token = token_from(browser.get("/nowhere").text)
    fields = {"csrf_token": token, "consult_id": consult.public_id}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    body += '--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    sent = body.encode() + DATA
    answer = browser.post("/uploads/simple", data=sent, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 400
    assert "La conexión se cortó antes de que llegara todo." in answer.text
    assert arrived(runtime) == []
    assert list(runtime.settings.staging.glob("??/*")) == []


def test_no_plain_file_is_written_while_a_form_is_read(
    runtime: Runtime, clinic: Clinic, consult: Consult, browser_of: BrowserOf
) -> None:
    secret = b"MRN 12345 Luz Prueba " * 100_000
    send(browser_of(clinic.mother), consult, ("photo:far", secret))
    files = [path for path in runtime.settings.data.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not any(b"Luz Prueba MRN" in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("multipart/form-data; boundary=b", 400),
    ],
)
def test_what_is_no_form_is_refused(
    clinic: Clinic, runtime: Runtime, browser_of: BrowserOf, content_type: str, status: int
) -> None:
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    bad = b"--b\r\nno header here\r\n\r\nx\r\n--b--"
    answer = browser_of(clinic.mother).post("/uploads/simple", data=bad, content_type=content_type, headers=headers)
    assert answer.status_code == status


def test_a_program_gets_json(runtime: Runtime, clinic: Clinic, consult: Consult, visitor: FlaskClient) -> None:
    with runtime.database.writing() as session:
        headers = {"Authorization": f"Bearer {make_token(session, clinic.mother, datetime.now(UTC))}"}
    fields = {"consult_id": consult.public_id, "photo": (io.BytesIO(DATA), "a.jpg")}
    answer = visitor.post("/uploads/simple", data=fields, headers=headers, content_type="multipart/form-data")
    assert answer.status_code == 201
    assert answer.json == {"items": [{"id": arrived(runtime)[0].public_id, "state": "received"}], "refused": []}
