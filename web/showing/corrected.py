"""What a correction left behind: the signed versions before it, as their readers may have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.correcting import may_correct
from econsult.consults.correction_drafts import correction_of
from econsult.consults.lifecycle import Status
from econsult.consults.versions import Answer, versions_of
from econsult.note import EDITIONS
from econsult.reading import Reader
from econsult.rights import Right
from web.shell.auth import me


@dataclass(frozen=True)
class Older:
    """A signed version that a newer one has replaced."""

    version: int
    signed_at: datetime
    content: Mapping[str, Any]


def older_of(session: Session, loaded: Pass, answer: Answer | None, read: Reader) -> list[Older]:
    """The signed versions before the one that is shown, the newest first; none for who reads no answers."""
    if answer is None or answer.signed_at is None or loaded.relation not in EDITIONS:
        return []
    return [
        Older(each.version, each.signed_at, {name: read.whole(value) for name, value in each.content.items()})
        for each in reversed(versions_of(session, loaded.consult.id))
        if each.version < answer.version and each.signed_at is not None
    ]


@dataclass(frozen=True)
class Correctable:
    """An answer that this reader may correct, and when what they write for that was saved, if there is anything."""

    saved_at: datetime | None


def correctable(session: Session, loaded: Pass) -> Correctable | None:
    """What this reader may correct now, if they may."""
    is_final = loaded.consult.status in (Status.ANSWERED, Status.CLOSED)
    if not (is_final and loaded.may(Right.ANSWER) and may_correct(session, loaded.consult, me())):
        return None
    draft = correction_of(session, loaded.consult.id)
    return Correctable(draft.saved_at if draft else None)
