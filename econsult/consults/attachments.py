"""Photos, videos and lab documents of a consult, and the safe copies (renditions) that people may look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import about_child, in_program, numbered_within, program_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.replies import sent_file
from econsult.database import NO_KEY, Base, Instant, PublicId, Sealed, SealedJson
from econsult.errors import ForbiddenError, ImpossibleVerbError
from econsult.jobs import JobKind, Lane, add_job
from econsult.leading import narrow
from econsult.people.persons import Person
from econsult.picking import one_of


class MediaKind(StrEnum):
    """What may be uploaded. DICOM joins when its pipeline does."""

    PHOTO = "photo"
    VIDEO = "video"
    LAB_DOCUMENT = "lab_document"


WITHDRAWN = "withdrawn"
"""The reason of a file that its sender took back before the question was sent: no list shows it any more."""
CONSENT_WITHDRAWN = "consent_withdrawn"
"""The reason of a file that is sealed, because the family took its consent back: lists say so and show nothing."""
ERASED = "erased"
"""The reason of a file whose record was erased: its keys are destroyed."""
PRIVATE_SITE = "private_site"
"""The reason of a family's picture of a private place: it can only be refused."""
PRIVATE_PAPER = "private_paper"
"""The reason of a family's PDF that waits for a person, because no family is asked for photos of a private place."""
REVIEWED = "reviewed"
"""Why a file was rejected: a person who looked at it has refused it."""
REFUSED_BEFORE = "refused_before"
"""The reason of a file that waits for a person, because the same bytes of the same sender were refused before."""
ORIGINAL_GONE = "original_gone"
"""The reason of a file that is shown no more: what it shows is to be covered, and its original is no longer kept."""
UNDECIDED = "undecided"
"""The reason of a file that waited for a person until its request was over for good, and went undecided."""
UNPREPARED = "unprepared"
"""The reason of a file that could not be prepared until its request was over for good."""
PAPER = "application/pdf"
DUPLICATE = "duplicate"
"""The reason of a file that its sender had sent to the same consult before: the first one stands for both."""
REVIEW_COPY = "review"
"""How the copies begin that are for the person who decides about a held file."""
WAITS = text("(state = 'held' OR show_asked_at IS NOT NULL)")
"""What a person of the medical home is to look at: a file that is held, or a face that a specialist asks to see."""
RESTS = text(
    "original_gone_at IS NULL AND length(key_wrapped) > 0 AND state IN ('ready', 'held', 'rejected', 'failed')"
)
"""What no worker is at, and whose sealed original could still be opened, wherever it rests."""
GOING = text("original_gone_at IS NOT NULL AND blob_key IS NOT NULL")
"""Whose original has lost its key, and may still rest in the store."""
DOCUMENT_TYPES = ("laboratory", "imaging_report", "audiogram", "ecg", "newborn_screen", "other")


def original_key(public_id: str) -> str:
    """Where the sealed original of a file rests in the store, or would."""
    return f"originals/{public_id}"


class AttachmentState(StrEnum):
    RECEIVED = "received"
    PROCESSING = "processing"
    READY = "ready"
    HELD = "held"
    REJECTED = "rejected"
    FAILED = "failed"


class Attachment(PublicId, Base):
    """One file as it was sent. The original rests sealed under `blob_key` and is never served to anyone."""

    __tablename__ = "attachment"
    __table_args__ = (
        narrow("ix_attachment_waits", "id", only=WAITS),
        narrow("ix_attachment_original", "program_id", "finished_at", "id", only=RESTS),
        narrow("ix_attachment_going", "original_gone_at", "id", only=GOING),
        numbered_within("attachment"),
        about_child("attachment"),
        *in_program("attachment", consult_id="consult", patient_id="patient"),
        *in_program("attachment", uploaded_by_id="person", show_asked_by_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(16))
    document_type: Mapped[str | None] = mapped_column(String(24))
    view: Mapped[str | None] = mapped_column(String(32))
    filename: Mapped[str] = mapped_column(Sealed("attachment.filename"), default="")
    size: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(String(64))
    content_mark: Mapped[str | None] = mapped_column(String(64), index=True)
    picture_mark: Mapped[str | None] = mapped_column(String(64), index=True)
    """The keyed hash of what it shows, whatever its bytes."""
    told_mark: Mapped[str | None] = mapped_column(String(64))
    """The keyed hash of all that told who the child is when the file was read; see `preparing.read_papers_again`."""
    state: Mapped[str] = mapped_column(String(16), default=AttachmentState.RECEIVED)
    reason: Mapped[str | None] = mapped_column(String(48))
    progress: Mapped[int] = mapped_column(default=0)
    quality: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("attachment.quality"))
    report: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("attachment.report"))
    blob_key: Mapped[str | None] = mapped_column(String(200))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    face_policy: Mapped[str | None] = mapped_column(String(20))
    face_regions: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("attachment.face_regions"))
    review_note: Mapped[str | None] = mapped_column(Sealed("attachment.review_note"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    """When a person last decided how this file is prepared; never before what the family had said by then."""
    reviews: Mapped[int] = mapped_column(default=0)
    is_restricted: Mapped[bool] = mapped_column(default=False)
    show_asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    show_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    original_due_at: Mapped[datetime | None] = mapped_column(Instant)
    """When a clock first saw that its time is over; a day later it goes."""
    original_gone_at: Mapped[datetime | None] = mapped_column(Instant)
    original_days: Mapped[int | None]
    """So many days after the end the original was let go; empty while it is kept."""

    @property
    def has_original(self) -> bool:
        """Whether it can be prepared anew."""
        return self.blob_key is not None and self.original_gone_at is None

    @property
    def is_withdrawn(self) -> bool:
        return self.reason in (WITHDRAWN, CONSENT_WITHDRAWN)

    @property
    def is_for_nobody(self) -> bool:
        """Whether it is a family's picture of a private place, which not even the person who refuses it sees."""
        return self.reason == PRIVATE_SITE

    @property
    def is_sealed(self) -> bool:
        """Whether its keys were set aside, so that nobody sees it."""
        return self.reason == CONSENT_WITHDRAWN

    @property
    def is_keyless(self) -> bool:
        """Whether the keys left its row, so that nothing may be made of it any more."""
        return self.reason in (CONSENT_WITHDRAWN, ERASED)


_IS_KEPT = Attachment.reason.is_distinct_from(WITHDRAWN) & Attachment.reason.is_distinct_from(DUPLICATE)


class Rendition(PublicId, Base):
    """A safe copy: pixels only, upright, bounded. Sealed under its own key with its own object id."""

    __tablename__ = "rendition"
    __table_args__ = (UniqueConstraint("attachment_id", "name", name="uq_rendition_name"),)

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), index=True)
    name: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(String(32))
    blob_key: Mapped[str] = mapped_column(String(200))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Received:
    """What the upload door knows of a finished file; `object_id`, the upload's public id, stays the blob's name."""

    object_id: str
    kind: MediaKind
    size: int
    filename: str
    key_wrapped: bytes
    uploaded_by_id: int
    view: str | None = None
    document_type: str | None = None


