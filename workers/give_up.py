"""What people see of a job that was tried for the last time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.intake import Upload, UploadState
from econsult.consults.photo_came import settle_awaited
from econsult.consults.preparing import end_without_copies
from econsult.database import NO_KEY
from econsult.jobs import JobKind
from econsult.reach.deliveries import give_up_sending
from workers.runtime import Runtime

UNFINISHED = (AttachmentState.RECEIVED, AttachmentState.PROCESSING)


def end_job(session: Session, runtime: Runtime, kind: str, subject_id: int, now: datetime) -> None:
    """A notice goes to its reader's other channel, or to a person who must tell; a file is shown as failed."""
    give_up(session, kind, subject_id, now)
    if kind == JobKind.NOTIFY:
        has_gateway = bool(runtime.settings.sms_url)
        give_up_sending(session, runtime.database.cipher, subject_id, has_gateway=has_gateway, now=now)


def give_up(session: Session, kind: str, subject_id: int, now: datetime) -> None:
    """Show a photo or document that could not be prepared as failed, so that nobody waits for it."""
    if kind != JobKind.PREPARE:
        return
    # Its sender may be taking it back at this moment.
    attachment = session.get(Attachment, subject_id, with_for_update=NO_KEY)
    if attachment is not None and attachment.state in UNFINISHED:
        end_without_copies(session, attachment, AttachmentState.FAILED, reason="gave_up", now=now)
        settle_upload(session, attachment, UploadState.FAILED)
        settle_awaited(session, attachment, now=now)


def settle_upload(session: Session, attachment: Attachment, state: UploadState) -> None:
    """Let the upload's row say how it ended, for its owner."""
    upload = upload_of(session, attachment)
    # What its sender took back stays so.
    if upload is not None and upload.state != UploadState.TERMINATED:
        upload.state, upload.reason = state, attachment.reason


def settle_as_twin(session: Session, attachment: Attachment, twin: Attachment) -> None:
    """Let the upload of a file that was sent twice lead to the first one, and give back the bytes it reserved."""
    upload = upload_of(session, attachment)
    if upload is not None:
        upload.state, upload.reason, upload.attachment_id, upload.reserved = UploadState.ACCEPTED, None, twin.id, 0


def upload_of(session: Session, attachment: Attachment) -> Upload | None:
    """The upload that brought the file."""
    return session.scalars(select(Upload).where(Upload.public_id == attachment.public_id)).one_or_none()
