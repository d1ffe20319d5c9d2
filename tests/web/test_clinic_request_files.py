"""The clinic's form without JavaScript: words and files travel together, and neither costs the other."""

from __future__ import annotations

import io
import os
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import FIELDS
from uploads.kinds import LARGEST_SIMPLE
from web.uploading.plain_form import LARGEST_FORM
from workers.runtime import Runtime

DATA = os.urandom(200_000)
BIG = bytes(LARGEST_SIMPLE + 1)
WORDS = {**FIELDS, "thinks": "Eczema since August", "tried": "Emollient"}


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def path(pcp: FlaskClient, clinic: Clinic) -> str:
    return str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)


def encoded(pcp: FlaskClient, path: str, verb: str, *files: tuple[str, bytes], **changes: Any) -> tuple[str, bytes]:
    """The form as a browser writes it: the words, the files where they stand, and last the button that was pressed."""
    given: MultiDict[str, Any] = MultiDict({"csrf_token": token_from(pcp.get(path).text), **WORDS, **changes})
    for name, data in files or [("photo:far", b"")]:
        given.add(name, FileStorage(io.BytesIO(data), filename="IMG.jpg" if data else ""))
    given.add("verb", verb)
    boundary, body = encode_multipart(given)
    return f"multipart/form-data; boundary={boundary}", body


def send(pcp: FlaskClient, path: str, verb: str, *files: tuple[str, bytes], **changes: Any) -> TestResponse:
    """Post that form."""
    kind, body = encoded(pcp, path, verb, *files, **changes)
    return pcp.post(path, data=body, content_type=kind)


def kept(runtime: Runtime, path: str) -> tuple[str, str, list[tuple[str, int | None]]]:
    """The status, what the clinic thinks, and the files of the request."""
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == path.rpartition("/")[2])).one()
        files = session.scalars(select(Attachment).where(Attachment.consult_id == consult.id).order_by(Attachment.id))
        return consult.status, consult.details.get("thinks", ""), [(file.view or "", file.size) for file in files]


@pytest.mark.parametrize("verb", ["files", "save"])
def test_either_button_keeps_words_and_files(runtime: Runtime, pcp: FlaskClient, path: str, verb: str) -> None:
    answer = send(pcp, path, verb, ("photo:far", DATA), ("photo:close", b""))
    assert answer.location == f"{path}?said=files_sent#files"
    assert kept(runtime, path) == ("draft", "Eczema since August", [("far", len(DATA))])
    page = pcp.get(answer.location).text
    assert "The files arrived and are being prepared." in page
    assert "Eczema since August" in page


def test_a_request_takes_its_files_along(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    answer = send(pcp, path, "send", ("photo:far", DATA), ("photo:close", DATA[:1000]))
    assert answer.location.endswith("?said=request_sent")
    assert kept(runtime, path) == ("submitted", "Eczema since August", [("far", len(DATA)), ("close", 1000)])


def test_a_request_does_not_go_without_a_file_that_was_refused(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    answer = send(pcp, path, "send", ("photo:far", BIG), ("photo:close", DATA))
    assert answer.status_code == 422
    for words in ("takes 25 MB", "The other files arrived.", "The request was not sent. Your text is saved."):
        assert answer.text.count(words) == 2, words
    assert '<a href="#files">' in answer.text
    assert "Eczema since August" in answer.text
    assert kept(runtime, path) == ("draft", "Eczema since August", [("close", len(DATA))])


def test_files_that_are_too_many_bytes_together_do_not_cost_the_words(
    runtime: Runtime, pcp: FlaskClient, path: str
) -> None:
    kind, body = encoded(pcp, path, "files", ("photo:far", DATA), ("photo:close", DATA))
    answer = pcp.post(path, data=body, content_type=kind, environ_overrides={"CONTENT_LENGTH": str(LARGEST_FORM + 1)})
    assert (answer.status_code, "takes 25 MB" in answer.text) == (422, True)
    assert kept(runtime, path) == ("draft", "Eczema since August", [])


def test_pressing_for_files_without_one_says_so_and_saves(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    answer = send(pcp, path, "files")
    assert (answer.status_code, "Choose a file first." in answer.text) == (422, True)
    assert kept(runtime, path) == ("draft", "Eczema since August", [])
    assert send(pcp, path, "save").location == f"{path}?said=saved"


@pytest.mark.parametrize(
    "changes",
    [{"specialty": ""}, {"red_flags": "seizure"}, {"question": "x" * 9000}, {"face_policy": "face_is_finding"}],
)
def test_a_file_stays_whatever_else_is_wrong(
    runtime: Runtime, pcp: FlaskClient, path: str, changes: dict[str, Any]
) -> None:
    answer = send(pcp, path, "send", ("photo:far", DATA), **changes)
    assert answer.status_code in {409, 422}
    assert "Eczema since August" in answer.text
    assert kept(runtime, path) == ("draft", "Eczema since August", [("far", len(DATA))])


def test_a_face_without_consent_is_not_kept_but_all_else_is(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    answer = send(pcp, path, "save", face_policy="face_is_finding")
    assert (answer.status_code, '<a href="#details.face_consent">' in answer.text) == (422, True)
    assert 'value="face_is_finding" checked' in answer.text
    with runtime.database.reading() as session:
        draft = session.scalars(select(Consult).where(Consult.public_id == path.rpartition("/")[2])).one()
    assert (draft.question, draft.details.get("face_policy")) == (WORDS["question"], None)


def test_a_line_that_breaks_amid_a_file_does_not_cost_the_words(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    kind, body = encoded(pcp, path, "send", ("photo:far", DATA))
    pcp.post(path, data=body[: len(body) // 2], content_type=kind, environ_overrides={"CONTENT_LENGTH": str(len(body))})
    assert kept(runtime, path)[1] == "Eczema since August"


def test_a_form_without_its_proof_is_refused(runtime: Runtime, pcp: FlaskClient, path: str) -> None:
    assert send(pcp, path, "send", ("photo:far", DATA), csrf_token="0" * 64).status_code == 400
    assert pcp.post(path, data={**WORDS, "verb": "send"}).status_code == 400
    assert kept(runtime, path) == ("draft", "", [])


def test_the_browser_hears_that_its_words_arrived(pcp: FlaskClient, path: str) -> None:
    answer = send(pcp, path, "save", ("photo:far", DATA), kept="0123456789abcdef")
    assert "heard=0123456789abcdef" in "; ".join(answer.headers.getlist("Set-Cookie"))
