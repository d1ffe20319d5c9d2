"""A photo that is sent because it was asked for again: it names that instead of a view."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.attachments import MediaKind
from econsult.consults.records import Consult
from econsult.errors import InvalidError, NotFoundError
from econsult.people.persons import Person
from econsult.retaking import retake_for
from econsult.rights import Right
from uploads.kinds import Wanted

_ID = re.compile(r"[0-9a-f]{32}")
"""No view has such a name, and whatever knows views takes it along: stock clients, plain forms, phones that go on."""


def asked_again(
    session: Session, person: Person, consult: Consult, wanted: Wanted, now: datetime
) -> tuple[int | None, str | None]:
    """The id of what asked for the photo, where its view names one, and the view that it shows: the old photo's.

    Raises NotFoundError for what asks this person for nothing, or about another consult; InvalidError for no photo.
    """
    if wanted.view is None or not _ID.fullmatch(wanted.view):
        return None, wanted.view
    if wanted.kind != MediaKind.PHOTO:
        raise InvalidError("A photo was asked for.", {"view": "not_a_photo"})
    asked = retake_for(session, person, wanted.view, now=now, right=Right.UPLOAD)
    if asked.loaded.consult.id != consult.id:
        raise NotFoundError
    return asked.retake.id, asked.photo.view
