"""The verbs of the upload door. Each checks who asks before it touches a byte, and no transaction spans the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.intake import Upload, UploadState
from econsult.database import NO_KEY, new_public_id
from econsult.errors import InvalidError, NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import Person
from storage.contract import StoreUnavailable
from uploads.again import asked_again
from uploads.chunks import Chunk, Readable, take_chunk
from uploads.door import UNFINISHED, Door, admit, check_open, check_quota
from uploads.ending import abandon
from uploads.errors import (
    GoneError,
    LockedError,
    OffsetMismatchError,
    OvertakenError,
    SignedOutError,
    TooBigError,
    TooManyError,
    UploadError,
)
from uploads.finishing import finish
from uploads.kinds import FORGOTTEN, LIVES_WHOLE, Wanted, check_wanted, most_bytes, plain_name
from uploads.opened import Opened, Standing, arrived, open_upload, open_writer, settled
from uploads.room import check_rest, check_room
from uploads.root import check_root
from uploads.slots import slot
from uploads.staged import Writer, is_staged, staged_bytes, unshared

Clock = Callable[[], datetime]
MOST_LOOKS = 8


def begin(door: Door, person: Person, wanted: Wanted, *, now: datetime) -> Upload:
    """Open an upload. Raises what `check_wanted`, `admit`, `asked_again`, `check_quota`, `check_room` raise.

    Nothing is staged yet.
    """
    kind = check_wanted(wanted)
    with door.database.writing() as session:
        consult = admit(session, person, wanted.consult_id, kind, now)
        retake_id, view = asked_again(session, person, consult, wanted, now)
        reserved = most_bytes(wanted, kind)
        check_quota(session, person, reserved, now)
        check_root(door.database, door.staging, now=now)
        check_room(door, session, kind, reserved, now=now)
        object_id = new_public_id()
        patient = session.get_one(Patient, consult.patient_id)
        _key, wrapped = door.vault.new_object_key(session, patient, object_id)
        upload = Upload(
            public_id=object_id,
            program_id=consult.program_id,
            owner_id=person.id,
            consult_id=consult.id,
            kind=kind,
            document_type=wanted.document_type if kind == MediaKind.LAB_DOCUMENT else None,
            view=view,
            retake_id=retake_id,
            filename=plain_name(wanted.filename),
            media_type=wanted.media_type[:80],
            metadata_text=wanted.metadata_text,
            length=wanted.length,
            reserved=reserved,
            sha256=wanted.sha256.lower() if wanted.sha256 else None,
            key_wrapped=wrapped,
            created_at=now,
            expires_at=now + (door.lives if wanted.is_resumable else LIVES_WHOLE),
        )
        session.add(upload)
    return upload


def append(door: Door, person: Person, object_id: str, chunk: Chunk, *, clock: Clock) -> Standing:
    """Add a chunk. With the last byte the upload becomes an attachment before this returns.

    Raises NotFoundError, GoneError, ForbiddenError, ImpossibleVerbError and TooManyError before a byte is read, what
    `take_chunk` raises, SignedOutError, and what `finish` raises.
    """
    with door.database.reading() as session:
        upload = access.upload_for(session, person, object_id, now=clock())
        if upload.has_arrived:
            return _repeated(upload, chunk)
        check_open(session, person, upload.consult, MediaKind(upload.kind))
        opened = open_upload(door, session, upload, clock())
        check_rest(door, session, upload, now=clock())
    with _sending(door, opened, chunk) as writer:
        if chunk.offset != writer.offset:
            raise OffsetMismatchError(writer.offset)
        if chunk.total is not None:
            _declare_length(door, opened, chunk.total, writer.offset)
        take_chunk(writer, chunk, opened.limit - chunk.offset)
        if writer.offset == opened.upload.length:
            _check_sender(writer, chunk)
            writer.finish()
        offset = writer.offset
    return settled(door, opened, offset, clock())


def _check_sender(writer: Writer, chunk: Chunk) -> None:
    if chunk.is_still_in is not None and not chunk.is_still_in():
        writer.rewind(max(0, writer.offset - 1))
        raise SignedOutError


def doubt(door: Door, object_id: str, standing: Standing, *, now: datetime) -> Standing:
    """Let an upload whose address perhaps nobody learnt wait for a short while only; whoever goes on gives it more.

    Whoever has gone on already was told how long it waits.
    """
    soon = min(standing.expires_at, now + FORGOTTEN)
    with unshared(door.staging, object_id) as is_ours:
        if is_ours is None:
            return standing
        with door.database.writing() as session:
            one = select(Upload).where(Upload.public_id == object_id)
            session.scalars(one.with_for_update(key_share=True)).one().expires_at = soon
    return replace(standing, expires_at=soon)


def _repeated(upload: Upload, chunk: Chunk) -> Standing:
    if chunk.offset == upload.length and not chunk.length:
        return arrived(upload)
    raise OffsetMismatchError(upload.length or 0)


def look(door: Door, person: Person, object_id: str, *, now: datetime) -> Standing:
    """How far the upload is; the offset that is told will be accepted next. Whoever was writing is overtaken.

    A whole file that was never completed, because a process died in between, is completed first. A late PATCH that
    overtakes this look is overtaken in its turn: stock clients forget an upload whose HEAD says 409. Raises
    LockedError, which they take for what it is, where that does not end.
    """
    for _ in range(MOST_LOOKS):
        try:
            return _look(door, person, object_id, now)
        except OvertakenError:
            continue
        except TooManyError as error:
            # All of it is there, and is completed as soon as the person may send more.
            raise LockedError(error.retry_after) from None
    raise LockedError


def _look(door: Door, person: Person, object_id: str, now: datetime) -> Standing:
    # What an older line of the same person has brought is put away first: it may have been the last of the file.
    door.lines.end(person.id, object_id)
    with door.database.reading() as session:
        upload = access.upload_for(session, person, object_id, now=now)
        if upload.has_arrived:
            return arrived(upload)
        opened = open_upload(door, session, upload, now)
    if upload.state == UploadState.CREATED and not is_staged(door.staging, object_id):
        return opened.standing(0)
    with open_writer(door, opened) as writer:
        writer.sync()
        if writer.offset == upload.length:
            writer.finish()
        offset = writer.offset
        # The line that was overtaken may have shortened its time until now, and cannot any more.
        upload.expires_at = _expires_at(door, upload)
    return settled(door, opened, offset, now)


def _expires_at(door: Door, upload: Upload) -> datetime:
    with door.database.reading() as session:
        return session.scalars(select(Upload.expires_at).where(Upload.id == upload.id)).one()


def receive(
    door: Door,
    person: Person,
    wanted: Wanted,
    source: Readable,
    *,
    clock: Clock,
    is_still_in: Callable[[], bool] | None = None,
) -> Attachment:
    """Take a whole file in one go, through the same steps; without a declared length at most 25 MB.

    Raises what `begin` and `append` raise, TooBigError too, and what the disk says; nothing stays behind then.
    """
    begun = begin(door, person, replace(wanted, is_resumable=False), now=clock())
    with door.database.reading() as session:
        upload = access.upload_for(session, person, begun.public_id, now=clock())
        opened = open_upload(door, session, upload, clock())
    chunk = Chunk(0, source, is_still_in=is_still_in)
    try:
        with _sending(door, opened, chunk) as writer:
            take_chunk(writer, chunk, opened.limit)
            _check_whole(wanted.length, writer.offset)
            _check_sender(writer, chunk)
            writer.finish()
            length = writer.offset
        return finish(door, upload.public_id, length=length, now=clock())
    except (UploadError, StoreUnavailable, OSError):
        with suppress(GoneError):
            abandon(door, person, upload.public_id, now=clock())
        raise


def unfinished(door: Door, person: Person, *, now: datetime) -> list[Upload]:
    """The person's uploads that can go on, newest first: those of questions that the person may still know."""
    query = select(Upload).where(Upload.owner_id == person.id, Upload.state.in_(UNFINISHED), Upload.expires_at > now)
    with door.database.reading() as session:
        mine = session.scalars(query.order_by(Upload.id.desc())).all()
        found = [upload for upload in mine if _is_known(session, person, upload, now)]
    # Only what came through the plain door, which cannot go on, has no metadata.
    return [upload for upload in found if upload.metadata_text]


