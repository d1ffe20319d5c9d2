"""The end of an upload: one transaction makes a whole file an attachment with its job. And the sweep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, defer

from econsult.consults.attachments import Attachment, MediaKind, Received, receive
from econsult.consults.intake import Upload, UploadState
from econsult.consults.records import Consult
from econsult.errors import ConsultError, EmergencyError
from econsult.people.persons import Person
from storage.contract import BlobMissing, StoreUnavailable
from storage.keys import WrongKey
from storage.sealed import SealBroken
from storage.segments import SEGMENT
from uploads.door import UNFINISHED, Door, admit, check_day
from uploads.errors import GoneError, SignsFirstError, TooManyError
from uploads.room import is_discarded
from uploads.root import check_root
from uploads.rows import lock_with_consult
from uploads.staged import Writer, discard_staged, staged_path

QUIET = timedelta(minutes=3)
ORPHAN_AGE = timedelta(hours=1)
NEEDS_STAGING = (*UNFINISHED, UploadState.COMPLETE, UploadState.QUARANTINED)
BATCH = 200
SEALED_STAY_SHUT = (defer(Upload.filename), defer(Upload.metadata_text))
"""A sweep needs nobody's words, and one that does not open any more must not end it."""


@dataclass(frozen=True)
class Swept:
    """What one sweep did, in numbers of uploads."""

    finished: int = 0
    expired: int = 0
    removed: int = 0
    failed: int = 0


def finish(door: Door, object_id: str, *, length: int, now: datetime) -> Attachment:
    """Complete an upload whose container is closed, once: the row, the attachment and its job in one transaction.

    Repeating it gives the same attachment. Rights, the consult's state and the day's bytes are checked again; where
    they no longer allow it, the upload is rejected, its bytes are removed and the refusal is raised. Raises GoneError
    for an upload that was ended meanwhile, and what changes nothing: TooManyError where the day's bytes are used up,
    SignsFirstError and EmergencyError where danger signs hold a draft back.
    """
    with door.database.writing() as session:
        upload = session.scalars(select(Upload).where(Upload.public_id == object_id)).one()
        lock_with_consult(session, upload)
        if upload.attachment_id is not None:
            return session.get_one(Attachment, upload.attachment_id)
        if upload.state not in UNFINISHED:
            raise GoneError
        upload.length = upload.reserved = length
        attachment, refusal = _complete(session, upload, now)
    if attachment is None:
        discard_staged(door.staging, object_id)
        raise refusal or GoneError
    return attachment


def _complete(session: Session, upload: Upload, now: datetime) -> tuple[Attachment | None, ConsultError | None]:
    person = session.get_one(Person, upload.owner_id)
    consult_id = session.get_one(Consult, upload.consult_id).public_id
    kind = MediaKind(upload.kind)
    try:
        consult = admit(session, person, consult_id, kind, now)
        check_day(session, person, upload.reserved, now, but=upload.id)
    except (TooManyError, SignsFirstError, EmergencyError):
        # It may pass: the bytes are kept as long as the upload lives, and the next look, or a sweep, completes them.
        raise
    except ConsultError as refusal:
        upload.state, upload.reason = UploadState.REJECTED, refusal.code[:48]
        return None, refusal
    received = Received(
        object_id=upload.public_id,
        kind=kind,
        size=upload.length or 0,
        filename=upload.filename,
        key_wrapped=upload.key_wrapped,
        uploaded_by_id=upload.owner_id,
        view=upload.view,
        document_type=upload.document_type,
    )
    attachment = receive(session, consult, received, now)
    attachment.sha256 = upload.sha256
    upload.state, upload.completed_at, upload.attachment_id = UploadState.COMPLETE, now, attachment.id
    return attachment, None


def sweep(door: Door, *, now: datetime, limit: int = 100) -> Swept:
    """Finish what is whole but was never completed, end what has expired, remove what nobody needs any more.

    A live upload is never touched: one whose files changed a moment ago is left alone. `limit` is how many rows are
    read at a time. What is wrong with one upload keeps no other waiting: it is counted as `failed`. Raises
    StagingAwayError.
    """
    check_root(door.database, door.staging, now=now)
    troubles: list[str] = []
    # First what needs no row to be written: on a full disk it makes room for the rest.
    removed = _remove_orphans(door, now, troubles)
    finished = sum(_finish_stuck(door, object_id, now, troubles) for object_id in _whole(door, limit))
    return Swept(finished, _expire(door, now, limit, troubles), removed, len(troubles))


def _discard(door: Door, object_id: str, troubles: list[str]) -> bool:
    try:
        discard_staged(door.staging, object_id)
    except StoreUnavailable:
        troubles.append(object_id)
        return False
    return True


