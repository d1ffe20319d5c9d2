"""How a photo, a video or a paper is shown: its title, its picture, and its state in plain words.

The reasons are the stable codes of the preparation; a code that is not listed here is said in general words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.attachments import (
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    attachments_of,
    renditions_of,
)

TITLES = {
    "far": _l("From far"),
    "close": _l("Close up"),
    "side": _l("From the side"),
    MediaKind.PHOTO: _l("Photo"),
    MediaKind.VIDEO: _l("Video"),
    MediaKind.LAB_DOCUMENT: _l("Paper or PDF"),
}
DRAWINGS = {MediaKind.PHOTO: "image", MediaKind.VIDEO: "video", MediaKind.LAB_DOCUMENT: "doc"}
STATES = {
    AttachmentState.RECEIVED: ("clock", _l("We got it. We are preparing it.")),
    AttachmentState.PROCESSING: ("clock", _l("We are preparing it.")),
    AttachmentState.READY: ("check", _l("Sent")),
    AttachmentState.HELD: ("eye", _l("A person is checking it.")),
    AttachmentState.FAILED: ("alert", _l("We could not prepare it. Please send it again.")),
}
UNREADABLE = _l("We could not open this file. Please send it again.")
TOO_BIG = _l("This file is too big for us. Please send a smaller one.")
REASONS = {
    **dict.fromkeys(("damaged", "truncated", "empty", "no_picture", "no_pages"), UNREADABLE),
    **dict.fromkeys(("too_many_bytes", "too_many_pixels", "cpu", "memory"), TOO_BIG),
    "unsupported_type": _l("We cannot read this kind of file. Send a photo, a video or a PDF."),
    "too_long": _l("This video is too long. Please send a shorter one."),
    "too_many_pages": _l("This paper has too many pages. Please send fewer."),
    "encrypted_pdf": _l("This PDF has a password. Please send it without one."),
}
OTHER_REASON = _l("We could not use this file. Please send another one.")
BLURRY = _l("This photo looks blurry. You can send it again or leave it.")
DARK = _l("This photo is dark. You can send it again with more light, or leave it.")
BRIGHT = _l("This photo is very bright. You can send it again with less light, or leave it.")
ADVICE = (("exposure", "dark", DARK), ("exposure", "bright", BRIGHT), ("sharpness", "blurry", BLURRY))
PICTURES = ("thumb", "poster")


@dataclass(frozen=True)
class FileCard:
    """What a card shows. `picture` is an address or empty; `advice` is a note on quality and never a refusal."""

    id: str
    state: str
    title: str
    kind_drawing: str
    drawing: str
    words: str
    picture: str = ""
    advice: str = ""

    @property
    def is_problem(self) -> bool:
        return self.state in {AttachmentState.REJECTED, AttachmentState.FAILED}

    @property
    def is_clean(self) -> bool:
        """Whether the hidden place and time are gone for sure."""
        return self.state == AttachmentState.READY

    @property
    def is_waiting(self) -> bool:
        return self.state in {AttachmentState.RECEIVED, AttachmentState.PROCESSING}


def cards_of(session: Session, consult_id: int) -> list[FileCard]:
    """The files of a consult that the caller has loaded through access, in the order in which they came."""
    attachments = attachments_of(session, consult_id)
    renditions = renditions_of(session, [attachment.id for attachment in attachments])
    return [card(attachment, renditions[attachment.id]) for attachment in attachments]


def card(attachment: Attachment, renditions: Sequence[Rendition] = ()) -> FileCard:
    """One file in words."""
    drawing, words = STATES.get(AttachmentState(attachment.state), ("alert", _reason(attachment.reason)))
    pictures = {rendition.name: media_url(rendition) for rendition in renditions}
    return FileCard(
        id=attachment.public_id,
        state=attachment.state,
        title=str(TITLES.get(attachment.view or "") or TITLES[MediaKind(attachment.kind)]),
        kind_drawing=DRAWINGS[MediaKind(attachment.kind)],
        drawing=drawing,
        words=str(words),
        picture=next((pictures[name] for name in PICTURES if name in pictures), ""),
        advice=_advice(attachment),
    )


def media_url(rendition: Rendition) -> str:
    """Where a safe copy is served, under the access rules of its consult."""
    return f"/media/{rendition.public_id}"


def _reason(code: str | None) -> str:
    text = REASONS.get(code or "")
    return str(text or (TOO_BIG if (code or "").startswith("too_many") else OTHER_REASON))


def _advice(attachment: Attachment) -> str:
    quality = attachment.quality or {}
    if attachment.kind != MediaKind.PHOTO or attachment.state != AttachmentState.READY:
        return ""
    return next((str(words) for name, verdict, words in ADVICE if quality.get(name) == verdict), "")
