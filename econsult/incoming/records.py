"""One message that came by e-mail: whose it says it is, until when it waits, and what of it is kept sealed.

It belongs to no child before its person has chosen one. Its files rest in the blob store under a key of their own,
which lies in the sealed column: emptying that column is the end of them, and a master key that is turned seals it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, PublicId, SealedJson

WAITS = timedelta(days=7)
"""So long somebody has to confirm what came."""
KNOWN = timedelta(days=30)
"""So long it is known again when it is delivered once more, whatever has become of it."""
MOST_WAITING = 20
"""So many messages wait for one person; more are to be tried again later by whoever brings them."""


class MailState(StrEnum):
    """It arrives, waits for its person, has a request begun with it, and is over: confirmed, thrown away or expired."""

    ARRIVING = "arriving"
    WAITING = "waiting"
    BEGUN = "begun"
    ENDED = "ended"


STANDING = (MailState.WAITING, MailState.BEGUN)
"""What its person still finds on the page."""


@dataclass(frozen=True)
class MailFile:
    """One file of a message, the `number`th; `kind` and `media_type` are what the sender called it."""

    number: int
    name: str
    kind: str
    media_type: str
    size: int


class IncomingMail(PublicId, Base):
    """One message; `content` holds its text, its files and their key, and nothing once it is over.

    `is_stored`: bytes of it may be in the blob store. `message_hash` tells a second delivery of the same message.
    """

    __tablename__ = "incoming_mail"
    __table_args__ = (
        *in_program("incoming_mail", person_id="person", consult_id="consult"),
        UniqueConstraint("person_id", "message_hash", name="uq_incoming_mail_message"),
        Index("ix_incoming_mail_until", "until"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    consult_id: Mapped[int | None] = mapped_column(ForeignKey("consult.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    message_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("incoming_mail.content"))
    is_stored: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)

    @property
    def kept(self) -> Mapping[str, Any]:
        """What is kept of it; nothing of one that is over, or whose child's record was erased."""
        return self.content or {}

    @property
    def text(self) -> str:
        return str(self.kept.get("text", ""))

    @property
    def is_cut(self) -> bool:
        """Whether the text was longer than what is kept of it."""
        return bool(self.kept.get("is_cut"))

    @property
    def left_out(self) -> int:
        """How many of its files were of no kind that a request takes."""
        return int(self.kept.get("left_out", 0))

    @property
    def files(self) -> list[MailFile]:
        return [MailFile(**each) for each in self.kept.get("files", [])]

    @property
    def key(self) -> bytes:
        """The key of its files."""
        return bytes.fromhex(self.kept["key"])
