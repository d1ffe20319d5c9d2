"""The rows of answers: drafts, signed versions, and which of them who may read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.contents import Disposition, clean_content
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.database import Base, Instant, Sealed, SealedJson
from econsult.errors import StaleVersionError
from econsult.people.persons import Person


class Answer(Base):
    """One answer. `content` holds its fields as CONTRACT spells them; `saves` counts draft saves for stale checks.

    `program_id` is the consult's, as in a message. Until `undo_until` the signature can be taken back; `before` says
    what it changed, in ids, codes and instants (`consults.undoing`).
    """

    __tablename__ = "answer"
    __table_args__ = (
        *in_program("answer", consult_id="consult", author_id="person"),
        UniqueConstraint("consult_id", "version", name="uq_answer_version"),
        Index("ix_answer_undo", "author_id", "undo_until"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int]
    saves: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson("answer.content"))
    disposition: Mapped[str | None] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    undo_until: Mapped[datetime | None] = mapped_column(Instant)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    corrects: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Sealed("answer.reason"))

    @property
    def why(self) -> str:
        """Why the version before was wrong, of a correction; of a draft, why one was begun before the question was
        opened again. That is for whoever writes it: once signed it is no reason of the answer, and is kept only so that
        who takes the signature back finds it again."""
        return (self.reason or "") if self.corrects is not None or self.signed_at is None else ""

    def says(self, person: Person, content: Mapping[str, Any]) -> bool:
        """Whether this is what that person wrote, word for word."""
        return self.author_id == person.id and self.content == clean_content(content)


def emergencies_among(session: Session, consult_ids: Collection[int], *, for_family: bool = False) -> set[int]:
    """Those of these consults whose latest signed answer, or the latest open to families, says "emergency room now"."""
    latest = _latest(session, consult_ids, for_family=for_family)
    return {number for number, answer in latest.items() if answer.disposition == Disposition.EMERGENCY_NOW}


def released_among(session: Session, consult_ids: Collection[int]) -> dict[int, Answer]:
    """The latest answer that the family may read, by consult id."""
    return _latest(session, consult_ids, for_family=True)


def _latest(session: Session, consult_ids: Collection[int], *, for_family: bool) -> dict[int, Answer]:
    if not consult_ids:
        return {}
    query = select(Answer).where(Answer.consult_id.in_(consult_ids), Answer.signed_at.is_not(None))
    if for_family:
        query = query.where(Answer.released_at.is_not(None))
    return {answer.consult_id: answer for answer in session.scalars(query.order_by(Answer.version))}


def drop_draft(session: Session, consult_id: int) -> None:
    """Forget an unsigned answer: its words were meant for other readers than those who come now."""
    draft = draft_of(session, consult_id)
    if draft is not None:
        session.delete(draft)


def versions_of(session: Session, consult_id: int, *, for_family: bool = False) -> list[Answer]:
    """All signed versions, or those that the family may read, the oldest first; each stays readable."""
    query = select(Answer).where(Answer.consult_id == consult_id, Answer.signed_at.is_not(None))
    if for_family:
        query = query.where(Answer.released_at.is_not(None))
    return list(session.scalars(query.order_by(Answer.version)))


_DRAFT = select(Answer).where(
    Answer.consult_id == bindparam("consult"), Answer.signed_at.is_(None), Answer.corrects.is_(None)
)
_SIGNED = select(Answer).where(Answer.consult_id == bindparam("consult"), Answer.signed_at.is_not(None))
_SIGNED_LAST = _SIGNED.order_by(Answer.version.desc()).limit(1)


def draft_of(session: Session, consult_id: int) -> Answer | None:
    """The draft of an answer. No correction is one, whatever became of its signature."""
    return session.scalars(_DRAFT, {"consult": consult_id}).one_or_none()


def signed_answer(session: Session, consult_id: int) -> Answer | None:
    """The latest signed version."""
    return session.scalars(_SIGNED_LAST, {"consult": consult_id}).one_or_none()


def first_signed_among(session: Session, consult_ids: Collection[int]) -> dict[int, datetime]:
    """When the newest answer of each consult was signed first, by consult id: what was asked by then it answers.

    A correction says anew what was signed before it; whatever was asked since then waits for a reply of its own.
    """
    first = select(Answer.consult_id, func.max(Answer.signed_at)).where(
        Answer.consult_id.in_(consult_ids), Answer.signed_at.is_not(None), Answer.corrects.is_(None)
    )
    return {number: at for number, at in session.execute(first.group_by(Answer.consult_id)) if at is not None}


def first_signed(session: Session, consult: Consult) -> datetime | None:
    """The same of one consult; None where nothing was signed."""
    return first_signed_among(session, [consult.id]).get(consult.id)


def released_answer(session: Session, consult_id: int) -> Answer | None:
    """The latest version that the family may read; a newer one that is not open yet does not take it away."""
    return released_among(session, [consult_id]).get(consult_id)


def standing_version(session: Session, consult: Consult, *, for_family: bool = False) -> int:
    """The version that is read and told now; by a family, what is open to it. 0 where staff tell a decline."""
    if not for_family and consult.status == Status.DECLINED:
        return 0
    answer = released_answer(session, consult.id) if for_family else signed_answer(session, consult.id)
    return answer.version if answer is not None else 0


def check_read(session: Session, consult: Consult, version: int | None, *, for_family: bool = False) -> None:
    """Raise StaleVersionError where somebody says that they read, told or understood a version that does not stand
    now: nobody has read what was signed after their page was made. None says nothing about the version.
    """
    standing = standing_version(session, consult, for_family=for_family)
    if version is not None and version != standing:
        if not standing and consult.status != Status.DECLINED:
            raise StaleVersionError("No signed answer stands now; nothing was written down.")
        said = "Another version of the answer stands now; nothing was written down."
        if not standing:
            said = "The question was declined after you read it; nothing was written down."
        raise StaleVersionError(said, detail={"version": standing})


def answer_for(session: Session, consult: Consult, person: Person) -> Answer | None:
    """The answer as this person may read it: one's own draft, signed for staff, released for families.

    Whoever writes anew on a question that was opened again reads their draft; everybody else what was signed before.
    """
    if not person.is_staff:
        return released_answer(session, consult.id)
    is_writing = consult.status in OPEN and consult.holder_id == person.id
    draft = draft_of(session, consult.id) if is_writing else None
    return draft or signed_answer(session, consult.id)
