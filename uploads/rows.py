"""The rows that a verb decides by and then writes, locked first, so that on PostgreSQL too nobody writes in between.

They are always locked in one order, which the workers and the pages keep too: the consult, its file, the upload. Two
that each hold what the other needs would wait for ever.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.database import NO_KEY


def lock_upload(session: Session, upload: Upload) -> None:
    """Show the row as it is now; it stays so until the transaction ends. For what concerns the upload alone."""
    session.refresh(upload, with_for_update=NO_KEY)


def lock_with_consult(session: Session, upload: Upload) -> None:
    """The same for what also depends on the consult, or on the file that the upload has become."""
    session.execute(select(Consult.id).where(Consult.id == upload.consult_id).with_for_update(key_share=True))
    session.refresh(upload.consult)
    # Whether there is a file cannot change any more: who completes an upload locks the consult too.
    session.refresh(upload)
    if upload.attachment_id is not None:
        session.refresh(session.get_one(Attachment, upload.attachment_id), with_for_update=NO_KEY)
    lock_upload(session, upload)
