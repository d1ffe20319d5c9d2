"""Taking back a photo: by its sender, before the question is sent, whatever its preparation makes of it later."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults import attachments, requests
from econsult.consults.attachments import (
    AttachmentState,
    MediaKind,
    Received,
    attachments_of,
    renditions_of,
    withdraw_attachment,
)
from econsult.consults.preparing import PreparedCopy, end_without_copies, link_renditions
from econsult.consults.records import Consult
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.personas import NOON, TARGETS, Clinic


def sent_photo(session: Session, draft: Consult, sender: Person) -> attachments.Attachment:
    photo = Received("f" * 32, MediaKind.PHOTO, 9, "", b"k", sender.id, view="close")
    return attachments.receive(session, draft, photo, NOON)


def test_a_photo_of_a_draft_can_be_taken_back_by_its_sender_and_is_gone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        photo = sent_photo(session, draft, clinic.mother)
        copy = PreparedCopy("thumb", "image/jpeg", 1, 1, 1, "0" * 64, "c" * 32, "renditions/c", b"k")
        link_renditions(session, photo, [copy], {}, NOON)
        withdraw_attachment(session, photo, clinic.mother, now=NOON)
        withdraw_attachment(session, photo, clinic.mother, now=NOON)
        assert (photo.state, photo.reason) == (AttachmentState.REJECTED, "withdrawn")
        assert renditions_of(session, [photo.id]) == {photo.id: []}
        assert attachments_of(session, draft.id) == []
    with database.reading() as session:
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "withdraw")
        assert session.scalar(query.where(AuditEvent.entity_id == photo.public_id)) == 1


def test_a_photo_stays_once_the_question_was_sent_and_for_everybody_else(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        photo = sent_photo(session, draft, clinic.mother)
        with pytest.raises(ForbiddenError):
            withdraw_attachment(session, photo, clinic.pcp, now=NOON)
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        with pytest.raises(ImpossibleVerbError):
            withdraw_attachment(session, photo, clinic.mother, now=NOON)
        assert [file.reason for file in attachments_of(session, draft.id)] == [None]


def test_a_job_that_ends_later_leaves_a_photo_taken_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        photo = sent_photo(session, draft, clinic.mother)
        withdraw_attachment(session, photo, clinic.mother, now=NOON)
        link_renditions(session, photo, [], {}, NOON)
        end_without_copies(session, photo, AttachmentState.FAILED, reason="gave_up", now=NOON)
        assert (photo.state, photo.reason) == (AttachmentState.REJECTED, "withdrawn")
