"""Whoever is signed out while a form of theirs is still coming in is out: nothing of it is done."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.consults.threads import Message
from econsult.people import passwords
from econsult.people.deaths import has_died
from econsult.people.persons import Person
from econsult.people.signin import end_access, make_token
from tests.personas import Clinic
from tests.web.browsing import token_from
from tests.web.conftest import PASSWORD, BrowserOf
from tests.web.test_elsewhere import know
from workers.runtime import Runtime

WORDS = "written by a thief"
PHOTO = b"\xff\xd8\xff" + bytes(200_000)


class Line(io.BytesIO):
    """A body of which the second half comes once `happens` has happened, as on a line that was held back."""

    def __init__(self, body: bytes, happens: Callable[[], None]) -> None:
        super().__init__(body)
        self._half, self._happens = len(body) // 2, happens

    def read(self, size: int | None = -1, /) -> bytes:
        left = self._half - self.tell()
        if left > 0:
            return super().read(left if size is None or size < 0 else min(left, size))
        self._happens()
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _nothing() -> None:
    pass


def slowly(browser: FlaskClient, path: str, body: bytes, happens: Callable[[], None], **head: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in head.items()}
    return browser.post(path, input_stream=Line(body, happens), content_length=len(body), headers=named)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.family_question(session, now=datetime.now(UTC))


def signs_out(runtime: Runtime, person: Person) -> Callable[[], None]:
    def happens() -> None:
        with runtime.database.writing() as session:
            end_access(session, session.get_one(Person, person.id))

    return happens


def count(runtime: Runtime, table: type[Message] | type[Attachment]) -> int:
    with runtime.database.reading() as session:
        return len(session.scalars(select(table.id)).all())


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("is_out", [False, True])
def test_a_form_and_a_call_of_the_api_are_done_for_who_is_in_when_they_have_come(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, asked: Consult, is_out: bool
) -> None:
    happens = signs_out(runtime, clinic.mother) if is_out else _nothing
    browser, path = browser_of(clinic.mother), f"/family/questions/{asked.public_id}/messages"
    body = urlencode({"csrf_token": token_from(browser.get("/family").text), "text": WORDS}).encode()
    said = slowly(browser, path, body, happens, Content_Type=FORM)
    assert (said.status_code, said.location == "/sign-in?ended=1") == (303, is_out)
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    told = json.dumps({"audience": "family", "text": WORDS}).encode()
    bearer = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
    api = slowly(browser, f"/api/v1/consults/{asked.public_id}/messages", told, happens, **bearer)
    assert api.status_code == (401 if is_out else 201)
    assert count(runtime, Message) == (0 if is_out else 2)


@pytest.mark.parametrize("is_out", [False, True])
@pytest.mark.parametrize("door", ["plain", "page"])
def test_files_of_a_form_are_kept_for_who_is_in_when_they_have_come(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, door: str, is_out: bool
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=datetime.now(UTC))
    browser = browser_of(clinic.pcp)
    token = token_from(browser.get("/clinic").text)
    path = "/uploads/simple" if door == "plain" else f"/clinic/requests/{draft.public_id}"
    fields = {"csrf_token": token, "consult_id": draft.public_id, "verb": "files"}
    photo = FileStorage(io.BytesIO(PHOTO), filename="a.jpg")
    boundary, body = encode_multipart({**fields, "photo": photo})
    said = slowly(
        browser,
        path,
        body,
        signs_out(runtime, clinic.pcp) if is_out else _nothing,
        Content_Type=f"multipart/form-data; boundary={boundary}",
    )
    assert (said.location == "/sign-in?ended=1") == is_out
    assert count(runtime, Attachment) == (0 if is_out else 1)


def test_whoever_is_signed_out_while_the_password_is_weighed_does_nothing_by_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Two passwords at most are weighed at once, so that under many sign-ins the third waits for seconds."""
    know(runtime, clinic.pcp)
    browser, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/death"
    fields = {"csrf_token": token_from(browser.get(path).text), "is_sure": "yes", "factor_password": PASSWORD}
    with ThreadPoolExecutor(1) as beside:
        weighing, is_done = passwords._turns.threads, threading.Event()
        for _ in range(passwords._AT_ONCE):
            weighing.submit(is_done.wait, 20)
        said = beside.submit(browser.post, path, data=fields)
        ends = time.monotonic() + 20
        while not weighing._work_queue.qsize() and time.monotonic() < ends:
            time.sleep(0.005)
        signs_out(runtime, clinic.pcp)()
        is_done.set()
        assert said.result().location == "/sign-in?ended=1"
    with runtime.database.reading() as session:
        assert not has_died(session, clinic.child.id)