def receive(session: Session, consult: Consult, received: Received, now: datetime) -> Attachment:
    """Add the attachment and the job that prepares it, in the transaction that completes the upload."""
    attachment = Attachment(
        public_id=received.object_id,
        consult_id=consult.id,
        patient_id=consult.patient_id,
        uploaded_by_id=received.uploaded_by_id,
        kind=received.kind,
        document_type=received.document_type,
        view=received.view,
        filename=received.filename,
        size=received.size,
        key_wrapped=received.key_wrapped,
        received_at=now,
    )
    session.add(attachment)
    session.flush()
    lane = Lane.SLOW if received.kind == MediaKind.VIDEO else Lane.FAST
    add_job(session, JobKind.PREPARE, attachment.id, lane=lane, dedupe_key=f"prepare:{attachment.id}", now=now)
    note_attachment(session, attachment, "receive", now, person_id=received.uploaded_by_id)
    sent_file(session, consult, session.get_one(Person, received.uploaded_by_id), now=now)
    return attachment


def withdraw_attachment(session: Session, attachment: Attachment, person: Person, *, now: datetime) -> None:
    """The sender takes a file back while the question is a draft. A second time changes nothing.

    Raises ForbiddenError for anybody else, and ImpossibleVerbError once the question was sent.
    """
    session.flush()
    session.refresh(attachment, with_for_update=NO_KEY)
    consult = session.get_one(Consult, attachment.consult_id)
    if attachment.uploaded_by_id != person.id:
        raise ForbiddenError("Only the person who sent this file can take it back.")
    if consult.status != Status.DRAFT:
        raise ImpossibleVerbError(consult.status, "lose a file")
    if not attachment.is_withdrawn:
        attachment.state, attachment.reason, attachment.finished_at = AttachmentState.REJECTED, WITHDRAWN, now
        note_attachment(session, attachment, "withdraw", now, person_id=person.id)


def attachments_of(session: Session, consult_id: int) -> list[Attachment]:
    """Attachments in the order in which they came in, without those that were taken back or sent twice."""
    return attachments_among(session, [consult_id])[consult_id]


_KEPT = select(Attachment).where(one_of(Attachment.consult_id, "consults"), _IS_KEPT).order_by(Attachment.id)


def attachments_among(session: Session, consult_ids: Sequence[int]) -> dict[int, list[Attachment]]:
    """Attachments by consult id, in the order in which they came in, without those taken back or sent twice."""
    found: dict[int, list[Attachment]] = {number: [] for number in consult_ids}
    for attachment in session.scalars(_KEPT, {"consults": list(consult_ids)}):
        found[attachment.consult_id].append(attachment)
    return found


_READY = (
    select(Rendition)
    .join(Attachment, Attachment.id == Rendition.attachment_id)
    .where(one_of(Rendition.attachment_id, "files"), Attachment.state == AttachmentState.READY)
    .order_by(Rendition.id)
)


def renditions_of(session: Session, attachment_ids: Sequence[int]) -> dict[int, list[Rendition]]:
    """Renditions by attachment id, in the order in which they were made; none of an attachment that is not ready."""
    found: dict[int, list[Rendition]] = {number: [] for number in attachment_ids}
    for rendition in session.scalars(_READY, {"files": list(attachment_ids)}) if found else ():
        found[rendition.attachment_id].append(rendition)
    return found


def note_attachment(
    session: Session,
    attachment: Attachment,
    action: str,
    now: datetime,
    *,
    person_id: int | None,
    detail: str = "",
) -> None:
    """Add the audit row of something that was done with the file."""
    audit.record(
        session,
        action,
        "attachment",
        attachment.public_id,
        now=now,
        person_id=person_id,
        patient_id=attachment.patient_id,
        consult_id=attachment.consult_id,
        detail=detail,
    )
