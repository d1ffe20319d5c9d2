"""What a request shows of earlier ones of the same child, as the page of its case says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.asked_before import count_earlier, earlier_of
from econsult.consults.lifecycle import Status
from econsult.reading import reader_for
from econsult.rights import Right
from web.context import now
from web.shell.auth import me
from web.words import terms
from web.words.covered import marks


@dataclass(frozen=True)
class Before:
    """One earlier request: what was asked, how it stands, and its last answer. `link` is empty where it is shut."""

    number: str
    link: str
    about: str
    asked_at: datetime | None
    status: str
    question: str
    content: Mapping[str, Any]
    signed_at: datetime | None


@dataclass(frozen=True)
class Earlier:
    """All of them, for who may read them; for others of the staff only how many there are."""

    shown: tuple[Before, ...] = ()
    count: int = 0


def before_of(session: Session, loaded: Pass) -> Earlier:
    """What this reader may have of what was asked before; each look is written down."""
    shown = earlier_of(session, loaded, me(), now=now())
    return Earlier(tuple(_before(session, each.passed, each.answer) for each in shown), count_earlier(session, loaded))


def _before(session: Session, passed: Pass, answer: Any) -> Before:
    consult, read = passed.consult, reader_for(session, passed, marks())
    content = answer.content if answer else {}
    return Before(
        number=consult.number,
        link=f"/consults/{consult.public_id}" if passed.may(Right.REQUEST) else "",
        about=str(terms.SPECIALTIES.get(consult.specialty or "", "")),
        asked_at=consult.submitted_at,
        status=str(terms.STATUSES[Status(consult.status)]),
        question=read.text(consult.question),
        content={name: read.whole(content[name]) for name in content if name not in ("family_summary", "references")},
        signed_at=answer.signed_at if answer else None,
    )
