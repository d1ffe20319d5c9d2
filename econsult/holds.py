"""Legal holds: a privacy officer opens what a family has sealed, with a reason, for an hour, and nobody else does.

Only copies open; an original is never shown to anybody. Every opening and every look stands in the trail and in the
family's own log.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.consults.attachments import CONSENT_WITHDRAWN, Attachment, Rendition, note_attachment
from econsult.consults.records import Consult, note
from econsult.consults.sealing import ConsentWithdrawal, SetAsideKey
from econsult.database import NO_KEY, Base, Instant, Sealed
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.persons import Person, Role
from econsult.vault import Vault

LASTS = timedelta(hours=1)
SHORTEST_REASON, LONGEST_REASON = 20, 2000


class LegalHold(Base):
    """One opening of a sealed consult's copies by one officer."""

    __tablename__ = "legal_hold"
    __table_args__ = in_program("legal_hold", consult_id="consult", person_id="person")

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Sealed("legal_hold.reason"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)


def sealed_among(session: Session, officer: Person, limit: int = 100) -> list[tuple[Consult, ConsentWithdrawal]]:
    """The consults of the officer's program whose files are sealed, the newest first."""
    _check_officer(officer)
    query = (
        select(Consult, ConsentWithdrawal)
        .join(ConsentWithdrawal, ConsentWithdrawal.consult_id == Consult.id)
        .where(Consult.program_id == officer.program_id)
        .order_by(ConsentWithdrawal.id.desc())
        .limit(limit)
    )
    return [(consult, withdrawal) for consult, withdrawal in session.execute(query)]


def sealed_consult(session: Session, officer: Person, public_id: str) -> Consult:
    """One of them."""
    _check_officer(officer)
    query = select(Consult).where(Consult.public_id == public_id, Consult.program_id == officer.program_id)
    consult = session.scalars(query.where(Consult.consent_withdrawn_at.is_not(None))).one_or_none()
    if consult is None:
        raise NotFoundError
    return consult


def open_hold(session: Session, consult: Consult, officer: Person, reason: str, *, now: datetime) -> None:
    """Open its copies to this officer for an hour. Raises InvalidError without a reason."""
    _check_officer(officer)
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidError("Write which law or order demands it.", {"reason": "required"})
    session.refresh(consult, with_for_update=NO_KEY)
    if held_until(session, consult, officer, now) is not None:
        return
    ends = now + LASTS
    row = LegalHold(consult_id=consult.id, person_id=officer.id, reason=reason.strip(), opened_at=now, ends_at=ends)
    session.add(row)
    note(session, consult, "legal_hold", person_id=officer.id, now=now)
    session.flush()


def held_until(session: Session, consult: Consult, officer: Person, now: datetime) -> datetime | None:
    """Until when this officer may look; None where no hold goes on."""
    query = select(func.max(LegalHold.ends_at)).where(
        LegalHold.consult_id == consult.id, LegalHold.person_id == officer.id, LegalHold.opened_at <= now
    )
    until: datetime | None = session.scalar(query)
    return until if until is not None and until > now else None


def holds_of(session: Session, consult: Consult) -> list[tuple[LegalHold, Person]]:
    """All holds of a consult, the newest first."""
    query = select(LegalHold, Person).join(Person, Person.id == LegalHold.person_id)
    found = session.execute(query.where(LegalHold.consult_id == consult.id).order_by(LegalHold.id.desc()))
    return [(hold, person) for hold, person in found]


def held_copies(session: Session, consult: Consult, officer: Person, *, now: datetime) -> list[Rendition]:
    """The copies that are open to this officer now. Raises ForbiddenError without a hold.

    What a family took out of its draft was never a part of the question, and opens by no hold.
    """
    _check_hold(session, consult, officer, now)
    query = select(Rendition).join(Attachment, Attachment.id == Rendition.attachment_id)
    query = query.where(Attachment.consult_id == consult.id, Attachment.reason == CONSENT_WITHDRAWN)
    return list(session.scalars(query.order_by(Rendition.id)))


def held_copy(
    session: Session, vault: Vault, officer: Person, public_id: str, *, now: datetime
) -> tuple[Rendition, bytes]:
    """One copy and its plain key. The audit row is there before the first byte leaves."""
    _check_officer(officer)
    copy = session.scalars(select(Rendition).where(Rendition.public_id == public_id)).one_or_none()
    if copy is None:
        raise NotFoundError
    attachment = session.get_one(Attachment, copy.attachment_id)
    consult = session.get_one(Consult, attachment.consult_id)
    if consult.program_id != officer.program_id or not attachment.is_sealed:
        raise NotFoundError
    _check_hold(session, consult, officer, now)
    kept = session.scalars(select(SetAsideKey).where(SetAsideKey.object_id == copy.object_id)).one_or_none()
    if kept is None:
        raise NotFoundError
    key = vault.bring_back(session, consult.patient_id, copy.object_id, kept.key_wrapped)
    note_attachment(session, attachment, f"read_held_{copy.name}", now, person_id=officer.id)
    return copy, key


def _check_officer(officer: Person) -> None:
    if officer.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer opens what a family has sealed.")


def _check_hold(session: Session, consult: Consult, officer: Person, now: datetime) -> None:
    _check_officer(officer)
    if held_until(session, consult, officer, now) is None:
        raise ForbiddenError("No legal hold of yours goes on: write down why it must be opened.")
