"""A correction while it is written: sealed like every draft, read by whoever may sign it, and by nobody else.

It ends with the correction's signature or when it is thrown away. There is one for each consult, as of its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.records import Consult, note
from econsult.consults.versions import Answer
from econsult.database import Base, Instant, Sealed, SealedJson
from econsult.errors import StaleVersionError
from econsult.people.persons import Person


class CorrectionDraft(Base):
    """What may take the place of version `corrects`; `saves` counts its saves for stale checks, as an answer's do."""

    __tablename__ = "correction_draft"
    __table_args__ = (
        *in_program("correction_draft", consult_id="consult", author_id="person"),
        UniqueConstraint("consult_id", name="uq_correction_draft"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    corrects: Mapped[int]
    saves: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson("correction_draft.content"))
    reason: Mapped[str] = mapped_column(Sealed("correction_draft.reason"))
    saved_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Written:
    """What a correction says: the fields of an answer as they are kept, and why the version before was wrong."""

    content: Mapping[str, Any]
    reason: str


def correction_of(session: Session, consult_id: int) -> CorrectionDraft | None:
    """The correction that is being written, if one is."""
    return session.scalars(select(CorrectionDraft).where(CorrectionDraft.consult_id == consult_id)).one_or_none()


def keep_correction(
    session: Session,
    consult: Consult,
    person: Person,
    written: Written,
    *,
    corrects: int,
    now: datetime,
    seen: int | None = None,
) -> CorrectionDraft:
    """Replace what is being written. `seen` is the count that the writer's page showed, 0 where it showed no draft.

    The very same words once more change nothing: the answer to their first save got lost. Raises StaleVersionError
    where somebody saved since, or threw it away.
    """
    draft = correction_of(session, consult.id)
    if draft is None and not seen:
        draft = CorrectionDraft(program_id=consult.program_id, consult_id=consult.id, saves=0)
        session.add(draft)
        note(session, consult, "begin_correction", person_id=person.id, now=now)
    elif draft is None:
        raise StaleVersionError("This correction was thrown away after you opened it; your text was not saved.")
    elif (draft.author_id, draft.content, draft.reason) == (person.id, written.content, written.reason):
        # The words stand already, whichever count they were sent with.
        draft.corrects = corrects
        return draft
    elif seen is not None and seen != draft.saves:
        raise StaleVersionError("Somebody saved this correction after you opened it; your text was not saved over it.")
    draft.content, draft.reason = dict(written.content), written.reason
    draft.corrects, draft.saves = corrects, draft.saves + 1
    draft.author_id, draft.saved_at = person.id, now
    session.flush()
    return draft


def end_correction(session: Session, consult: Consult) -> bool:
    """Forget what was being written: it is signed, or nobody wants it. Whether there was anything."""
    draft = correction_of(session, consult.id)
    if draft is not None:
        session.delete(draft)
        session.flush()
    return draft is not None


def keep_as_draft(session: Session, consult: Consult, answer: Answer, *, now: datetime) -> None:
    """Turn a correction whose signature was taken back into what it was before it; `answer` is no version any more."""
    end_correction(session, consult)
    draft = CorrectionDraft(
        program_id=consult.program_id,
        consult_id=consult.id,
        author_id=answer.author_id,
        corrects=answer.corrects,
        content=answer.content,
        reason=answer.reason or "",
        saved_at=now,
    )
    session.add(draft)
    session.delete(answer)
    session.flush()
