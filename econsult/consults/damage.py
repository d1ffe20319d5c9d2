"""A copy in the store that is gone, cut or altered: who looked is told so, and it is written down once a day."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, Rendition, note_attachment
from econsult.database import NO_KEY
from econsult.errors import ConsultError
from econsult.trail import AuditEvent

log = logging.getLogger("econsult.files")

FOUND_DAMAGED = "found_damaged"
EVERY = timedelta(days=1)
"""So often it is told of one file, however many look at it: a page that is reloaded must not fill the trail."""


class DamagedError(ConsultError):
    """The bytes of a copy are not what was put there."""

    code = "file_damaged"


def note_damage(session: Session, rendition: Rendition, now: datetime) -> bool:
    """Write down that a copy is gone or not what it was, and tell whoever runs this; False where that was done today.

    It is nobody's act: who came upon it has left a row of looking.
    """
    file = session.get_one(Attachment, rendition.attachment_id, with_for_update=NO_KEY)
    known = select(AuditEvent.id).where(AuditEvent.patient_id == file.patient_id, AuditEvent.at > now - EVERY)
    known = known.where(AuditEvent.action == FOUND_DAMAGED, AuditEvent.entity_id == file.public_id)
    if session.scalar(known.limit(1)) is not None:
        return False
    note_attachment(session, file, FOUND_DAMAGED, now, person_id=None, detail=rendition.name)
    log.warning("ALARM: a copy of file %d is gone from the store or altered: see docs/operations.md.", file.id)
    return True
