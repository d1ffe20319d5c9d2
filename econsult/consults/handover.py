"""From whose hands into whose a consult went, when and why: rows are only ever added."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.records import Consult
from econsult.database import Base, Instant, Sealed
from econsult.errors import InvalidError
from econsult.seeing import is_seen

LONGEST_REASON = 1000
REOPEN, NEW_PHOTO, RESULTS = "reopen", "new_photo", "results"
"""How a question that was answered came to be asked again: by a person's wish, by the photo that it waited for, or by
the results that its clinic sent."""
ANEW = (REOPEN, NEW_PHOTO, RESULTS)
PHOTO_LOST = "photo_lost"
"""That photo was none: the question is answered as before, and nobody asked anew."""


class Handover(Base):
    """One change of hands. `from_id` or `to_id` is empty where the pool had it or gets it."""

    __tablename__ = "handover"
    __table_args__ = in_program("handover", consult_id="consult", from_id="person", to_id="person", by_id="person")

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Sealed("handover.reason"), default="")
    at: Mapped[datetime] = mapped_column(Instant)


def hand_over(
    session: Session,
    consult: Consult,
    verb: str,
    to_id: int | None,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Note that the consult goes from its holder to somebody else, or to the pool."""
    session.add(
        Handover(
            program_id=consult.program_id,
            consult_id=consult.id,
            verb=verb,
            from_id=consult.holder_id,
            to_id=to_id,
            by_id=by_id,
            reason=reason[:LONGEST_REASON],
            at=now,
        )
    )


def require_reason(reason: str) -> str:
    """The reason, trimmed. Raises InvalidError where there is none."""
    if not is_seen(reason):
        raise InvalidError("Say why, so that the others understand.", {"reason": "required"})
    return reason.strip()


def handovers_of(session: Session, consult_id: int) -> list[Handover]:
    """The consult's way from hand to hand, oldest first."""
    return list(session.scalars(select(Handover).where(Handover.consult_id == consult_id).order_by(Handover.id)))


def asked_anew(session: Session, consult_id: int) -> Handover | None:
    """The line that opened this question again last, unless the photo that did so was none; None where none did."""
    query = select(Handover).where(Handover.consult_id == consult_id, Handover.verb.in_((*ANEW, PHOTO_LOST)))
    last = session.scalars(query.order_by(Handover.id.desc()).limit(1)).one_or_none()
    return last if last is not None and last.verb != PHOTO_LOST else None


def reopened_at(session: Session, consult_ids: Collection[int]) -> dict[int, list[datetime]]:
    """When each of these consults was opened again, by consult id; none of one that never was."""
    query = select(Handover.consult_id, Handover.at).where(
        Handover.consult_id.in_(consult_ids), Handover.verb.in_(ANEW)
    )
    found: dict[int, list[datetime]] = {}
    for number, at in session.execute(query.order_by(Handover.id)):
        found.setdefault(number, []).append(at)
    return found
