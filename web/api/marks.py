"""Photos that are asked for again, as programs say and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, attachments_of
from econsult.consults.marks import read_drawing, told_drawing
from econsult.consults.retakes import Retake, Wanted, retakes_of, taken_for
from web.api.stamps import stamp


def wanted_of(body: Mapping[str, Any]) -> list[Wanted]:
    """The photos that a request for information asks for again. Raises InvalidError for what is no drawing.

    Without marks or words what its author drew on the page goes along, if anything.
    """
    return [
        Wanted(each["attachment_id"], read_drawing(each) if each.keys() & {"marks", "words"} else None)
        for each in body.get("retakes", [])
    ]


def retakes_json(session: Session, consult_id: int, message_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What each of these messages, which the reader may read, asks for again, and which files came of it."""
    asked = retakes_of(session, message_ids)
    if not asked:
        return {}
    names = {file.id: file.public_id for file in attachments_of(session, consult_id)}
    taken: dict[int, list[str]] = {}
    for new, retake_id in taken_for(session, consult_id).items():
        if new in names:
            taken.setdefault(retake_id, []).append(names[new])
    return {
        message_id: [_retake_json(retake, photo, taken.get(retake.id, [])) for retake, photo in found]
        for message_id, found in asked.items()
    }


def _retake_json(retake: Retake, photo: Attachment, taken: list[str]) -> dict[str, Any]:
    drawing = told_drawing(retake.drawing)
    return {
        "id": retake.public_id,
        "attachment_id": photo.public_id,
        "version": retake.version,
        "width": retake.width,
        "height": retake.height,
        "marks": drawing["marks"],
        "words": drawing["words"],
        "sent_at": stamp(retake.sent_at),
        "taken": taken,
    }
