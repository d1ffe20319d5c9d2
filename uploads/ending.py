"""The end of an upload that nobody wants any more: given up by its owner, or never begun for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults.attachments import Attachment, withdraw_attachment
from econsult.consults.intake import Upload, UploadState
from econsult.consults.lifecycle import Status
from econsult.errors import ForbiddenError, ImpossibleVerbError
from econsult.people.persons import Person
from uploads.door import UNFINISHED, Door
from uploads.errors import GoneError
from uploads.room import is_discarded
from uploads.rows import lock_with_consult
from uploads.staged import discard_staged, unshared


def abandon(door: Door, person: Person, object_id: str, *, now: datetime) -> None:
    """End an upload and forget its bytes. A file that has arrived can be taken back while the question is a draft.

    Raises NotFoundError, GoneError, and ForbiddenError once the file is part of a question that was sent.
    """
    try:
        has_arrived = _end(door, person, object_id, now)
    except OperationalError:
        # The disk may be so full that the row cannot be written; what is given up anyway makes room for that.
        if not _make_room(door, person, object_id, now):
            raise
        has_arrived = _end(door, person, object_id, now)
    if not has_arrived:
        door.lines.end(person.id, object_id)
        discard_staged(door.staging, object_id)


def give_up(door: Door, person: Person, object_id: str, *, now: datetime) -> None:
    """End an upload whose first request failed, unless somebody has gone on with it since.

    Whoever has was told an offset, and perhaps that the whole file is there: that stands. Raises what `abandon` raises.
    """
    with unshared(door.staging, object_id) as discard:
        if discard is None:
            return
        try:
            _end(door, person, object_id, now)
        except OperationalError:
            # The disk may be so full that the row cannot be written; what is given up anyway makes room for that.
            discard()
            _end(door, person, object_id, now)
        discard()


def _end(door: Door, person: Person, object_id: str, now: datetime) -> bool:
    """Say in its row that it is over; returns whether it had arrived, so that its bytes are the worker's to remove."""
    with door.database.writing() as session:
        upload = access.upload_for(session, person, object_id, now=now)
        # The last byte may be coming at this moment: what it makes of the upload is ended then, not only its row.
        lock_with_consult(session, upload)
        has_arrived = upload.has_arrived
        if has_arrived:
            _take_back(session, upload, person, now)
        elif upload.state not in UNFINISHED:
            raise GoneError
        upload.state = UploadState.TERMINATED
    return has_arrived


def _make_room(door: Door, person: Person, object_id: str, now: datetime) -> bool:
    with door.database.reading() as session:
        upload = access.upload_for(session, person, object_id, now=now)
    return is_discarded(door, upload)


def _take_back(session: Session, upload: Upload, person: Person, now: datetime) -> None:
    attachment, is_sent = session.get_one(Attachment, upload.attachment_id), False
    try:
        # A second copy of the same file goes without the first, which stands for both.
        if attachment.public_id == upload.public_id:
            withdraw_attachment(session, attachment, person, now=now)
        else:
            is_sent = upload.consult.status != Status.DRAFT
    except ImpossibleVerbError:
        is_sent = True
    if is_sent:
        raise ForbiddenError("This file has arrived and is part of the consult.", code="complete")
