"""What a family has said to what it may allow besides its consent, and whether its no shuts a face that was opened.

Who decides about a picture asks here, and so does whoever gives one out: a no that is newer than what opened the face
holds everywhere, whatever was or was not done with the files when it was said.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.consults.attachments import Attachment
from econsult.consults.facepolicy import may_show_face
from econsult.database import Base, Instant
from econsult.errors import ForbiddenError
from econsult.people.consent import ConsentRow, of_case


class Allowed(StrEnum):
    """What is asked for by itself."""

    FACES = "faces"
    TRAINEES = "trainees"
    TEACHING = "teaching"


class FurtherConsent(ConsentRow, Base):
    """One yes or no to one of them."""

    __tablename__ = "opt_in"
    __table_args__ = (Index("ix_opt_in_standing", "consult_id", "what", "id"), *of_case("opt_in"))

    what: Mapped[str] = mapped_column(String(16))
    is_given: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)


def last_words(session: Session, consult_id: int) -> dict[Allowed, FurtherConsent]:
    """The family's last word about each of them, a yes or a no; what nobody spoke of is not there."""
    said = select(FurtherConsent).where(FurtherConsent.consult_id == consult_id).order_by(FurtherConsent.id)
    return {Allowed(word.what): word for word in session.scalars(said)}


def standing(session: Session, consult_id: int) -> frozenset[Allowed]:
    """What is allowed now; what nobody was asked about is not."""
    return frozenset(what for what, word in last_words(session, consult_id).items() if word.is_given)


def word_on_faces(session: Session, consult_id: int) -> FurtherConsent | None:
    """The family's last word about the face, a yes or a no; None where nobody said anything."""
    about = select(FurtherConsent).where(FurtherConsent.consult_id == consult_id, FurtherConsent.what == Allowed.FACES)
    return session.scalars(about.order_by(FurtherConsent.id.desc()).limit(1)).one_or_none()


def no_to_faces(session: Session, consult_id: int) -> FurtherConsent | None:
    """The family's last word about the face where that is a no; silence is none."""
    word = word_on_faces(session, consult_id)
    return None if word is None or word.is_given else word


def is_kept_shut(session: Session, attachment: Attachment) -> bool:
    """Whether a no of the family forbids to show a face in this file.

    What was decided about this one file after the no, by somebody who was shown it, stands; nothing else does, and what
    nobody decided about has nothing to stand on.
    """
    no = no_to_faces(session, attachment.consult_id)
    if no is None:
        return False
    decided_at = attachment.decided_at if attachment.face_policy is not None else None
    return decided_at is None or decided_at < no.at


def shows_face(attachment: Attachment) -> bool:
    """Whether the copies show a face as far as their report tells; where it tells nothing, they may."""
    return may_show_face(attachment.report or {})


def check_face(session: Session, attachment: Attachment) -> None:
    """Raise ForbiddenError for a copy with a face that the family's no keeps shut: nobody is given that."""
    if shows_face(attachment) and is_kept_shut(session, attachment):
        raise ForbiddenError("The family said no to the face. This file opens when the face is covered.")
