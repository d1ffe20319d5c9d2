"""An upload that was loaded for its owner: its bytes are opened, overtaking whoever writes, and it is settled again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.intake import Upload, UploadState
from econsult.database import NO_KEY
from storage.contract import BlobMissing
from storage.sealed import SealBroken
from uploads.door import UNFINISHED, Door
from uploads.errors import GoneError, OvertakenError, UploadError
from uploads.finishing import finish
from uploads.root import check_root
from uploads.staged import Writer

RENEW_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """How far an upload is. `length` is None until it is known; `is_complete` once the attachment exists."""

    object_id: str
    offset: int
    length: int | None
    expires_at: datetime
    is_complete: bool
    metadata_text: str = ""


@dataclass(frozen=True)
class Opened:
    """An unfinished upload that was loaded for its owner, with the key of its bytes."""

    upload: Upload
    key: bytes

    @property
    def object_id(self) -> str:
        return self.upload.public_id

    @property
    def limit(self) -> int:
        return self.upload.reserved

    def standing(self, offset: int, *, is_complete: bool = False) -> Standing:
        upload = self.upload
        return Standing(
            upload.public_id, offset, upload.length, upload.expires_at, is_complete, metadata_text=upload.metadata_text
        )


def arrived(upload: Upload) -> Standing:
    """The standing of a whole file."""
    length = upload.length or 0
    return Standing(upload.public_id, length, length, upload.expires_at, True, metadata_text=upload.metadata_text)


def open_upload(door: Door, session: Session, upload: Upload, now: datetime) -> Opened:
    """The upload with its key. Raises GoneError where it cannot go on, StagingAwayError where nobody knows now."""
    if upload.state not in UNFINISHED or upload.expires_at <= now:
        raise GoneError
    check_root(door.database, door.staging, now=now)
    patient_id = upload.consult.patient_id
    return Opened(upload, door.vault.object_key(session, patient_id, upload.public_id, upload.key_wrapped))


def open_writer(door: Door, opened: Opened, *, is_taking: bool = False) -> Writer:
    """Overtake whoever writes. An upload counts as receiving before its first byte is taken.

    Raises OvertakenError, GoneError, and what the disk says.
    """
    is_first = opened.upload.state == UploadState.CREATED
    try:
        writer = Writer(door.staging, opened.object_id, opened.key, may_create=is_first)
    except (BlobMissing, SealBroken):
        raise _lost(door, opened.upload) from None
    if is_first and is_taking:
        with ExitStack() as unless_done:
            unless_done.callback(writer.close)
            _start_receiving(door, opened.upload)
            unless_done.pop_all()
    return writer


def _lost(door: Door, upload: Upload) -> UploadError:
    """What bytes that are not there mean: those of a file that is whole by now were taken away by the worker.

    An upload whose bytes are lost or damaged has failed, and stands in nobody's way any more.
    """
    with door.database.writing() as session:
        row = session.get_one(Upload, upload.id, with_for_update=NO_KEY)
        if row.has_arrived:
            return OvertakenError()
        if row.state in UNFINISHED:
            row.state, row.reason = UploadState.FAILED, "lost"
    return GoneError()


def _start_receiving(door: Door, upload: Upload) -> None:
    with door.database.writing() as session:
        row = session.get_one(Upload, upload.id, with_for_update=NO_KEY)
        if row.has_arrived:
            raise OvertakenError
        if row.state not in UNFINISHED:
            raise GoneError
        row.state = UploadState.RECEIVING


def settled(door: Door, opened: Opened, offset: int, now: datetime) -> Standing:
    """Complete a whole upload; give an unfinished one more time."""
    if offset == opened.upload.length:
        finish(door, opened.object_id, length=offset, now=now)
        return opened.standing(offset, is_complete=True)
    if opened.upload.expires_at - now < door.lives - min(RENEW_AFTER, door.lives / 2):
        with door.database.writing() as session:
            row = session.get_one(Upload, opened.upload.id, with_for_update=NO_KEY)
            if row.state not in UNFINISHED:
                raise OvertakenError
            row.expires_at = opened.upload.expires_at = now + door.lives
    return opened.standing(offset)
