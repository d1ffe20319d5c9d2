"""A family's picture of a private place is refused at every door; a browser's own uploads carry its proof."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import Clinic
from tests.uploads.test_looking import forget_every_epoch
from tests.web.browsing import token_from
from tests.web.uploading import told
from uploads.staged import staged_path
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
CHUNK = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}


@pytest.fixture
def private(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_draft(session, now=datetime.now(UTC), details={"body_site": "diaper_area"})


def bearer(runtime: Runtime, person: Person) -> dict[str, str]:
    with runtime.database.writing() as session:
        return {"Authorization": f"Bearer {make_token(session, person, datetime.now(UTC))}"}


@pytest.mark.parametrize("kind", ["photo", "video"])
def test_the_resumable_door_refuses_it(
    runtime: Runtime, clinic: Clinic, private: Consult, visitor: FlaskClient, kind: str
) -> None:
    headers = {**bearer(runtime, clinic.mother), **TUS}
    headers["Upload-Metadata"] = told(consult_id=private.public_id, kind=kind)
    refused = visitor.post("/uploads", headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "private_site")


def test_the_plain_door_refuses_it(
    runtime: Runtime, clinic: Clinic, private: Consult, visitor: FlaskClient, browser_of: BrowserOf
) -> None:
    fields = {"consult_id": private.public_id, "photo": (io.BytesIO(b"x"), "a.jpg")}
    refused = visitor.post(
        "/uploads/simple", data=fields, headers=bearer(runtime, clinic.mother), content_type="multipart/form-data"
    )
    assert (refused.status_code, refused.get_json()["code"]) == (403, "private_site")
    browser = browser_of(clinic.mother)
    form = {"csrf_token": token_from(browser.get("/nowhere").text), "consult_id": private.public_id}
    form |= {"next": "/family", "photo": (io.BytesIO(b"x"), "a.jpg")}  # type: ignore[dict-item]
    sent = browser.post("/uploads/simple", data=form, content_type="multipart/form-data")
    assert sent.location == "/family?sent=0&problem=not_allowed"
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []


def test_a_form_that_is_none_is_refused_in_our_own_words(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    kind = "multipart/form-data; boundary=x"
    body = b"--x\r\nno header\r\n\r\nx\r\n--x--"
    refused = visitor.post("/uploads/simple", data=body, content_type=kind, headers=bearer(runtime, clinic.mother))
    assert (refused.status_code, refused.get_json()["detail"]) == (400, "The form is not well formed.")


def test_a_consult_made_by_a_program_is_no_way_round(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    headers = bearer(runtime, clinic.mother)
    body = {"patient_id": clinic.child.public_id, "details": {"body_site": ["elbow", "genitals"], "red_flags": []}}
    made = visitor.post("/api/v1/consults", json=body, headers=headers).get_json()
    assert made["is_private_site"] is True
    metadata = told(consult_id=made["id"], kind="photo")
    refused = visitor.post("/uploads", headers={**headers, **TUS, "Upload-Metadata": metadata})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "private_site")


def test_a_browsers_upload_needs_its_proof(clinic: Clinic, runtime: Runtime, browser_of: BrowserOf) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_draft(session, now=datetime.now(UTC))
    browser = browser_of(clinic.mother)
    headers = {**TUS, "Upload-Metadata": told(consult_id=consult.public_id, kind="photo")}
    assert browser.post("/uploads", headers=headers).status_code == 400
    headers["X-CSRF-Token"] = token_from(browser.get("/nowhere").text)
    assert browser.post("/uploads", headers={**headers, "Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert browser.post("/uploads", headers=headers).status_code == 201


def test_nobody_in_particular_is_asked_for_a_token(visitor: FlaskClient) -> None:
    refused = visitor.post("/uploads", headers=TUS)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Tus-Resumable"] == "1.0.0"


def test_too_many_uploads_are_429_with_the_time_to_wait(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_draft(session, now=datetime.now(UTC))
    headers = {**bearer(runtime, clinic.mother), **TUS}
    headers["Upload-Metadata"] = told(consult_id=consult.public_id, kind="photo")
    answers = [visitor.post("/uploads", headers=headers) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "60"


def test_a_head_that_cannot_be_answered_now_is_423_which_stock_clients_take_for_what_it_is(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_draft(session, now=datetime.now(UTC))
    headers = {**bearer(runtime, clinic.mother), **TUS}
    headers["Upload-Metadata"] = told(consult_id=consult.public_id, kind="photo")
    path = visitor.post("/uploads", data=b"x", headers=headers, content_type=CHUNK).headers["Location"]
    assert visitor.head(path, headers=headers).headers["Upload-Offset"] == "1"
    forget_every_epoch(staged_path(runtime.settings.staging, path.rpartition("/")[2]))
    asked = visitor.head(path, headers=headers)
    assert (asked.status_code, asked.headers["Retry-After"]) == (423, "1")
