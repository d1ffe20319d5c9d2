"""A family takes its consent back: the pictures of its question are sealed, for everybody and at once.

The keys of originals and copies are taken out of the rows that everybody reads and set aside, wrapped for that purpose
alone, so that no page, no worker and no later mistake opens a file. `econsult.holds` opens copies again, for a privacy
officer and under a recorded legal hold. A signed answer stays; a question that is still open ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.consults.attachments import (
    CONSENT_WITHDRAWN,
    Attachment,
    AttachmentState,
    Rendition,
    note_attachment,
)
from econsult.consults.furtherance import take_all_back
from econsult.consults.hearers import clinics_of, presenter_of
from econsult.consults.intake import Upload, UploadState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, note
from econsult.consults.requests import withdraw
from econsult.database import NO_KEY, Base, Instant
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.caregivers import check_speaks
from econsult.people.consent import OWN_WORD, ConsentRow, consent_for, hash_of, of_case, unknown_in
from econsult.people.formerly import is_grown_up
from econsult.people.persons import HOUSEHOLD, Person, Role
from econsult.people.signing import YOUTH, check_signer
from econsult.vault import Vault

TEXT_VERSION = "2026-11"
TEXTS = {
    "en": (
        "If you take your consent back, nobody can open the photos, videos and papers of this question any more: not "
        "you, not your clinic, not the specialist. They stay locked away and are opened only if the law demands it; "
        "that is written down and you can see it. A question that has no answer yet ends. An answer that a doctor has "
        "signed stays in the record, with the words that you wrote. Your child's care goes on as before."
    ),
    "es": (
        "Si usted retira su consentimiento, nadie podrá abrir las fotos, los videos y los papeles de esta pregunta: ni "
        "usted, ni su clínica, ni el especialista. Quedan guardados bajo llave y se abren solo si la ley lo exige; eso "
        "queda anotado y usted lo puede ver. Una pregunta sin respuesta termina. Una respuesta que un médico ya firmó "
        "queda en el expediente, con las palabras que usted escribió. La atención de su hijo sigue igual."
    ),
}
UNFINISHED = (UploadState.CREATED, UploadState.RECEIVING)
NO_KEY_LEFT = b""


class ConsentWithdrawal(ConsentRow, Base):
    """One person's no, after the yes."""

    __tablename__ = "consent_withdrawal"
    __table_args__ = of_case("consent_withdrawal")

    at: Mapped[datetime] = mapped_column(Instant)


class SetAsideKey(Base):
    """The key of one original or copy, wrapped so that only `econsult.holds` unwraps it."""

    __tablename__ = "set_aside_key"

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    object_id: Mapped[str] = mapped_column(String(32), unique=True)
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Withdrawing:
    """Who takes the consent back, how they said so, and in which language."""

    by: str
    method: str
    language: str

    def __post_init__(self) -> None:
        wrong = unknown_in("withdrawal", (self.by, self.method, self.language))
        if wrong:
            raise InvalidError("Say who takes the consent back, how, and in which language.", wrong)


def withdrawal_of(session: Session, consult: Consult) -> ConsentWithdrawal | None:
    """The withdrawal by which the consult's files are sealed, if they are."""
    query = select(ConsentWithdrawal).where(ConsentWithdrawal.consult_id == consult.id)
    return session.scalars(query.order_by(ConsentWithdrawal.id).limit(1)).one_or_none()


def withdraw_consent(
    session: Session, vault: Vault, consult: Consult, person: Person, told: Withdrawing, *, now: datetime
) -> None:
    """Seal every file of the consult, and end it where nobody has answered yet. A second time changes nothing.

    Raises ForbiddenError for a caregiver without authority and for the young where it is not theirs, InvalidError where
    staff says that the family ticked it itself, and ImpossibleVerbError for what was never sent.
    """
    session.flush()
    session.refresh(consult, with_for_update=NO_KEY)
    if consult.consent_withdrawn_at is not None:
        return
    if consult.submitted_at is None:
        raise ImpossibleVerbError(consult.status, "lose its consent")
    _check_may(session, consult, person, told, now)
    _record(session, consult, person, told, now)
    take_all_back(session, consult, person, (told.by, told.method, told.language), now)
    consult.consent_withdrawn_at = now
    _seal_files(session, vault, consult, person, now)
    _tell(session, consult, person, now)
    if consult.status in OPEN:
        withdraw(session, consult, person, "", now=now)
    else:
        consult.version += 1