def _whole(door: Door, limit: int) -> Iterator[str]:
    """The uploads whose data file is as long as a whole one. It grows with every byte, so a shorter one is not whole.

    All of them are looked at, in batches: those that still arrive must not hide the one that is stuck.
    """
    query = select(Upload).where(Upload.state == UploadState.RECEIVING, Upload.length.is_not(None))
    query = query.options(*SEALED_STAY_SHUT)
    last = 0
    while True:
        with door.database.reading() as session:
            batch = list(session.scalars(query.where(Upload.id > last).order_by(Upload.id).limit(limit)))
        yield from (upload.public_id for upload in batch if _is_long_enough(door, upload))
        if len(batch) < limit:
            return
        last = batch[-1].id


def _is_long_enough(door: Door, upload: Upload) -> bool:
    try:
        size = staged_path(door.staging, upload.public_id).stat().st_size
    except OSError:
        return False
    # The rest of less than a segment waits in the tail.
    return size + SEGMENT >= (upload.length or 0)


def _finish_stuck(door: Door, object_id: str, now: datetime, troubles: list[str]) -> bool:
    if not _is_quiet(staged_path(door.staging, object_id), now, QUIET):
        return False
    try:
        return _finish_whole(door, object_id, now)
    except (BlobMissing, SealBroken, ConsultError):
        return False
    except (StoreUnavailable, SQLAlchemyError, WrongKey):
        troubles.append(object_id)
        return False


def _finish_whole(door: Door, object_id: str, now: datetime) -> bool:
    with door.database.reading() as session:
        upload = session.scalars(select(Upload).where(Upload.public_id == object_id)).one()
        patient_id = session.execute(select(Consult.patient_id).where(Consult.id == upload.consult_id)).scalar_one()
        key = door.vault.object_key(session, patient_id, object_id, upload.key_wrapped)
    length = upload.length or 0
    with Writer(door.staging, object_id, key) as writer:
        if writer.offset != length:
            return False
        writer.finish()
    finish(door, object_id, length=length, now=now)
    return True


def _expire(door: Door, now: datetime, limit: int, troubles: list[str]) -> int:
    query = select(Upload).where(Upload.state.in_(UNFINISHED), Upload.expires_at <= now).limit(limit)
    query = query.options(*SEALED_STAY_SHUT)
    try:
        expired = _end_due(door, query, now)
    except OperationalError:
        # The disk may be so full that no row can be written; what has expired makes room for that.
        with door.database.reading() as session:
            due = [upload for upload in session.scalars(query) if not _is_live(door, upload, now)]
        if not sum(is_discarded(door, upload) for upload in due):
            raise
        expired = _end_due(door, query, now)
    for upload in expired:
        _discard(door, upload.public_id, troubles)
    return len(expired)


def _end_due(door: Door, query: Select[Upload], now: datetime) -> list[Upload]:
    with door.database.writing() as session:
        due = session.scalars(query.with_for_update(skip_locked=True, key_share=True))
        expired = [upload for upload in due if not _is_live(door, upload, now)]
        for upload in expired:
            upload.state = UploadState.EXPIRED
    return expired


def _is_live(door: Door, upload: Upload, now: datetime) -> bool:
    """Whether somebody wrote to it just now: its time is pushed only once the chunk ends."""
    path = staged_path(door.staging, upload.public_id)
    return path.parent.exists() and not _is_quiet(path, now, QUIET)


def _remove_orphans(door: Door, now: datetime, troubles: list[str]) -> int:
    """Remove staged files whose upload is over, or unknown, and which have been quiet for an hour."""
    quiet = (folder for folder in door.staging.glob("??/*") if _is_quiet(folder / "epoch", now, ORPHAN_AGE))
    removed = 0
    while batch := [folder.name for folder in islice(quiet, BATCH)]:
        needed = _needed(door, batch)
        removed += sum(_discard(door, object_id, troubles) for object_id in set(batch) - needed)
    return removed


def _needed(door: Door, object_ids: list[str]) -> set[str]:
    """Those whose staged bytes somebody still needs: the sender, or the worker that has not stored them yet."""
    query = select(Upload.public_id).outerjoin(Attachment, Attachment.id == Upload.attachment_id)
    query = query.where(Upload.public_id.in_(object_ids), Upload.state.in_(NEEDS_STAGING))
    with door.database.reading() as session:
        return set(session.scalars(query.where(Attachment.blob_key.is_(None))))


def _is_quiet(path: Path, now: datetime, least: timedelta) -> bool:
    try:
        entries = list(path.parent.iterdir()) or [path.parent]
        changed = max(entry.stat().st_mtime for entry in entries)
    except OSError:
        return False
    return now.timestamp() - changed >= least.total_seconds()
