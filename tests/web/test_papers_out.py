"""A prepared document as one PDF: pictures alone, under the rules of its pages."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive
from econsult.consults.preparing import PreparedCopy, link_renditions
from econsult.consults.records import Consult
from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from imaging import verify
from storage import sealed
from tests.imaging import files
from tests.personas import Clinic
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
PAGES = 11
"""More than nine, so that page 10 must not come before page 2."""


def page_of(number: int) -> bytes:
    return files.encode(files.corners(300 + number, 400), "JPEG")


@pytest.fixture
def attachment(runtime: Runtime, clinic: Clinic) -> str:
    """A ready document of an eConsult that the dermatologist holds."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=now)
        patient = session.get_one(Patient, consult.patient_id)
        _, original = runtime.vault.new_object_key(session, patient, upload := new_public_id())
        known = Received(upload, MediaKind.LAB_DOCUMENT, 9, "Luz Prueba.pdf", original, clinic.pcp.id)
        found = receive(session, consult, known, now)
        copies = [_copy(runtime, session, patient, number) for number in range(1, PAGES + 1)]
        link_renditions(session, found, copies, {}, now)
        return found.public_id


def _copy(runtime: Runtime, session: object, patient: Patient, number: int) -> PreparedCopy:
    key, wrapped = runtime.vault.new_object_key(session, patient, object_id := new_public_id())  # type: ignore[arg-type]
    data, blob = page_of(number), io.BytesIO()
    with sealed.create(blob, object_id, key) as writer:
        writer.write(data)
    blob_key = f"renditions/{object_id}"
    runtime.blobs.put(blob_key, io.BytesIO(blob.getvalue()), len(blob.getvalue()))
    digest = hashlib.sha256(data).hexdigest()
    return PreparedCopy(
        f"page-{number}", "image/jpeg", 300 + number, 400, len(data), digest, object_id, blob_key, wrapped
    )


def test_a_document_comes_as_a_pdf_of_pictures_in_order(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, attachment: str
) -> None:
    answer = browser_of(clinic.derm).get(f"/media/papers/{attachment}", buffered=False)
    # That it was read is written down while not a byte of it was.
    with runtime.database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.person_id == clinic.derm.id)).all()
    assert any(row.entity_id == attachment for row in rows)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Luz" not in str(answer.headers)
    assert verify([answer.data]) == []
    paper = pypdfium2.PdfDocument(answer.data)
    widths = [round(paper[number].get_width() * 200 / 72) for number in range(len(paper))]
    assert widths == [300 + number for number in range(1, PAGES + 1)]
    assert f"/media/papers/{attachment}" in browser_of(clinic.derm).get(_case_of(runtime, attachment)).text


def test_strangers_and_files_that_are_not_ready_give_nothing(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, visitor: FlaskClient, attachment: str
) -> None:
    where = f"/media/papers/{attachment}"
    assert visitor.get(where).status_code == 401
    assert browser_of(clinic.other_pcp).get(where).status_code == 404
    assert browser_of(clinic.derm).get("/media/papers/nothing").status_code == 404
    with runtime.database.writing() as session:
        found = session.scalars(select(Attachment).where(Attachment.public_id == attachment)).one()
        found.state = AttachmentState.PROCESSING
    assert browser_of(clinic.derm).get(where).status_code == 404


def _case_of(runtime: Runtime, attachment: str) -> str:
    with runtime.database.reading() as session:
        found = session.scalars(select(Attachment).where(Attachment.public_id == attachment)).one()
        return f"/consults/{session.get_one(Consult, found.consult_id).public_id}"