def _is_known(session: Session, person: Person, upload: Upload, now: datetime) -> bool:
    try:
        return access.upload_for(session, person, upload.public_id, now=now) is upload
    except NotFoundError:
        return False


def glance(door: Door, upload: Upload) -> int:
    """At least how many bytes are there, without disturbing whoever writes."""
    if upload.has_arrived:
        return upload.length or 0
    return min(staged_bytes(door.staging, upload.public_id), upload.reserved)


def _check_whole(declared: int | None, offset: int) -> None:
    if offset == 0 or (declared is not None and offset != declared):
        raise OffsetMismatchError(offset)


@contextmanager
def _sending(door: Door, opened: Opened, chunk: Chunk) -> Iterator[Writer]:
    """Overtake whoever writes, and count as a line of the owner's."""
    owner = opened.upload.owner_id
    with (
        slot(door.staging, owner, opened.object_id),
        door.lines.sending(owner, opened.object_id, chunk.hang_up),
        open_writer(door, opened, is_taking=True) as writer,
    ):
        yield writer


def _declare_length(door: Door, opened: Opened, total: int, offset: int) -> None:
    """Take the length of a file whose sender did not know it at first. Saying the same again changes nothing.

    Raises InvalidError for another length than before or less than what is there, TooBigError.
    """
    with door.database.writing() as session:
        row = session.get_one(Upload, opened.upload.id, with_for_update=NO_KEY)
        if row.state not in UNFINISHED:
            raise OvertakenError
        if total > row.reserved and row.length is None:
            raise TooBigError(row.reserved)
        if total < max(offset, 1) or row.length not in {None, total}:
            raise InvalidError("The length of a file cannot change.", {"length": "invalid"})
        row.length = row.reserved = opened.upload.length = opened.upload.reserved = total
