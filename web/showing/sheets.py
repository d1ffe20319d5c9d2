"""What the viewer shows of a consult's files: each photo, each video, each page of a document is one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from econsult.consults.attachments import (
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    attachments_of,
    renditions_of,
)
from web.showing.files import FileCard, card, media_url
from web.showing.marks import Guide, Marking
from web.showing.proofs import proof_of
from web.words.files import FOR_STAFF
from web.words.language import gettext
from web.words.times import moment


@dataclass(frozen=True)
class Sheet:
    """One thing to look at. `kind` is photo, video or none (not ready, or refused); `source` is its address."""

    kind: str
    title: str
    came_in: str
    file: FileCard
    source: str = ""
    poster: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    paper: str = ""
    """Address of the whole document as a PDF, or empty."""
    marking: Marking | None = None
    """What its reader draws over it, where a better one may be asked for."""
    before: Guide | None = None
    """The photo in whose place this one was taken."""
    proof: tuple[tuple[str, str], ...] = ()
    """What was done to the file before anybody saw it: what is told, and its words."""

    @property
    def is_photo(self) -> bool:
        """Whether it is a photo that can be marked, not a page of a document."""
        return self.kind == self.file.kind == MediaKind.PHOTO

    @property
    def small(self) -> str:
        """Address of the picture for the strip, or empty."""
        return self.poster or self.file.picture or self.source


def sheets_of(session: Session, consult_id: int, *, for_pool: bool = False) -> list[Sheet]:
    """The sheets of a consult that the caller has loaded through access; what cannot be shown stands last.

    `for_pool` is for somebody who may take the case and has not: faces and voices that are shown open later.
    """
    attachments = attachments_of(session, consult_id)
    renditions = renditions_of(session, [attachment.id for attachment in attachments])
    shut = {file.id for file in attachments if for_pool and file.is_restricted}
    sheets = [
        sheet
        for file in attachments
        for sheet in ([_shut(file)] if file.id in shut else _proved(file, renditions[file.id]))
    ]
    return sorted(sheets, key=lambda sheet: not sheet.file.stands)


def _proved(attachment: Attachment, renditions: Sequence[Rendition]) -> Iterator[Sheet]:
    proof = proof_of(attachment)
    return (replace(sheet, proof=proof) for sheet in _sheets(attachment, renditions))


def _sheets(attachment: Attachment, renditions: Sequence[Rendition]) -> Iterator[Sheet]:
    file, came_in = card(attachment, renditions, FOR_STAFF), moment(attachment.received_at)
    named = {rendition.name: rendition for rendition in renditions}
    pages = [rendition for rendition in renditions if rendition.name.startswith("page-")]
    if "view" in named:
        yield _picture(file, came_in, named["view"], file.title)
    elif "play" in named:
        poster = media_url(named["poster"]) if "poster" in named else ""
        yield Sheet(
            "video", file.title, came_in, file, media_url(named["play"]), poster, named["play"].media_type,
            named["play"].width, named["play"].height,
        )  # fmt: skip
    elif pages:
        paper = f"/media/papers/{attachment.public_id}"
        for number, page in enumerate(pages, 1):
            title = gettext("%(title)s, page %(page)d of %(pages)d", title=file.title, page=number, pages=len(pages))
            yield replace(_picture(file, came_in, page, title if len(pages) > 1 else file.title), paper=paper)
    else:
        yield Sheet("none", file.title, came_in, file)


def _shut(attachment: Attachment) -> Sheet:
    file = card(attachment, [], FOR_STAFF)
    if attachment.state == AttachmentState.READY:
        file = replace(file, drawing="lock", words=gettext("It opens for whoever takes the case."))
    return Sheet("none", file.title, moment(attachment.received_at), file)


def _picture(file: FileCard, came_in: str, rendition: Rendition, title: str) -> Sheet:
    return Sheet(
        kind="photo",
        title=title,
        came_in=came_in,
        file=file,
        source=media_url(rendition),
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
    )
