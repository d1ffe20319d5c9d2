"""Photos that are asked for again, as pages show them: the old one with its marks, and where the new one is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.attachments import Attachment, MediaKind, Rendition, attachments_of, renditions_of
from econsult.consults.lifecycle import OPEN
from econsult.consults.marks import Drawing, told_drawing
from econsult.consults.records import Consult
from econsult.consults.retakes import DRAWN_ON, Retake, drafts_of, retakes_of, taken_for
from econsult.consults.threads import Audience, Message
from econsult.people.persons import Person
from econsult.retaking import asked_before
from econsult.rights import Relation, Right
from web.shell.auth import me
from web.showing.files import TITLES, media_url
from web.showing.marks import Guide, Marking, drawn
from web.showing.sheets import Sheet
from web.words.language import gettext


def guides_of(session: Session, loaded: Pass, messages: Sequence[Message]) -> dict[int, list[Guide]]:
    """What each of these messages, which this reader may read, asks for again."""
    asked = retakes_of(session, [message.id for message in messages])
    if not asked:
        return {}
    photos = [photo for found in asked.values() for _, photo in found if _may_see(loaded, photo)]
    copies = renditions_of(session, [photo.id for photo in photos])
    taken = set(taken_for(session, loaded.consult.id).values())
    return {
        message_id: [
            guide_of(loaded, retake, photo, copies.get(photo.id, ()), is_taken=retake.id in taken)
            for retake, photo in found
        ]
        for message_id, found in asked.items()
    }


def guide_of(
    loaded: Pass, retake: Retake, photo: Attachment, copies: Sequence[Rendition], *, is_taken: bool = False
) -> Guide:
    """One of them, with copies that this reader may see, or none."""
    named = {copy.name: copy for copy in copies}
    shown = named.get(DRAWN_ON)
    size = (shown.width, shown.height) if shown else (retake.width, retake.height)
    return Guide(
        id=retake.public_id,
        title=str(TITLES.get(photo.view or "") or TITLES[MediaKind.PHOTO]),
        drawn=drawn(retake.drawing, *size),
        picture=media_url(shown) if shown else "",
        small=media_url(named["thumb"]) if "thumb" in named else "",
        take=_take(loaded, retake),
        is_taken=is_taken,
    )


def guides_before(session: Session, loaded: Pass, names: Sequence[str]) -> list[Guide]:
    """These photos as they would be asked for again, with what this reader has drawn so far; nothing to take yet."""
    files = {file.public_id: file for file in attachments_of(session, loaded.consult.id)}
    photos = [files[name] for name in names if name in files]
    copies, drafts = renditions_of(session, [photo.id for photo in photos]), drafts_of(session, loaded.consult, me())
    guides = []
    for photo in photos:
        named = {copy.name: copy for copy in copies.get(photo.id, ())}
        shown = named.get(DRAWN_ON)
        drawing = drafts[photo.id].drawing if photo.id in drafts else Drawing()
        size = (shown.width, shown.height) if shown else (1, 1)
        picture = media_url(shown) if shown and _may_see(loaded, photo) else ""
        title = str(TITLES.get(photo.view or "") or TITLES[MediaKind.PHOTO])
        guides.append(Guide(photo.public_id, title, drawn(drawing, *size), picture))
    return guides


def again_items(session: Session, consult: Consult, names: Sequence[str]) -> list[str]:
    """What asks for these photos again in the list of a message, in the language that is spoken now."""
    titles = {
        file.public_id: str(TITLES.get(file.view or "") or TITLES[MediaKind.PHOTO])
        for file in attachments_of(session, consult.id)
    }
    return [gettext("A better photo: %(title)s", title=titles[name]) for name in names if name in titles]


def _may_see(loaded: Pass, photo: Attachment) -> bool:
    """Whether the photo would open to this reader, as `access.rendition_for` decides it."""
    is_shut = photo.is_restricted and loaded.relation in (Relation.POOL, Relation.ASKED)
    return loaded.may(Right.SEE_MEDIA) and not is_shut


def _take(loaded: Pass, retake: Retake) -> str:
    consult = loaded.consult
    if not loaded.may(Right.UPLOAD) or consult.status not in OPEN or retake.taken_back_at is not None:
        return ""
    if me().is_staff:
        return f"/consults/{consult.public_id}/again/{retake.public_id}"
    return "" if consult.is_private_site else f"/family/questions/{consult.public_id}/again/{retake.public_id}"


def with_marks(session: Session, loaded: Pass, sheets: Sequence[Sheet]) -> list[Sheet]:
    """The sheets of the viewer with what this reader draws on each, and beside each new photo the one from before."""
    before = _before(session, loaded)
    own = _own(session, loaded, [sheet for sheet in sheets if sheet.is_photo])
    return [
        replace(sheet, marking=own.get(sheet.file.id) if sheet.is_photo else None, before=before.get(sheet.file.id))
        for sheet in sheets
    ]


def _before(session: Session, loaded: Pass) -> dict[str, Guide]:
    """By the public id of a new photo: what asked for it, where the old one can be seen."""
    found = asked_before(session, me(), loaded) if loaded.may(Right.SEE_MEDIA) else {}
    copies = renditions_of(session, [photo.id for _, photo in found.values() if _may_see(loaded, photo)])
    guides = {new: guide_of(loaded, retake, photo, copies.get(photo.id, ())) for new, (retake, photo) in found.items()}
    return {session.get_one(Attachment, new).public_id: guide for new, guide in guides.items() if guide.picture}


def _own(session: Session, loaded: Pass, photos: Sequence[Sheet]) -> dict[str, Marking]:
    """For whoever holds the request: what they have drawn so far over each photo, and whom they would ask."""
    consult = loaded.consult
    if consult.holder_id != me().id or consult.status not in OPEN or not loaded.may(Right.ANSWER):
        return {}
    files = {file.public_id: file for file in attachments_of(session, consult.id)}
    drafts = drafts_of(session, consult, me())
    return {
        sheet.file.id: marking_of(session, consult, files[sheet.file.id], drafts, (sheet.width, sheet.height))
        for sheet in photos
    }


def marking_of(
    session: Session, consult: Consult, file: Attachment, drafts: Mapping[int, Retake], size: tuple[int, int]
) -> Marking:
    """What was drawn so far over one photo."""
    drawing = drafts[file.id].drawing if file.id in drafts else Drawing()
    is_familys = not session.get_one(Person, file.uploaded_by_id).is_staff and not consult.is_private_site
    return Marking(
        drawn=drawn(drawing, *size),
        marks=json.dumps(told_drawing(drawing)["marks"]),
        words=drawing.words,
        lane=Audience.FAMILY if is_familys else Audience.CLINICIANS,
    )
