"""What specialists asked for in requests like this one, counted by item: what the next request had better bring.

A row is a code and never a word of anybody: the link of a template's item, or `ask.` and a code of the page. What was
asked in free words counts only as a request that came back for more. Counts are of one program, one specialty and one
type of question, over the newest requests that came back, so that a look costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.asked import is_there, known_items
from econsult.consults.attachments import Attachment, AttachmentState, attachments_of
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.database import Base, Instant
from econsult.templates.items import Item

CAME_BACK = ""
"""The item of the row that only says that the consult came back for more."""
NEWEST = 200
FEWEST = 3
"""With fewer that came back there is no history to speak of, and a count would tell of one child."""
MOST_SHOWN = 8
LINKS = {"weight": "core.weight", "medicines": "core.tried", "course": "core.onset"}
"""Which codes of the page are items of the core form."""
PAGE_CODE = "ask."
_VIEWS = {
    "far_photo": ("far", "overview"),
    "close_photo": ("close", "close_up"),
    "other_side": ("other_side", "oblique"),
}
_LOST = (AttachmentState.REJECTED, AttachmentState.FAILED)


class WantedItem(Base):
    """One thing that somebody asked for in one consult, once however often; `CAME_BACK` stands for anything at all."""

    __tablename__ = "wanted_item"
    __table_args__ = (
        *in_program("wanted_item", consult_id="consult"),
        UniqueConstraint("consult_id", "item", name="uq_wanted_item"),
        Index("ix_wanted_item", "program_id", "specialty", "question_type", "item", "consult_id"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    question_type: Mapped[str] = mapped_column(String(24))
    item: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Likely:
    """An item that this request does not bring, and in how many `of` those that came back it was asked for."""

    item: str
    asked: int
    of: int


def keep_wanted(
    session: Session, consult: Consult, lines: Iterable[str], codes: Collection[str], *, now: datetime
) -> None:
    """Count what was just asked for: codes as they are, and lines that say an item's link or its very words."""
    if consult.kind not in CLINICS_OWN or not consult.specialty or consult.is_test:
        return
    items = known_items(session, consult)
    named = {_folded(words): link for link, item in items.items() for words in (link, *item.words.texts.values())}
    found = {LINKS.get(code, code if code in items else f"{PAGE_CODE}{code}") for code in codes}
    found |= {named[text] for line in lines if (text := _folded(line)) in named}
    known = set(session.scalars(select(WantedItem.item).where(WantedItem.consult_id == consult.id)))
    for item in sorted({CAME_BACK, *found} - known):
        row = {"program_id": consult.program_id, "consult_id": consult.id, "item": item[:64], "at": now}
        about = {"specialty": consult.specialty, "question_type": consult.question_type or ""}
        session.add(WantedItem(**row, **about))
    session.flush()


def likely_wanted(session: Session, consult: Consult) -> tuple[list[Likely], int]:
    """What specialists will probably ask for, most often asked first, and how many requests that came back say so.

    Nothing, and 0, where there are too few to tell.
    """
    about = (
        WantedItem.program_id == consult.program_id,
        WantedItem.specialty == (consult.specialty or ""),
        WantedItem.question_type == (consult.question_type or ""),
    )
    newest = select(WantedItem.consult_id).where(*about, WantedItem.item == CAME_BACK)
    numbers = list(session.scalars(newest.order_by(WantedItem.consult_id.desc()).limit(NEWEST)))
    if len(numbers) < FEWEST:
        return [], 0
    counted = select(WantedItem.item, func.count()).where(
        WantedItem.consult_id.in_(numbers), WantedItem.item != CAME_BACK
    )
    rows = session.execute(counted.group_by(WantedItem.item).order_by(func.count().desc(), WantedItem.item)).all()
    items, files = known_items(session, consult), attachments_of(session, consult.id)
    kept = [file for file in files if file.state not in _LOST]
    missing = [row for row in rows if not _brings(row[0], items, consult.details, kept)]
    return [Likely(row[0], row[1], len(numbers)) for row in missing[:MOST_SHOWN]], len(numbers)


def _brings(item: str, items: Mapping[str, Item], details: Mapping[str, Any], files: Collection[Attachment]) -> bool:
    """Whether the request has it already; what is not known any more is nothing to ask for either."""
    if not item.startswith(PAGE_CODE):
        return item not in items or is_there(items[item], details, files)
    code = item.removeprefix(PAGE_CODE)
    if code in _VIEWS:
        return any(file.kind == "photo" and file.view in _VIEWS[code] for file in files)
    return any(file.kind == {"video": "video", "labs": "lab_document"}.get(code, "") for file in files)


def _folded(text: str) -> str:
    return " ".join(text.casefold().strip("¿?.: ").split())
