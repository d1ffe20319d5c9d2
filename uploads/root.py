"""Whether the staging folder is the one in which uploads rest, and not an empty one where a disk is not mounted yet.

The folder bears a mark, made when it is first used. One without it is new where nothing rests anywhere, or where some
of what rests is found in it; else it is the wrong one. Then nothing is lost and nothing new is written into it.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, or_, select

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload, UploadState
from econsult.database import Database
from storage.contract import StoreUnavailable
from storage.disk import disk_errors, make_folder, open_private, sync_folder
from uploads.staged import staged_path

MARK = "mark"
RESTS_UNTIL_STORED = (UploadState.COMPLETE, UploadState.QUARANTINED)


class StagingAwayError(StoreUnavailable):
    """The folder is not the one in which uploads rest; they are there again when it is."""

    def __init__(self) -> None:
        super().__init__("The staging folder is not the one in which uploads rest.")


def check_root(database: Database, staging: Path, *, now: datetime) -> None:
    """Raise StagingAwayError where it is the wrong folder; mark a new one. A marked one costs a look at a file."""
    if is_marked(staging):
        return
    if not is_right(database, staging, now=now):
        raise StagingAwayError
    with disk_errors():
        make_folder(staging)
        os.close(open_private(staging / MARK, os.O_WRONLY | os.O_CREAT))
        sync_folder(staging)


def is_marked(staging: Path) -> bool:
    """Whether uploads have rested in it before."""
    with disk_errors():
        return (staging / MARK).exists()


def is_right(database: Database, staging: Path, *, now: datetime) -> bool:
    """Whether it is marked, or can be; nothing is changed."""
    if is_marked(staging):
        return True
    is_coming = and_(Upload.state == UploadState.RECEIVING, Upload.expires_at > now)
    is_waiting = and_(Upload.state.in_(RESTS_UNTIL_STORED), Attachment.blob_key.is_(None))
    query = select(Upload.public_id).outerjoin(Attachment, Attachment.id == Upload.attachment_id)
    with database.reading() as session:
        resting = list(session.scalars(query.where(or_(is_coming, is_waiting))))
    return not resting or any(staged_path(staging, object_id).exists() for object_id in resting)
