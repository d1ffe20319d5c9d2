"""The de-identification report, and the files of a consult as the API lists them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive
from econsult.consults.preparing import end_without_copies
from econsult.consults.records import Consult
from econsult.database import new_public_id
from tests.api.conftest import ProgramOf
from tests.personas import Clinic
from workers.runtime import Runtime


@pytest.fixture
def attachment(runtime: Runtime, clinic: Clinic) -> Attachment:
    """A lab document of a consult that a dermatologist holds; nobody has looked into it yet."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=now)
        known = Received(new_public_id(), MediaKind.LAB_DOCUMENT, 9, "Luz.pdf", b"k", clinic.pcp.id)
        return receive(session, consult, known, now)


def reject(runtime: Runtime, attachment: Attachment) -> None:
    with runtime.database.writing() as session:
        row = session.get_one(Attachment, attachment.id)
        report = {"steps": ["open_pdf"], "reason": "encrypted_pdf"}
        end_without_copies(
            session, row, AttachmentState.REJECTED, reason="encrypted_pdf", now=datetime.now(UTC), report=report
        )


def test_there_is_no_report_before_there_is_one(clinic: Clinic, program_of: ProgramOf, attachment: Attachment) -> None:
    assert program_of(clinic.pcp).get(f"/attachments/{attachment.public_id}/report").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("pcp", 200), ("derm", 404), ("mother", 404), ("coordinator", 404), ("neuro", 404), ("admin", 404)],
)
def test_the_report_of_a_refused_file_is_for_the_clinic_that_decides_about_it(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, attachment: Attachment, who: str, status: int
) -> None:
    reject(runtime, attachment)
    told = program_of(getattr(clinic, who)).get(f"/attachments/{attachment.public_id}/report")
    assert told.status_code == status
    assert (told.json.get("steps") == ["open_pdf"]) is (status == 200)


def test_a_consult_lists_its_files_without_their_names(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, attachment: Attachment
) -> None:
    reject(runtime, attachment)
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.id == attachment.consult_id)).one()
    shown = program_of(clinic.pcp).get(f"/consults/{consult.public_id}")
    (file,) = shown.json["attachments"]
    assert (file["kind"], file["state"], file["reason"]) == ("lab_document", "rejected", "encrypted_pdf")
    assert file["report_url"] == f"/api/v1/attachments/{attachment.public_id}/report"
    assert "Luz.pdf" not in shown.text
    assert program_of(clinic.coordinator).get(f"/consults/{consult.public_id}").json["attachments"] == []


def test_an_unknown_list_is_422(clinic: Clinic, program_of: ProgramOf) -> None:
    derm = program_of(clinic.derm)
    assert derm.get("/worklist?view=everything").json["fields"] == {"view": "unknown_value"}
    for wish in ("%00", "astrology", "%F0%9F%A6%84"):
        refused = derm.get(f"/worklist?specialty={wish}")
        assert (refused.status_code, refused.json["fields"]) == (422, {"specialty": "unknown_value"})
    assert derm.get("/worklist?language=fr").json["fields"] == {"language": "unknown_value"}
    assert program_of(clinic.derm).get("/worklist?cursor=x").json["fields"] == {"cursor": "invalid"}


def test_a_list_is_narrowed_to_families_of_one_language(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf
) -> None:
    with runtime.database.writing() as session:
        consults = {language: clinic.econsult(session) for language in ("en", "es")}
        for language, consult in consults.items():
            session.merge(consult).language = language
    derm = program_of(clinic.derm)
    for language, consult in consults.items():
        found = derm.get(f"/worklist?language={language}").json["items"]
        assert [item["id"] for item in found] == [consult.public_id]