def _check_may(session: Session, consult: Consult, person: Person, told: Withdrawing, now: datetime) -> None:
    if person.role in HOUSEHOLD:
        check_speaks(session, consult.patient_id, person, now)
        if not may_take_back(session, consult, person, now):
            raise ForbiddenError("What a caregiver asked, a caregiver takes back.")
        if told.method != OWN_WORD:
            raise InvalidError("A caregiver says it here: electronic.", {"withdrawal.method": "not_yours"})
    check_signer(session, consult.patient_id, told.by, now, field="withdrawal.by", is_yes=False)
    if person.role not in HOUSEHOLD and told.method == OWN_WORD:
        raise InvalidError(
            "Only the family itself does that electronically: say verbal or paper.",
            {"withdrawal.method": "not_yours"},
        )


def _record(session: Session, consult: Consult, person: Person, told: Withdrawing, now: datetime) -> None:
    session.add(
        ConsentWithdrawal(
            patient_id=consult.patient_id,
            consult_id=consult.id,
            recorded_by_id=person.id,
            given_by=told.by,
            method=told.method,
            language=told.language,
            text_version=TEXT_VERSION,
            text_hash=hash_of(TEXTS[told.language]),
            at=now,
        )
    )
    detail = f"{told.by}/{told.method}/{told.language}/{TEXT_VERSION}"
    note(session, consult, "withdraw_consent", person_id=person.id, now=now, detail=detail)


def _seal_files(session: Session, vault: Vault, consult: Consult, person: Person, now: datetime) -> None:
    """Files that are being prepared at this moment are caught by their worker, which links nothing to a sealed one."""
    query = select(Attachment).where(Attachment.consult_id == consult.id).with_for_update(key_share=True)
    # Whoever looked at one before may have read a key that is gone by now.
    files = session.scalars(query.execution_options(populate_existing=True)).all()
    for file in files:
        _set_aside(session, vault, consult, file.public_id, file.key_wrapped)
        file.key_wrapped = NO_KEY_LEFT
        file.show_asked_by_id = file.show_asked_at = None
        if file.state not in (AttachmentState.REJECTED, AttachmentState.FAILED):
            file.state, file.reason, file.finished_at = AttachmentState.REJECTED, CONSENT_WITHDRAWN, now
        note_attachment(session, file, "seal", now, person_id=person.id)
    for copy in session.scalars(select(Rendition).where(Rendition.attachment_id.in_([file.id for file in files]))):
        _set_aside(session, vault, consult, copy.object_id, copy.key_wrapped)
        copy.key_wrapped = NO_KEY_LEFT
    for upload in session.scalars(select(Upload).where(Upload.consult_id == consult.id)):
        # It has the key of the original as well; one that is still on its way has nothing that could be shown.
        upload.key_wrapped = NO_KEY_LEFT
        if upload.state in UNFINISHED:
            upload.state = UploadState.TERMINATED
    session.flush()


def _set_aside(session: Session, vault: Vault, consult: Consult, object_id: str, wrapped: bytes) -> None:
    if wrapped:
        kept = vault.set_aside(session, consult.patient_id, object_id, wrapped)
        session.add(SetAsideKey(consult_id=consult.id, object_id=object_id, key_wrapped=kept))


def _tell(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    """The clinic hears of it, and so do whoever asked and whoever signed or holds the case."""
    told = {each.id: each for each in (*clinics_of(session, consult, now), *presenter_of(session, consult))}
    if consult.holder_id is not None:
        told[consult.holder_id] = session.get_one(Person, consult.holder_id)
    for each in told.values():
        if each.id != person.id and each.is_active:
            kind, about = NoticeKind.CONSENT_WITHDRAWN, f"consent:{consult.id}"
            notify(session, each, kind, consult_id=consult.id, about=about, now=now)


def may_take_back(session: Session, consult: Consult, person: Person, now: datetime) -> bool:
    """Whether it is this person's to take back: of the young, before they are grown up, what is theirs alone.

    That is what they asked, what they consented to themselves, and what is kept from their caregivers.
    """
    if person.role != Role.YOUTH or is_grown_up(session, consult.patient_id, now):
        return True
    signed = consent_for(session, consult.id)
    is_own = consult.requester_id == person.id or (signed is not None and signed.given_by == YOUTH)
    return is_own or consult.is_confidential


def is_offered(consult: Consult) -> bool:
    """Whether there is a consent to take back."""
    return consult.submitted_at is not None and consult.consent_withdrawn_at is None and consult.status != Status.DRAFT
