"""Photos that are asked for once more, with what the specialist drew over the old one.

Until the request for information is sent, a drawing is its author's alone: not the clinic's, and not a colleague's who
takes the consult over. With the request it is frozen, and belongs to the lane of the message that asks. Another drawing
over the same photo is another row, with the next version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, note_attachment, renditions_of
from econsult.consults.holding import require_holder
from econsult.consults.intake import Upload
from econsult.consults.lifecycle import OPEN
from econsult.consults.marks import Drawing, read_drawing, told_drawing
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant, PublicId, SealedJson
from econsult.errors import ImpossibleVerbError, InvalidError, NotFoundError
from econsult.people.persons import Person

MOST_RETAKES = 12
DRAWN_ON = "view"
"""The copy that a specialist looks at while drawing; the others have its shape."""
UNSENT = text("message_id IS NULL")
OTHER_KINDS = "Only a photo can be marked: write in words what should be different about a video or a document."


class Retake(PublicId, Base):
    """One photo that is asked for again. `message_id` is NULL while its author still draws; then it is frozen.

    `width` and `height` are the pixels of the picture that was drawn on, for whoever sees the drawing without it.
    """

    __tablename__ = "retake"
    __table_args__ = (
        Index(
            "uq_retake_draft",
            "attachment_id",
            "author_id",
            unique=True,
            sqlite_where=UNSENT,
            postgresql_where=UNSENT,
        ),
        UniqueConstraint("message_id", "attachment_id", name="uq_retake_message"),
        *in_program("retake", consult_id="consult", author_id="person"),
        *in_program("retake", attachment_id="attachment", message_id="message"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    version: Mapped[int] = mapped_column(default=0)
    width: Mapped[int]
    height: Mapped[int]
    told: Mapped[dict[str, Any]] = mapped_column("drawing", SealedJson("retake.drawing"))
    saved_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def drawing(self) -> Drawing:
        # What was erased is told as nothing.
        return read_drawing({name: self.told.get(name, []) for name in ("marks", "words")})


@dataclass(frozen=True)
class Wanted:
    """A photo that somebody asks for again; without a drawing of its own, the draft of its author goes along."""

    attachment_id: str
    drawing: Drawing | None = None


def save_marks(
    session: Session, consult: Consult, person: Person, attachment_id: str, drawing: Drawing, *, now: datetime
) -> Retake | None:
    """Keep what the holder has drawn so far over a photo; nothing drawn is no draft, and gives none.

    Raises ImpossibleVerbError once it is answered, ForbiddenError for anybody but the holder, NotFoundError for a file
    of another consult, and InvalidError for one that is no photo or cannot be seen.
    """
    if consult.status not in OPEN:
        raise ImpossibleVerbError(consult.status, "take marks")
    require_holder(consult, person)
    photo = _photo(session, consult, attachment_id)
    draft = draft_of(session, photo.id, person)
    if not drawing:
        if draft is not None:
            session.delete(draft)
            note_attachment(session, photo, "drop_marks", now, person_id=person.id)
        return None
    if draft is None:
        draft = _begin(session, consult, person, photo, now)
        # One row for the drawing, not one for every line of it, as with the draft of an answer.
        note_attachment(session, photo, "mark", now, person_id=person.id)
    draft.told, draft.saved_at = told_drawing(drawing), now
    session.flush()
    return draft


def photos_of(session: Session, consult: Consult, wanted: Sequence[Wanted]) -> list[tuple[Attachment, Drawing | None]]:
    """The photos that are asked for again, before anything is written. Raises what `save_marks` raises for a photo."""
    if len(wanted) > MOST_RETAKES or len({each.attachment_id for each in wanted}) != len(wanted):
        raise InvalidError("These photos cannot be asked for.", {"retakes": "too_many"})
    return [(_photo(session, consult, each.attachment_id), each.drawing) for each in wanted]


def send_retakes(
    session: Session,
    consult: Consult,
    person: Person,
    message_id: int,
    photos: Sequence[tuple[Attachment, Drawing | None]],
    *,
    now: datetime,
) -> None:
    """Freeze what was drawn with the message that asks."""
    for photo, drawing in photos:
        draft = draft_of(session, photo.id, person) or _begin(session, consult, person, photo, now)
        if drawing is not None:
            draft.told = told_drawing(drawing)
        before = select(func.max(Retake.version)).where(Retake.attachment_id == photo.id)
        draft.version = (session.scalar(before) or 0) + 1
        draft.message_id, draft.sent_at = message_id, now
        session.flush()
        note(session, consult, "ask_again", person_id=person.id, now=now, detail=f"{photo.public_id}/{draft.version}")


def draft_of(session: Session, attachment_id: int, person: Person) -> Retake | None:
    """What this person has drawn over the photo and not sent."""
    query = select(Retake).where(Retake.attachment_id == attachment_id, Retake.author_id == person.id)
    return session.scalars(query.where(Retake.message_id.is_(None))).one_or_none()


def drafts_of(session: Session, consult: Consult, person: Person) -> Mapping[int, Retake]:
    """The same for all photos of a consult, by the id of the attachment."""
    query = select(Retake).where(Retake.consult_id == consult.id, Retake.author_id == person.id)
    return {each.attachment_id: each for each in session.scalars(query.where(Retake.message_id.is_(None)))}


def retakes_of(
    session: Session, message_ids: Sequence[int], *, even_taken_back: bool = False
) -> dict[int, list[tuple[Retake, Attachment]]]:
    """What each message asks for again, with the old photo; nothing of one that the family has sealed.

    The caller has checked that its reader may read the messages.
    """
    found: dict[int, list[tuple[Retake, Attachment]]] = {}
    query = select(Retake, Attachment).join(Attachment, Attachment.id == Retake.attachment_id).order_by(Retake.id)
    for retake, photo in session.execute(query.where(Retake.message_id.in_(message_ids))):
        is_asked = even_taken_back or retake.taken_back_at is None
        if is_asked and not photo.is_sealed and retake.message_id is not None:
            found.setdefault(retake.message_id, []).append((retake, photo))
    return found


def taken_for(session: Session, consult_id: int) -> dict[int, int]:
    """Which photos of the consult were sent because they were asked for again: attachment id to retake id."""
    query = select(Upload.attachment_id, Upload.retake_id).join(Retake, Retake.id == Upload.retake_id)
    arrived = query.where(Retake.consult_id == consult_id, Upload.attachment_id.is_not(None)).order_by(Upload.id)
    return {row.attachment_id: row.retake_id for row in session.execute(arrived)}


def _begin(session: Session, consult: Consult, person: Person, photo: Attachment, now: datetime) -> Retake:
    shown = next(copy for copy in renditions_of(session, [photo.id])[photo.id] if copy.name == DRAWN_ON)
    draft = Retake(
        consult_id=consult.id,
        attachment_id=photo.id,
        author_id=person.id,
        width=shown.width,
        height=shown.height,
        told=told_drawing(Drawing()),
        saved_at=now,
    )
    session.add(draft)
    return draft


def _photo(session: Session, consult: Consult, attachment_id: str) -> Attachment:
    """The photo of this consult, which can be looked at."""
    query = select(Attachment).where(Attachment.public_id == attachment_id, Attachment.consult_id == consult.id)
    photo = session.scalars(query).one_or_none()
    if photo is None:
        raise NotFoundError
    if photo.kind != MediaKind.PHOTO:
        raise InvalidError(OTHER_KINDS, {"retakes": "not_a_photo"})
    if photo.state != AttachmentState.READY:
        raise InvalidError(
            "This photo cannot be looked at now, so nothing can be marked on it.", {"retakes": "not_ready"}
        )
    return photo
