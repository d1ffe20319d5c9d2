"""The table of uploads. The verbs over it, and the state machine, live in the `uploads` room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from econsult.belonging import in_program
from econsult.consults.records import Consult
from econsult.database import Base, Instant, PublicId, Sealed

FOR_A_RETAKE = text("retake_id IS NOT NULL")


class UploadState(StrEnum):
    CREATED = "created"
    RECEIVING = "receiving"
    COMPLETE = "complete"
    QUARANTINED = "quarantined"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    FAILED = "failed"


class Upload(PublicId, Base):
    """One file on its way in. The staged data file, not this row, knows how many bytes have arrived.

    `reserved` is how many bytes it may have, and as many count against its owner's day. `retake_id` says for which
    photo, that was asked for again, this one was taken.
    """

    __tablename__ = "upload"
    __table_args__ = (
        *in_program("upload", owner_id="person", consult_id="consult", attachment_id="attachment"),
        Index("ix_upload_owner", "owner_id", "state"),
        Index("ix_upload_state", "state", "expires_at"),
        Index("ix_upload_retake", "retake_id", sqlite_where=FOR_A_RETAKE, postgresql_where=FOR_A_RETAKE),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    kind: Mapped[str] = mapped_column(String(16))
    document_type: Mapped[str | None] = mapped_column(String(24))
    view: Mapped[str | None] = mapped_column(String(32))
    filename: Mapped[str] = mapped_column(Sealed("upload.filename"), default="")
    media_type: Mapped[str] = mapped_column(String(80), default="")
    metadata_text: Mapped[str] = mapped_column(Sealed("upload.metadata"), default="")
    length: Mapped[int | None] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=UploadState.CREATED)
    reason: Mapped[str | None] = mapped_column(String(48))
    scanned_by: Mapped[str | None] = mapped_column(String(48))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    retake_id: Mapped[int | None] = mapped_column(ForeignKey("retake.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    consult: Mapped[Consult] = relationship(primaryjoin=lambda: Upload.consult_id == Consult.id, viewonly=True)

    @property
    def has_arrived(self) -> bool:
        """Whether every byte came, whatever the workers make of the file, and its sender did not take it back."""
        return self.attachment_id is not None and self.state != UploadState.TERMINATED
