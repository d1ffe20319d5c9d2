"""How a photo, a video or a paper is shown: its title, its picture, and its state in the words of whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.attachments import (
    CONSENT_WITHDRAWN,
    UNDECIDED,
    UNPREPARED,
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    attachments_of,
    renditions_of,
)
from econsult.consults.reviews import hides_face, hides_part
from imaging import DEIDENTIFIED
from web.words.files import DRAWINGS as STATE_DRAWINGS
from web.words.files import FOR_FAMILIES, SENT_ANEW, VIEWS, FileWords, gone_words

TITLES = {
    **VIEWS,
    MediaKind.PHOTO: _l("Photo"),
    MediaKind.VIDEO: _l("Video"),
    MediaKind.LAB_DOCUMENT: _l("Paper or PDF"),
}
DRAWINGS = {MediaKind.PHOTO: "image", MediaKind.VIDEO: "video", MediaKind.LAB_DOCUMENT: "doc"}
ADVICE = (
    ("exposure", "dark"),
    ("exposure", "bright"),
    ("sharpness", "blurry"),
    ("distance", "far"),
    ("colour", "cast"),
    ("resolution", "low"),
)
LOCATION = "gps"
"""The class of what was removed, as the report names it."""
PICTURES = ("thumb", "poster")


@dataclass(frozen=True)
class FileCard:
    """What a card shows. `picture` is an address or empty; `advice` is a note on quality and never a refusal."""

    id: str
    state: str
    title: str
    kind: str
    kind_drawing: str
    drawing: str
    words: str
    picture: str = ""
    advice: str = ""
    is_deidentified: bool = False
    hides_face: bool = False
    hides_part: bool = False
    is_asked_to_show: bool = False
    has_sound: bool = False
    had_location: bool = False
    is_replaced: bool = False
    is_sealed: bool = False
    is_deleted: bool = False
    """Whether it ended with its original, before anybody had decided about it or it could be prepared."""
    gone: str = ""
    """That its original is no longer kept; empty while it can be prepared anew."""
    view: str = ""
    """From where it was taken; empty where nobody said."""

    @property
    def is_held(self) -> bool:
        return self.state == AttachmentState.HELD

    @property
    def is_usable(self) -> bool:
        return self.state not in {AttachmentState.REJECTED, AttachmentState.FAILED}

    @property
    def is_problem(self) -> bool:
        """Whether somebody must do something about it; not where another one was sent, or it is sealed or deleted."""
        return not (self.is_usable or self.is_replaced or self.is_sealed or self.is_deleted)

    @property
    def stands(self) -> bool:
        """Whether it is, or was, what its sender meant to show; what came before it for the same view is outdated."""
        return not (self.is_problem or self.is_deleted)

    @property
    def is_clean(self) -> bool:
        """Whether the file told where it was made, and no copy does any more."""
        return self.state == AttachmentState.READY and self.had_location

    @property
    def is_waiting(self) -> bool:
        return self.state in {AttachmentState.RECEIVED, AttachmentState.PROCESSING}


def init_files(app: Flask) -> None:
    """Give templates `FILE_TITLES` and `FILE_DRAWINGS`, by kind of file; titles also by view."""
    app.jinja_env.globals.update(FILE_TITLES=TITLES, FILE_DRAWINGS=DRAWINGS)


def cards_of(session: Session, consult_id: int) -> list[FileCard]:
    """The files of a consult that the caller has loaded through access, for a family, in the order they came in."""
    attachments = attachments_of(session, consult_id)
    renditions = renditions_of(session, [attachment.id for attachment in attachments])
    cards = [card(attachment, renditions[attachment.id], FOR_FAMILIES) for attachment in attachments]
    newest = {attachment.view: place for place, attachment in enumerate(attachments) if cards[place].stands}
    return [
        _outdated(each) if attachment.view and newest.get(attachment.view, -1) > place else each
        for place, (attachment, each) in enumerate(zip(attachments, cards, strict=True))
    ]


def _outdated(old: FileCard) -> FileCard:
    """A file of a view that was sent anew asks for nothing more."""
    words = str(SENT_ANEW) if old.is_problem else old.words
    return replace(old, words=words, is_replaced=old.is_problem, advice="")


def card(attachment: Attachment, renditions: Sequence[Rendition], words: FileWords) -> FileCard:
    """One file in words."""
    return FileCard(
        id=attachment.public_id,
        state=attachment.state,
        title=str(TITLES.get(attachment.view or "") or TITLES[MediaKind(attachment.kind)]),
        kind=attachment.kind,
        kind_drawing=DRAWINGS[MediaKind(attachment.kind)],
        drawing=_drawing(attachment),
        words=_in_words(attachment, words),
        picture=picture_of(renditions),
        advice=_advice(attachment, words),
        is_deidentified=(attachment.report or {}).get("label") == DEIDENTIFIED,
        hides_face=hides_face(attachment),
        hides_part=hides_part(attachment),
        is_asked_to_show=attachment.show_asked_at is not None,
        has_sound=(attachment.report or {}).get("has_sound") is True,
        had_location=LOCATION in (attachment.report or {}).get("removed", ()),
        is_sealed=attachment.is_sealed,
        is_deleted=attachment.reason in (UNDECIDED, UNPREPARED),
        gone=gone_words(attachment),
        view=attachment.view or "",
    )


def _drawing(attachment: Attachment) -> str:
    set_aside = {CONSENT_WITHDRAWN: "lock", UNDECIDED: "trash", UNPREPARED: "trash"}
    return set_aside.get(attachment.reason or "") or STATE_DRAWINGS.get(AttachmentState(attachment.state), "alert")


def _in_words(attachment: Attachment, words: FileWords) -> str:
    told = words.of(attachment.state, attachment.reason)
    is_under_way = attachment.state == AttachmentState.PROCESSING and attachment.progress > 0
    return f"{told} {attachment.progress}\N{NO-BREAK SPACE}%" if is_under_way else told


def picture_of(renditions: Sequence[Rendition]) -> str:
    """Address of the small picture of a file, or empty."""
    pictures = {rendition.name: media_url(rendition) for rendition in renditions}
    return next((pictures[name] for name in PICTURES if name in pictures), "")


def media_url(rendition: Rendition) -> str:
    """Where a safe copy is served, under the access rules of its consult."""
    return f"/media/{rendition.public_id}"


def _advice(attachment: Attachment, words: FileWords) -> str:
    quality = attachment.quality or {}
    if attachment.kind == MediaKind.VIDEO and attachment.state == AttachmentState.READY and "unread" in quality:
        return str(words.unread) % {
            "count": quality["unread"] or "?",
            "begins": quality.get("unread_from"),
            "ends": quality.get("unread_to"),
        }
    if attachment.kind != MediaKind.PHOTO or attachment.state != AttachmentState.READY:
        return ""
    return next((str(words.advice[verdict]) for name, verdict in ADVICE if quality.get(name) == verdict), "")
