"""A prepared document as one PDF to save or print: the pictures of its pages, put together while they are sent."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import access
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Rendition, renditions_of
from econsult.errors import NotFoundError
from econsult.people.persons import Person
from imaging import PaperPage, write_paper
from web.context import database, now, runtime
from web.shell.auth import me, only
from web.shell.still import still_may, while_allowed
from web.showing.copies import StoredCopy, checked
from web.showing.media import SANDBOX

papers = Blueprint("papers", __name__)


@papers.get("/media/papers/<attachment_id>")
@only()
def show(attachment_id: str) -> Response:
    """The document, under the rules of its pages. That it was read is written down before the first byte leaves."""
    with database().writing() as session:
        attachment = _paper(session, me(), attachment_id, now())
        copies = pages_of(renditions_of(session, [attachment.id])[attachment.id])
        if not copies:
            raise NotFoundError
        keys = [
            runtime().vault.object_key(session, attachment.patient_id, copy.object_id, copy.key_wrapped)
            for copy in copies
        ]
    pieces = [
        StoredCopy(database(), runtime().blobs, copy, key).pieces() for copy, key in zip(copies, keys, strict=True)
    ]
    # Of the first page it is known before the headers leave; each other one is read when its turn has come.
    pieces[0] = checked(pieces[0])
    pages = [PaperPage(copy.width, copy.height, copy.size, each) for copy, each in zip(copies, pieces, strict=True)]
    look = still_may(lambda session, person, at: _paper(session, person, attachment_id, at))
    sent = while_allowed(checked(iter(write_paper(pages))), look)
    response = Response(sent, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="paper-{attachment.public_id[:8]}.pdf"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _paper(session: Session, person: Person, attachment_id: str, at: datetime) -> Attachment:
    attachment = access.attachment_for(session, person, attachment_id, now=at)
    if not is_paper(attachment):
        raise NotFoundError
    return attachment


def is_paper(attachment: Attachment) -> bool:
    """Whether a file is a document that may be shown."""
    return attachment.kind == MediaKind.LAB_DOCUMENT and attachment.state == AttachmentState.READY


def pages_of(renditions: list[Rendition]) -> list[Rendition]:
    """The pages in the order of the paper."""
    pages = (copy for copy in renditions if copy.name.startswith("page-"))
    return sorted(pages, key=lambda copy: int(copy.name.removeprefix("page-")))
