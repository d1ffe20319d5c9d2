"""How much of the disk uploads may take, and who waits where it is short.

What was declared and has not come yet is set aside, for every upload that somebody sent something to lately, in one
order: photos and papers in the order in which they were begun, then films. Whoever has room left by those before goes
on until the file is whole; the others hear 507 before a byte is read, and come back. So a film never keeps a photo
waiting, two large files never fill the disk with two halves, and who does not fit at all holds up nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, true
from sqlalchemy.orm import Session

from econsult.consults.attachments import MediaKind
from econsult.consults.intake import Upload, UploadState
from storage.contract import StoreFull
from storage.disk import SPARE, free_bytes
from uploads.door import UNFINISHED, Door
from uploads.kinds import FLOOR, FORGOTTEN, LARGEST_OF_ALL
from uploads.staged import discard_part, staged_bytes

PLENTY = 4 * LARGEST_OF_ALL
"""With so much room nobody is asked for each chunk how much the others still bring."""
RESTS = timedelta(hours=2)
"""An upload to which nothing came for so long has nothing set aside any more; its sender waits as others do."""


def check_room(door: Door, session: Session, kind: MediaKind, length: int, *, now: datetime) -> None:
    """Raise StoreFull where a new file would leave less than the floor, or others need the room. It comes last."""
    comes_before = true() if kind == MediaKind.VIDEO else Upload.kind != MediaKind.VIDEO
    if length + FLOOR - SPARE > _left(door, session, comes_before, now):
        raise StoreFull("There is no room for a file of this size.")


def check_rest(door: Door, session: Session, upload: Upload, *, now: datetime) -> None:
    """Raise StoreFull where the rest of an upload that was begun would not find room; nothing was changed."""
    rest = _rest(door, upload.public_id, upload.reserved)
    if free_bytes(door.staging) >= rest + PLENTY:
        return
    was_first, is_small = Upload.id < upload.id, Upload.kind != MediaKind.VIDEO
    comes_before = or_(is_small, was_first) if upload.kind == MediaKind.VIDEO else and_(is_small, was_first)
    if rest > _left(door, session, comes_before, now):
        raise StoreFull("There is no room for the rest of this file now.")


def _left(door: Door, session: Session, comes_before: ColumnElement[bool], now: datetime) -> int:
    """How many bytes of the disk the uploads that come before leave, and the records."""
    left = free_bytes(door.staging) - SPARE
    for rest in _awaited(door, session, comes_before, now):
        # One that has no room itself waits, and nothing is set aside for it meanwhile.
        left -= rest if rest <= left else 0
    return left


def _awaited(door: Door, session: Session, comes_before: ColumnElement[bool], now: datetime) -> Iterator[int]:
    """What the uploads that are on their way still bring, each in bytes."""
    is_new = Upload.created_at > now - FORGOTTEN
    is_moving = and_(Upload.state == UploadState.RECEIVING, Upload.expires_at > now + door.lives - RESTS)
    query = select(Upload.public_id, Upload.reserved).where(
        Upload.state.in_(UNFINISHED), Upload.expires_at > now, or_(is_new, is_moving), comes_before
    )
    films_last = case((Upload.kind == MediaKind.VIDEO, 1), else_=0)
    for object_id, reserved in session.execute(query.order_by(films_last, Upload.id)):
        yield _rest(door, object_id, reserved)


def _rest(door: Door, object_id: str, reserved: int) -> int:
    return max(0, reserved - staged_bytes(door.staging, object_id))


def is_discarded(door: Door, upload: Upload) -> bool:
    """Remove the bytes of an upload that is being given up, before its row says so; whether that made room.

    Only of a file that is not whole: what was acknowledged as a whole file belongs to the consult.
    """
    is_part = upload.state in UNFINISHED and upload.length is not None
    return is_part and discard_part(door.staging, upload.public_id, upload.length or 0)
